//! Header fields for credentials: the ones that a secret may be in by default.
//!
//! A server gives each field a meaning: it compares `If-Modified-Since`, echoes `Origin`, indexes
//! `X-Amz-Meta-Token`, and masks a CSRF cookie with a key beside it. A step that chooses the field
//! chooses the meaning, so by default it can choose only among fields that are the credentials of
//! a well-known API.

use super::field_name::{MAX_FIELD_NAME, header_name};

/// The fields for credentials: that of HTTP (RFC 9110), those that many APIs have, and those of
/// well-known services.
pub const CREDENTIAL_FIELDS: [&str; 57] = [
    "Authorization",
    // Of many APIs.
    "Access-Token",
    "Api-Key",
    "ApiKey",
    "X-Access-Token",
    "X-Api-Key",
    "X-Api-Token",
    "X-ApiKey",
    "X-Auth-Key",
    "X-Auth-Token",
    "X-Authorization",
    // Of one.
    "CF-Access-Client-Secret",
    "Circle-Token",
    "DD-API-KEY",
    "DD-APPLICATION-KEY",
    "Deploy-Token",
    "Fastly-Key",
    "Job-Token",
    "Kong-Admin-Token",
    "Ocp-Apim-Subscription-Key",
    "Private-Token",
    "X-Algolia-API-Key",
    "X-Amz-Security-Token",
    "X-Authentication",
    "X-Cassandra-Token",
    "X-Cisco-Meraki-API-Key",
    "X-ClickHouse-Key",
    "X-CMC_PRO_API_KEY",
    "X-Consul-Token",
    "X-Emby-Token",
    "X-Figma-Token",
    "X-Functions-Key",
    "X-Gitlab-Token",
    "X-Goog-Api-Key",
    "X-Hasura-Admin-Secret",
    "X-Honeycomb-Team",
    "X-JFrog-Art-Api",
    "X-License-Key",
    "X-MBX-APIKEY",
    "X-N8N-API-KEY",
    "X-Nomad-Token",
    "X-NuGet-ApiKey",
    "X-Octopus-ApiKey",
    "X-Papertrail-Token",
    "X-Plex-Token",
    "X-Postmark-Account-Token",
    "X-Postmark-Server-Token",
    "X-Redmine-API-Key",
    "X-Rollbar-Access-Token",
    "X-Rundeck-Auth-Token",
    "X-SF-Token",
    "X-Shopify-Access-Token",
    "X-Subscription-Token",
    "X-Tableau-Auth",
    "X-Typesense-API-Key",
    "X-Vault-Token",
    "Xi-Api-Key",
];

/// The fields in which a scheme may precede the value.
pub(super) const AUTHORIZATION: [&str; 2] = ["Authorization", "X-Authorization"];

/// Whether a header field is one of the [`CREDENTIAL_FIELDS`], as read by CGI.
#[must_use]
pub fn is_credential_field(name: &str) -> bool {
    is_one_of(name, &CREDENTIAL_FIELDS)
}

/// Whether a scheme such as `Bearer` may precede the value in a header field.
pub(super) fn takes_scheme(name: &str) -> bool {
    is_one_of(name, &AUTHORIZATION)
}

fn is_one_of(name: &str, fields: &[&str]) -> bool {
    let mut fields = fields.iter();
    name.len() <= MAX_FIELD_NAME
        && fields.any(|field| field.len() == name.len() && header_name(field) == header_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_for_credentials() {
        for name in [
            "Authorization",
            "authorization",
            "PRIVATE-TOKEN",
            "JOB-TOKEN",
            "DEPLOY-TOKEN",
            "x_api_key",
            "X.Api.Key",
            "x-cmc-pro-api-key",
        ]
        .iter()
        .chain(&CREDENTIAL_FIELDS)
        {
            assert!(is_credential_field(name), "{name}");
        }
        for name in [
            "Cookie",
            "Proxy-Authorization",
            "X-CSRF-Token",
            "X-XSRF-TOKEN",
            "Idempotency-Key",
            "Sec-WebSocket-Key",
            "Surrogate-Key",
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
            "Token",
            "X-Token",
            "X-Key",
            "X-Signature",
            "X-Auth-Email",
            "X-Subject-Token",
            "CF-Access-Client-Id",
            "X-Openai-Api-Key",
            "X-Hasura-Pat-Key",
            "X-Amz-Meta-Token",
            "X-Riak-Index-Token_bin",
            "XApi-Key",
            "X-Api-Key-",
            "Authorization2",
        ] {
            assert!(!is_credential_field(name), "{name}");
        }
    }

    #[test]
    fn fields_with_schemes() {
        for (name, takes) in [
            ("Authorization", true),
            ("X-Authorization", true),
            ("X-Auth-Token", false),
            ("X-Authentication", false),
            ("X-Api-Key", false),
            ("PRIVATE-TOKEN", false),
            ("User-Agent", false),
        ] {
            assert_eq!(takes_scheme(name), takes, "{name}");
        }
    }

    /// The documentation lists all of them.
    #[test]
    fn the_documentation_lists_the_fields() {
        let page = include_str!("../../../../docs/secrets.md");
        let list = page.split("These are the fields for credentials:").nth(1);
        let list = list.unwrap().split("\n\n").nth(1).unwrap();
        let listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        assert_eq!(listed, CREDENTIAL_FIELDS);
    }
}
