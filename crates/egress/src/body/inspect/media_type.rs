//! Types of bodies and parts that all servers read in the same way. Some look at the start of a type or
//! at its end, others for a word anywhere in it and in its parameters.

use http_step_redact::Context;

/// Words by which servers recognize a format.
const WORDS: [&str; 7] = [
    "urlencoded",
    "multipart",
    "form-data",
    "json",
    "xml",
    "yaml",
    "octet-stream",
];

/// The types with a JSON text per line.
const LINES: [&str; 4] = [
    "application/jsonl",
    "application/ndjson",
    "application/x-jsonlines",
    "application/x-ndjson",
];

/// Words by which servers may recognize them.
const LINE_WORDS: [&str; 2] = ["ndjson", "jsonl"];

/// The words of types of parts in which servers find fields, also past the end of the part, or a
/// request with its own method.
const NOT_OF_PARTS: [&str; 4] = ["urlencoded", "multipart", "form-data", "application/http"];

/// The top-level types of parts.
const KINDS: [&str; 7] = [
    "application",
    "audio",
    "font",
    "image",
    "model",
    "text",
    "video",
];

/// The format of a body.
pub(super) enum Format<'t> {
    Form,
    Json {
        /// Whether servers may read each line as a text.
        is_lines: bool,
    },
    Xml,
    Multipart {
        boundary: &'t str,
    },
    /// The whole body is one value.
    Text,
}

/// The format of a body of this type. None if it is not known, or if servers may differ.
pub(super) fn format_of(content_type: &str) -> Option<Format<'_>> {
    let MediaType {
        essence,
        charset,
        boundary,
    } = MediaType::from_plain(content_type)?;
    let (format, words): (_, &[&str]) = match (essence, boundary) {
        ("application/x-www-form-urlencoded", None) => (Format::Form, &["urlencoded"]),
        // Some servers take all that follows `boundary=`.
        ("multipart/form-data", Some(boundary)) if charset.is_none() => {
            (Format::Multipart { boundary }, &["multipart", "form-data"])
        }
        (_, None) => match Context::from_media_type(Some(essence)) {
            // Few servers read text sequences (RFC 7464).
            Context::Json if essence.ends_with("json-seq") => return None,
            Context::Json if LINES.contains(&essence) => {
                (Format::Json { is_lines: true }, &["json"])
            }
            Context::Json if LINE_WORDS.iter().any(|word| essence.contains(word)) => return None,
            Context::Json => (Format::Json { is_lines: false }, &["json"]),
            Context::Xml => (Format::Xml, &["xml"]),
            _ if essence.starts_with("text/") && !essence.contains('+') => (Format::Text, &[]),
            _ if essence == "application/octet-stream" => (Format::Text, &["octet-stream"]),
            _ => return None,
        },
        _ => return None,
    };
    let lower = content_type.to_ascii_lowercase();
    let is_other = |word: &&str| !words.contains(word) && lower.contains(*word);
    (!WORDS.iter().any(is_other)).then_some(format)
}

/// Whether a part of this type may have a secret as its content. None if some servers find more in the
/// part than one content.
pub(super) fn may_part_hold_secret(content_type: &str) -> Option<bool> {
    let MediaType {
        essence,
        charset,
        boundary,
    } = MediaType::from_plain(content_type)?;
    let is_one = KINDS.contains(&essence.split('/').next()?)
        && !NOT_OF_PARTS.iter().any(|word| essence.contains(word))
        && charset.is_none_or(|it| it.eq_ignore_ascii_case("utf-8"))
        && boundary.is_none();
    is_one.then(|| matches!(format_of(essence), Some(Format::Text)))
}

/// A type in plain syntax: in lower case, without quotes, and with known parameters only.
struct MediaType<'t> {
    essence: &'t str,
    charset: Option<&'t str>,
    boundary: Option<&'t str>,
}

impl<'t> MediaType<'t> {
    fn from_plain(text: &'t str) -> Option<Self> {
        let mut parts = text.split(';');
        let essence = parts.next()?;
        let (kind, subtype) = essence.split_once('/')?;
        let is_lower = !essence.bytes().any(|byte| byte.is_ascii_uppercase());
        if !is_lower || !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let (mut charset, mut boundary) = (None, None);
        for parameter in parts {
            let parameter = parameter.strip_prefix(' ').unwrap_or(parameter);
            let (name, value) = parameter.split_once('=')?;
            let place = match name {
                "charset" => &mut charset,
                "boundary" => &mut boundary,
                _ => return None,
            };
            if !is_token(value) || place.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            essence,
            charset,
            boundary,
        })
    }
}

/// Whether a text is of characters that end a word for no server.
pub(super) fn is_token(text: &str) -> bool {
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte);
    !text.is_empty() && text.bytes().all(is_of_token)
}
