//! A header field that a secret is restricted to.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use super::placement::{InHeader, Placement};
use super::request_field::{FieldName, FieldNameError};

/// The placeholder for the value in a format.
const VALUE: &str = "{}";

/// The scheme whose credentials are encoded.
const BASIC: &[u8] = b"Basic ";

/// A header field for a secret, and the text next to it.
///
/// ```
/// use http_step_policy::HeaderFormat;
///
/// let format = HeaderFormat::new("Authorization", Some("Token token={}"))?;
/// assert_eq!(format.to_string(), "`authorization` as `Token token={}`");
/// # Ok::<(), http_step_policy::HeaderFormatError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct HeaderFormat {
    #[serde(rename = "header")]
    field: FieldName,
    /// None: as in any field.
    format: Option<String>,
}

impl HeaderFormat {
    /// The format is the value of the field, with `{}` for the secret's value. Without a format, the
    /// value must be alone or follow a scheme, as in any field.
    ///
    /// After `Basic`, a format with a colon is encoded: `Basic ci:{}`.
    ///
    /// # Errors
    ///
    /// The name or the format is invalid.
    pub fn new(field: &str, format: Option<&str>) -> Result<Self, HeaderFormatError> {
        let field: FieldName = field.parse()?;
        if let Some(format) = format {
            if format.matches(VALUE).count() != 1 {
                return Err(HeaderFormatError::Value);
            }
            let is_text = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
            if format.trim() != format || !format.bytes().all(is_text) {
                return Err(HeaderFormatError::Text);
            }
        }
        Ok(Self {
            field,
            format: format.map(str::to_owned),
        })
    }

    /// The name of the field, in lower case.
    #[must_use]
    pub fn field(&self) -> &str {
        self.field.as_str()
    }

    /// The format, if there is one.
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    pub(crate) fn fits(&self, placement: &InHeader<'_>) -> bool {
        if placement.is_repeated || !self.field().eq_ignore_ascii_case(placement.field) {
            return false;
        }
        let Some((before, after)) = self.format.as_ref().and_then(|it| it.split_once(VALUE)) else {
            return placement.alone() == Placement::Whole;
        };
        let (before, after) = (before.as_bytes(), after.as_bytes());
        let encoded = before
            .strip_prefix(BASIC)
            .filter(|before| before.contains(&b':') || after.contains(&b':'));
        match encoded {
            Some(before) => {
                placement.is_basic && (before, after) == (placement.before, placement.after)
            }
            None => !placement.is_basic && (before, after) == (placement.before, placement.after),
        }
    }
}

impl fmt::Display for HeaderFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.field)?;
        match &self.format {
            Some(format) => write!(f, " as `{format}`"),
            None => Ok(()),
        }
    }
}

/// A name and a format that are not a valid [`HeaderFormat`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderFormatError {
    /// The name is invalid.
    #[error(transparent)]
    Field(#[from] FieldNameError),
    /// The format does not have exactly one placeholder.
    #[error("a format must contain `{{}}` once, for the secret's value, as in `Bearer {{}}`")]
    Value,
    /// The format is not a valid header value.
    #[error("a format must be printable ASCII, without a space at its start or end")]
    Text,
}

#[cfg(test)]
mod tests {
    use super::super::query_fields::QueryFields;
    use super::*;

    fn fits(format: Option<&str>, field: &str, text: &str, is_basic: bool) -> bool {
        let (before, after) = text.split_once(VALUE).unwrap();
        let format = HeaderFormat::new("Authorization", format).unwrap();
        format.fits(&InHeader {
            field,
            before: before.as_bytes(),
            after: after.as_bytes(),
            is_basic,
            is_repeated: false,
            cookies: &QueryFields::default(),
        })
    }

    #[test]
    fn a_value_fits_its_exact_format() {
        for (format, text, is_basic) in [
            (Some("Bearer {}"), "Bearer {}", false),
            (Some("Token token=\"{}\""), "Token token=\"{}\"", false),
            (Some("{}"), "{}", false),
            (Some("Basic {}"), "Basic {}", false),
            (Some("Basic ci:{}"), "ci:{}", true),
            (Some("Basic {}:x"), "{}:x", true),
            (None, "{}", false),
            (None, "token {}", false),
            (None, "ci:{}", true),
        ] {
            assert!(fits(format, "authorization", text, is_basic), "{format:?}");
            assert!(!fits(format, "x-token", text, is_basic), "{format:?}");
            for text in [format!("x{text}"), format!("{text}x")] {
                let fits = fits(format, "authorization", &text, is_basic);
                assert!(!fits || format.is_none(), "{format:?} {text}");
            }
        }
        for (format, text, is_basic) in [
            (Some("Bearer {}"), "bearer {}", false),
            (Some("Bearer {}"), "{}", false),
            (Some("{}"), "Bearer {}", false),
            (Some("Basic {}"), "{}", true),
            (Some("Basic ci:{}"), "Basic ci:{}", false),
            (Some("Basic ci:{}"), "me:{}", true),
            (None, "x {}", false),
        ] {
            assert!(!fits(format, "authorization", text, is_basic), "{format:?}");
        }
    }

    #[test]
    fn invalid_formats() {
        use HeaderFormatError::{Text, Value};
        let field = HeaderFormatError::Field(FieldNameError);
        for (field, format, error) in [
            ("", None, field),
            ("X Y", None, field),
            ("X:", None, field),
            ("X", Some(""), Value),
            ("X", Some("Bearer"), Value),
            ("X", Some("{}{}"), Value),
            ("X", Some("{} "), Text),
            ("X", Some("a\n{}"), Text),
            ("X", Some("é{}"), Text),
        ] {
            assert_eq!(HeaderFormat::new(field, format), Err(error), "{format:?}");
        }
    }
}
