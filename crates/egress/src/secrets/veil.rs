//! What is between a run and people: neither a value nor a handle is shown.

use std::sync::Arc;

use http_step_json::{Map, Value};
use http_step_redact::Replacer;

use super::hidden::Masks;
use super::lent::Lent;
use super::shroud::Shroud;

/// What people see in place of a secret.
pub(crate) const HIDDEN: &str = "<HIDDEN>";

/// A text that comes piece by piece, as people may see it. How much of it is held back
/// depends on how long the values are, and on nothing else of them: a component that writes
/// a piece, and waits, would learn by what is shown whether a value begins so.
pub struct VeiledText {
    lent: Arc<Lent>,
    masks: Masks,
    /// Whether all is let go at the end of a line.
    is_by_line: bool,
    /// The beginning of a character.
    cut: Vec<u8>,
}

impl VeiledText {
    /// A text of a run that is lent these secrets.
    #[must_use]
    pub fn new(lent: &Arc<Lent>) -> Self {
        Self {
            lent: Arc::clone(lent),
            masks: lent.hides(),
            is_by_line: !lent.spans_lines(),
            cut: Vec::new(),
        }
    }

    /// Whether there is nothing to hide.
    pub fn is_clear(&self) -> bool {
        self.masks.passes.is_empty()
    }

    /// Take a piece in, and give what may be shown by now.
    pub fn feed(&mut self, piece: &str) -> String {
        if self.masks.derived != self.lent.derived() {
            self.masks.add(self.lent.hides_since(self.masks.derived));
        }
        let lines = match piece.rfind('\n') {
            Some(end) if self.is_by_line => end + 1,
            _ => 0,
        };
        let (lines, rest) = piece.split_at_checked(lines).unwrap_or(("", piece));
        if !lines.is_empty() {
            let seen = through(&mut self.masks.passes, lines.as_bytes(), true);
            self.cut.extend(seen);
        }
        let seen = through(&mut self.masks.passes, rest.as_bytes(), false);
        self.cut.extend(seen);
        let shown = match std::str::from_utf8(&self.cut) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.cut.len(),
        };
        let shown: Vec<u8> = self.cut.drain(..shown).collect();
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Give the rest.
    pub fn finish(&mut self) -> String {
        self.cut.extend(through(&mut self.masks.passes, &[], true));
        let rest = std::mem::take(&mut self.cut);
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Another text as people may see it.
    pub fn over(&self, text: &mut String) {
        self.lent.veil().over(text);
    }
}

/// A piece of a stream, perhaps its last, through one pass after the other.
pub(crate) fn through(passes: &mut [Replacer], piece: &[u8], is_last: bool) -> Vec<u8> {
    let mut seen = piece.to_vec();
    for pass in passes {
        seen = pass.feed(&seen);
        if is_last {
            seen.extend(pass.finish());
        }
    }
    seen
}

/// Hides values in all their forms, then what derives from them, then handles.
pub struct Veil<'l> {
    of_values: Option<Arc<Shroud>>,
    /// Of values, too.
    in_order: Vec<Arc<Shroud>>,
    handles: Option<&'l Shroud>,
}

impl<'l> Veil<'l> {
    pub(super) fn new(
        of_values: Option<Arc<Shroud>>,
        in_order: Vec<Arc<Shroud>>,
        handles: &'l Shroud,
    ) -> Self {
        Self {
            of_values,
            in_order,
            handles: Some(handles),
        }
    }

    /// Where there is nothing to hide yet.
    pub fn of_nothing() -> Self {
        Self {
            of_values: None,
            in_order: Vec::new(),
            handles: None,
        }
    }

    /// A text as people may see it.
    pub fn over(&self, text: &mut String) {
        let in_order = self.in_order.iter().map(AsRef::as_ref);
        hide(text, in_order.chain(self.handles));
    }

    /// A name in the audit log: no token stands in one, so that none can blank it.
    pub(crate) fn over_name(&self, name: &mut String) {
        let of_values = self.of_values.iter().map(AsRef::as_ref);
        hide(name, of_values.chain(self.handles));
    }

    /// A JSON value as people may see it.
    pub(crate) fn over_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.over(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.over_json(item)),
            Value::Object(entries) => self.over_object(entries),
            // A number may be all of a secret that has digits alone.
            Value::Number(number) => {
                let mut text = number.to_string();
                self.over(&mut text);
                if text != number.as_str() {
                    *value = Value::String(text);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A JSON object as people may see it.
    pub fn over_object(&self, entries: &mut Map) {
        *entries = std::mem::take(entries)
            .into_iter()
            .map(|(mut name, mut value)| {
                self.over(&mut name);
                self.over_json(&mut value);
                (name, value)
            })
            .collect();
    }
}

/// Hide in a text what each of these finds, one after the other.
fn hide<'s>(text: &mut String, shrouds: impl Iterator<Item = &'s Shroud>) {
    for shroud in shrouds {
        if !shroud.is_in(text.as_bytes()) {
            continue;
        }
        let seen = through(&mut [shroud.hide(HIDDEN)], text.as_bytes(), true);
        *text = String::from_utf8_lossy(&seen).into_owned();
    }
}
