//! The authentication of the request.
//!
//! The component itself writes the header of basic and bearer. For other schemes it passes the
//! parameters to the host, which computes the credentials. So these parameters stay JSON, and
//! the component sets their defaults.

mod aws_sigv4;
mod basic;
mod digest;
mod hmac;
mod oauth2;
mod parameters;
mod ruled;
mod word;

use std::borrow::Cow;
use std::fmt;

use http_step_json::Value;
use http_step_yaml::{Content, Entry, FromNode, Node, Position, Report, Reported, excerpt};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::header;
use crate::json::Json;
use crate::text::{Expression, Rule, Text, anything, checked, sole_expression};

/// The authentication of a request. Strings are templates.
#[derive(Clone, PartialEq)]
pub enum Auth {
    /// Basic (RFC 7617).
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: String,
    },
    /// Bearer (RFC 6750): the token.
    Bearer(String),
    /// One expression, whose value has a form that `auth` has in the file.
    Expression(String),
    /// A scheme that is passed to the component. The parameters of `hmac`, `aws-sigv4`, `digest`
    /// and `oauth2` are checked here, those of other schemes by the component.
    Other {
        /// Its name, in lower case: `digest`, `aws-sigv4`.
        scheme: String,
        /// Its parameters: a JSON object.
        parameters: Value,
    },
}

/// Without passwords and tokens, which the file may contain literally.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { username, .. } => f
                .debug_struct("Basic")
                .field("username", username)
                .finish_non_exhaustive(),
            Self::Bearer(_) => f.debug_struct("Bearer").finish_non_exhaustive(),
            Self::Expression(text) => f.debug_tuple("Expression").field(text).finish(),
            Self::Other { scheme, .. } => f
                .debug_struct("Other")
                .field("scheme", scheme)
                .finish_non_exhaustive(),
        }
    }
}

const FORMS: &str = "`[username, password]`, one expression or one scheme: `{basic: …}`, \
                     `{bearer: TOKEN}`, `{hmac: …}`, `{aws-sigv4: …}`, `{digest: …}` or `{oauth2: …}`";

impl FromNode for Auth {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::List(items) => basic::pair(items, node.at, report),
            Content::Mapping(entries) => match entries.as_slice() {
                [entry] => report.within(&entry.key, |report| scheme(entry, report)),
                _ if entries.iter().any(|entry| entry.key == "username") => Err(report.add(
                    node.at,
                    "write a user name and a password as a list, `[username, password]`, or below `basic`",
                )),
                _ => {
                    let message = format!("expected exactly one scheme, not {}", entries.len());
                    Err(report.add(node.at, message))
                }
            },
            Content::String(text) => {
                let text = checked(text, node.at, anything, report)?;
                sole_expression(&text)
                    .map(Self::Expression)
                    .ok_or_else(|| node.unfit(FORMS, report))
            }
            _ => Err(node.unfit(FORMS, report)),
        }
    }
}

fn scheme(entry: &Entry, report: &mut Report) -> Result<Auth, Reported> {
    let Entry { at, key, value } = entry;
    let parameters = match key.as_str() {
        "basic" => return basic::keys(value, report),
        "bearer" => return text(value, header::value, report).map(Auth::Bearer),
        "hmac" => hmac::parameters(value, report),
        "aws-sigv4" => aws_sigv4::parameters(value, report),
        "digest" => digest::parameters(value, report),
        "oauth2" => oauth2::parameters(value, report),
        name if is_scheme(name) => unknown(value, report),
        name => return Err(not_a_scheme(name, *at, report)),
    };
    Ok(Auth::Other {
        scheme: key.clone(),
        parameters: parameters?,
    })
}

fn unknown(node: &Node, report: &mut Report) -> Result<Value, Reported> {
    match &node.content {
        Content::Mapping(_) => Json::from_node(node, report).map(|Json(parameters)| parameters),
        _ => Err(node.unfit("a mapping of the scheme's parameters", report)),
    }
}

fn not_a_scheme(name: &str, at: Position, report: &mut Report) -> Reported {
    let meant = name.to_ascii_lowercase().replace('_', "-");
    let hint = if is_scheme(&meant) {
        format!(", did you mean `{}`?", excerpt(&meant))
    } else {
        String::new()
    };
    report.add(
        at,
        format!("a scheme consists of lower-case letters, digits and hyphens{hint}"),
    )
}

fn text(node: &Node, rule: Rule, report: &mut Report) -> Result<String, Reported> {
    match node.scalar_text() {
        Some(text) => checked(text, node.at, rule, report),
        None => Err(node.unfit("a string", report)),
    }
}

/// The items of `[username, password]`.
fn two<'a>(
    items: &'a [Node],
    at: Position,
    report: &mut Report,
) -> Result<[&'a Node; 2], Reported> {
    match items {
        [username, password] => Ok([username, password]),
        _ => {
            let message = format!(
                "expected `[username, password]`, not a list of {}",
                items.len()
            );
            Err(report.add(at, message))
        }
    }
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl JsonSchema for Auth {
    fn schema_name() -> Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut pair = pair_schema(generator);
        pair.insert(
            "description".to_owned(),
            "`[username, password]`, for basic.".into(),
        );
        json_schema!({
            "anyOf": [
                pair,
                {
                    "description": "One scheme.",
                    "type": "object",
                    "properties": {
                        "basic": generator.subschema_for::<basic::Basic>(),
                        "bearer": generator.subschema_for::<Text>(),
                        "hmac": generator.subschema_for::<hmac::Hmac>(),
                        "aws-sigv4": generator.subschema_for::<aws_sigv4::AwsSigv4>(),
                        "digest": {
                            "anyOf": [
                                generator.subschema_for::<digest::Digest>(),
                                pair_schema(generator),
                            ],
                        },
                        "oauth2": generator.subschema_for::<oauth2::Oauth2>(),
                    },
                    "propertyNames": {"pattern": "^[a-z][a-z0-9-]*$"},
                    "additionalProperties": {
                        "description": "The parameters of a scheme that the component knows.",
                        "type": "object",
                    },
                    "minProperties": 1,
                    "maxProperties": 1,
                },
                generator.subschema_for::<Expression>(),
            ],
        })
    }
}

fn pair_schema(generator: &mut SchemaGenerator) -> Schema {
    let text = generator.subschema_for::<Text>();
    json_schema!({
        "type": "array",
        "prefixItems": [text, text],
        "minItems": 2,
        "maxItems": 2,
    })
}
