//! Sources of the values of secrets.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The maximum length of a scheme.
const MAX_SCHEME: usize = 32;

/// Where the value of a secret is stored: `env:API_TOKEN`, `file:/run/secrets/token`, or
/// `SCHEME:REFERENCE` for a source of the platform.
///
/// Users may write a value in place of a reference, and some values contain a `:`: `user:password`. So
/// [`Display`](fmt::Display) and [`Debug`] show only the references of `env` and `file`. A
/// platform's source decides whether to show its own.
///
/// ```
/// use http_step_policy::SourceRef;
///
/// let source: SourceRef = "env:API_TOKEN".parse()?;
/// assert_eq!((source.scheme(), source.reference()), ("env", "API_TOKEN"));
/// assert_eq!(source.to_string(), "env:API_TOKEN");
///
/// let source: SourceRef = "vault:kv/ci/token".parse()?;
/// assert_eq!((source.scheme(), source.reference()), ("vault", "kv/ci/token"));
/// assert_eq!(source.to_string(), "vault:…");
/// # Ok::<(), http_step_policy::SourceRefError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceRef {
    scheme: String,
    reference: String,
}

impl SourceRef {
    /// The scheme of environment variables. The reference is the name.
    pub const ENV: &str = "env";

    /// The scheme of files. The reference is the path.
    pub const FILE: &str = "file";

    /// The scheme, which selects the source.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The source's name for the value.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl FromStr for SourceRef {
    type Err = SourceRefError;

    /// Parse `SCHEME:REFERENCE`.
    fn from_str(text: &str) -> Result<Self, SourceRefError> {
        let (scheme, reference) = text
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or(SourceRefError::Literal)?;
        let error = match scheme {
            Self::FILE if reference.starts_with("//") => Some(SourceRefError::Path),
            "http" | "https" => Some(SourceRefError::Url),
            _ if reference.starts_with("//") => Some(SourceRefError::Url),
            Self::ENV if !is_variable(reference) => Some(SourceRefError::Variable),
            Self::FILE if !is_path(reference) => Some(SourceRefError::Path),
            Self::ENV | Self::FILE => None,
            _ if !is_reference(reference) => Some(SourceRefError::Literal),
            _ => None,
        };
        match error {
            Some(error) => Err(error),
            None => Ok(Self {
                scheme: scheme.to_owned(),
                reference: reference.to_owned(),
            }),
        }
    }
}

/// As in URIs (RFC 3986, section 3.1), in lower case.
fn is_scheme(text: &str) -> bool {
    text.len() <= MAX_SCHEME
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'))
}

/// The names that shells and CI platforms support.
fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || is_line_break(c))
}

fn is_reference(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.scheme.as_str() {
            Self::ENV | Self::FILE => &self.reference,
            _ => "…",
        };
        write!(f, "{}:{shown}", self.scheme)
    }
}

impl fmt::Debug for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a valid [`SourceRef`]. It is not shown, since it may be the value itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SourceRefError {
    /// It has no scheme, or no valid reference.
    #[error(
        "don't write the value of a secret here; write where it is stored, as `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a source of the platform"
    )]
    Literal,
    /// It is a URL.
    #[error(
        "a URL is not a source; if it is the secret, store it in an environment variable or a file, and write `env:VARIABLE` or `file:PATH`"
    )]
    Url,
    /// `env:` and no name.
    #[error(
        "`env:` must be followed by the name of an environment variable: letters, digits and `_`, not starting with a digit"
    )]
    Variable,
    /// `file:` and no path.
    #[error("`file:` must be followed by the path of a file, as in `file:/run/secrets/token`")]
    Path,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        for (text, scheme, reference, shown) in [
            ("env:API_TOKEN", "env", "API_TOKEN", "env:API_TOKEN"),
            ("env:_1", "env", "_1", "env:_1"),
            ("file:token", "file", "token", "file:token"),
            ("file:/a b/c:d@e", "file", "/a b/c:d@e", "file:/a b/c:d@e"),
            ("vault:kv/ci:token", "vault", "kv/ci:token", "vault:…"),
            ("aws-sm.v2+x:a@b", "aws-sm.v2+x", "a@b", "aws-sm.v2+x:…"),
            // At least a value that looks like a reference is not shown.
            ("user:hunter2", "user", "hunter2", "user:…"),
        ] {
            let source: SourceRef = text.parse().unwrap();
            assert_eq!((source.scheme(), source.reference()), (scheme, reference));
            assert_eq!(source.to_string(), shown);
            assert_eq!(format!("{source:?}"), shown);
        }
    }

    #[test]
    fn invalid_sources() {
        for (text, error) in [
            ("", SourceRefError::Literal),
            ("hunter2", SourceRefError::Literal),
            ("$API_TOKEN", SourceRefError::Literal),
            ("API_TOKEN", SourceRefError::Literal),
            (":hunter2", SourceRefError::Literal),
            ("User:hunter2", SourceRefError::Literal),
            ("1user:hunter2", SourceRefError::Literal),
            ("user:", SourceRefError::Literal),
            ("user:hunter2\n", SourceRefError::Literal),
            ("user:hunter 2", SourceRefError::Literal),
            (" env:A", SourceRefError::Literal),
            ("Bearer hunter2:x", SourceRefError::Literal),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:hunter2",
                SourceRefError::Literal,
            ),
            ("https://hooks.example/hunter2", SourceRefError::Url),
            ("http:hunter2", SourceRefError::Url),
            ("postgres://u:hunter2@db", SourceRefError::Url),
            ("file:///run/secrets/token", SourceRefError::Path),
            ("env:", SourceRefError::Variable),
            ("env:A-B", SourceRefError::Variable),
            ("env:1A", SourceRefError::Variable),
            ("env:A=hunter2", SourceRefError::Variable),
            ("env:Ä", SourceRefError::Variable),
            ("file:", SourceRefError::Path),
            ("file:a\0b", SourceRefError::Path),
            ("file:a\u{2028}b", SourceRefError::Path),
        ] {
            assert_eq!(text.parse::<SourceRef>(), Err(error), "{text}");
        }
    }
}
