//! Decoders for the escapes that servers use, one per encoding.
//!
//! A decoder accepts any mix of escaped and plain characters, so no list of encoded forms has to
//! be complete.

mod backslash;
mod html;
mod latin1;
pub(crate) mod list;
mod percent;

/// An encoding with escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `%2F` (RFC 3986), `%u002F` (JavaScript's `escape`).
    Percent,
    /// `&amp;`, `&#47;`, `&#x2F;` (HTML, XML).
    Html,
    /// `\u002F`, `\x2F`, `\/`, `\n` (JSON, JavaScript, C, shells).
    Backslash,
    /// `Ã¤` for `ä`: UTF-8 decoded as Latin-1 or Windows-1252 and encoded as UTF-8 again.
    Latin1,
}

/// The maximum length of an escape, in bytes.
pub(crate) const MAX_ESCAPE: usize = 40;

/// The start of the unfinished escapes that end at a place: `%4`, `\\`, and sequences of them.
///
/// They are replaced together with a match that starts there: whether its first characters
/// complete such an escape depends on what they are, which must not be visible.
pub(crate) fn open_escape(text: &[u8], end: usize) -> usize {
    let from = end.saturating_sub(MAX_ESCAPE);
    let window = text.get(from..end).unwrap_or_default();
    let mut start = window.len();
    for (at, byte) in window.iter().enumerate().rev() {
        if let Some(encoding) = Encoding::from_lead(*byte)
            && let Some(open) = window.get(at..start)
            && encoding.read(open, false) == Read::Incomplete
        {
            start = at;
        }
    }
    from + start
}

/// The result of decoding the start of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Not an escape: the first byte is literal.
    Literal,
    /// More bytes are needed.
    Incomplete,
    /// An escape.
    Escape {
        /// Its length in bytes.
        length: usize,
        text: Decoded,
    },
}

/// The value of an escape: a byte, or one or two characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    bytes: [u8; 8],
    length: usize,
}

impl Encoding {
    pub(crate) const ALL: [Self; 4] = [Self::Percent, Self::Html, Self::Backslash, Self::Latin1];

    /// The encoding whose escapes start with a byte.
    pub(crate) fn from_lead(byte: u8) -> Option<Self> {
        match byte {
            b'%' => Some(Self::Percent),
            b'&' => Some(Self::Html),
            b'\\' => Some(Self::Backslash),
            byte if latin1::is_lead(byte) => Some(Self::Latin1),
            _ => None,
        }
    }

    /// The next place at which an escape may start.
    pub(crate) fn find(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Percent => memchr::memchr(b'%', text),
            Self::Html => memchr::memchr(b'&', text),
            Self::Backslash => memchr::memchr(b'\\', text),
            Self::Latin1 => latin1::find(text),
        }
    }

    /// Decode the start of a text; `is_last` says that nothing follows the text.
    pub(crate) fn read(self, text: &[u8], is_last: bool) -> Read {
        let text = text.get(..MAX_ESCAPE).unwrap_or(text);
        let read = match self {
            Self::Percent => percent::read(text),
            Self::Html => html::read(text),
            Self::Backslash => backslash::read(text),
            Self::Latin1 => latin1::read(text),
        };
        match read {
            Read::Incomplete if is_last || text.len() >= MAX_ESCAPE => Read::Literal,
            read => read,
        }
    }
}

impl Read {
    fn byte(length: usize, byte: u8) -> Self {
        Self::bytes(length, &[byte])
    }

