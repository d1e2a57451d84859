//! What is between a run and people: neither a value nor a handle is shown.

use std::sync::Arc;

use http_step_secrets::{Patterns, Replacements, Replacer};
use serde_json::{Map, Value};

/// What people see in place of a secret.
pub(crate) const HIDDEN: &str = "<HIDDEN>";

/// A text that comes piece by piece, as people may see it.
pub(crate) struct VeiledText {
    veil: Arc<Veil>,
    replacer: Replacer,
    /// The beginning of a character.
    cut: Vec<u8>,
}

impl VeiledText {
    pub(crate) fn new(veil: &Arc<Veil>) -> Self {
        Self {
            veil: Arc::clone(veil),
            replacer: veil.over_stream(),
            cut: Vec::new(),
        }
    }

    /// Take a piece in, and give what may be shown by now.
    pub(crate) fn feed(&mut self, piece: &str) -> String {
        let seen = self.replacer.feed(piece.as_bytes());
        self.cut.extend(seen);
        let shown = match std::str::from_utf8(&self.cut) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.cut.len(),
        };
        let shown: Vec<u8> = self.cut.drain(..shown).collect();
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Give the rest.
    pub(crate) fn finish(&mut self) -> String {
        self.cut.extend(self.replacer.finish());
        let rest = std::mem::take(&mut self.cut);
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Another text as people may see it.
    pub(crate) fn over(&self, text: &mut String) {
        self.veil.over(text);
    }
}

/// Hides values in all their forms, and handles.
pub(crate) struct Veil {
    patterns: Arc<Patterns>,
    hidden: Replacements,
}

impl Veil {
    /// Over all of these, of so many owners.
    pub(super) fn new(patterns: Arc<Patterns>, owners: usize) -> Self {
        let hidden = (0..owners).map(|_| HIDDEN.as_bytes().to_vec().into());
        Self {
            patterns,
            hidden: hidden.collect(),
        }
    }

    /// For a text that comes piece by piece.
    fn over_stream(&self) -> Replacer {
        Replacer::new(Arc::clone(&self.patterns), Arc::clone(&self.hidden))
    }

    /// A text as people may see it.
    pub(crate) fn over(&self, text: &mut String) {
        if self.patterns.owners_in(text.as_bytes()).is_empty() {
            return;
        }
        let mut replacer = self.over_stream();
        let mut seen = replacer.feed(text.as_bytes());
        seen.extend(replacer.finish());
        *text = String::from_utf8_lossy(&seen).into_owned();
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
                if text != number.to_string() {
                    *value = Value::String(text);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A JSON object as people may see it.
    pub(crate) fn over_object(&self, entries: &mut Map<String, Value>) {
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
