//! The URL: absolute, `http` or `https`, and without credentials.
//!
//! Messages never show the URL: a webhook's is a secret.

use std::borrow::Cow;

use http_step_template::{Part, Reference, Template};
use http_step_yaml::{Content, FromNode, Node, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::text::{checked, has_expression, literals};

/// A URL, in which expressions may stand.
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
            "description": "An absolute URL, `http` or `https`, in which `${{ … }}` expressions are rendered.",
            "type": "string",
            // A scheme, or the beginning of one before an expression.
            "pattern": r"^([Hh][Tt][Tt][Pp][Ss]?://|([Hh]([Tt]([Tt]([Pp]([Ss]?(:/?)?)?)?)?)?)?\$\{\{)",
        })
    }
}

fn rule(template: &Template<'_>) -> Result<(), String> {
    check(template, "give it as `auth: [username, password]`")
}

/// What is wrong with a URL, as far as can be told before its expressions are
/// rendered, and what to do with a user name in it.
pub(crate) fn check(template: &Template<'_>, advice: &str) -> Result<(), String> {
    characters(template)?;
    scheme(template)?;
    let text = with_stand_ins(template);
    match authority(&text) {
        Some("") => return Err("the URL has no host".to_owned()),
        Some(authority) if authority.contains('@') => {
            return Err(format!("the URL has a user name in it; {advice}"));
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
        Err(error) => Err(format!("the URL can't be read: {error}")),
    }
}

/// Whether what is sent there goes over a network as it is: by `http`, and not to this
/// machine. Where an expression stands in the host, it can't be told.
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

/// Whether a URL's beginning has all of its host in it.
fn has_a_path(start: &str) -> bool {
    start
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains(['/', '?', '#']))
}

fn characters(template: &Template<'_>) -> Result<(), String> {
    let unfit = |c: &char| *c == ' ' || *c == '\\' || c.is_control();
    match literals(template).flat_map(str::chars).find(unfit) {
        None => Ok(()),
        Some(' ') => Err("a URL can't hold a space; write `%20`".to_owned()),
        Some('\n' | '\r') => Err("a URL can't hold a line break".to_owned()),
        Some('\\') => Err("a URL can't hold a `\\`; write `/`, or `%5C`".to_owned()),
        Some(c) => Err(format!(
            "a URL can't hold a control character; write `{}`",
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

/// What stands before the first expression tells the scheme, or at least whether
/// it can still become one of ours.
fn scheme(template: &Template<'_>) -> Result<(), String> {
    let start = match template.parts().first() {
        None => return Err("the URL is empty; it starts with `https://` or `http://`".to_owned()),
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
            "after the URL's scheme come two slashes: `https://…`".to_owned()
        }
        Some((scheme, rest)) if rest.starts_with("//") && is_scheme(scheme) => format!(
            "the URL's scheme is `{}`; only `https` and `http` can be requested",
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

/// The URL with a letter for each expression, which is enough to see its parts.
fn with_stand_ins(template: &Template<'_>) -> String {
    template
        .parts()
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text,
            Part::Expression(_) => "x",
        })
        .collect()
}

/// Whether a secret stands behind a literal scheme and before the path. One at the URL's
/// beginning may be all of the URL.
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
