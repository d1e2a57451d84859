//! Limits on the size of a file with its aliases expanded, checked before they are: a few
//! lines of aliases to aliases expand to billions of values.
//!
//! This is one pass over the parser's events, without recursion. It also finds syntax errors.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser};

use crate::diagnostic::{Diagnostics, Position};
use crate::kind::Kind;
use crate::parser::{DEEPEST, options, too_deep};
use crate::syntax;

/// The maximum size of the expanded text, as a multiple of the maximum size of the file.
const MAX_EXPANSION: usize = 4;

/// Check that a file is one YAML document within the limits. Returns the anchors, by the
/// parser's numbers, that aliases refer to: only their values need to be kept, and they are
/// within the limits.
///
/// # Errors
///
/// The first error.
pub(crate) fn check(text: &str, kind: &Kind) -> Result<HashSet<usize>, Diagnostics> {
    let mut outline = Outline::new(kind);
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| syntax::not_yaml(&error, text))?;
        let at = Position::new(span.start.line(), span.start.col() + 1);
        outline
            .take(&event)
            .map_err(|message| Diagnostics::sole(at, message))?;
    }
    Ok(outline.aliased)
}

/// The state of the check.
struct Outline<'a> {
    kind: &'a Kind,
    documents: usize,
    total: Extent,
    open: Vec<Collection>,
    /// By the parser's number for the anchor. A value without one has 0, which no alias
    /// refers to.
    anchored: HashMap<usize, Anchored>,
    aliased: HashSet<usize>,
}

/// A size with aliases expanded.
#[derive(Clone, Copy, Default)]
struct Extent {
    values: usize,
    text: usize,
}

/// A value that aliases can refer to.
#[derive(Clone, Copy)]
struct Anchored {
    extent: Extent,
    height: usize,
}

/// An open list or mapping.
struct Collection {
    anchor: usize,
    total_before: Extent,
    /// The levels of nesting in it.
    height: usize,
}

impl<'a> Outline<'a> {
    fn new(kind: &'a Kind) -> Self {
        Self {
            kind,
            documents: 0,
            total: Extent::default(),
            open: Vec::new(),
            anchored: HashMap::new(),
            aliased: HashSet::new(),
        }
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(format!(
                        "a second document starts here; a {} must be a single document",
                        self.kind.noun
                    ));
                }
            }
            Event::Scalar(text, _, anchor, _) => {
                let extent = Extent {
                    values: 1,
                    text: text.len(),
                };
                let scalar = Anchored { extent, height: 0 };
                self.anchored.insert(*anchor, scalar);
                self.add(scalar)?;
            }
            Event::Alias(anchor) => match self.anchored.get(anchor) {
                Some(target) => {
                    self.aliased.insert(*anchor);
                    self.add(*target)?;
                }
                None => {
                    return Err("an alias (`*name`) refers to a value that contains it".to_owned());
                }
            },
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                let total_before = self.total;
                self.add(Anchored {
                    extent: Extent { values: 1, text: 0 },
                    height: 1,
                })?;
                self.open.push(Collection {
                    anchor: *anchor,
                    total_before,
                    height: 0,
                });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, value: Anchored) -> Result<(), String> {
        self.total.values += value.extent.values;
        self.total.text += value.extent.text;
        if self.open.len() + value.height > DEEPEST {
            return Err(too_deep());
        }
        let most_values = self.kind.most_values;
        if self.total.values > most_values {
            return Err(format!(
                "the file has more than {most_values} values, with aliases (`*name`) expanded"
            ));
        }
        let most_text = self.kind.longest.saturating_mul(MAX_EXPANSION);
        if self.total.text > most_text {
            return Err(format!(
                "the file has more than {most_text} bytes of text, with aliases (`*name`) expanded"
            ));
        }
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(value.height);
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(collection) = self.open.pop() else {
            return;
        };
        let height = collection.height + 1;
        let extent = Extent {
            values: self.total.values - collection.total_before.values,
            text: self.total.text - collection.total_before.text,
        };
        self.anchored
            .insert(collection.anchor, Anchored { extent, height });
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(height);
        }
    }
}
