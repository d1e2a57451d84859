//! A grant as a line of a policy file.

use std::fmt;

use crate::grant::{Grant, Permission};
use crate::origin::Origin;
use crate::secret::{HeaderFormat, Place};

/// A line of a policy file, and the key that it goes under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLine {
    line: String,
    place: String,
}

impl Grant {
    /// The line of a policy file that grants it, and its place there.
    #[must_use]
    pub fn policy_line(&self) -> PolicyLine {
        PolicyLine::new(&self.permission)
    }
}

impl PolicyLine {
    fn new(permission: &Permission) -> Self {
        match permission {
            Permission::Origin { origin } => Self::item(origin, "allow:"),
            Permission::Method { origin, method } => {
                let (origin, method) = (in_flow(&origin.to_string()), in_flow(method));
                Self::item(
                    format_args!("{{origin: {origin}, methods: [{method}]}}"),
                    "allow:",
                )
            }
            Permission::Network { network } => Self::item(network, "networks:"),
            Permission::Tls {
                settings,
                rule_line,
                ..
            } => Self {
                line: format!("steps_may: {}", list(settings)),
                place: match rule_line {
                    Some(line) => format!("under `tls:` of the rule in line {line}"),
                    None => "under `tls:`".to_owned(),
                },
            },
            Permission::Proxy { proxy } => Self::item(proxy, "proxies: steps_may_use:"),
            Permission::File { glob } => Self::item(in_list(glob), "files: read:"),
            Permission::Secret {
                name,
                variable,
                origins,
                places,
            } => {
                let origins = match origins.as_slice() {
                    [] => vec![in_flow(UNKNOWN_ORIGIN)],
                    origins => origins.iter().map(origin_in_flow).collect(),
                };
                let places = match places.as_slice() {
                    [] => String::new(),
                    places => format!(", places: {}", list(places)),
                };
                Self {
                    line: format!(
                        "{}: {{from: env:{variable}, origins: {}{places}}}",
                        in_flow(name),
                        list(&origins),
                    ),
                    place: "under `secrets:`".to_owned(),
                }
            }
            Permission::SecretOrigin { name, origin, .. } => Self {
                line: match origin {
                    Some(origin) => format!("- {origin}"),
                    None => format!("- {UNKNOWN_ORIGIN}"),
                },
                place: format!("under `origins:` of `{name}`"),
            },
            Permission::SecretPlace {
                name,
                places,
                formats,
                ..
            } => {
                let places = places.iter().map(Place::to_string);
                let formats = formats.iter().map(header_in_flow);
                let places: Vec<String> = places.chain(formats).collect();
                Self::for_secret(name, format!("places: {}", list(&places)))
            }
            Permission::SecretCompose { name, places, .. } => {
                Self::for_secret(name, format!("compose: {}", list(places)))
            }
            Permission::SecretHeaders { name, headers, .. } => {
                let headers = headers.iter().map(|header| in_flow(header.as_str()));
                let headers: Vec<String> = headers.collect();
                Self::for_secret(name, format!("headers: {}", list(&headers)))
            }
            Permission::SecretMethod { name, methods, .. } => {
                let methods: Vec<String> = methods.iter().map(|method| in_flow(method)).collect();
                Self::for_secret(name, format!("methods: {}", list(&methods)))
            }
            Permission::SecretUnrestricted {
                name,
                any_method,
                any_path,
                ..
            } => {
                let methods = any_method.then_some("methods: null");
                let prefix = any_path.then_some("path_prefix: null");
                let keys: Vec<&str> = methods.into_iter().chain(prefix).collect();
                Self::for_secret(name, keys.join(", "))
            }
        }
    }

    /// One more item of a list.
    fn item(value: impl fmt::Display, key: &str) -> Self {
        Self {
            line: format!("- {value}"),
            place: format!("under `{key}`"),
        }
    }

    fn for_secret(name: &str, line: String) -> Self {
        Self {
            line,
            place: format!("under `{name}:`"),
        }
    }

    /// The line: `- https://api.example.com`.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Where it goes: ``under `allow:` ``.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for PolicyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.line, self.place)
    }
}

/// What an origin is called that is not known.
const UNKNOWN_ORIGIN: &str = "https://…";

fn list<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    format!("[{}]", items.join(", "))
}

fn origin_in_flow(origin: &Origin) -> String {
    in_flow(&origin.to_string())
}

fn header_in_flow(header: &HeaderFormat) -> String {
    let format = header.format().map_or_else(String::new, |format| {
        format!(", format: {}", serde_json::Value::from(format))
    });
    format!("{{header: {}{format}}}", in_flow(header.field()))
}

/// A text inside a YAML flow mapping or sequence.
fn in_flow(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '_');
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// A text as an item of a YAML list: quoted, unless it can only be read as a path.
fn in_list(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let name = text.trim_start_matches('.');
    let is_path = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.contains(['/', '.', '-'])
        && ![".inf", ".nan"].contains(&text.to_ascii_lowercase().as_str());
    if is_path && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        let quoted = serde_json::Value::from(text).to_string();
        let escaped = |c: char| match crate::files::is_invisible(c) {
            true => format!("\\u{:04x}", u32::from(c)),
            false => c.to_string(),
        };
        quoted.chars().map(escaped).collect()
    }
}
