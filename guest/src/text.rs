//! A body as text for the log, decoded as it arrives, or one line about it if
//! it is not text.
//!
//! The beginning decides, once: a byte order mark, else the charset of the
//! Content-Type header, else UTF-8 if the beginning is valid UTF-8, else
//! windows-1252, which is what browsers take ISO 8859-1 for.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, WINDOWS_1252};

use crate::bindings::ci::http_step::types::BodyDigest;
use crate::header::{Header, value_of};
use crate::media_type::{MediaType, Nature};

/// The reader of one body.
pub(crate) struct BodyText {
    /// What the line about a binary body calls it.
    label: String,
    state: State,
}

enum State {
    /// Nothing has come yet.
    Empty {
        nature: Nature,
        charset: Option<&'static Encoding>,
    },
    Text(Box<Decoder>),
    Binary,
}

impl BodyText {
    /// Start on the body that some headers describe.
    pub(crate) fn new(headers: &[Header]) -> Self {
        let media_type = MediaType::parse(value_of(headers, "Content-Type").unwrap_or_default());
        let coding = value_of(headers, "Content-Encoding")
            .map(|coding| coding.trim().to_ascii_lowercase())
            .filter(|coding| !coding.is_empty() && coding != "identity");
        let nature = match coding {
            Some(_) => Nature::Binary,
            None => media_type.nature(),
        };
        let mut label = media_type.essence;
        if label.is_empty() {
            label.push_str("no content type");
        }
        if let Some(coding) = coding {
            label.push_str(" in ");
            label.push_str(&coding);
        }
        Self {
            label,
            state: State::Empty {
                nature,
                charset: media_type.charset,
            },
        }
    }

    /// Read a piece, and append what text there is in it.
    pub(crate) fn push(&mut self, bytes: &[u8], text: &mut String) {
        if bytes.is_empty() {
            return;
        }
        if let State::Empty { nature, charset } = self.state {
            self.state = match encoding_of(bytes, nature, charset) {
                Some(encoding) => State::Text(Box::new(encoding.new_decoder())),
                None => State::Binary,
            };
        }
        if let State::Text(decoder) = &mut self.state {
            decode(decoder, bytes, false, text);
        }
    }

    /// Append what the end of the body brings: the rest of a broken character,
    /// or the line about a binary body.
    pub(crate) fn end(self, digest: &BodyDigest, text: &mut String) {
        match self.state {
            State::Empty { .. } => {}
            State::Text(mut decoder) => decode(&mut decoder, &[], true, text),
            State::Binary => text.push_str(&format!(
                "<binary body: {}, {} bytes, SHA-256 {}>\n",
                self.label, digest.size, digest.sha256
            )),
        }
    }
}

/// How to read a body that starts with these bytes; none if it is not text.
fn encoding_of(
    beginning: &[u8],
    nature: Nature,
    charset: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    let marked = Encoding::for_bom(beginning).map(|(encoding, _)| encoding);
    let encoding = marked.or(charset).unwrap_or_else(|| guess(beginning));
    let is_binary = match nature {
        Nature::Binary => true,
        // In UTF-16 every other byte of plain text is NUL.
        _ if !encoding.is_ascii_compatible() => false,
        Nature::Text => beginning.contains(&0),
        Nature::Unknown => beginning.iter().any(|&byte| is_binary_byte(byte)),
    };
    (!is_binary).then_some(encoding)
}

fn guess(beginning: &[u8]) -> &'static Encoding {
    match str::from_utf8(beginning) {
        Ok(_) => UTF_8,
        // Cut off in the middle of a character.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// "Binary data byte" of the MIME Sniffing standard.
fn is_binary_byte(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)
}

fn decode(decoder: &mut Decoder, mut bytes: &[u8], is_last: bool, text: &mut String) {
    loop {
        let most = decoder
            .max_utf8_buffer_length(bytes.len())
            .unwrap_or(bytes.len());
        text.reserve(most);
        let (result, read, _) = decoder.decode_to_string(bytes, text, is_last);
        bytes = bytes.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
