//! The canonical request, as it is hashed.
//!
//! It contains the session token, so it is hashed piece by piece and never held in memory as
//! a whole.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};

use super::uri::{canonical_path, canonical_query};
use super::{PathRule, Request};
use crate::header::Headers;

/// The headers of a request in the order for signing.
pub(super) struct SignedHeaders<'a> {
    fields: Vec<(&'a HeaderName, Vec<&'a [u8]>)>,
}

impl<'a> SignedHeaders<'a> {
    /// The headers of `sent`, replaced by those of `set` with the same names.
    pub(super) fn new(sent: &'a HeaderMap, set: &'a Headers) -> Self {
        let mut fields: Vec<(&HeaderName, Vec<&[u8]>)> = sent
            .keys()
            .filter(|name| *name != AUTHORIZATION && set.iter().all(|(own, _)| own != *name))
            .map(|name| {
                let values = sent.get_all(name).iter();
                (name, values.map(|value| value.as_bytes()).collect())
            })
            .collect();
        fields.extend(
            set.iter()
                .map(|(name, value)| (name, vec![value.as_bytes()])),
        );
        fields.sort_unstable_by_key(|(name, _)| name.as_str());
        Self { fields }
    }

    /// Their names, joined with semicolons.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        names.join(";")
    }

    fn write(&self, sink: &mut impl FnMut(&[u8])) {
        for (name, values) in &self.fields {
            sink(name.as_str().as_bytes());
            let mut separator: &[u8] = b":";
            for value in values {
                sink(separator);
                write_trimmed(value, sink);
                separator = b",";
            }
            sink(b"\n");
        }
    }
}

/// A value without surrounding white space, and with one space for each run of it.
fn write_trimmed(value: &[u8], sink: &mut impl FnMut(&[u8])) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t'));
    let mut separator: &[u8] = b"";
    for word in words.filter(|word| !word.is_empty()) {
        sink(separator);
        sink(word);
        separator = b" ";
    }
}

/// Write the canonical request to `sink`.
pub(super) fn write(
    request: &Request<'_>,
    rule: PathRule,
    headers: &SignedHeaders<'_>,
    payload: &str,
    sink: &mut impl FnMut(&[u8]),
) {
    sink(request.method.as_bytes());
    sink(b"\n");
    sink(canonical_path(request.path, rule).as_bytes());
    sink(b"\n");
    sink(canonical_query(request.query.unwrap_or_default()).as_bytes());
    sink(b"\n");
    headers.write(sink);
    sink(b"\n");
    sink(headers.names().as_bytes());
    sink(b"\n");
    sink(payload.as_bytes());
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use http::HeaderValue;

    use super::super::Payload;
    use super::*;

    #[test]
    fn a_request_has_one_canonical_form() {
        let mut sent = HeaderMap::new();
        for (name, value) in [
            ("x-b", "  a \t  b  "),
            ("x-b", "\"c   d\""),
            ("x-empty", ""),
            ("host", "example.amazonaws.com"),
            ("authorization", "Bearer stale"),
            ("x-amz-date", "stale"),
        ] {
            sent.append(name, HeaderValue::from_static(value));
        }
        let set = vec![(
            HeaderName::from_static("x-amz-date"),
            HeaderValue::from_static("20150830T123600Z"),
        )];
        let request = Request {
            method: "PUT",
            path: "/a%20b/",
            query: Some("b=2&a"),
            headers: &sent,
            payload: Payload::Unsigned,
        };
        let mut text = Vec::new();
        write(
            &request,
            PathRule::Normalized,
            &SignedHeaders::new(&sent, &set),
            "UNSIGNED-PAYLOAD",
            &mut |piece| text.extend_from_slice(piece),
        );
        expect![[r#"
            PUT
            /a%2520b/
            a=&b=2
            host:example.amazonaws.com
            x-amz-date:20150830T123600Z
            x-b:a b,"c d"
            x-empty:

            host;x-amz-date;x-b;x-empty
            UNSIGNED-PAYLOAD"#]]
        .assert_eq(str::from_utf8(&text).unwrap());
    }
}
