//! Redacts what people are shown: neither values nor handles.

use std::fmt::Display;
use std::sync::Arc;

use http_step_json::{Map, Value};
use http_step_redact::Replacer;

use super::granted::GrantedSecrets;
use super::matcher::SecretMatcher;
use super::redactions::Passes;

/// What people see in place of a secret.
pub(crate) const REDACTED: &str = "<HIDDEN>";

/// A text that comes piece by piece, as people may see it. How much of it is held back
/// depends on how long the values are, and on nothing else of them: a component that writes
/// a piece, and waits, would learn by what is shown whether a value begins so.
pub struct StreamRedactor {
    secrets: Arc<GrantedSecrets>,
    passes: Passes,
    /// Whether all is let go at the end of a line.
    is_by_line: bool,
    /// The beginning of a character.
    cut: Vec<u8>,
}

impl StreamRedactor {
    /// A stream of a run with these secrets.
    #[must_use]
    pub fn new(secrets: &Arc<GrantedSecrets>) -> Self {
        Self {
            secrets: Arc::clone(secrets),
            passes: secrets.people_passes(),
            is_by_line: !secrets.spans_lines(),
            cut: Vec::new(),
        }
    }

    /// Whether there is nothing to redact.
    pub fn is_clear(&self) -> bool {
        self.passes.passes.is_empty()
    }

    /// Take a piece in, and give what may be shown by now.
    pub fn feed(&mut self, piece: &str) -> String {
        if self.passes.derived != self.secrets.derived() {
            self.passes
                .add(self.secrets.people_passes_since(self.passes.derived));
        }
        let lines = match piece.rfind('\n') {
            Some(end) if self.is_by_line => end + 1,
            _ => 0,
        };
        let (lines, rest) = piece.split_at_checked(lines).unwrap_or(("", piece));
        if !lines.is_empty() {
            let seen = through(&mut self.passes.passes, lines.as_bytes(), true);
            self.cut.extend(seen);
        }
        let seen = through(&mut self.passes.passes, rest.as_bytes(), false);
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
        self.cut.extend(through(&mut self.passes.passes, &[], true));
        let rest = std::mem::take(&mut self.cut);
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Another text as people may see it.
    pub fn redact(&self, text: &mut String) {
        self.secrets.redactor().redact(text);
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

/// Redacts values in all their forms, then what derives from them, then handles.
pub struct Redactor<'l> {
    values_matcher: Option<Arc<SecretMatcher>>,
    /// Of values, too.
    in_order: Vec<Arc<SecretMatcher>>,
    handles: Option<&'l SecretMatcher>,
}

impl<'l> Redactor<'l> {
    pub(super) fn new(
        values_matcher: Option<Arc<SecretMatcher>>,
        in_order: Vec<Arc<SecretMatcher>>,
        handles: &'l SecretMatcher,
    ) -> Self {
        Self {
            values_matcher,
            in_order,
            handles: Some(handles),
        }
    }

    /// For where there is nothing to redact yet.
    pub fn empty() -> Self {
        Self {
            values_matcher: None,
            in_order: Vec::new(),
            handles: None,
        }
    }

    /// A text as people may see it.
    pub fn redact(&self, text: &mut String) {
        let in_order = self.in_order.iter().map(AsRef::as_ref);
        redact_with(text, in_order.chain(self.handles));
    }

    /// As [`redact`](Self::redact), in a type that shows it.
    pub(crate) fn redacted(&self, text: impl Display) -> Redacted {
        let mut text = text.to_string();
        self.redact(&mut text);
        Redacted(text)
    }

    /// Redact a name in the audit log of values alone: a component can choose a name that looks
    /// like a token or a handle.
    pub(crate) fn redact_name(&self, name: &mut String) {
        redact_with(name, self.values_matcher.iter().map(AsRef::as_ref));
    }

    /// A JSON value as people may see it.
    pub(crate) fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(entries) => self.redact_object(entries),
            // A number may be all of a secret that has digits alone.
            Value::Number(number) => {
                let mut text = number.to_string();
                self.redact(&mut text);
                if text != number.as_str() {
                    *value = Value::String(text);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A JSON object as people may see it.
    pub fn redact_object(&self, entries: &mut Map) {
        *entries = std::mem::take(entries)
            .into_iter()
            .map(|(mut name, mut value)| {
                self.redact(&mut name);
                self.redact_json(&mut value);
                (name, value)
            })
            .collect();
    }
}

/// A text that was redacted: only a [`Redactor`] makes one.
pub(crate) struct Redacted(String);

impl Redacted {
    /// In place of a text of which nothing is shown.
    pub(crate) fn hidden() -> Self {
        Self(REDACTED.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Redact in a text what each of these finds, one after the other.
fn redact_with<'s>(text: &mut String, matchers: impl Iterator<Item = &'s SecretMatcher>) {
    for matcher in matchers {
        if !matcher.matches(text.as_bytes()) {
            continue;
        }
        let seen = through(
            &mut [matcher.replacer_with(REDACTED)],
            text.as_bytes(),
            true,
        );
        *text = String::from_utf8_lossy(&seen).into_owned();
    }
}
