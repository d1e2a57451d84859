//! Encoding of a value for its place in a request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use thiserror::Error;
use zeroize::Zeroizing;

/// The syntax around a value, which the value must not escape from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// A header field's value (RFC 9110, section 5.5).
    Header,
    /// A path or a query (RFC 3986): everything but unreserved characters is escaped.
    Url,
    /// `application/x-www-form-urlencoded` (WHATWG URL Standard).
    Form,
    /// A string of JSON (RFC 8259).
    Json,
    /// Text or an attribute of XML.
    Xml,
    /// Text without a syntax.
    Plain,
}

impl Context {
    /// The context in a body, from its Content-Type.
    #[must_use]
    pub fn from_media_type(content_type: Option<&str>) -> Self {
        let essence = content_type
            .and_then(|text| text.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
        match subtype {
            "x-www-form-urlencoded" => Self::Form,
            "json" => Self::Json,
            "xml" => Self::Xml,
            other if other.ends_with("+json") || other.ends_with("json-seq") => Self::Json,
            // One JSON text per line.
            "x-ndjson" | "ndjson" | "jsonl" | "x-jsonlines" => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            _ => Self::Plain,
        }
    }
}

/// Why a value can't be encoded for its place. The value is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A header has no escapes.
    #[error(
        "it contains a line break or another control character, which is not allowed in a header"
    )]
    Header,
    /// JSON and XML are text.
    #[error("it is not UTF-8, which {0} requires")]
    Text(&'static str),
    /// XML can't represent it.
    #[error("it contains a control character, which is not allowed in XML")]
    Xml,
}

/// All but the unreserved characters of RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What the WHATWG's form encoding escapes; a space is `+`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b' ');

/// Encode a value for its place.
///
/// # Errors
///
/// The place can't contain it.
pub fn encode(value: &[u8], context: Context) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
    let text = |what| std::str::from_utf8(value).map_err(|_| EncodeError::Text(what));
    let encoded = match context {
        Context::Header if value.iter().any(|byte| is_no_field_byte(*byte)) => {
            return Err(EncodeError::Header);
        }
        Context::Header | Context::Plain => value.to_vec(),
        Context::Url => percent_encode(value, UNRESERVED).to_string().into_bytes(),
        Context::Form => form(value).into_bytes(),
        Context::Json => json(text("JSON")?).into_bytes(),
        Context::Xml => {
            let text = text("XML")?;
            let is_no_character =
                |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
            if text.contains(is_no_character) {
                return Err(EncodeError::Xml);
            }
            xml(text).into_bytes()
        }
    };
    Ok(Zeroizing::new(encoded))
}

fn is_no_field_byte(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

pub(crate) fn form(value: &[u8]) -> String {
    percent_encode(value, FORM).to_string().replace(' ', "+")
}

/// The content of a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}

fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // A parser would read line breaks and tabs in attributes as spaces (section 3.3.3), and a
            // carriage return in text as a line feed (section 2.11).
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &str, context: Context) -> Result<String, EncodeError> {
        let encoded = encode(value.as_bytes(), context)?;
        Ok(String::from_utf8(encoded.to_vec()).unwrap())
    }

    #[test]
    fn a_value_is_encoded_for_its_place() {
        let value = "p&ss \"w<o>r'd/é%+~*";
        for (context, written) in [
            (Context::Header, value),
            (Context::Plain, value),
            (Context::Url, "p%26ss%20%22w%3Co%3Er%27d%2F%C3%A9%25%2B~%2A"),
            (Context::Form, "p%26ss+%22w%3Co%3Er%27d%2F%C3%A9%25%2B%7E*"),
            (Context::Json, "p&ss \\\"w<o>r'd/é%+~*"),
            (Context::Xml, "p&amp;ss &quot;w&lt;o&gt;r&#39;d/é%+~*"),
        ] {
            assert_eq!(
                encoded(value, context),
                Ok(written.to_owned()),
                "{context:?}"
            );
        }
    }

    #[test]
    fn values_that_a_place_can_not_contain() {
        for value in ["a\r\nX: y", "a\0", "a\x7f"] {
            assert_eq!(encoded(value, Context::Header), Err(EncodeError::Header));
        }
        assert_eq!(encoded("a\tb", Context::Header), Ok("a\tb".to_owned()));
        assert_eq!(encoded("a\nb", Context::Json), Ok("a\\nb".to_owned()));
        assert_eq!(encoded("a\u{1}b", Context::Xml), Err(EncodeError::Xml));
        // In an attribute they would be read as spaces (XML, section 3.3.3).
        assert_eq!(
            encoded("a\r\n\tb", Context::Xml),
            Ok("a&#13;&#10;&#9;b".to_owned())
        );
        let not_utf_8 = |context| encode(b"\xff", context).err();
        assert_eq!(not_utf_8(Context::Json), Some(EncodeError::Text("JSON")));
        assert_eq!(not_utf_8(Context::Xml), Some(EncodeError::Text("XML")));
        assert_eq!(not_utf_8(Context::Url), None);
    }

    #[test]
    fn contexts_of_media_types() {
        for (content_type, context) in [
            (None, Context::Plain),
            (Some("text/plain"), Context::Plain),
            (Some("Application/JSON; charset=utf-8"), Context::Json),
            (Some("application/problem+json"), Context::Json),
            (Some("application/x-ndjson"), Context::Json),
            (Some("application/x-www-form-urlencoded"), Context::Form),
            (Some("text/xml"), Context::Xml),
            (Some("application/soap+xml"), Context::Xml),
            (Some("multipart/form-data; boundary=x"), Context::Plain),
            (Some("json"), Context::Plain),
        ] {
            assert_eq!(
                Context::from_media_type(content_type),
                context,
                "{content_type:?}"
            );
        }
    }
}
