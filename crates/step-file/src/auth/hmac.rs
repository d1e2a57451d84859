//! A signature of the body in a header, as of webhooks: HMAC-SHA256 (RFC 2104).

use http_step_json::Value;
use http_step_template::{Part, Template};
use http_step_yaml::{FromNode, Node, Position, Report, Reported, mapping};
use serde_json::json;

use super::parameters::Parameters;
use super::ruled::{Ruled, Something, TextRule};
use super::word::{Word, Words};
use crate::header;
use crate::renderable::Renderable;
use crate::text::literals;

mapping! {
    /// HMAC-SHA256 of the body in a header: in a well-known `form`, or in any other `header`.
    #[schemars(extend(
        "required" = json!(["secret"]),
        "anyOf" = json!([
            {
                "required": ["form"],
                "properties": {
                    "header": {"type": "null"},
                    "encoding": {"type": "null"},
                    "prefix": {"type": "null"},
                },
            },
            {"required": ["header"], "properties": {"form": {"type": "null"}}},
        ]),
    ))]
    pub(super) struct Hmac as "`{secret: …, form: …}` or `{secret: …, header: …}`" {
        /// The key.
        #[schemars(example = &"${{ secret.WEBHOOK_KEY }}")]
        secret: Ruled<Something>,
        /// The form. `github`: `X-Hub-Signature-256: sha256=<hex>`;
        /// `slack`: `X-Slack-Request-Timestamp` and `X-Slack-Signature: v0=<hex>`;
        /// `stripe`: `Stripe-Signature: t=<time>,v1=<hex>`.
        form: Renderable<Word<Form>>,
        /// The name of the header, if there is no `form`.
        #[schemars(example = &"X-Signature")]
        header: Ruled<HeaderName>,
        /// The encoding of the signature in `header`.
        #[schemars(extend("default" = "hex"))]
        encoding: Renderable<Word<Encoding>>,
        /// The text before the signature in `header`. It ends with `=`, `,`, `:` or a space.
        #[schemars(extend("default" = ""), example = &"sha256=")]
        prefix: Ruled<Prefix>,
    }
}

#[derive(Debug)]
pub(super) enum Form {}

impl Words for Form {
    const ALL: &'static [&'static str] = &["github", "slack", "stripe"];
}

#[derive(Debug)]
pub(super) enum Encoding {}

impl Words for Encoding {
    const ALL: &'static [&'static str] = &["hex", "base64"];
}

#[derive(Debug)]
pub(super) enum HeaderName {}

impl TextRule for HeaderName {
    fn check(template: &Template<'_>) -> Result<(), String> {
        header::name(template)
    }
}

#[derive(Debug)]
pub(super) enum Prefix {}

impl TextRule for Prefix {
    fn check(template: &Template<'_>) -> Result<(), String> {
        let is_allowed = |c| matches!(c, ' '..='~') && !matches!(c, '%' | '&' | '+' | '\\');
        if !literals(template).flat_map(str::chars).all(is_allowed) {
            return Err("the prefix of a signature can contain only visible ASCII characters other than `%`, `&`, `+` and `\\`".to_owned());
        }
        match template.parts().last() {
            Some(Part::Literal(text)) if !ends_prefix(text) => {
                Err("the prefix of a signature has to end with `=`, `,`, `:` or a space".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn ends_prefix(text: &str) -> bool {
    text.is_empty() || text.ends_with(['=', ',', ':', ' '])
}

pub(super) fn parameters(node: &Node, report: &mut Report) -> Result<Value, Reported> {
    let keys = Hmac::from_node(node, report)?;
    let at = |given: Option<Position>, key| given.map(|at| (at, key));
    let of_header = [
        at(keys.header.as_ref().map(|given| given.at), "header"),
        at(keys.encoding.as_ref().map(|given| given.at), "encoding"),
        at(keys.prefix.as_ref().map(|given| given.at), "prefix"),
    ];
    let mut form = Ok(());
    if keys.form.is_some() {
        for (at, key) in of_header.into_iter().flatten() {
            let message =
                format!("`form` already defines how the signature is sent; remove `{key}`");
            form = Err(report.add(at, message));
        }
    } else if keys.header.is_none() {
        let message = "it is not said where the signature goes: add `form: github`, `slack` or \
                       `stripe`, or a header, as in `header: X-Signature`";
        form = Err(report.add(node.at, message));
    }
    let parameters = Parameters::new()
        .required("secret", keys.secret)
        .optional("form", keys.form)
        .optional("header", keys.header)
        .optional("encoding", keys.encoding)
        .optional("prefix", keys.prefix)
        .finish(node.at, report);
    form.and(parameters)
}
