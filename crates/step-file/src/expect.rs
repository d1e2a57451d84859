//! `expect`, `warn` and `until`: what a step expects of its response.

use std::borrow::Cow;

use http_step_expect::{Kind, PathItem};
use http_step_json::Value;
use http_step_template::Template;
use http_step_yaml::{
    Content, FromNode, Given, Node, Position, Report, Reported, mapping, read_all, value,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::header;
use crate::json::Json;
use crate::text::{checked, has_expression};

/// The maximum number of regular expressions in the expectations of a step file.
pub const MAX_PATTERNS: usize = 32;

/// An expectation of the response.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Its place in the step file: `expect.headers.etag`.
    pub name: String,
    /// Its line and column, if it is from a file.
    pub at: Option<Position>,
    /// What it is about.
    pub subject: Subject,
    /// The predicate, see [`http_step_expect`]. Each string in it is a template.
    pub predicate: Value,
    /// What follows if it is not met.
    pub level: Level,
}

/// What an expectation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The status code.
    Status,
    /// The value of the header field with this name, in lower case.
    Header(String),
    /// Seconds from the first request to the end of the response.
    Duration,
    /// The size of the body in bytes, without a content coding.
    Size,
    /// The SHA-256 of the body, without a content coding.
    Sha256,
    /// The number of redirects that were followed.
    Redirects,
    /// The URL of the last request.
    Url,
    /// Days until the server's certificate expires.
    CertificateDaysLeft,
}

/// What follows if an expectation is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The step fails.
    Expect,
    /// The step has warnings.
    Warn,
    /// The request is repeated.
    Until,
}

impl Subject {
    /// What its predicates are about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Status => Kind::Status,
            Self::Header(_) | Self::Url => Kind::Text,
            Self::Duration => Kind::Seconds,
            Self::Size => Kind::Bytes,
            Self::Sha256 => Kind::Digest,
            Self::Redirects | Self::CertificateDaysLeft => Kind::Count,
        }
    }
}

/// A predicate in a step file, for subjects of one kind.
macro_rules! predicates {
    ($($(#[$attribute:meta])* $name:ident: $kind:ident, $schema:expr;)*) => {
        $(
            $(#[$attribute])*
            #[derive(Debug)]
            struct $name(Value);

            impl FromNode for $name {
                fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
                    predicate(node, Kind::$kind, report).map(Self)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        )*
    };
}

predicates! {
    /// About a status code.
    StatusPredicate: Status, json_schema!({
        "description": "A status code (`200`), a class (`2xx`), a range (`200-204`), a list of these, or predicates.",
        "type": ["integer", "string", "array", "object"],
    });
    /// About text.
    TextPredicate: Text, json_schema!({
        "description": "Text that is equal, or predicates, as in `{starts_with: application/json}`.",
        "type": ["string", "number", "boolean", "object"],
    });
    /// About seconds.
    SecondsPredicate: Seconds, json_schema!({
        "description": "Predicates about a number of seconds, as in `{at_most: 5}`.",
        "type": ["number", "string", "object"],
    });
    /// About bytes.
    BytesPredicate: Bytes, json_schema!({
        "description": "A number of bytes, also as in `1MiB`, or predicates, as in `{at_most: 1MiB}`.",
        "type": ["integer", "string", "object"],
    });
    /// About a digest.
    DigestPredicate: Digest, json_schema!({
        "description": "A SHA-256 in hexadecimal.",
        "type": ["string", "object"],
    });
    /// About a number of things.
    CountPredicate: Count, json_schema!({
        "description": "A whole number, or predicates, as in `{at_most: 3}`.",
        "type": ["integer", "string", "object"],
    });
}

/// Header fields and their predicates.
#[derive(Debug)]
struct HeaderPredicates(Vec<(String, Position, Value)>);

impl FromNode for HeaderPredicates {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.unfit("header names and what to expect of their values", report));
        };
        let entries = read_all(entries, |entry| {
            report.within(&entry.key, |report| {
                let name = checked(&entry.key, entry.at, header_name, report);
                let TextPredicate(predicate) = TextPredicate::from_node(&entry.value, report)?;
                Ok((name?.to_ascii_lowercase(), entry.at, predicate))
            })
        })?;
        Ok(Self(entries))
    }
}

/// The host looks for the field, so its name is known before anything is rendered.
fn header_name(name: &Template<'_>) -> Result<(), String> {
    if has_expression(name) {
        return Err("a header name can't contain an expression here".to_owned());
    }
    header::name(name)
}

impl JsonSchema for HeaderPredicates {
    fn schema_name() -> Cow<'static, str> {
        "HeaderPredicates".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<TextPredicate>(),
        })
    }
}

mapping! {
    /// What to expect of the server's certificate.
    struct Certificate as "a mapping as in `days_left: {at_least: 14}`" {
        /// Full days until it expires.
        #[schemars(example = json!({"at_least": 14}))]
        days_left: CountPredicate,
    }
}

