//! Fields of queries, cookies and bodies that can make a server use another method than the request's. A
//! secret that is restricted to methods or paths is not sent with any of them.

use super::field_name::{decoded, field_names, letters, split_field};
use super::hidden_fields::HiddenFields;

/// Names that frameworks read a method from, in letters and digits. Most frameworks read `_method`,
/// Salesforce `_HttpMethod`, Google's APIs `$httpMethod`, Plack and Catalyst `x-tunneled-method`,
/// ASP.NET `X-HTTP-Method-Override`.
const METHOD_FIELDS: [&str; 7] = [
    "xhttpmethod",
    "xhttpmethodoverride",
    "httpmethodoverride",
    "xmethodoverride",
    "methodoverride",
    "xtunneledmethod",
    "tunneledmethod",
];

/// Names that count only behind a sign: `_method`, but not `method`.
const BEHIND_SIGNS: [&str; 2] = ["method", "httpmethod"];

/// The ends of names that count if the value is a method: Restlet, Kibana and Facebook's Graph API read
/// `method`.
const ENDS: [&str; 2] = ["method", "verb"];

/// The methods that servers know (RFC 9110, RFC 5789, WebDAV, caches).
const METHODS: [&str; 23] = [
    "get",
    "head",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "trace",
    "connect",
    "copy",
    "move",
    "lock",
    "unlock",
    "mkcol",
    "propfind",
    "proppatch",
    "purge",
    "merge",
    "link",
    "unlink",
    "query",
    "report",
    "search",
];

/// Whether a field of a query, a form or an object can make a server use another method. Its name and
/// value can be percent-encoded.
#[must_use]
pub fn is_override_field(name: &[u8], value: &[u8]) -> bool {
    let name = decoded(name);
    let Ok(name) = str::from_utf8(&name) else {
        return false;
    };
    let name = name.trim();
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-.$@~[]".contains(c);
    if !name.chars().all(is_of_name) {
        return false;
    }
    let has_sign = !name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let mut keys = name.split(['[', ']']);
    let first = letters(keys.find(|key| !key.is_empty()).unwrap_or_default());
    let all = letters(name);
    let is_named =
        |name: &str| METHOD_FIELDS.contains(&name) || has_sign && BEHIND_SIGNS.contains(&name);
    let may_be_named = || ENDS.iter().any(|end| all.ends_with(end));
    is_named(&first) || is_named(&all) || may_be_named() && is_method(value)
}

/// Whether a key of an object names a method, such as that of one request of a batch.
#[must_use]
pub fn is_method_key(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let names = ["method", "httpmethod", "requestmethod", "verb", "httpverb"];
    name.chars().all(is_of_name) && names.contains(&&*letters(name))
}

/// Whether a value, which can be percent-encoded, is the name of a method, in any case.
#[must_use]
pub fn is_method(value: &[u8]) -> bool {
    let value = decoded(value);
    let value = value.trim_ascii().to_ascii_lowercase();
    METHODS.iter().any(|method| method.as_bytes() == value)
}

/// The first field in a query that can make a server use another method, or whose name is not
/// [plain](field_names), so that some server may read another one, or that has another one in its value.
#[must_use]
pub fn override_in_query(query: &[u8]) -> Option<String> {
    // Some servers also split at `;`.
    let mut fields = query.split(|byte| matches!(byte, b'&' | b';'));
    fields.find_map(|field| {
        let (name, value) = split_field(field);
        let overrides = || {
            field_names(name).is_none()
                || is_override_field(name, value)
                || HiddenFields::new(&decoded(value)).have_value()
        };
        (!field.is_empty() && overrides()).then(|| String::from_utf8_lossy(name).into_owned())
    })
}

/// The same for the cookies in a header field: PHP reads them beside the fields of the query, and a
/// dot before a name as `_`.
#[must_use]
pub fn override_in_cookies(field: &[u8]) -> Option<String> {
    // Some servers also split at `,`.
    let mut cookies = field.split(|byte| matches!(byte, b';' | b','));
    cookies.find_map(|cookie| {
        let (name, value) = split_field(cookie.trim_ascii());
        let plain = name.strip_prefix(b".").unwrap_or(name);
        let overrides =
            !name.is_empty() && (field_names(plain).is_none() || is_override_field(name, value));
        overrides.then(|| String::from_utf8_lossy(name).into_owned())
    })
}
