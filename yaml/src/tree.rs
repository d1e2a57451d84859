//! From bytes to nodes: YAML 1.2, of which JSON is a part.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{
    DuplicateKeyPolicy, Location, MergeKeyPolicy, NonFiniteFloatPolicy, Options, Spanned,
};

use crate::kind::Kind;
use crate::mistake::{Mistakes, Position, Report, excerpt};
use crate::node::{Content, Entry, Node, Numeral};
use crate::{bounds, syntax};

/// Read a document's bytes.
///
/// Keys that aren't strings, keys given twice and numbers that aren't finite go
/// into the report, and the tree is free of them.
///
/// # Errors
///
/// The file is not a YAML document, or too large a one.
pub(crate) fn parse(bytes: &[u8], kind: &Kind, report: &mut Report) -> Result<Node, Mistakes> {
    let text = syntax::text(bytes, kind)?;
    bounds::check(text, kind)?;
    let raw: Spanned<Raw<'_>> = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| syntax::no_meaning(&error))?;
    Ok(Builder { text, report }.node(raw, None))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            // Bounds on what aliases stand for were checked; how often they are
            // used is nobody's concern.
            enforce_alias_anchor_ratio: false,
        },
        // Handed on, so that each repeated key is reported, not the first alone.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Merge,
        // Handed on, so that each is reported.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        // As in YAML 1.2, `no` and `on` are strings. So are `0755` and `1_000`,
        // which people write as text.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// A value as the YAML reader hands it out.
enum Raw<'a> {
    Null,
    Bool(bool),
    Integer(Number),
    Float(f64),
    String(Cow<'a, str>),
    List(Vec<Spanned<Raw<'a>>>),
    Mapping(Vec<(Spanned<Raw<'a>>, Spanned<Raw<'a>>)>),
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw<'de>, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw<'de>, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw<'de>, E> {
        Ok(Raw::Integer(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw<'de>, E> {
        Ok(Raw::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw<'de>, E> {
        Ok(Raw::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
        Ok(Raw::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw<'de>, E> {
        Ok(Raw::String(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw<'de>, E> {
        Ok(Raw::String(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw<'de>, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Raw::Mapping(mapping))
    }
}

/// Raw values to nodes.
struct Builder<'a> {
    text: &'a str,
    report: &'a mut Report,
}

impl Builder<'_> {
    fn node(&mut self, raw: Spanned<Raw<'_>>, alias: Option<Location>) -> Node {
        let (at, alias) = place(&raw, alias);
        let content = match raw.value {
            Raw::Null => Content::Null,
            Raw::Bool(value) => Content::Bool(value),
            Raw::Integer(value) => self.number(value, raw.defined),
            Raw::Float(value) => match Number::from_f64(value) {
                Some(value) => self.number(value, raw.defined),
                None => {
                    let spelling = excerpt(self.spelling(raw.defined));
                    self.report.add(
                        at,
                        format!("`{spelling}` is not a finite number; a text goes in quotes"),
                    );
                    Content::Null
                }
            },
            Raw::String(text) => Content::String(text.into_owned()),
            Raw::List(items) => Content::List(
                items
                    .into_iter()
                    .map(|item| self.node(item, alias))
                    .collect(),
            ),
            Raw::Mapping(entries) => self.mapping(entries, alias),
        };
        Node { at, content }
    }

    fn mapping(
        &mut self,
        raw: Vec<(Spanned<Raw<'_>>, Spanned<Raw<'_>>)>,
        alias: Option<Location>,
    ) -> Content {
        let mut places: HashMap<String, Position> = HashMap::new();
        let mut entries = Vec::new();
        for (key, value) in raw {
            let (at, _) = place(&key, alias);
            let Raw::String(text) = &key.value else {
                let message = match key.value {
                    Raw::List(_) | Raw::Mapping(_) => {
                        "a key is a string, not a list or a mapping; a text with an expression goes in quotes"
                            .to_owned()
                    }
                    _ => {
                        let spelling = excerpt(self.spelling(key.defined));
                        format!("a key is a string: write `\"{spelling}\"`")
                    }
                };
                self.report.add(at, message);
                continue;
            };
            let key = text.to_string();
            let value = self.node(value, alias);
            if let Some(first) = places.get(&key) {
                let Position { line, column } = first;
                let key = excerpt(&key);
                self.report.add(
                    at,
                    format!("the key `{key}` is given twice; the first is at {line}:{column}"),
                );
                continue;
            }
            places.insert(key.clone(), at);
            entries.push(Entry { at, key, value });
        }
        Content::Mapping(entries)
    }

    fn number(&self, value: Number, at: Location) -> Content {
        // What YAML has beyond JSON (`+5`, `0x1f`, `.5`) is text as JSON.
        let spelling = self.spelling(at);
        let spelling = match serde_json::from_str::<Number>(spelling) {
            Ok(spelled) if spelled == value => spelling.to_owned(),
            _ => value.to_string(),
        };
        Content::Number(Numeral { value, spelling })
    }

    /// How a scalar is spelled in the file.
    fn spelling(&self, at: Location) -> &str {
        let span = at.span();
        let range = span
            .byte_offset()
            .zip(span.byte_len())
            .and_then(|(start, length)| {
                let start = usize::try_from(start).ok()?;
                Some(start..start.checked_add(usize::try_from(length).ok()?)?)
            });
        range
            .and_then(|range| self.text.get(range))
            .unwrap_or_default()
            .trim()
    }
}

/// Where a value stands: an alias where it is used, for that is the place to
/// look at if it doesn't fit; what is in it where it is written.
fn place<T>(raw: &Spanned<T>, alias: Option<Location>) -> (Position, Option<Location>) {
    let aliased = raw.referenced != raw.defined && raw.referenced != Location::UNKNOWN;
    let (location, alias) = match alias {
        _ if !aliased => (raw.defined, alias),
        Some(outer) if outer == raw.referenced => (raw.defined, alias),
        _ => (raw.referenced, Some(raw.referenced)),
    };
    (Position::from(location), alias)
}
