//! Header fields for credentials: the ones that a secret may be in by default.
//!
//! A server gives each field a meaning: it compares `If-Modified-Since`, echoes `Origin`, and
//! masks a CSRF cookie with a key beside it. A step that chooses the field chooses the meaning, so
//! by default it can choose only among fields that exist to hold a secret.

/// The longest name of a field for a secret, in bytes. A server may truncate a whole line, and a
/// step that pads the name would choose where.
pub const MAX_FIELD_NAME: usize = 64;

/// Words of names for credentials: `Authorization`, `X-Api-Key`, `PRIVATE-TOKEN`.
const CREDENTIALS: [&str; 17] = [
    "apikey",
    "apisecret",
    "apitoken",
    "auth",
    "authentication",
    "authorization",
    "authtoken",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "pat",
    "secret",
    "signature",
    "token",
    "tokenauth",
];

/// Words of names with other meanings: `X-CSRF-Token`, `Idempotency-Key`, `Sec-WebSocket-Key`.
const OTHERS: [&str; 15] = [
    "cache",
    "continuation",
    "csrf",
    "cursor",
    "idempotency",
    "next",
    "nonce",
    "page",
    "partition",
    "public",
    "sec",
    "sort",
    "surrogate",
    "sync",
    "xsrf",
];

/// The words of names in which a scheme may precede the value.
pub(super) const AUTHORIZATION: [&str; 3] = ["auth", "authentication", "authorization"];

/// Whether a header field is for credentials, by the words of its name.
#[must_use]
pub fn is_credential_field(name: &str) -> bool {
    name.len() <= MAX_FIELD_NAME && has_word(name, &CREDENTIALS) && !has_word(name, &OTHERS)
}

/// Whether a scheme such as `Bearer` may precede the value in a header field.
pub(super) fn takes_scheme(name: &str) -> bool {
    is_credential_field(name) && has_word(name, &AUTHORIZATION)
}

fn has_word(name: &str, words: &[&str]) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| words.iter().any(|other| word.eq_ignore_ascii_case(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_for_credentials() {
        for name in [
            "Authorization",
            "authorization",
            "Proxy-Authorization",
            "X-Authorization",
            "PRIVATE-TOKEN",
            "JOB-TOKEN",
            "X-Gitlab-Token",
            "X-Vault-Token",
            "X-Api-Key",
            "x_api_key",
            "Api-Key",
            "ApiKey",
            "DD-API-KEY",
            "X-Auth-Token",
            "X-Auth-Key",
            "X-Amz-Security-Token",
            "X-Goog-Api-Key",
            "Ocp-Apim-Subscription-Key",
            "CF-Access-Client-Secret",
            "X-NuGet-ApiKey",
            "Fastly-Key",
            "Circle-Token",
            "X-Shopify-Access-Token",
        ] {
            assert!(is_credential_field(name), "{name}");
        }
        let long = format!("x-token-{}", "a".repeat(57));
        assert!(is_credential_field(&long[..MAX_FIELD_NAME]));
        for name in [
            "Cookie",
            "X-CSRF-Token",
            "X-XSRF-TOKEN",
            "Idempotency-Key",
            "Sec-WebSocket-Key",
            "Surrogate-Key",
            "Monkey",
            "Accept-Language",
            "If-Modified-Since",
            "If-None-Match",
            "Last-Event-ID",
            "Origin",
            "Referer",
            "User-Agent",
            "Content-Type",
            "Destination",
            "X-Forwarded-For",
            "X-Request-Id",
            "traceparent",
            "",
            long.as_str(),
        ] {
            assert!(!is_credential_field(name), "{name}");
        }
    }

    #[test]
    fn fields_with_schemes() {
        for (name, takes) in [
            ("Authorization", true),
            ("X-Auth-Token", true),
            ("X-Authorization", true),
            ("X-Api-Key", false),
            ("PRIVATE-TOKEN", false),
            ("User-Agent", false),
        ] {
            assert_eq!(takes_scheme(name), takes, "{name}");
        }
    }
}
