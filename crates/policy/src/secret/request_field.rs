//! The other header fields of a request with a secret.
//!
//! Nobody knows all fields from which servers take a method, a path or a destination: `SCRIPT_NAME`
//! (gunicorn), `Daphne-Root-Path`, `X-Openai-Baseurl` (Weaviate), `X-Portkey-Custom-Host`. So a
//! secret that is restricted to methods or paths is sent only with fields whose meaning is known.
//! Other secrets are also sent with fields that can't say where: neither their name nor their value
//! allows it. URLs have too many spellings to be recognized, so a value must be of few characters.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::credential_field::is_credential_field;

/// The fields whose meaning is known, in lower case, besides those for credentials: no server takes
/// a method, a path or a destination from them. They are compared exactly, since servers that join
/// fields of similar names would read others for them.
pub const KNOWN_FIELDS: [&str; 93] = [
    // HTTP, cookies and authentication.
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-range",
    "content-transfer-encoding",
    "content-type",
    "cookie",
    "date",
    "digest",
    "dnt",
    "from",
    // Set by the host.
    "host",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "link",
    "mime-version",
    "origin",
    "pragma",
    "prefer",
    "priority",
    "referer",
    "repr-digest",
    "sec-gpc",
    "signature",
    "signature-input",
    "te",
    "user-agent",
    // Traces and requests.
    "b3",
    "baggage",
    "traceparent",
    "tracestate",
    "x-amzn-trace-id",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-correlation-id",
    "x-request-id",
    "x-requested-with",
    // Signatures.
    "stripe-signature",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-gitea-signature",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-signature",
    "x-slack-request-timestamp",
    "x-slack-signature",
    // Versions and operations of APIs, and whose key it is.
    "anthropic-beta",
    "anthropic-version",
    "api-username",
    "cf-access-client-id",
    "http-referer",
    "intercom-version",
    "kbn-xsrf",
    "linkedin-version",
    "notion-version",
    "odata-maxversion",
    "odata-version",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "soapaction",
    "square-version",
    "stripe-version",
    "tus-resumable",
    "upload-length",
    "upload-offset",
    "x-algolia-application-id",
    "x-amz-target",
    "x-atlassian-token",
    "x-auth-email",
    "x-clickhouse-user",
    "x-github-api-version",
    "x-goog-user-project",
    "x-ms-date",
    "x-ms-version",
    "x-title",
];

/// What the words of a name end with if the field may say where the server sends the request.
pub const DESTINATION_WORDS: [&str; 17] = [
    "authority",
    "backend",
    "destination",
    "dst",
    "endpoint",
    "forward",
    "forwarded",
    "host",
    "hostname",
    "origin",
    "proxy",
    "redirect",
    "route",
    "target",
    "upstream",
    "uri",
    "url",
];

/// The maximum length of a value that can't be a destination.
const MAX_INERT: usize = 64;

/// A number with more digits may be an IPv4 address.
const MAX_DIGITS: usize = 5;

/// The lengths of the parts of a UUID.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// A header field that not every secret may be sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherField {
    /// In lower case.
    name: String,
    names_destination: bool,
    is_inert: bool,
}

impl OtherField {
    /// A field of a request; none if its meaning is known ([`KNOWN_FIELDS`],
    /// [`is_credential_field`]).
    ///
    /// ```
    /// use http_step_policy::OtherField;
    ///
    /// assert_eq!(OtherField::new("Accept", b"*/*"), None);
    /// assert!(!OtherField::new("X-Account", b"acct_1").unwrap().is_destination());
    /// assert!(OtherField::new("X-Account", b"a.example").unwrap().is_destination());
    /// assert!(OtherField::new("X-Base-Url", b"a").unwrap().is_destination());
    /// ```
    #[must_use]
    pub fn new(name: &str, value: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if KNOWN_FIELDS.contains(&name.as_str()) || is_credential_field(&name) {
            return None;
        }
        Some(Self {
            names_destination: has_destination_word(&name),
            is_inert: is_inert(value),
            name,
        })
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may say where the server sends the request, by its name or its value.
    #[must_use]
    pub fn is_destination(&self) -> bool {
        self.names_destination || !self.is_inert
    }

    /// Whether its name has a word for a destination.
    #[must_use]
    pub fn names_destination(&self) -> bool {
        self.names_destination
    }
}

fn has_destination_word(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| DESTINATION_WORDS.iter().any(|it| word.ends_with(it)))
}

/// Whether a value can be no URL and no address: a few letters and digits. Servers remove blanks around
/// it, and some take the first of several words.
fn is_inert(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let is_inert = |byte: &u8| byte.is_ascii_alphanumeric() || b" -_,".contains(byte);
    let may_be_address = |word: &[u8]| {
        let is_number = word.len() > MAX_DIGITS && word.iter().all(u8::is_ascii_digit);
        is_number || word.starts_with(b"0x") || word.starts_with(b"0X")
    };
    let mut words = value.split(|byte| !byte.is_ascii_alphanumeric());
    value.len() <= MAX_INERT
        && value.iter().all(is_inert)
        && (is_uuid(value) || !words.any(may_be_address))
}

fn is_uuid(value: &[u8]) -> bool {
    let parts = value.split(|byte| *byte == b'-');
    value
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && parts.map(<[u8]>::len).eq(UUID)
}

/// The name of a header field, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FieldName(String);

impl FieldName {
    /// In lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FieldName {
    type Err = FieldNameError;

    fn from_str(name: &str) -> Result<Self, FieldNameError> {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(FieldNameError);
        }
        Ok(Self(name.to_ascii_lowercase()))
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a header name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not a header name such as `Authorization`")]
pub struct FieldNameError;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_destination(name: &str, value: &str) -> bool {
        OtherField::new(name, value.as_bytes()).is_some_and(|field| field.is_destination())
    }

