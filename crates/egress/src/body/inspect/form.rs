//! `application/x-www-form-urlencoded`: names and values between `&`. Some servers also split at
//! `;`, and some read text that looks like JSON or XML as such, whatever its type is. So with a `;`,
//! or with a name that is not plain, no value in a form counts as whole, nor with another field in a
//! value, where servers find it that decode a form first. Some servers read any body as a form.

use http_step_policy::{HiddenFields, field_names, is_override_field};

use super::MAX_NAME;
use super::event::Event;
use super::quoted::Percent;

/// The longest name that can be an override, with each character percent-encoded.
const MAX_WRITTEN: usize = 6 * MAX_NAME;

/// How much of a value is kept, which may be the name of a method.
const MAX_VALUE: usize = 64;

#[derive(Default)]
pub(super) struct Form {
    field: Field,
    /// Whether the field has ended. The next byte starts another one.
    is_over: bool,
    is_in_value: bool,
    has_semicolon: bool,
    /// Whether a name is not plain, or a value has another field in it.
    is_odd: bool,
    /// Whether the position is in the value of a field after a separator and a name. After `;`, the
    /// value of the last `&` goes on.
    is_later: bool,
    has_separator: bool,
    has_name: bool,
    /// Whether its type is not a form. Any text has names that are not plain.
    is_beside: bool,
    /// Whether it is a multipart body. The header of each part has a `; name=`.
    is_multipart: bool,
    override_field: Option<String>,
}

/// The text after the last `&` or `;`.
#[derive(Default)]
struct Field {
    /// The text up to `=`.
    name: Vec<u8>,
    value: Vec<u8>,
    has_value: bool,
    /// The last characters of the name, in lower case.
    last: u64,
    names_codec: bool,
    /// The fields in the value, which is decoded for them.
    hidden: HiddenFields,
    percent: Percent,
}

impl Form {
    /// For a body whose type is not a form.
    pub(super) fn beside(is_multipart: bool) -> Self {
        Self {
            is_beside: true,
            is_multipart,
            ..Self::default()
        }
    }

    pub(super) fn step(&mut self, byte: u8) -> Event {
        self.note(byte);
        self.note_separators(byte);
        match (byte, self.is_in_value) {
            (b'&', _) => {
                let event = self.end_event();
                self.is_in_value = false;
                event
            }
            (_, true) => Event::Inside,
            (b'=', false) => {
                self.is_in_value = true;
                Event::Opens
            }
            (_, false) => Event::Outside,
        }
    }

    fn note_separators(&mut self, byte: u8) {
        match byte {
            b'&' => {
                self.has_separator = true;
                self.has_name = false;
                self.is_later = false;
            }
            b'=' => self.is_later |= self.has_separator && self.has_name,
            byte => {
                self.has_separator |= byte == b';' && !self.is_multipart;
                self.has_name = true;
            }
        }
    }

    fn note(&mut self, byte: u8) {
        self.begin_field();
        match byte {
            b'&' | b';' => {
                self.has_semicolon |= byte == b';';
                self.end_field();
            }
            b'=' if !self.field.has_value => {
                self.field.has_value = true;
                // In a long body, before the value is sent.
                self.check_field();
            }
            _ if self.field.has_value => {
                if self.field.value.len() <= MAX_VALUE {
                    self.field.value.push(byte);
                }
                if !self.is_beside {
                    self.note_hidden(byte);
                }
            }
            b' ' | b'+' if self.is_beside && self.field.name.is_empty() => {}
            _ => {
                self.field.push(byte);
                // It may start any syntax, whose end is unknown.
                if !self.is_beside && self.field.name.len() == MAX_NAME + 1 {
                    self.check_field();
                }
            }
        }
    }

    fn note_hidden(&mut self, byte: u8) {
        let Field {
            hidden, percent, ..
        } = &mut self.field;
        let before = hidden.are_odd();
        percent.step(byte, |byte| hidden.step(byte));
        if !before && hidden.are_odd() {
            self.check_field();
        }
    }

    /// The current field has ended.
    pub(super) fn end_field(&mut self) {
        self.begin_field();
        self.field.hidden.end();
        self.check_field();
        self.is_over = true;
    }

    /// Another field starts if the last one has ended.
    fn begin_field(&mut self) {
        if std::mem::take(&mut self.is_over) {
            self.field = Field::default();
        }
    }

    /// The event if the current field ends.
    pub(super) fn end_event(&self) -> Event {
        match (self.is_in_value, self.field.name.is_empty()) {
            (true, _) => Event::Closes,
            (false, false) => Event::Bare,
            (false, true) => Event::Outside,
        }
    }

    fn check_field(&mut self) {
        let Field {
            name,
            value,
            has_value,
            hidden,
            ..
        } = &self.field;
        if name.is_empty() && !has_value {
            return;
        }
        let is_odd = !self.is_beside && field_names(name).is_none();
        self.is_odd |= is_odd || hidden.are_odd();
        let is_override = || is_odd || hidden.have_value() || is_override_field(name, value);
        if self.override_field.is_none() && is_override() {
            self.override_field = Some(String::from_utf8_lossy(name).into_owned());
        }
    }

    /// The name of the field whose value starts, or that has ended without one.
    pub(super) fn name(&self) -> &[u8] {
        &self.field.name
    }

    /// The names of fields in the value that has ended.
    pub(super) fn hidden_names(&self) -> Vec<String> {
        self.field.hidden.names().map(str::to_owned).collect()
    }

    /// Whether that name may specify how the value is decoded.
    pub(super) fn names_codec(&self) -> bool {
        self.field.names_codec
    }

    /// Whether the position is in the value of a field with a name, after a separator.
    pub(super) fn is_in_later_field(&self) -> bool {
        self.is_later
    }

    pub(super) fn is_broken(&self) -> bool {
        self.has_semicolon || self.is_odd
    }

    pub(super) fn is_odd(&self) -> bool {
        self.is_odd
    }

    pub(super) fn override_field(&self) -> Option<&str> {
        self.override_field.as_deref()
    }
}

impl Field {
    fn push(&mut self, byte: u8) {
        if self.name.len() <= MAX_WRITTEN {
            self.name.push(byte);
        }
        self.last = self.last << 8 | u64::from(byte.to_ascii_lowercase());
        self.names_codec |= [&b":"[..], b"%3a", b"%u003a"]
            .iter()
            .any(|colon| self.last.to_be_bytes().ends_with(colon));
    }
}
