//! The codings in a `Content-Encoding` field.

use std::fmt;

use thiserror::Error;

/// The maximum number of codings of a body. More than one is rare, and each takes memory and
/// multiplies the expansion of a decompression bomb.
pub const MAX_CODINGS: usize = 2;

/// The maximum window of a Zstandard frame in HTTP, by RFC 9659.
pub const MAX_ZSTD_WINDOW: usize = 8 << 20;

/// Codings that are registered with IANA or in use, but not supported here. These names are
/// never ignored.
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

/// How many bytes of an unknown name are shown.
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

    fn from_name(name: &[u8]) -> Option<Self> {
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

/// Why the codings of a body are not supported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodingsError {
    /// Unknown coding.
    #[error("unsupported Content-Encoding {0:?}; supported are gzip, deflate, br and zstd")]
    Unknown(String),
    /// There are more than [`MAX_CODINGS`].
    #[error("Content-Encoding lists more than {MAX_CODINGS} codings")]
    TooMany,
}

impl Codings {
    /// Parse the values of a response's `Content-Encoding` fields. `identity`, which servers
    /// should not send, is ignored.
    pub fn parse<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Self, CodingsError> {
        Self::parse_but(values, |_| false)
    }

    /// The same as [`parse`](Self::parse), but names that are not codings at all, such as
    /// `UTF-8`, are ignored, as browsers and the requests library do. Returns the start of
    /// each ignored name.
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
            match Coding::from_name(name) {
                Some(_) if codings.len() == MAX_CODINGS => return Err(CodingsError::TooMany),
                Some(coding) => codings.push(coding),
                None if ignores(name) => {}
                None => return Err(CodingsError::Unknown(shown(name))),
            }
        }
        Ok(Self(codings))
    }

    /// Whether there is nothing to decode.
    pub fn is_identity(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order they were applied: the last has to be decoded first.
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

    fn report(values: &[&str]) -> String {
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
            assert_eq!(report(values), expected, "{values:?}");
        }
    }

    #[test]
    fn unknown_codings_are_ignored_on_request() {
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
        // These may contain an unsupported coding.
        for values in [&["Compress"][..], &["gzip, exi"], &["utf-8, xz"]] {
            let values = values.iter().map(|value| value.as_bytes());
            let error = Codings::parse_lenient(values).unwrap_err();
            assert!(matches!(error, CodingsError::Unknown(_)), "{error}");
        }
    }

    #[test]
    fn unsupported_codings_are_named() {
        for (values, expected) in [
            (
                &["compress"][..],
                r#"unsupported Content-Encoding "compress"; supported are gzip, deflate, br and zstd"#,
            ),
            (
                &["gzip;q=1"],
                r#"unsupported Content-Encoding "gzip;q=1"; supported are gzip, deflate, br and zstd"#,
            ),
            (
                &[
                    "gzip",
                    "a\u{1b}[31m\u{202e}\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
                r#"unsupported Content-Encoding "a\u{1b}[31m\u{202e}\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; supported are gzip, deflate, br and zstd"#,
            ),
            (
                &["gzip, br", "zstd"],
                "Content-Encoding lists more than 2 codings",
            ),
        ] {
            assert_eq!(report(values), expected, "{values:?}");
        }
    }
}