    #[test]
    fn destinations() {
        for name in [
            "X-Portkey-Custom-Host",
            "X-Openai-Baseurl",
            "X-Openai-Base-Url",
            "Helicone-Target-Url",
            "X-Forwarded-Host",
            "X_Forwarded_Host",
            "X.Forwarded.For",
            "Forwarded",
            "Destination",
            "l5d-dst-override",
            "x-cf-forwarded-url",
            "x-http-host-override",
            "X-Rewrite-URL",
            "X-Request-URI",
            "X-Upstream",
            "X-Proxy",
            "X-Api-Endpoint",
            "X-Backend",
            "X-Amz-Website-Redirect-Location",
            "X-RapidAPI-Host",
            "X-Host",
            "Host_",
        ] {
            assert!(is_destination(name, "x"), "{name}");
        }
    }

    #[test]
    fn values() {
        for value in [
            "https://evil.example",
            "https:evil.example",
            "https:/evil",
            "{\"custom_host\":\"https\\u003a//evil.example\"}",
            "HTTPS%3A%2F%2Fevil.example",
            "https:&#47;&#47;evil",
            "//evil",
            "\\\\evil",
            "/$/inet/evil/443",
            "evil.example",
            "evil:80",
            "[::1]",
            "evil\u{3002}example",
            "a\tb",
            "134744072",
            "017700000001",
            "0x7f000001",
            "0X7f",
            // Servers remove what is around it.
            " 134744072",
            "134744072 ",
            " 0x08080808",
            "134744072,",
            "-134744072",
            "a, 134744072",
            "a_0x7f000001",
            "017700000001-1",
            "12345678-1234-1234-1234",
            "12345678-1234-1234-1234-123456789012-1",
            "12345678_1234_1234_1234_123456789012",
            &"a".repeat(65),
        ] {
            assert!(is_destination("X-Anything", value), "{value}");
        }
        for value in [
            "",
            "true",
            "7",
            "65535",
            "acct_1",
            "no-retry, en-US 2",
            "20151120T120000Z",
            "12345678-1234-1234-1234-123456789012",
            "65535, 65535",
            "a134744072",
            "2015-11-20",
            &"a".repeat(64),
        ] {
            assert!(!is_destination("X-Anything", value), "{value}");
        }
    }

    /// What clients of common APIs send.
    #[test]
    fn fields_of_common_apis() {
        for (name, value) in [
            (
                "Accept",
                "application/ld+json; profile=\"https://a.example\"",
            ),
            ("Content-Type", "text/xml; action=\"https://a.example\""),
            ("Cookie", "next=https://a.example"),
            ("Depth", "1"),
            ("HTTP-Referer", "https://a.example"),
            ("Host", "a.example"),
            ("Kbn-Xsrf", "true"),
            ("Link", "<http://www.w3.org/ns/ldp#Resource>; rel=\"type\""),
            ("OData-Version", "4.0"),
            ("Origin", "https://a.example"),
            ("Overwrite", "F"),
            ("Referer", "https://a.example/"),
            ("SOAPAction", "\"http://a.example/Get\""),
            ("Stripe-Account", "acct_1"),
            ("Sudo", "root"),
            ("Tus-Resumable", "1.0.0"),
            ("Upload-Offset", "12345678"),
            ("User-Agent", "bot (+https://a.example)"),
            ("X-Amz-Acl", "private"),
            ("X-Amz-Meta-Build", "42"),
            ("X-Amz-Storage-Class", "STANDARD"),
            ("X-Amz-Server-Side-Encryption", "AES256"),
            ("X-Amz-Target", "DynamoDB_20120810.GetItem"),
            ("X-Atlassian-Token", "no-check"),
            ("X-Checksum-Sha256", "00"),
            ("X-Discord-Locale", "en-US"),
            ("X-GitHub-Api-Version", "2022-11-28"),
            ("X-HTTP-Method-Override", "PATCH"),
            ("X-Ms-Blob-Type", "BlockBlob"),
            ("ce-id", "1"),
        ] {
            assert!(!is_destination(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn known_fields_are_exact() {
        for name in [
            "Content-Type",
            "HOST",
            "X-Api-Key",
            "x_api_key",
            "Authorization",
        ] {
            assert_eq!(OtherField::new(name, b"https:evil.example"), None, "{name}");
        }
        for name in [
            "SCRIPT_NAME",
            "Content-Location",
            "Content_Type",
            "X_Request_Id",
            "Daphne-Root-Path",
            "X-HTTP-Method-Override",
            "Range",
            "Expect",
            "If",
            "",
        ] {
            assert!(OtherField::new(name, b"").is_some(), "{name}");
        }
        for field in KNOWN_FIELDS {
            assert_eq!(field, field.to_ascii_lowercase());
        }
    }

    #[test]
    fn the_documentation_lists_the_fields() {
        let page = include_str!("../../../../docs/secrets.md");
        let listed = |before: &str| {
            let list = page.split(before).nth(1).unwrap();
            let list = list.split("\n\n").nth(1).unwrap();
            let listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
            listed
        };
        assert_eq!(listed("These are the known fields:"), KNOWN_FIELDS);
        assert_eq!(listed("These words name a destination:"), DESTINATION_WORDS);
    }

    #[test]
    fn names() {
        assert_eq!("X-Account".parse(), Ok(FieldName("x-account".to_owned())));
        for name in ["", "X Account", "X:", "é"] {
            assert_eq!(name.parse::<FieldName>(), Err(FieldNameError), "{name}");
        }
    }
}
