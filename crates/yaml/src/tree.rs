//! From bytes to nodes: YAML 1.2, which includes JSON.
//!
//! It builds the tree from the parser's events, without recursion, after their number was
//! checked.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use crate::bounds;
use crate::diagnostic::{Diagnostics, Position, Report, excerpt};
use crate::kind::Kind;
use crate::node::{Content, Entry, Node};
use crate::parser;
use crate::schema::{self, Scalar};
use crate::syntax;

/// Read a document's bytes.
///
/// Keys that are not strings, duplicate keys and numbers that JSON can't represent are
/// reported and left out of the tree.
///
/// # Errors
///
/// The file is not a YAML document, or it is too large.
pub(crate) fn parse(bytes: &[u8], kind: &Kind, report: &mut Report) -> Result<Node, Diagnostics> {
    let text = syntax::text(bytes, kind)?;
    let aliased = bounds::check(text, kind)?;
    let mut builder = Builder::new(aliased, report);
    for event in Parser::new_from_str_with_options(text, parser::options()) {
        let (event, span) = event.map_err(|error| syntax::not_yaml(&error, text))?;
        let at = Position::new(span.start.line(), span.start.col() + 1);
        builder.take(event, at)?;
    }
    Ok(builder.root.unwrap_or(Node {
        at: Position::START,
        content: Content::Null,
    }))
}

/// Builds nodes from events.
struct Builder<'r> {
    report: &'r mut Report,
    open: Vec<Open>,
    /// The anchors, by the parser's numbers, that aliases refer to.
    aliased: HashSet<usize>,
    anchored: HashMap<usize, Value>,
    root: Option<Node>,
}

/// A node, with what a key has to be known by.
#[derive(Clone)]
struct Value {
    node: Node,
    /// How a plain scalar is written.
    plain: Option<String>,
}

/// An open collection.
struct Open {
    at: Position,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    List(Vec<Node>),
    Mapping(Mapping),
}

/// An open mapping.
#[derive(Default)]
struct Mapping {
    /// The key of the next value.
    key: Option<Value>,
    entries: Vec<Entry>,
    /// The index of each key in the entries.
    places: HashMap<String, usize>,
    /// The entries merged by `<<`, which the mapping's own override.
    merged: Vec<Vec<Entry>>,
}

impl<'r> Builder<'r> {
    fn new(aliased: HashSet<usize>, report: &'r mut Report) -> Self {
        Self {
            report,
            open: Vec::new(),
            aliased,
            anchored: HashMap::new(),
            root: None,
        }
    }

    /// Process an event.
    ///
    /// # Errors
    ///
    /// An error after which nothing more can be read.
    fn take(&mut self, event: Event<'_>, at: Position) -> Result<(), Diagnostics> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = Value {
                    node: Node {
                        at,
                        content: self.scalar(&text, style, tag.as_deref(), at)?,
                    },
                    plain: (style == ScalarStyle::Plain).then(|| text.into_owned()),
                };
                self.complete(value, anchor)
            }
            Event::Alias(anchor) => {
                // `bounds` has checked that it is known.
                let Some(mut value) = self.anchored.get(&anchor).cloned() else {
                    return Ok(());
                };
                // Diagnostics for the value as a whole point to the alias, those for its
                // content to the anchor.
                value.node.at = at;
                self.complete(value, 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                fits(tag.as_deref(), "seq", at)?;
                self.begin(at, anchor, Collection::List(Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                fits(tag.as_deref(), "map", at)?;
                self.begin(at, anchor, Collection::Mapping(Mapping::default()));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, at: Position, anchor: usize, collection: Collection) {
        self.open.push(Open {
            at,
            anchor,
            collection,
        });
    }

    fn end(&mut self) -> Result<(), Diagnostics> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = match open.collection {
            Collection::List(items) => Content::List(items),
            Collection::Mapping(mapping) => Content::Mapping(mapping.finish()),
        };
        let node = Node {
            at: open.at,
            content,
        };
        self.complete(Value { node, plain: None }, open.anchor)
    }

    /// Add a value to the open collection.
    fn complete(&mut self, value: Value, anchor: usize) -> Result<(), Diagnostics> {
        if self.aliased.contains(&anchor) {
            self.anchored.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.collection) {
            None => self.root = Some(value.node),
            Some(Collection::List(items)) => items.push(value.node),
            Some(Collection::Mapping(mapping)) => match mapping.key.take() {
                None => mapping.key = Some(value),
                Some(key) => mapping.push(key, value.node, self.report)?,
            },
        }
        Ok(())
    }

    /// The value of a scalar, by its tag or by the core schema.
    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Position,
    ) -> Result<Content, Diagnostics> {
        let scalar = match tag {
            None if style == ScalarStyle::Plain => schema::resolve(text),
            None => Scalar::String,
            Some(tag) if is_non_specific(tag) => Scalar::String,
            Some(tag) => {
                let resolved = schema::resolve(text);
                match (tag.core_suffix(), &resolved) {
                    (Some("str"), _) => Scalar::String,
                    (Some("null"), Scalar::Null)
                    | (Some("bool"), Scalar::Bool(_))
                    | (Some("int"), Scalar::Integer(_))
                    | (Some("float"), Scalar::Integer(_) | Scalar::Float(_))
                    | (Some("int" | "float"), Scalar::Inexpressible(_)) => resolved,
                    _ => return Err(misfit(tag, at)),
                }
            }
        };
        Ok(match scalar {
            Scalar::Null => Content::Null,
            Scalar::Bool(value) => Content::Bool(value),
            Scalar::Integer(number) | Scalar::Float(number) => Content::Number(number),
            Scalar::String => Content::String(text.to_owned()),
            Scalar::Inexpressible(why) => {
                let shown = excerpt(text);
                self.report
                    .add(at, format!("`{shown}` {why}; quote it if it is text"));
                Content::Null
            }
        })
    }
}