    fn character(length: usize, character: char) -> Self {
        Self::bytes(length, character.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn bytes(length: usize, text: &[u8]) -> Self {
        let mut decoded = Decoded::default();
        for (to, from) in decoded.bytes.iter_mut().zip(text) {
            *to = *from;
            decoded.length += 1;
        }
        Self::Escape {
            length,
            text: decoded,
        }
    }
}

impl Decoded {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The digits of an escape.
enum Digits {
    None,
    /// The text ends before the last digit.
    Incomplete,
    Number(u32),
}

/// A number of hexadecimal digits at a place.
fn hexadecimal(text: &[u8], at: usize, count: usize) -> Digits {
    let mut number = 0;
    for place in at..at + count {
        let Some(byte) = text.get(place) else {
            return Digits::Incomplete;
        };
        let Some(digit) = char::from(*byte).to_digit(16) else {
            return Digits::None;
        };
        number = number << 4 | digit;
    }
    Digits::Number(number)
}

/// A UTF-16 code unit after a prefix; a surrogate pair has two prefixes.
fn utf16(text: &[u8], prefix: &[u8]) -> Read {
    let unit = match hexadecimal(text, prefix.len(), 4) {
        Digits::None => return Read::Literal,
        Digits::Incomplete => return Read::Incomplete,
        Digits::Number(unit) => unit,
    };
    let length = prefix.len() + 4;
    if let Some(character) = char::from_u32(unit) {
        return Read::character(length, character);
    }
    let rest = text.get(length..).unwrap_or_default();
    let known = rest.len().min(prefix.len());
    let same = rest
        .iter()
        .zip(prefix)
        .all(|(a, b)| a.eq_ignore_ascii_case(b));
    if unit >= 0xdc00 || !same {
        return Read::Literal;
    }
    if known < prefix.len() {
        return Read::Incomplete;
    }
    match hexadecimal(rest, prefix.len(), 4) {
        Digits::None => Read::Literal,
        Digits::Incomplete => Read::Incomplete,
        Digits::Number(low @ 0xdc00..0xe000) => {
            let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            char::from_u32(code).map_or(Read::Literal, |character| {
                Read::character(2 * length, character)
            })
        }
        Digits::Number(_) => Read::Literal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, decoded as a whole.
    fn decoded(encoding: Encoding, text: &[u8]) -> Vec<u8> {
        let (mut rest, mut decoded) = (text, Vec::new());
        while let Some((first, after)) = rest.split_first() {
            match encoding.read(rest, true) {
                Read::Escape { length, text } => {
                    decoded.extend_from_slice(text.as_bytes());
                    rest = &rest[length..];
                }
                _ => {
                    decoded.push(*first);
                    rest = after;
                }
            }
        }
        decoded
    }

    #[test]
    fn escapes_are_decoded() {
        use Encoding::{Backslash, Html, Latin1, Percent};
        for (encoding, text, expected) in [
            (Percent, "a%2Fb%2fc%C3%A4", "a/b/cä"),
            (Percent, "%u002F%u00e4%uD83D%uDE00", "/ä😀"),
            (Percent, "100% %2 %zz %u12", "100% %2 %zz %u12"),
            (Html, "&lt;&gt;&amp;&quot;&apos;&#39;&#039;", "<>&\"'''"),
            (
                Html,
                "&#43;&#x2F;&#x3D;&#X3d;&#x000e4;&#228;&auml;",
                "+/==äää",
            ),
            (Html, "&plus;&sol;&equals;&NotEqualTilde;", "+/=≂̸"),
            (
                Html,
                "& &; &#; &#x; &#xD800; &no-name; a&b",
                "& &; &#; &#x; &#xD800; &no-name; a&b",
            ),
            (Backslash, r#"\u002B\u003d\x3D\/\"\\\'"#, "+==/\"\\'"),
            (Backslash, r"\u00e4\u{e4}\U000000e4\ud83d\ude00", "äää😀"),
            (Backslash, r"\xc3\xa4\303\244", "ää"),
            (Backslash, r"\t\n\r\ \$\!", "\t\n\r $!"),
            (
                Backslash,
                r"\u12 \ud83d \u{} \U0000",
                r"u12 ud83d u{} \U0000",
            ),
        ] {
            let found = String::from_utf8(decoded(encoding, text.as_bytes())).unwrap();
            assert_eq!(found, expected, "{encoding:?} {text}");
        }
        for (text, expected) in [
            ("PÃ¤55 Ã¼".as_bytes(), "Pä55 ü".as_bytes()),
            // Windows-1252 has characters where Latin-1 has controls.
            ("â‚¬ Å“".as_bytes(), "€ œ".as_bytes()),
            ("\u{e2}\u{82}\u{ac}".as_bytes(), "€".as_bytes()),
            (b"\xc3 \xe2\x82", b"\xc3 \xe2\x82"),
        ] {
            assert_eq!(decoded(Latin1, text), expected);
        }
    }

    #[test]
    fn truncated_escapes_are_incomplete() {
        for (encoding, text) in [
            (Encoding::Percent, "%uD83D%uDE00"),
            (Encoding::Html, "&CounterClockwiseContourIntegral;"),
            (Encoding::Html, "&#x000000e4;"),
            (Encoding::Backslash, r"\ud83d\ude00"),
            (Encoding::Backslash, r"\u{1f600}"),
            (Encoding::Latin1, "€"),
        ] {
            for end in 1..text.len() {
                let cut = &text.as_bytes()[..end];
                assert_eq!(encoding.read(cut, false), Read::Incomplete, "{cut:?}");
                assert!(
                    !matches!(encoding.read(cut, true), Read::Incomplete),
                    "{cut:?}"
                );
            }
            assert!(matches!(
                encoding.read(text.as_bytes(), false),
                Read::Escape { length, .. } if length == text.len()
            ));
        }
        // Even if it is longer.
        let endless = format!("&#{}", "0".repeat(100));
        assert_eq!(
            Encoding::Html.read(endless.as_bytes(), false),
            Read::Literal
        );
    }
}
