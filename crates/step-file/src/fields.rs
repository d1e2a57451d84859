//! Named values: query parameters, form fields, headers, cookies.

use std::borrow::Cow;

use http_step_yaml::{Content, FromNode, Node, Report, Reported, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::header;
use crate::text::{Expression, Rule, Text, anything, checked, sole_expression};

/// Named values in order. Names can be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fields {
    /// Names and values, both templates.
    Entries(Vec<(String, String)>),
    /// One template: an expression whose value is the fields or, in `params` and `data`, text
    /// that is sent as it is.
    Text(String),
}

impl Default for Fields {
    fn default() -> Self {
        Self::Entries(Vec::new())
    }
}

impl Fields {
    /// Whether there is a header field of this name.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        match self {
            Self::Entries(entries) => entries.iter().any(|(it, _)| it.eq_ignore_ascii_case(name)),
            Self::Text(_) => false,
        }
    }
}

/// The rules for names and values.
struct Rules {
    name: Rule,
    value: Rule,
}

const FORM: Rules = Rules {
    name: anything,
    value: anything,
};
const HEADERS: Rules = Rules {
    name: header::name,
    value: header::value,
};
/// The names of cookies are often not tokens, but they must be valid in a header.
const COOKIES: Rules = Rules {
    name: header::value,
    value: header::value,
};

/// Fields that can also be a string: `params`, `data`.
#[derive(Debug)]
pub(crate) struct FieldsOrText(pub(crate) Fields);

/// Header fields.
#[derive(Debug)]
pub(crate) struct Headers(pub(crate) Fields);

/// Header fields of a part of a multipart body, which can't be an expression.
#[derive(Debug)]
pub(crate) struct PartHeaders(pub(crate) Vec<(String, String)>);

/// Cookies.
#[derive(Debug)]
pub(crate) struct Cookies(pub(crate) Fields);

impl FromNode for FieldsOrText {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        if let Content::String(text) = &node.content {
            return checked(text, node.at, anything, report).map(|text| Self(Fields::Text(text)));
        }
        entries(node, &FORM, report)
            .unwrap_or_else(|| {
                Err(node.unfit(
                    "a mapping of names to values, a list of `[name, value]` or a string",
                    report,
                ))
            })
            .map(|entries| Self(Fields::Entries(entries)))
    }
}

impl FromNode for Headers {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        entries_or_expression(node, &HEADERS, report).map(Self)
    }
}

impl FromNode for Cookies {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        entries_or_expression(node, &COOKIES, report).map(Self)
    }
}

impl FromNode for PartHeaders {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        entries(node, &HEADERS, report)
            .unwrap_or_else(|| {
                Err(node.unfit(
                    "a mapping of names to values or a list of `[name, value]`",
                    report,
                ))
            })
            .map(Self)
    }
}

fn entries_or_expression(
    node: &Node,
    rules: &Rules,
    report: &mut Report,
) -> Result<Fields, Reported> {
    if let Content::String(text) = &node.content {
        // An invalid expression has its own diagnostic.
        let text = checked(text, node.at, anything, report)?;
        if let Some(expression) = sole_expression(&text) {
            return Ok(Fields::Text(expression));
        }
    }
    entries(node, rules, report)
        .unwrap_or_else(|| {
            Err(node.unfit(
                "a mapping of names to values, a list of `[name, value]` or one expression",
                report,
            ))
        })
        .map(Fields::Entries)
}

/// Read a mapping or a list of pairs. None if the node is neither.
fn entries(
    node: &Node,
    rules: &Rules,
    report: &mut Report,
) -> Option<Result<Vec<(String, String)>, Reported>> {
    let groups = match &node.content {
        Content::Mapping(entries) => read_all(entries, |entry| {
            report.within(&entry.key, |report| {
                let name = checked(&entry.key, entry.at, rules.name, report);
                let values = values(&entry.value, rules, report);
                Ok(named(&name?, values?))
            })
        }),
        Content::List(items) => read_all(items, |item| pair(item, rules, report)),
        _ => return None,
    };
    Some(groups.map(|groups| groups.into_iter().flatten().collect()))
}

type Named = Vec<(String, String)>;

/// The items of a pair.
pub(crate) fn pair_of<'n>(
    node: &'n Node,
    expected: &str,
    report: &mut Report,
) -> Result<(&'n Node, &'n Node), Reported> {
    let Content::List(items) = &node.content else {
        return Err(node.unfit(expected, report));
    };
    let [name, value] = items.as_slice() else {
        let message = format!("expected {expected}, not a list of {}", items.len());
        return Err(report.add(node.at, message));
    };
    Ok((name, value))
}

fn pair(node: &Node, rules: &Rules, report: &mut Report) -> Result<Named, Reported> {
    let (name, value) = pair_of(node, "a `[name, value]` pair", report)?;
    let Some(text) = name.scalar_text() else {
        return Err(name.unfit("a name", report));
    };
    report.within(text, |report| {
        let name = checked(text, name.at, rules.name, report);
        let values = values(value, rules, report);
        Ok(named(&name?, values?))
    })
}

fn named(name: &str, values: Vec<String>) -> Named {
    values
        .into_iter()
        .map(|value| (name.to_owned(), value))
        .collect()
}

/// The values of a name: none for null, one for each item of a list.
fn values(node: &Node, rules: &Rules, report: &mut Report) -> Result<Vec<String>, Reported> {
    match &node.content {
        Content::Null => Ok(Vec::new()),
        Content::List(items) => read_all(items.iter().filter(|item| !item.is_null()), |item| {
            scalar(item, "a string, a number or a boolean", rules, report)
        }),
        _ => scalar(
            node,
            "a string, a number, a boolean or a list of these",
            rules,
            report,
        )
        .map(|text| vec![text]),
    }
}

fn scalar(
    node: &Node,
    expected: &str,
    rules: &Rules,
    report: &mut Report,
) -> Result<String, Reported> {
    match node.scalar_text() {
        Some(text) => checked(text, node.at, rules.value, report),
        None => Err(node.unfit(expected, report)),
    }
}

/// The schema of a field's value.
enum FieldValue {}

impl JsonSchema for FieldValue {
    fn schema_name() -> Cow<'static, str> {
        "FieldValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Text. `${{ … }}` expressions are rendered. A list repeats the name, null omits it.",
            "type": ["string", "number", "boolean", "null", "array"],
            "items": {"type": ["string", "number", "boolean", "null"]},
        })
    }
}

/// The schema of a mapping or a list of pairs.
fn entries_schemas(generator: &mut SchemaGenerator) -> [Schema; 2] {
    let value = generator.subschema_for::<FieldValue>();
    let name = generator.subschema_for::<Text>();
    [
        json_schema!({
            "description": "Names and values.",
            "type": "object",
            "additionalProperties": value,
        }),
        json_schema!({
            "description": "`[name, value]` pairs, in order.",
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [name, value],
                "minItems": 2,
                "maxItems": 2,
            },
        }),
    ]
}

macro_rules! schema {
    ($type:ident, $generator:ident, $($further:expr)?) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                let [mapping, pairs] = entries_schemas($generator);
                json_schema!({"anyOf": [mapping, pairs $(, $further)?]})
            }
        }
    };
}

schema!(
    FieldsOrText,
    generator,
    json_schema!({
        "description": "Text that is sent as it is, or one expression whose value is the fields.",
        "type": "string",
    })
);
schema!(Headers, generator, generator.subschema_for::<Expression>());
schema!(Cookies, generator, generator.subschema_for::<Expression>());
schema!(PartHeaders, generator,);
