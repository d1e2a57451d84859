//! The URL: absolute, `http` or `https`, and without credentials.
//!
//! Diagnostics never show the URL, since URLs of webhooks are secret.

use std::borrow::Cow;

use http_step_template::{Part, Reference, Template};
use http_step_yaml::{Content, FromNode, Node, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{checked, has_expression, literals};

/// A URL, which can contain expressions.
#[derive(Debug)]
pub(crate) struct Url(pub(crate) String);

impl FromNode for Url {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::String(text) => checked(text, node.at, rule, report).map(Self),
            _ => Err(node.unfit("a URL", report)),
        }
    }
}

impl JsonSchema for Url {
    fn schema_name() -> Cow<'static, str> {
        "Url".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An absolute URL, `http` or `https`. `${{ … }}` expressions are rendered.",
            "type": "string",
            // A scheme, or the start of one before an expression.
            "pattern": r"^([Hh][Tt][Tt][Pp][Ss]?://|([Hh]([Tt]([Tt]([Pp]([Ss]?(:/?)?)?)?)?)?)?\$\{\{)",
        })
    }
}

fn rule(template: &Template<'_>) -> Result<(), String> {
    check(template, "give it as `auth: [username, password]`")
}

/// Check a URL as far as possible before its expressions are rendered. `advice` says what to do
/// with a user name in it.
pub(crate) fn check(template: &Template<'_>, advice: &str) -> Result<(), String> {
    characters(template)?;
    scheme(template)?;
    let text = with_placeholders(template);
    match authority(&text) {
        Some("") => return Err("the URL has no host".to_owned()),
        Some(authority) if authority.contains('@') => {
            return Err(format!("the URL contains a user name; {advice}"));
        }
        _ if has_a_secret_host(template) => {
            return Err(
                "a secret can't stand in the host of a URL; a URL that is a secret as a whole is \
                 written `${{ secret.NAME }}`, and nothing before it"
                    .to_owned(),
            );
        }
        _ if has_expression(template) => return Ok(()),
        _ => {}
    }
    match ::url::Url::parse(&text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("invalid URL: {error}")),
    }
}

/// Whether requests go over a network without TLS: by `http`, and not to this machine. False if
/// the host contains an expression.
pub(crate) fn goes_out_in_the_clear(template: &Template<'_>) -> bool {
    let literal = match template.parts().first() {
        Some(Part::Literal(start)) if !has_expression(template) || has_a_path(start) => *start,
        _ => return false,
    };
    ::url::Url::parse(literal).is_ok_and(|url| {
        url.scheme() == "http"
            && match url.host() {
                Some(::url::Host::Domain(name)) => {
                    name != "localhost" && !name.ends_with(".localhost")
                }
                Some(::url::Host::Ipv4(address)) => !address.is_loopback(),
                Some(::url::Host::Ipv6(address)) => !address.is_loopback(),
                None => true,
            }
    })
}

/// Whether the start of a URL contains the whole host.
fn has_a_path(start: &str) -> bool {
    start
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains(['/', '?', '#']))
}

fn characters(template: &Template<'_>) -> Result<(), String> {
    let unfit = |c: &char| *c == ' ' || *c == '\\' || c.is_control();
    match literals(template).flat_map(str::chars).find(unfit) {
        None => Ok(()),
        Some(' ') => Err("a URL can't contain a space; write `%20`".to_owned()),
        Some('\n' | '\r') => Err("a URL can't contain a line break".to_owned()),
        Some('\\') => Err("a URL can't contain `\\`; write `/` or `%5C`".to_owned()),
        Some(c) => Err(format!(
            "a URL can't contain a control character; write `{}`",
            percent_encoded(c)
        )),
    }
}

fn percent_encoded(c: char) -> String {
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes)
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect()
}

/// Check that the text before the first expression is a supported scheme, or can still become
/// one.
fn scheme(template: &Template<'_>) -> Result<(), String> {
    let start = match template.parts().first() {
        None => {
            return Err("the URL is empty; it must start with `https://` or `http://`".to_owned());
        }
        Some(Part::Expression(_)) => return Ok(()),
        Some(Part::Literal(start)) => start.to_ascii_lowercase(),
    };
    let unfinished = has_expression(template);
    for scheme in ["https://", "http://"] {
        if start.starts_with(scheme) || (unfinished && scheme.starts_with(&start)) {
            return Ok(());
        }
    }
    Err(match start.split_once(':') {
        Some(("http" | "https", _)) => {
            "the URL's scheme must be followed by two slashes: `https://…`".to_owned()
        }
        Some((scheme, rest)) if rest.starts_with("//") && is_scheme(scheme) => format!(
            "unsupported URL scheme `{}`; use `https` or `http`",
            http_step_yaml::excerpt(scheme)
        ),
        _ => "the URL has no scheme; did you mean `https://…`?".to_owned(),
    })
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The URL with a letter in place of each expression, to parse its parts.
fn with_placeholders(template: &Template<'_>) -> String {
    template
        .parts()
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text,
            Part::Expression(_) => "x",
        })
        .collect()
}

/// Whether there is a secret between a literal scheme and the path. A secret at the start can be
/// the whole URL.
fn has_a_secret_host(template: &Template<'_>) -> bool {
    let mut before = String::new();
    for part in template.parts() {
        match part {
            Part::Literal(text) => before.push_str(text),
            Part::Expression(Reference::Property { .. }) => before.push('x'),
            Part::Expression(Reference::Secret { .. }) => {
                return authority(&before).is_some_and(|host| before.ends_with(host));
            }
        }
    }
    false
}

fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}
