//! How the request says who sends it.

use std::borrow::Cow;
use std::fmt;

use http_step_template::Template;
use http_step_yaml::{Content, Entry, FromNode, Node, Report, Reported, excerpt, mapping};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::header;
use crate::json::Json;
use crate::text::{Expression, Rule, Text, anything, checked, literals, sole_expression};

/// How the request says who sends it. Texts are templates.
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
    /// One expression whose value has one of the forms that `auth` has in the file.
    Expression(String),
    /// A scheme that this version has no case for.
    Other {
        /// Its name, in lower case: `digest`, `aws-sigv4`.
        scheme: String,
        /// Its parameters: a JSON object.
        parameters: Value,
    },
}

/// Without passwords and tokens: they may be written out in the file.
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

/// A user name, which the colon ends (RFC 7617).
#[derive(Debug)]
struct UserName(String);

mapping! {
    /// A user name and a password.
    struct Basic as "`{username: …, password: …}`" {
        /// The user name.
        username: UserName,
        /// The password.
        password: Text,
    }
}

const FORMS: &str =
    "`[username, password]`, `{basic: …}`, `{bearer: TOKEN}`, another scheme or one expression";

impl FromNode for Auth {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::List(items) => {
                let [username, password] = items.as_slice() else {
                    let message =
                        format!("expected `[username, password]`, not a list of {}", items.len());
                    return Err(report.add(node.at, message));
                };
                let username = UserName::from_node(username, report);
                let password = Text::from_node(password, report);
                Ok(Self::Basic {
                    username: username?.0,
                    password: password?.0,
                })
            }
            Content::Mapping(entries) => match entries.as_slice() {
                [entry] => report.within(&entry.key, |report| scheme(entry, report)),
                _ if entries.iter().any(|entry| entry.key == "username") => Err(report.add(
                    node.at,
                    "a user name and a password go in a list, `[username, password]`, or below `basic`",
                )),
                _ => {
                    let message = format!("expected one scheme, not {}", entries.len());
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
    match key.as_str() {
        "basic" => basic(value, report),
        "bearer" => text(value, header::value, report).map(Auth::Bearer),
        scheme if is_scheme(scheme) => match &value.content {
            Content::Mapping(_) => {
                Json::from_node(value, report).map(|Json(parameters)| Auth::Other {
                    scheme: scheme.to_owned(),
                    parameters,
                })
            }
            _ => Err(value.unfit("a mapping of the scheme's parameters", report)),
        },
        other => {
            let lower = other.to_ascii_lowercase();
            let hint = if is_scheme(&lower) {
                format!(", did you mean `{}`?", excerpt(&lower))
            } else {
                String::new()
            };
            Err(report.add(
                *at,
                format!("a scheme has lower-case letters, digits and hyphens in it{hint}"),
            ))
        }
    }
}

fn basic(node: &Node, report: &mut Report) -> Result<Auth, Reported> {
    let given = Basic::from_node(node, report)?;
    let (Some(username), Some(password)) = (given.username, given.password) else {
        return Err(report.add(node.at, "basic takes both `username` and `password`"));
    };
    Ok(Auth::Basic {
        username: username.value?.0,
        password: password.value?.0,
    })
}

impl FromNode for UserName {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        text(node, user_name, report).map(Self)
    }
}

impl JsonSchema for UserName {
    fn schema_name() -> Cow<'static, str> {
        Text::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}

fn text(node: &Node, rule: Rule, report: &mut Report) -> Result<String, Reported> {
    match node.scalar_text() {
        Some(text) => checked(text, node.at, rule, report),
        None => Err(node.unfit("a string", report)),
    }
}

fn user_name(template: &Template<'_>) -> Result<(), String> {
    if literals(template).any(|text| text.contains(':')) {
        return Err("a user name can't hold a colon".to_owned());
    }
    Ok(())
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
        let text = generator.subschema_for::<Text>();
        let mut basic = generator.subschema_for::<Basic>();
        basic.insert("required".to_owned(), vec!["username", "password"].into());
        json_schema!({
            "anyOf": [
                {
                    "description": "`[username, password]`, for basic.",
                    "type": "array",
                    "prefixItems": [text, text],
                    "minItems": 2,
                    "maxItems": 2,
                },
                {
                    "description": "One scheme.",
                    "type": "object",
                    "properties": {
                        "basic": basic,
                        "bearer": text,
                    },
                    "propertyNames": {"pattern": "^[a-z][a-z0-9-]*$"},
                    "additionalProperties": {
                        "description": "The scheme's parameters.",
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
