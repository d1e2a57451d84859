//! The value of a secret.

use thiserror::Error;
use zeroize::Zeroizing;

/// The maximum length of a value in bytes: 64 KiB, enough for long private keys.
pub const MAX_LEN: usize = 64 << 10;

/// The minimum length of values that are redacted. Shorter ones are too common in other text.
pub const MIN_REDACTED: usize = 8;

/// The minimum number of distinct bytes of values that are redacted.
const FEWEST_DISTINCT: usize = 4;

/// The value of a secret. Its memory is wiped on drop, and it can't be printed or compared: it
/// implements neither `Debug` nor `Display` nor `PartialEq`.
pub struct Value(Zeroizing<Box<[u8]>>);

/// Why bytes can't be the value of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it is longer than {MAX_LEN} bytes")]
    TooLong,
}

impl Value {
    /// A value. One line break at its end is removed, since files end with one.
    ///
    /// # Errors
    ///
    /// It is empty or too long.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let bytes = Zeroizing::new(bytes);
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match text.len() {
            0 => Err(ValueError::Empty),
            length if length > MAX_LEN => Err(ValueError::TooLong),
            _ => Ok(Self(Zeroizing::new(text.into()))),
        }
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it can be distinguished from other text. Other values are not redacted: to
    /// replace every `1` would hide nothing and break much.
    #[must_use]
    pub fn is_distinctive(&self) -> bool {
        is_distinctive(&self.0)
    }
}

pub(crate) fn is_distinctive(text: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in text {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let distinct = seen.into_iter().filter(|seen| *seen).count();
    text.len() >= MIN_REDACTED && distinct >= FEWEST_DISTINCT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, ValueError> {
        let value = Value::new(text.into())?;
        Ok(String::from_utf8(value.expose().to_vec()).unwrap())
    }

    #[test]
    fn one_line_break_at_the_end_is_removed() {
        for text in ["s3cr3t", "s3cr3t\n", "s3cr3t\r\n"] {
            assert_eq!(value(text), Ok("s3cr3t".to_owned()));
        }
        assert_eq!(value("a\nb\n\n"), Ok("a\nb\n".to_owned()));
        for text in ["", "\n", "\r\n"] {
            assert_eq!(value(text), Err(ValueError::Empty));
        }
        assert_eq!(value(&"x".repeat(MAX_LEN + 1)), Err(ValueError::TooLong));
        assert!(value(&"x".repeat(MAX_LEN)).is_ok());
    }

    #[test]
    fn distinctive_values() {
        for (text, is_distinctive) in [
            ("hunter2", false),
            ("hunter22", true),
            ("00000000", false),
            ("12121212", false),
            ("12312312", false),
            ("12341234", true),
        ] {
            let value = Value::new(text.into()).unwrap();
            assert_eq!(value.is_distinctive(), is_distinctive, "{text}");
        }
    }
}
