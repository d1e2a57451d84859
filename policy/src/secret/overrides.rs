//! What in a request can have a server act on another method or path than the request
//! says. A secret that is bound to methods or a path goes out with none of it.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The field of forms and queries that frameworks take for the method.
const METHOD_FIELD: &str = "_method";

/// Whether a header field can override the method or the path, or is what proxies tell
/// servers of a request's origin: `X-HTTP-Method-Override`, `X-Original-URL`,
/// `X-Rewrite-URL`, `X-Forwarded-…`, `Forwarded` and their variants.
#[must_use]
pub fn is_override_header(name: &str) -> bool {
    // CGI and what comes of it do not tell `_` from `-`.
    let name = name.to_ascii_lowercase().replace('_', "-");
    let prefixes = [
        "x-http-method",
        "x-http-path",
        "x-http-url",
        "x-http-uri",
        "x-method",
        "x-original-",
        "x-rewrite-",
        "x-rewritten-",
        "x-override-",
        "x-forwarded-",
        "x-envoy-original-",
        "x-request-url",
        "x-request-uri",
        "x-request-path",
        "x-script-name",
        "x-url",
        "x-uri",
    ];
    matches!(&*name, "forwarded" | "x-forwarded")
        || name.ends_with("-method-override")
        || name.ends_with("-url-override")
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether the name of a field of a query, a form or a JSON object is `_method`, as some
/// framework reads it. In a query and a form it is percent-encoded.
#[must_use]
pub fn is_override_field(name: &[u8]) -> bool {
    // No name of more bytes comes to `_method`, but by what is cut off.
    let name: Vec<u8> = name
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let name: Cow<'_, [u8]> = percent_decode(&name).into();
    let name = String::from_utf8_lossy(&name);
    // PHP leaves out blanks before a name, ends it at a NUL or a bracket, and has `_`
    // in place of characters that its variables can't have.
    let name = name.trim_start();
    let end = name
        .char_indices()
        .find(|(at, c)| *c == '\0' || (*c == '[' && *at > 0));
    let name = end.map_or(name, |(at, _)| name.get(..at).unwrap_or(name));
    let name = name.trim_end().replace([' ', '.', '['], "_");
    name.eq_ignore_ascii_case(METHOD_FIELD)
}

/// The name of the first field in a query that is [one](is_override_field).
#[must_use]
pub fn override_in_query(query: &[u8]) -> Option<&'static str> {
    // Some servers take `;` for `&`.
    let mut fields = query.split(|byte| matches!(byte, b'&' | b';'));
    let is_override = |field: &[u8]| {
        let name = field.split(|byte| *byte == b'=').next();
        name.is_some_and(is_override_field)
    };
    fields.any(is_override).then_some(METHOD_FIELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for name in [
            "X-HTTP-Method-Override",
            "x-http-method",
            "X-Method-Override",
            "X_HTTP_METHOD_OVERRIDE",
            "X-HTTP_Method-Override",
            "X-Original-URL",
            "X-Original-URI",
            "X-Original-Method",
            "X-Rewrite-URL",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Prefix",
            "X-Forwarded-Uri",
            "X_Forwarded_Path",
            "Forwarded",
            "X-Envoy-Original-Path",
        ] {
            assert!(is_override_header(name), "{name}");
        }
        for name in [
            "Authorization",
            "X-Token",
            "Content-Type",
            "X-HTTP-Step",
            "X-Request-Id",
            "Forwarded-To",
            "X-Originating-Build",
            "Prefer",
        ] {
            assert!(!is_override_header(name), "{name}");
        }
    }

    #[test]
    fn fields() {
        for name in [
            "_method",
            "_METHOD",
            "%5fmethod",
            "_%6Dethod",
            ".method",
            "%20_method",
            "+_method",
            "[method",
            "_method[]",
            "_method%5B%5D",
            "_method%00x",
            "_method+",
        ] {
            let query = format!("a=b&{name}=DELETE");
            assert!(override_in_query(query.as_bytes()).is_some(), "{name}");
            let query = format!("a=b;{name}");
            assert!(override_in_query(query.as_bytes()).is_some(), "{name}");
        }
        for query in [
            "",
            "method=GET",
            "a=_method",
            "x_method=1",
            "a[_method]=1",
            "__method=1",
        ] {
            assert_eq!(override_in_query(query.as_bytes()), None, "{query}");
        }
    }
}