mapping! {
    /// What to expect of the response.
    pub(crate) struct Expectations as "a mapping as in `status: 200`" {
        /// The status code. Without this key, one below 400 is a success.
        #[schemars(example = 200, example = json!([200, "2xx"]))]
        status: StatusPredicate,
        /// Header fields by name, case-insensitive. The values of several fields with one name are joined
        /// with `, `.
        #[schemars(example = json!({"content-type": {"starts_with": "application/json"}, "etag": {"exists": true}}))]
        headers: HeaderPredicates,
        /// Seconds from the first request to the end of the response.
        #[schemars(example = json!({"at_most": 5}))]
        duration: SecondsPredicate,
        /// The size of the body in bytes, without a content coding.
        #[schemars(example = json!({"at_most": "1MiB"}))]
        size: BytesPredicate,
        /// The SHA-256 of the body, without a content coding.
        sha256: DigestPredicate,
        /// The number of redirects that were followed.
        #[schemars(example = 0)]
        redirects: CountPredicate,
        /// The URL of the last request.
        #[schemars(example = json!({"starts_with": "https://example.com/login"}))]
        url: TextPredicate,
        /// The server's certificate.
        #[schemars(example = json!({"days_left": {"at_least": 14}}))]
        certificate: Certificate,
    }
}

impl Expectations {
    /// The expectations of one level, in the order of the file.
    pub(crate) fn resolve(self, level: Level) -> Result<Vec<Expectation>, Reported> {
        let mut all = Collected {
            level,
            expectations: Vec::new(),
        };
        all.add("status", Subject::Status, self.status, |it| it.0)?;
        if let Some(HeaderPredicates(headers)) = value(self.headers)? {
            for (name, at, predicate) in headers {
                let place = format!("headers.{name}");
                all.push(&place, at, Subject::Header(name), predicate);
            }
        }
        all.add("duration", Subject::Duration, self.duration, |it| it.0)?;
        all.add("size", Subject::Size, self.size, |it| it.0)?;
        all.add("sha256", Subject::Sha256, self.sha256, |it| it.0)?;
        all.add("redirects", Subject::Redirects, self.redirects, |it| it.0)?;
        all.add("url", Subject::Url, self.url, |it| it.0)?;
        if let Some(certificate) = value(self.certificate)? {
            let days_left = certificate.days_left;
            let subject = Subject::CertificateDaysLeft;
            all.add("certificate.days_left", subject, days_left, |it| it.0)?;
        }
        all.expectations.sort_by_key(|expectation| expectation.at);
        Ok(all.expectations)
    }
}

/// Check the number of regular expressions in all expectations of a step file.
pub(crate) fn limit_patterns(
    expectations: &[Expectation],
    report: &mut Report,
) -> Result<(), Reported> {
    let mut patterns = 0;
    for expectation in expectations {
        patterns += http_step_expect::patterns(&expectation.predicate);
        if patterns > MAX_PATTERNS {
            let message = format!(
                "a step file has at most {MAX_PATTERNS} regular expressions; combine some of them, as in `one|two`"
            );
            return Err(report.add(expectation.at.unwrap_or(Position::START), message));
        }
    }
    Ok(())
}

struct Collected {
    level: Level,
    expectations: Vec<Expectation>,
}

impl Collected {
    fn add<T>(
        &mut self,
        place: &str,
        subject: Subject,
        given: Option<Given<T>>,
        predicate: impl FnOnce(T) -> Value,
    ) -> Result<(), Reported> {
        if let Some(given) = given {
            self.push(place, given.at, subject, predicate(given.value?));
        }
        Ok(())
    }

    fn push(&mut self, place: &str, at: Position, subject: Subject, predicate: Value) {
        let key = match self.level {
            Level::Expect => "expect",
            Level::Warn => "warn",
            Level::Until => "until",
        };
        self.expectations.push(Expectation {
            name: format!("{key}.{place}"),
            at: Some(at),
            subject,
            predicate,
            level: self.level,
        });
    }
}

/// Read a predicate. The host checks one with expressions when it has rendered them.
fn predicate(node: &Node, kind: Kind, report: &mut Report) -> Result<Value, Reported> {
    let Json(value) = Json::from_node(node, report)?;
    if has_expressions(&value) {
        return Ok(value);
    }
    match http_step_expect::parse(&value, kind) {
        Ok(_) => Ok(value),
        Err(error) => Err(report.add(place(node, &error.path), &error.message)),
    }
}

/// The position of a value within another one.
fn place(node: &Node, path: &[PathItem]) -> Position {
    let Some((first, rest)) = path.split_first() else {
        return node.at;
    };
    let inner = match (first, &node.content) {
        (PathItem::Index(index), Content::List(items)) => items.get(*index),
        (PathItem::Key(key), Content::Mapping(entries)) => {
            let entry = entries.iter().find(|entry| entry.key == *key);
            // An error about a predicate itself is at its name.
            if let (Some(entry), []) = (entry, rest) {
                return entry.at;
            }
            entry.map(|entry| &entry.value)
        }
        _ => None,
    };
    inner.map_or(node.at, |inner| place(inner, rest))
}

fn has_expressions(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            Template::parse(text).is_ok_and(|template| has_expression(&template))
        }
        Value::Array(items) => items.iter().any(has_expressions),
        Value::Object(members) => members.values().any(has_expressions),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
