//! Redacts output for users: neither values nor handles.

use std::fmt::Display;
use std::sync::Arc;

use http_step_json::{Map, Value};
use http_step_redact::through;

use super::matcher::SecretMatcher;

/// The replacement of a secret in output for users.
pub(crate) const REDACTED: &str = "<HIDDEN>";

/// Redacts values in all their forms, then what derives from them, then handles.
pub struct Redactor<'l> {
    values_matcher: Option<Arc<SecretMatcher>>,
    /// Including those of values.
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

    /// A redactor when there is nothing to redact yet.
    pub fn empty() -> Self {
        Self {
            values_matcher: None,
            in_order: Vec::new(),
            handles: None,
        }
    }

    /// Redact a text for users.
    pub fn redact(&self, text: &mut String) {
        let in_order = self.in_order.iter().map(AsRef::as_ref);
        redact_with(text, in_order.chain(self.handles));
    }

    /// The same as [`redact`](Self::redact), in a type that shows it.
    pub(crate) fn redacted(&self, text: impl Display) -> Redacted {
        let mut text = text.to_string();
        self.redact(&mut text);
        Redacted(text)
    }

    /// Redact only values in a name in the audit log: a component can choose a name that looks like
    /// a token or a handle.
    pub(crate) fn redact_name(&self, name: &mut String) {
        redact_with(name, self.values_matcher.iter().map(AsRef::as_ref));
    }

    /// Redact a JSON value for users.
    pub(crate) fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(entries) => self.redact_object(entries),
            // A number may be a whole secret that consists of digits.
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

    /// Redact a JSON object for users.
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

/// A text that was redacted: only a [`Redactor`] creates one.
pub(crate) struct Redacted(String);

impl Redacted {
    /// The replacement of a text that is not shown at all.
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

/// Redact in a text what each matcher finds, one after the other.
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
