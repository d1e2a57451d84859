//! The header of a part in a multipart body. Servers take a part's name from several fields, and its
//! length or other parts from some. So only the fields of common clients are read, in plain syntax.

use super::media_type::{is_token, may_part_hold_secret};
use crate::body::charset;

/// A part by its header.
pub(super) struct Part {
    pub(super) name: String,
    /// Whether its content may be a secret.
    pub(super) may_hold_secret: bool,
}

/// A part, if its header is in the only syntax that all servers read in the same way. Its fields are
/// `Content-Disposition`, and `Content-Type` and `Content-Transfer-Encoding` or none.
pub(super) fn part(header: &[u8]) -> Option<Part> {
    let header = str::from_utf8(header).ok()?;
    let (mut name, mut may_hold_secret, mut has_encoding) = (None, None, false);
    for line in header.split_terminator('\n') {
        let (field, value) = line.split_once(':')?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        let is_repeated = match &*field.to_ascii_lowercase() {
            "content-disposition" => name.replace(name_of(value)?).is_some(),
            "content-type" => may_hold_secret
                .replace(may_part_hold_secret(value)?)
                .is_some(),
            "content-transfer-encoding" if is_identity(value) => {
                std::mem::replace(&mut has_encoding, true)
            }
            _ => return None,
        };
        if is_repeated {
            return None;
        }
    }
    Some(Part {
        name: name?.to_owned(),
        may_hold_secret: may_hold_secret.unwrap_or(true),
    })
}

/// The name in `form-data; name="a"` or `form-data; name="a"; filename="b"`.
fn name_of(disposition: &str) -> Option<&str> {
    let (name, rest) = parameter(disposition.strip_prefix("form-data")?, "name")?;
    if rest.is_empty() {
        return Some(name);
    }
    let (filename, rest) = parameter(rest, "filename")?;
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\\' | ':' | ';' | '=');
    (rest.is_empty() && filename.chars().all(is_plain)).then_some(name)
}

/// The value of the parameter with which a text starts, in quotes or as a token, and the rest.
fn parameter<'t>(text: &'t str, key: &str) -> Option<(&'t str, &'t str)> {
    let text = text.strip_prefix(';')?;
    let text = text.strip_prefix(' ').unwrap_or(text);
    let value = text.strip_prefix(key)?.strip_prefix('=')?;
    if let Some(value) = value.strip_prefix('"') {
        return value.split_once('"');
    }
    let (value, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
    is_token(value).then_some((value, rest))
}

/// Whether a header declares a charset or coding of the content in which values are not written.
pub(super) fn is_recoded(header: &[u8], are_ascii: bool) -> bool {
    let header = String::from_utf8_lossy(header).to_ascii_lowercase();
    let mut encodings = header.split("content-transfer-encoding").skip(1);
    let is_other = encodings.any(|rest| {
        let encoding = rest.split('\n').next().unwrap_or_default();
        let encoding = encoding.trim_start().strip_prefix(':').unwrap_or("?");
        !is_identity(encoding.trim())
    });
    // Behind a colon, Zope looks for a codec.
    let mut names = values_of_name(&header);
    let names_codec = names.any(|name| {
        name.split([';', '\n'])
            .next()
            .is_some_and(|it| it.contains(':'))
    });
    is_other
        || names_codec
        || header.contains("content-encoding")
        || !charset::is_written(&header, are_ascii)
}

/// Whether a transfer encoding leaves the content as it is.
fn is_identity(encoding: &str) -> bool {
    let mut identities = ["7bit", "8bit", "binary"].iter();
    identities.any(|it| it.eq_ignore_ascii_case(encoding))
}

/// The text after each `name=` in a header, except for file names.
fn values_of_name(header: &str) -> impl Iterator<Item = &str> {
    const NAME: &str = "name";
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    header.match_indices(NAME).filter_map(move |(at, _)| {
        let (before, rest) = header.split_at_checked(at)?;
        if before.ends_with(is_of_word) {
            return None;
        }
        let rest = rest.strip_prefix(NAME)?;
        Some(rest.trim_start().strip_prefix('=')?.trim_start())
    })
}
