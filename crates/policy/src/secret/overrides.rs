//! Fields that can make a server use another method or path than the request's. A secret that is
//! restricted to methods or paths is not sent with any of them.

use super::field_name::decoded;

/// The fields of forms and queries that frameworks use as the method: most use the first, Salesforce
/// the second, Plack and Catalyst the third, ASP.NET the name of the header.
const METHOD_FIELDS: [&str; 5] = [
    "_method",
    "_HttpMethod",
    "x-tunneled-method",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
];

/// Whether a header field can override the method or the path, or the origin as seen by proxies:
/// `X-HTTP-Method-Override`, `X-Original-URL`, `X-Rewrite-URL`, `X-Forwarded-…`, `Forwarded` and their
/// variants; or whether it names another path to read or write: `Destination` (RFC 4918),
/// `X-Amz-Copy-Source`, `X-Copy-From`, `X-Ms-Rename-Source`, `X-Symlink-Target`, `X-Object-Manifest`.
#[must_use]
pub fn is_override_header(name: &str) -> bool {
    let name = header_name(name);
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
        "x-copy-from",
        "x-url",
        "x-uri",
    ];
    matches!(
        &*name,
        "forwarded" | "x-forwarded" | "destination" | "method-override"
    ) || name.ends_with("-method-override")
        || name.ends_with("-copy-source")
        || name.ends_with("-rename-source")
        || name.ends_with("-symlink-target")
        || name.ends_with("-object-manifest")
        || name.ends_with("-url-override")
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The name of a header field as in CGI and its successors, where all characters but letters and
/// digits are the same.
#[must_use]
pub fn header_name(name: &str) -> String {
    name.to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// The field of a query, a form or a JSON object that some framework uses as the method, if a name,
/// which can be percent-encoded, matches one.
#[must_use]
pub fn override_field(name: &[u8]) -> Option<&'static str> {
    let name = decoded(name);
    let name = String::from_utf8_lossy(&name);
    // PHP removes blanks before a name, ends it at a NUL or a bracket, and replaces characters that
    // variables can't have with `_`.
    let name = name.trim_start();
    let end = name
        .char_indices()
        .find(|(at, c)| *c == '\0' || (*c == '[' && *at > 0));
    let name = end.map_or(name, |(at, _)| name.get(..at).unwrap_or(name));
    let name = name.trim_end().replace([' ', '.', '[', '-'], "_");
    let mut known = METHOD_FIELDS.iter();
    let known = known.find(|known| name.eq_ignore_ascii_case(&known.replace('-', "_")));
    known.copied()
}

/// The first field in a query that is [one](override_field).
#[must_use]
pub fn override_in_query(query: &[u8]) -> Option<&'static str> {
    // Some servers also split at `;`.
    let mut fields = query.split(|byte| matches!(byte, b'&' | b';'));
    fields.find_map(|field| override_field(field.split(|byte| *byte == b'=').next()?))
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
            "X.HTTP.Method.Override",
            "X-HTTP+Method",
            "Method-Override",
            "Destination",
            "X-Amz-Copy-Source",
            "X-Copy-From",
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
            "_HttpMethod",
            "%u005fmethod",
            "X-HTTP-Method-Override",
            "x-http%2Dmethod",
            "x-tunneled-method",
            "X-Tunneled%2dMethod",
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
