//! From values to predicates.

use http_step_json::Value;

use crate::bare::{amount, bare, not_this, text_of};
use crate::error::{PathItem, PredicateError};
use crate::kind::Kind;
use crate::name::{Name, closest};
use crate::pattern::Pattern;
use crate::predicate::Predicate;
use crate::shown::excerpt_text;
use crate::test::Test;
use crate::value_type::{TYPES, ValueType};

/// The maximum number of mappings of predicates within each other.
const DEEPEST: usize = 16;

/// Names of other systems for types.
const OTHER_TYPES: [(&str, ValueType); 8] = [
    ("array", ValueType::List),
    ("bool", ValueType::Boolean),
    ("dict", ValueType::Object),
    ("float", ValueType::Number),
    ("int", ValueType::Integer),
    ("map", ValueType::Object),
    ("mapping", ValueType::Object),
    ("text", ValueType::String),
];

/// Read a predicate: a value to be equal to, or a mapping of predicates that all have to hold.
///
/// # Errors
///
/// The first error of the value.
pub fn parse(value: &Value, kind: Kind) -> Result<Predicate, PredicateError> {
    test(value, kind, 0).map(Predicate)
}

fn test(value: &Value, kind: Kind, depth: usize) -> Result<Test, PredicateError> {
    let Value::Object(members) = value else {
        return bare(value, kind);
    };
    if members.is_empty() {
        return Err(PredicateError::new(match kind {
            Kind::Json => {
                "this mapping is empty; add a predicate, as in `exists: true`, or write `equals: {}` for an empty object"
            }
            _ => "this mapping is empty; add a predicate, as in `exists: true`",
        }));
    }
    if depth == DEEPEST {
        return Err(PredicateError::new(format!(
            "predicates are nested more than {DEEPEST} levels deep; simplify them"
        )));
    }
    let tests = members.iter().map(|(name, argument)| {
        named(name, argument, kind, depth + 1)
            .map_err(|error| error.within(PathItem::Key(name.clone())))
    });
    tests.collect::<Result<_, _>>().map(Test::all)
}

fn named(name: &str, argument: &Value, kind: Kind, depth: usize) -> Result<Test, PredicateError> {
    let name = known(name, kind)?;
    let boxed = |kind| test(argument, kind, depth).map(Box::new);
    match name {
        Name::Equals => bare(argument, kind),
        Name::Not => boxed(kind).map(Test::Not),
        Name::OneOf => one_of(argument, kind, depth),
        Name::Exists => match argument {
            Value::Bool(expected) => Ok(Test::Exists(*expected)),
            other => Err(not_this("`true` or `false`", other)),
        },
        Name::Contains => contains(argument, kind, depth),
        Name::StartsWith => text(argument).map(Test::StartsWith),
        Name::EndsWith => text(argument).map(Test::EndsWith),
        Name::Matches => {
            let pattern = Pattern::new(&text(argument)?).map_err(PredicateError::new)?;
            Ok(Test::Matches(pattern))
        }
        Name::AtLeast => amount(argument, kind).map(Test::AtLeast),
        Name::AtMost => amount(argument, kind).map(Test::AtMost),
        Name::Type => value_type(argument).map(Test::Type),
        Name::Count => boxed(Kind::Count).map(Test::Count),
        Name::Each => boxed(kind).map(Test::Each),
        Name::Any => boxed(kind).map(Test::Any),
    }
}

/// The predicate of a name, if this kind of value allows it.
fn known(text: &str, kind: Kind) -> Result<Name, PredicateError> {
    let names = kind.names();
    let Some(name) = Name::from_text(text) else {
        let shown = excerpt_text(text, 40);
        let similar = Name::similar(text).filter(|name| names.contains(name));
        let hint = match similar {
            Some(name) => format!(", did you mean `{}`?", name.as_str()),
            None => format!("; the predicates are {}", list(names, "and")),
        };
        // An object to compare with looks like predicates.
        let object = match (kind, similar) {
            (Kind::Json, None) => "; to compare with an object, write it under `equals`",
            _ => "",
        };
        return Err(PredicateError::new(format!(
            "unknown predicate `{shown}`{hint}{object}"
        )));
    };
    if names.contains(&name) {
        return Ok(name);
    }
    Err(PredicateError::new(format!(
        "`{text}` is for {}, and {}; use {}",
        name.subject(),
        kind.in_words(),
        list(names, "or"),
    )))
}

/// `a, b and c`
fn list(names: &[Name], conjunction: &str) -> String {
    let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {conjunction} {last}", others.join(", ")),
        None => String::new(),
    }
}

fn one_of(argument: &Value, kind: Kind, depth: usize) -> Result<Test, PredicateError> {
    const EXPECTED: &str = "a list of at least one value";
    let Value::Array(items) = argument else {
        return Err(not_this(EXPECTED, argument));
    };
    if items.is_empty() {
        return Err(PredicateError::new(format!(
            "expected {EXPECTED}, not an empty one"
        )));
    }
    let tests = items.iter().enumerate().map(|(index, item)| {
        test(item, kind, depth).map_err(|error| error.within(PathItem::Index(index)))
    });
    tests.collect::<Result<_, _>>().map(Test::one_of)
}

fn contains(argument: &Value, kind: Kind, depth: usize) -> Result<Test, PredicateError> {
    let item = match kind {
        Kind::Json => test(argument, kind, depth)?,
        _ => Test::Equals(text(argument)?.into()),
    };
    Ok(Test::Contains {
        text: text_of(argument).map(str::to_owned),
        item: Box::new(item),
    })
}

fn text(argument: &Value) -> Result<String, PredicateError> {
    let text = text_of(argument).map(str::to_owned);
    text.ok_or_else(|| not_this("text", argument))
}

fn value_type(argument: &Value) -> Result<ValueType, PredicateError> {
    let name = match argument {
        // YAML's `type: null`.
        Value::Null => return Ok(ValueType::Null),
        Value::String(name) => name.as_str(),
        other => return Err(not_this("the name of a type", other)),
    };
    if let Some((_, found)) = TYPES.iter().find(|(known, _)| *known == name) {
        return Ok(*found);
    }
    let shown = excerpt_text(name, 40);
    let other = OTHER_TYPES.iter().find(|(other, _)| *other == name);
    let similar = match other {
        Some((_, meant)) => TYPES.into_iter().find(|(_, known)| known == meant),
        None => closest(name, TYPES, |(name, _)| name),
    };
    Err(PredicateError::new(match similar {
        Some((name, _)) => format!("unknown type `{shown}`, did you mean `{name}`?"),
        None => format!(
            "unknown type `{shown}`; the types are {}",
            TYPES.map(|(name, _)| name).join(", ")
        ),
    }))
}

/// The number of regular expressions in a value that is to be parsed. Each takes up to
/// [`MAX_PATTERN_SIZE`](crate::MAX_PATTERN_SIZE) bytes, and a tenth of a second to compile.
#[must_use]
pub fn patterns(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(patterns).sum(),
        Value::Object(members) => {
            let inner: usize = members.values().map(patterns).sum();
            inner + usize::from(members.contains_key(Name::Matches.as_str()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
