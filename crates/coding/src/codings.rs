//! The codings that a `Content-Encoding` field names.

use std::fmt;

use thiserror::Error;

/// How many codings one body may have. More than one is rare, and each takes
/// memory and multiplies what a bomb expands to.
pub const MAX_CODINGS: usize = 2;

/// Codings that are registered with IANA, or in use, and are not known here: who sends
/// one of these names means it.
const REAL: [&str; 14] = [
    "aes128gcm",
    "bzip2",
    "compress",
    "dcb",
    "dcz",
    "exi",
    "lz4",
    "lzma",
    "pack200-gzip",
    "sdch",
    "snappy",
    "x-bzip2",
    "x-compress",
    "xz",
];

/// How much of an unknown coding's name is told.
const NAME_SHOWN: usize = 40;

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// `gzip`, and its old name `x-gzip`.
    Gzip,
    /// `deflate`.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

impl Coding {
    /// Every coding.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Deflate, Self::Brotli, Self::Zstd];

    /// The name in `Content-Encoding` and `Accept-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn of_name(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"x-gzip") {
            return Some(Self::Gzip);
        }
        Self::ALL
            .into_iter()
            .find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()))
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The codings of a body, in the order they were applied; none is `identity`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codings(Vec<Coding>);

/// Why the codings of a body can't be undone.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodingsError {
    /// A coding is not known.
    #[error("Content-Encoding names {0:?}, and the known codings are gzip, deflate, br and zstd")]
    Unknown(String),
    /// There are more than [`MAX_CODINGS`].
    #[error("Content-Encoding names more than {MAX_CODINGS} codings, one on top of the other")]
    TooMany,
}

impl Codings {
    /// The codings that the values of a response's `Content-Encoding` fields
    /// name. No value is no coding, and `identity`, which a server should not
    /// send, is none either.
    pub fn parse<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Self, CodingsError> {
        Self::parse_but(values, |_| false)
    }

    /// As [`parse`](Self::parse), but names that are no coding at all, as `UTF-8`, stand
    /// for nothing, as they do to browsers and the requests library. With those names, of
    /// which no more than their beginnings are told.
    pub fn parse_lenient<'a>(
        values: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(Self, Vec<String>), CodingsError> {
        let mut ignored = Vec::new();
        let codings = Self::parse_but(values, |name| {
            let is_real = REAL
                .iter()
                .any(|it| name.eq_ignore_ascii_case(it.as_bytes()));
            if !is_real && ignored.len() < MAX_CODINGS {
                ignored.push(shown(name));
            }
            !is_real
        })?;
        Ok((codings, ignored))
    }

    fn parse_but<'a>(
        values: impl Iterator<Item = &'a [u8]>,
        mut ignores: impl FnMut(&[u8]) -> bool,
    ) -> Result<Self, CodingsError> {
        let mut codings = Vec::new();
        // A list may have empty elements (RFC 9110, section 5.6.1).
        let names = values
            .flat_map(|value| value.split(|&byte| byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
        for name in names {
            match Coding::of_name(name) {
                Some(_) if codings.len() == MAX_CODINGS => return Err(CodingsError::TooMany),
                Some(coding) => codings.push(coding),
                None if ignores(name) => {}
                None => return Err(CodingsError::Unknown(shown(name))),
            }
        }
        Ok(Self(codings))
    }

    /// Whether there is nothing to undo.
    pub fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order they were applied: the last has to be undone first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Coding> + '_ {
        self.0.iter().copied()
    }
}

fn shown(name: &[u8]) -> String {
    let shown = name.get(..NAME_SHOWN).unwrap_or(name);
    String::from_utf8_lossy(shown).into_owned()
}

impl fmt::Display for Codings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_identity() {
            return f.write_str("identity");
        }
        for (at, coding) in self.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(f, "{separator}{coding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(values: &[&str]) -> String {
        match Codings::parse(values.iter().map(|value| value.as_bytes())) {
            Ok(codings) => codings.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn codings_are_read_from_every_value_in_order() {
        for (values, expected) in [
            (&[][..], "identity"),
            (&[""], "identity"),
            (&["identity"], "identity"),
            (&[" , ,\t"], "identity"),
            (&["gzip"], "gzip"),
            (&["X-GZip"], "gzip"),
            (&["deflate"], "deflate"),
            (&["BR"], "br"),
            (&["zstd"], "zstd"),
            (&["gzip,br"], "gzip, br"),
            (&["\tzstd , identity, gzip "], "zstd, gzip"),
            (&["gzip", "gzip"], "gzip, gzip"),
            (&["deflate", "", "identity", "br"], "deflate, br"),
        ] {
            assert_eq!(told(values), expected, "{values:?}");
        }
    }

    #[test]
    fn names_that_are_no_coding_are_read_past_where_that_is_asked_for() {
        for (values, codings, ignored) in [
            (&["UTF-8"][..], "identity", &["UTF-8"][..]),
            (&["utf-8, gzip", "none"], "gzip", &["utf-8", "none"]),
            (&["gzip;q=1"], "identity", &["gzip;q=1"]),
            (&["a, b, c"], "identity", &["a", "b"]),
            (&["gzip"], "gzip", &[]),
        ] {
            let values = values.iter().map(|value| value.as_bytes());
            let (found, names) = Codings::parse_lenient(values).unwrap();
            assert_eq!(found.to_string(), codings);
            assert_eq!(names, ignored);
        }
        // These it may well be in.
        for values in [&["Compress"][..], &["gzip, exi"], &["utf-8, xz"]] {
            let values = values.iter().map(|value| value.as_bytes());
            let error = Codings::parse_lenient(values).unwrap_err();
            assert!(matches!(error, CodingsError::Unknown(_)), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_undone_is_named() {
        for (values, expected) in [
            (
                &["compress"][..],
                r#"Content-Encoding names "compress", and the known codings are gzip, deflate, br and zstd"#,
            ),
            (
                &["gzip;q=1"],
                r#"Content-Encoding names "gzip;q=1", and the known codings are gzip, deflate, br and zstd"#,
            ),
            (
                &[
                    "gzip",
                    "a\u{1b}[31m\u{202e}\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
                r#"Content-Encoding names "a\u{1b}[31m\u{202e}\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", and the known codings are gzip, deflate, br and zstd"#,
            ),
            (
                &["gzip, br", "zstd"],
                "Content-Encoding names more than 2 codings, one on top of the other",
            ),
        ] {
            assert_eq!(told(values), expected, "{values:?}");
        }
    }
}