impl Mapping {
    fn push(&mut self, key: Value, value: Node, report: &mut Report) -> Result<(), Diagnostics> {
        let at = key.node.at;
        let is_merge = key.plain.as_deref() == Some("<<");
        let text = match (key.node.content, key.plain) {
            (Content::String(text), _) => text,
            (Content::List(_) | Content::Mapping(_), _) => {
                report.add(
                    at,
                    "a key must be a string, not a list or a mapping; quote text that contains an expression",
                );
                return Ok(());
            }
            (_, plain) => {
                let spelling = excerpt(&plain.unwrap_or_default());
                report.add(
                    at,
                    format!("a key must be a string: write `\"{spelling}\"`"),
                );
                return Ok(());
            }
        };
        if is_merge {
            return self.merge(value);
        }
        let first = self.places.get(&text).and_then(|at| self.entries.get(*at));
        if let Some(Entry { at: first, .. }) = first {
            let Position { line, column } = first;
            let key = excerpt(&text);
            report.add(
                at,
                format!("duplicate key `{key}`; the first is at {line}:{column}"),
            );
            return Ok(());
        }
        self.places.insert(text.clone(), self.entries.len());
        self.entries.push(Entry {
            at,
            key: text,
            value,
        });
        Ok(())
    }

    fn merge(&mut self, value: Node) -> Result<(), Diagnostics> {
        let nodes = match value.content {
            Content::List(items) => items,
            _ => vec![value],
        };
        for node in nodes {
            let Content::Mapping(entries) = node.content else {
                let message =
                    "the value of the merge key `<<` must be a mapping or a list of mappings";
                return Err(Diagnostics::sole(node.at, message));
            };
            self.merged.push(entries);
        }
        Ok(())
    }

