//! Fields of queries and bodies that can make a server use another method than the request's. A
//! secret that is restricted to methods or paths is not sent with any of them.

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
