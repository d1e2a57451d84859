//! A body as text for the log, decoded as it arrives, or one line about a binary body.
//!
//! The charset is that of a byte order mark, else of the Content-Type header, else UTF-8 if the
//! first character that is not ASCII is valid UTF-8, else windows-1252, which browsers use for
//! ISO 8859-1.
//!
//! The start of a body decides whether it is text. If a NUL follows later, the text ends before
//! the piece with the NUL, and the line about a binary body follows.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, WINDOWS_1252};

use crate::bindings::ci::http_step::types::BodyDigest;
use crate::header::{Header, value_of};
use crate::response::media_type::{MediaType, Nature};

/// Decodes one body.
pub(crate) struct BodyText {
    /// The label in the line about a binary body.
    label: String,
    state: State,
    /// Whether the text so far ends in the middle of a line.
    is_mid_line: bool,
}

enum State {
    /// Nothing was read yet.
    Empty {
        nature: Nature,
        charset: Option<&'static Encoding>,
    },
    /// Text, which is ASCII so far, the same in either charset. The held bytes are the start of a
    /// character that is not.
    Ascii(Vec<u8>),
    Text(Box<Decoder>),
    Binary,
}

impl State {
    /// Whether a later piece shows that the body is not text.
    fn is_ended_by(&self, bytes: &[u8]) -> bool {
        let is_nul_strange = match self {
            Self::Ascii(_) => true,
            Self::Text(decoder) => decoder.encoding().is_ascii_compatible(),
            Self::Empty { .. } | Self::Binary => false,
        };
        is_nul_strange && bytes.contains(&0)
    }
}

impl BodyText {
    /// Start with the headers of a body.
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
            is_mid_line: false,
        }
    }

    /// Read a piece, and append its text.
    pub(crate) fn push(&mut self, bytes: &[u8], text: &mut String) {
        if bytes.is_empty() {
            return;
        }
        if let State::Empty { nature, charset } = self.state {
            self.state = beginning(bytes, nature, charset);
        } else if self.state.is_ended_by(bytes) {
            self.state = State::Binary;
        }
        let before = text.len();
        match &mut self.state {
            State::Ascii(held) => {
                held.extend(bytes);
                let ascii = held.iter().take_while(|byte| byte.is_ascii()).count();
                text.extend(held.drain(..ascii).map(char::from));
                if let Some(encoding) = guess(held) {
                    let mut decoder = encoding.new_decoder_without_bom_handling();
                    decode(&mut decoder, held, false, text);
                    self.state = State::Text(Box::new(decoder));
                }
            }
            State::Text(decoder) => decode(decoder, bytes, false, text),
            State::Empty { .. } | State::Binary => {}
        }
        if text.len() > before {
            self.is_mid_line = !text.ends_with('\n');
        }
    }

    /// Append the rest at the end of the body: an incomplete character, or the line about a binary
    /// body.
    pub(crate) fn end(self, digest: &BodyDigest, text: &mut String) {
        match self.state {
            State::Empty { .. } => {}
            // A UTF-8 character would have continued.
            State::Ascii(held) => text.push_str(&WINDOWS_1252.decode(&held).0),
            State::Text(mut decoder) => decode(&mut decoder, &[], true, text),
            State::Binary => text.push_str(&format!(
                "{}<binary body: {}, {} bytes, SHA-256 {}>\n",
                if self.is_mid_line { "\n" } else { "" },
                self.label,
                digest.size,
                digest.sha256
            )),
        }
    }
}

/// How to decode a body that starts with these bytes.
fn beginning(bytes: &[u8], nature: Nature, charset: Option<&'static Encoding>) -> State {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = marked.or(charset);
    let is_binary = match nature {
        Nature::Binary => true,
        // In UTF-16 every other byte of ASCII text is NUL.
        _ if encoding.is_some_and(|encoding| !encoding.is_ascii_compatible()) => false,
        Nature::Text => bytes.contains(&0),
        Nature::Unknown => bytes.iter().any(|&byte| is_binary_byte(byte)),
    };
    match encoding {
        _ if is_binary => State::Binary,
        Some(encoding) => State::Text(Box::new(encoding.new_decoder())),
        None => State::Ascii(Vec::new()),
    }
}

/// The charset of bytes that start with a non-ASCII character; none if that character is
/// incomplete.
fn guess(bytes: &[u8]) -> Option<&'static Encoding> {
    match str::from_utf8(bytes) {
        Ok("") => None,
        Ok(_) => Some(UTF_8),
        // The first character decides.
        Err(error) if error.valid_up_to() > 0 => Some(UTF_8),
        Err(error) => error.error_len().map(|_| WINDOWS_1252),
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
