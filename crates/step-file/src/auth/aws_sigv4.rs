//! AWS Signature Version 4.

use http_step_json::Value;
use http_step_template::Template;
use http_step_yaml::{FromNode, Node, Report, Reported, mapping};
use serde_json::json;

use super::parameters::Parameters;
use super::ruled::{Ruled, Something, TextRule, is_empty};
use crate::renderable::Renderable;
use crate::text::literals;

mapping! {
    /// AWS Signature Version 4, in headers.
    #[schemars(extend(
        "required" = json!(["access_key_id", "secret_access_key", "region", "service"]),
    ))]
    pub(super) struct AwsSigv4 as "`{access_key_id: …, secret_access_key: …, region: …, service: …}`" {
        /// The access key ID, which the request contains.
        #[schemars(example = &"AKIAIOSFODNN7EXAMPLE")]
        access_key_id: Ruled<ScopeWord>,
        /// The secret access key.
        #[schemars(example = &"${{ secret.AWS_SECRET_ACCESS_KEY }}")]
        secret_access_key: Ruled<Something>,
        /// The token of temporary credentials.
        #[schemars(example = &"${{ secret.AWS_SESSION_TOKEN }}")]
        session_token: Ruled<Something>,
        /// The region.
        #[schemars(example = &"eu-central-1")]
        region: Ruled<ScopeWord>,
        /// The service's name for signing.
        #[schemars(example = &"execute-api")]
        service: Ruled<ScopeWord>,
        /// Sign everything but the body, which S3 allows over TLS.
        #[schemars(extend("default" = false))]
        unsigned_payload: Renderable<bool>,
    }
}

/// A part of the credential scope, which can't contain a slash.
#[derive(Debug)]
pub(super) enum ScopeWord {}

impl TextRule for ScopeWord {
    fn check(template: &Template<'_>) -> Result<(), String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if is_empty(template) {
            return Err("it is empty".to_owned());
        }
        if !literals(template).flat_map(str::chars).all(is_plain) {
            return Err("it can contain only letters, digits, `-`, `_` and `.`".to_owned());
        }
        Ok(())
    }
}

pub(super) fn parameters(node: &Node, report: &mut Report) -> Result<Value, Reported> {
    let keys = AwsSigv4::from_node(node, report)?;
    Parameters::new()
        .required("access_key_id", keys.access_key_id)
        .required("secret_access_key", keys.secret_access_key)
        .optional("session_token", keys.session_token)
        .required("region", keys.region)
        .required("service", keys.service)
        .optional("unsigned_payload", keys.unsigned_payload)
        .finish(node.at, report)
}
