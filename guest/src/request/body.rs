//! The bytes of the request's body.

use crate::render::{Body, Fields};
use crate::request::form;
use crate::request::multipart::{self, MultipartError};

/// A body that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    /// The Content-Type header, unless the step sets it.
    pub(crate) media_type: Option<String>,
}

/// Encode a body; none if it is empty, as in the requests library.
pub(crate) fn encode(body: Body) -> Result<Option<Content>, MultipartError> {
    let (bytes, media_type) = match body {
        Body::Data(Fields::Entries(entries)) => (
            form::encode(&entries).into_bytes(),
            Some("application/x-www-form-urlencoded".to_owned()),
        ),
        Body::Data(Fields::Text(text)) => (text.into_bytes(), None),
        Body::Json(value) => (
            value.to_string().into_bytes(),
            Some("application/json".to_owned()),
        ),
        Body::Bytes(bytes) => (bytes, None),
        Body::Multipart { fields, files } => {
            let (bytes, media_type) = multipart::encode(&fields, &files)?;
            (bytes, Some(media_type))
        }
    };
    Ok((!bytes.is_empty()).then_some(Content { bytes, media_type }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bytes_and_media_type() {
        let entries = |pairs: &[(&str, &str)]| {
            Body::Data(Fields::Entries(
                pairs
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
            ))
        };
        let text = |text: &str| Body::Data(Fields::Text(text.to_owned()));
        for (body, bytes, media_type) in [
            (
                entries(&[("a", "b c"), ("a", "ü")]),
                "a=b+c&a=%C3%BC",
                Some("application/x-www-form-urlencoded"),
            ),
            (text("größe\n"), "größe\n", None),
            (
                Body::Json(json!({"b": [1, 2.5, "ü"], "a": null}).into()),
                r#"{"b":[1,2.5,"ü"],"a":null}"#,
                Some("application/json"),
            ),
            (Body::Json("".into()), "\"\"", Some("application/json")),
            (Body::Bytes(b"raw".to_vec()), "raw", None),
        ] {
            let content = Content {
                bytes: bytes.as_bytes().to_vec(),
                media_type: media_type.map(str::to_owned),
            };
            assert_eq!(encode(body), Ok(Some(content)));
        }
        for empty in [entries(&[]), text(""), Body::Bytes(vec![])] {
            assert_eq!(encode(empty), Ok(None));
        }
    }
}
