//! What was expected and what was found instead.

use std::fmt::Write as _;

use http_step_json::Value;
use thiserror::Error;

use crate::describe::{describe, describe_part};
use crate::difference::{Difference, difference, differing_byte};
use crate::shown::{LIMIT, Shown, fits, write_text, write_value};
use crate::test::{Test, count};

/// Texts longer than this are compared where they differ, in characters.
const LONG: usize = 60;

/// The characters shown before and after a difference.
const AROUND: usize = 20;

/// The characters shown of the end of a text.
const END: usize = 100;

/// The maximum length of a path to a difference.
const PATH: usize = 80;

/// What was expected and what was found instead. Both are one line of at most 200 characters, and
/// `…` if more was there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected {expected}, found {found}")]
pub struct Mismatch {
    /// What was expected: the part of the predicate that does not hold.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Mismatch {
    /// Explain why a test doesn't hold.
    pub(crate) fn new(test: &Test, found: Option<&Value>) -> Self {
        let mut both = Both {
            expected: Shown::new(LIMIT),
            found: Shown::new(LIMIT),
        };
        both.explain(test, found, false);
        Self {
            expected: both.expected.finish(),
            found: both.found.finish(),
        }
    }
}

struct Both {
    expected: Shown,
    found: Shown,
}

impl Both {
    fn explain(&mut self, test: &Test, found: Option<&Value>, is_part: bool) {
        match (test, found) {
            (Test::All(tests), found) => {
                let failed = tests.iter().find(|test| !test.is_fulfilled(found));
                if let Some(test) = failed {
                    self.explain(test, found, is_part);
                }
            }
            (Test::Each(test), Some(Value::Array(items))) => {
                let mut items = items.iter().enumerate();
                let failed = items.find(|(_, item)| !test.is_fulfilled(Some(item)));
                if let Some((index, item)) = failed {
                    self.expected.add(|out| out.write_str("each "));
                    self.found.add(|out| write!(out, "at index {index}: "));
                    self.explain(test, Some(item), true);
                }
            }
            (Test::Count(test), Some(Value::Array(items))) => {
                self.expected.add(|out| out.write_str("a count of "));
                self.found.add(|out| out.write_str("a count of "));
                self.explain(test, Some(&count(items)), true);
            }
            (Test::Equals(expected), Some(found)) => self.differ(expected, found),
            (test, found) => {
                self.expected.add(|out| match is_part {
                    true => describe_part(test, out),
                    false => describe(test, out),
                });
                match found {
                    Some(found) => self.show(test, found),
                    None => self.found.add(|out| out.write_str("nothing")),
                }
            }
        }
    }

    /// Show what was found as far as it matters for a test.
    fn show(&mut self, test: &Test, found: &Value) {
        self.found.add(|out| match (test, found) {
            (Test::Any(_) | Test::Contains { .. }, Value::Array(items)) => match items.len() {
                0 => out.write_str("an empty list"),
                length => {
                    let noun = if length == 1 { "item" } else { "items" };
                    write!(out, "not in {length} {noun}: ")?;
                    write_value(found, out)
                }
            },
            (Test::EndsWith(_), Value::String(text)) => {
                let (cut, end) = last(text, END);
                out.write_str(cut)?;
                write_text(end, out)
            }
            (_, found) => write_value(found, out),
        });
    }

    /// Show two different values, or where they differ if they are long.
    fn differ(&mut self, expected: &Value, found: &Value) {
        let are_short = || fits(expected, LIMIT) && fits(found, LIMIT);
        let inside = difference(expected, found).filter(Difference::is_inside);
        match inside {
            Some(difference) if !are_short() => {
                let mut path = Shown::new(PATH);
                path.add(|out| difference.write_path(out));
                let path = path.finish();
                for shown in [&mut self.expected, &mut self.found] {
                    shown.add(|out| write!(out, "at {path}: "));
                }
                self.contrast(difference.expected, difference.found);
            }
            _ => {
                if matches!(expected, Value::Array(_) | Value::Object(_)) {
                    self.expected.add(|out| out.write_str("the same as "));
                }
                self.contrast(Some(expected), Some(found));
            }
        }
    }

    fn contrast(&mut self, expected: Option<&Value>, found: Option<&Value>) {
        if let (Some(Value::String(expected)), Some(Value::String(found))) = (expected, found)
            && is_long(expected)
            && is_long(found)
        {
            let at = differing_byte(expected, found);
            let characters = expected.get(..at).unwrap_or_default().chars().count();
            for (shown, text) in [(&mut self.expected, expected), (&mut self.found, found)] {
                shown.add(|out| {
                    write!(out, "at character {}: ", characters + 1)?;
                    let (before, after) = text.split_at_checked(at).unwrap_or_default();
                    let (cut, before) = last(before, AROUND);
                    out.write_str(cut)?;
                    let (after, cut) = first(after, AROUND);
                    write_text(&format!("{before}{after}"), out)?;
                    out.write_str(cut)
                });
            }
            return;
        }
        for (shown, value) in [(&mut self.expected, expected), (&mut self.found, found)] {
            shown.add(|out| match value {
                Some(value) => write_value(value, out),
                None => out.write_str("nothing"),
            });
        }
    }
}

fn is_long(text: &str) -> bool {
    text.chars().nth(LONG).is_some()
}

/// The first characters of a text, and `…` if there are more.
fn first(text: &str, characters: usize) -> (&str, &'static str) {
    match text.char_indices().nth(characters) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), "…"),
        None => (text, ""),
    }
}

/// `…` if there are more characters than these, and the last characters of a text.
fn last(text: &str, characters: usize) -> (&'static str, &str) {
    let start = characters.checked_sub(1);
    match start.and_then(|start| text.char_indices().nth_back(start)) {
        Some((start, _)) if start > 0 => ("…", text.get(start..).unwrap_or_default()),
        _ => ("", text),
    }
}