    /// Its own entries, then the merged ones; the first merged mapping with a key wins.
    fn finish(mut self) -> Vec<Entry> {
        for entry in self.merged.into_iter().flatten() {
            if !self.places.contains_key(&entry.key) {
                self.places.insert(entry.key.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
        self.entries
    }
}

/// `!`: a string, regardless of its content.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty()
}

/// Check that a collection has no tag but the one of its kind.
fn fits(tag: Option<&Tag>, kind: &str, at: Position) -> Result<(), Diagnostics> {
    match tag {
        Some(tag) if !is_non_specific(tag) && !tag.is_yaml_core_schema_tag(kind) => {
            Err(misfit(tag, at))
        }
        _ => Ok(()),
    }
}

fn misfit(tag: &Tag, at: Position) -> Diagnostics {
    if tag.is_yaml_core_schema() {
        return Diagnostics::sole(at, "the value does not match its tag");
    }
    let written = format!("{}{}", tag.original_handle(), tag.suffix());
    let message = format!(
        "unknown tag `{}`; quote text that starts with `!`",
        excerpt(&written)
    );
    Diagnostics::sole(at, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_step_json::Value as Json;
    use proptest::prelude::*;

    const KIND: Kind = Kind {
        noun: "test",
        longest: 1 << 20,
        most_values: 1000,
        smallest: None,
    };

    fn read(text: &str) -> Result<Json, Diagnostics> {
        let mut report = Report::default();
        let root = parse(text.as_bytes(), &KIND, &mut report)?;
        report.finish()?;
        Ok(root.to_json())
    }

    #[test]
    fn an_alias_is_the_whole_value_of_its_anchor() {
        for (text, json) in [
            ("a: &a +1\nb: [*a, *a]", r#"{"a":1,"b":[1,1]}"#),
            ("&k a: 1\n*k : 2\nb: *k", r#"{"a":1,"b":"a"}"#),
            (
                "a: &a {b: &b [1, &c x]}\nd: [*a, *b, *c]",
                r#"{"a":{"b":[1,"x"]},"d":[{"b":[1,"x"]},[1,"x"],"x"]}"#,
            ),
            (
                "a: &a {<<: &b {x: 1, y: 2}, y: 3}\nc: {<<: [*a, *b], x: 4}",
                r#"{"a":{"y":3,"x":1},"c":{"x":4,"y":3}}"#,
            ),
        ] {
            let json = match text.starts_with("&k") {
                // The key occurs twice.
                true => Err("2:1: duplicate key `a`; the first is at 1:4".to_owned()),
                false => Ok(json.to_owned()),
            };
            let found = read(text).map(|value| value.to_string());
            assert_eq!(
                found.map_err(|diagnostics| diagnostics.to_string()),
                json,
                "{text}"
            );
        }
        let spelled = read("a: &a +1\nb: *a").unwrap().spelled().unwrap();
        assert_eq!(spelled.to_string(), r#"{"a":"+1","b":"+1"}"#);
    }

    #[test]
    fn tags() {
        for (text, json) in [
            ("!!str 1.10", Ok(r#""1.10""#)),
            ("! 7", Ok(r#""7""#)),
            ("!!str", Ok(r#""""#)),
            ("!!null", Ok("null")),
            ("!!int '0x1F'", Ok("31")),
            ("!!float 1", Ok("1")),
            ("!!seq []", Ok("[]")),
            ("! {}", Ok("{}")),
            ("!!map {}", Ok("{}")),
            ("!!int 1.5", Err("1:7: the value does not match its tag")),
            ("!!bool yes", Err("1:8: the value does not match its tag")),
            ("!!null x", Err("1:8: the value does not match its tag")),
            ("!!map []", Err("1:7: the value does not match its tag")),
            ("!!seq x", Err("1:7: the value does not match its tag")),
            (
                "!!binary aGk=",
                Err("1:10: unknown tag `!!binary`; quote text that starts with `!`"),
            ),
            (
                "!a {}",
                Err("1:4: unknown tag `!a`; quote text that starts with `!`"),
            ),
            (
                "!!float .inf",
                Err("1:9: `.inf` is not a finite number; quote it if it is text"),
            ),
        ] {
            let found = read(text).map(|value| value.to_string());
            let found = found.map_err(|diagnostics| diagnostics.to_string());
            let json = json.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(found, json, "{text}");
        }
    }

    #[test]
    fn keys_can_be_as_long_as_in_json() {
        for length in [2000, 60_000] {
            let json = format!(r#"{{"{}":[{{"b":1}}]}}"#, "a".repeat(length));
            assert_eq!(read(&json).unwrap().to_string(), json);
        }
    }

    fn json() -> impl Strategy<Value = Json> {
        let number = "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,4})?"
            .prop_map(|text| Json::Number(text.parse().unwrap()));
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            number,
            "[ -~\\n\\té😀]*".prop_map(Json::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::vec(("[ -~é]*", inner), 0..5)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// JSON is YAML, and is read unchanged, digit for digit.
        #[test]
        fn json_is_read_unchanged(value in json()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            for text in [value.to_string(), pretty] {
                let read = read(&text).unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{text}"));
                prop_assert_eq!(&read, &value);
                prop_assert_eq!(read.spelled(), None);
            }
        }
    }
}
