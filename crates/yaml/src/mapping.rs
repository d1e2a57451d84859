//! Mappings with known keys: one declaration makes the type, the reader and (through
//! schemars) the schema, so that the three can't diverge.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::diagnostic::{Position, Report, Reported, excerpt};
use crate::node::Entry;

/// A key that is present, even if its value is invalid.
#[derive(Debug)]
pub struct Given<T> {
    /// The position of the key.
    pub at: Position,
    /// Its value.
    pub value: Result<T, Reported>,
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The value of a key, or a default.
///
/// # Errors
///
/// The value is invalid, which is reported.
pub fn value_or<T>(given: Option<Given<T>>, default: T) -> Result<T, Reported> {
    given.map_or(Ok(default), |given| given.value)
}

/// The value of a key, if it is present.
///
/// # Errors
///
/// The value is invalid, which is reported.
pub fn value<T>(given: Option<Given<T>>) -> Result<Option<T>, Reported> {
    given.map(|given| given.value).transpose()
}

/// Declare a mapping. Each key takes a value that implements [`FromNode`](crate::FromNode)
/// and [`JsonSchema`], or null, which means the same as leaving the key out.
///
/// The crate that uses it depends on schemars.
#[macro_export]
macro_rules! mapping {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident as $expected:literal {
            $( $(#[$key_attribute:meta])* $key:ident: $type:ty, )*
        }
    ) => {
        #[derive(Debug, Default, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $(#[$attribute])*
        $visibility struct $name {
            $( $(#[$key_attribute])* pub(crate) $key: Option<$crate::Given<$type>>, )*
        }

        impl $name {
            const KEYS: &[&str] = &[$(stringify!($key)),*];
        }

        impl $crate::FromNode for $name {
            fn from_node(
                node: &$crate::Node,
                report: &mut $crate::Report,
            ) -> Result<Self, $crate::Reported> {
                let $crate::Content::Mapping(entries) = &node.content else {
                    return Err(node.unfit($expected, report));
                };
                let mut mapping = Self::default();
                for entry in entries {
                    match entry.key.as_str() {
                        $( stringify!($key) => {
                            if !entry.value.is_null() {
                                mapping.$key = Some($crate::Given {
                                    at: entry.at,
                                    value: report.within(&entry.key, |report| {
                                        <$type as $crate::FromNode>::from_node(&entry.value, report)
                                    }),
                                });
                            }
                        } )*
                        // The other keys are read nevertheless.
                        _ => {
                            $crate::unknown_key(entry, Self::KEYS, report);
                        }
                    }
                }
                Ok(mapping)
            }
        }
    };
}
/// Report a key that is none of the known ones.
pub fn unknown_key(entry: &Entry, known: &[&str], report: &mut Report) -> Reported {
    let shown = excerpt(&entry.key);
    let message = match similar(&entry.key, known) {
        Some(meant) => format!("unknown key `{shown}`, did you mean `{meant}`?"),
        None => format!("unknown key `{shown}`; the keys are {}", known.join(", ")),
    };
    report.add(entry.at, message)
}

/// The known word that was probably meant: it differs only in case and `-`, or by one or two
/// typos.
#[must_use]
pub fn similar<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    const MAX_LEN: usize = 40;
    if word.len() > MAX_LEN {
        return None;
    }
    let normal = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let word = normal(word);
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &normal(known)), *known))
        // Two typos in a short word leave nothing to recognize.
        .filter(|(typos, known)| *typos <= 2 && *typos * 3 <= known.len())
        .min_by_key(|(typos, _)| *typos)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn typos() {
        let known = [
            "url",
            "method",
            "headers",
            "hide_request_headers",
            "put",
            "post",
        ];
        for (word, meant) in [
            ("header", Some("headers")),
            ("Headers", Some("headers")),
            ("haeders", Some("headers")),
            ("hide-request-headers", Some("hide_request_headers")),
            ("HideRequestHeaders", Some("hide_request_headers")),
            ("URL", Some("url")),
            ("uri", Some("url")),
            ("pots", Some("post")),
            ("hooks", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(similar(word, &known), meant, "{word}");
        }
        assert_eq!(similar(&"h".repeat(1 << 20), &known), None);
    }
}
