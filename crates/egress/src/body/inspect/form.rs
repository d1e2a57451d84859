//! `application/x-www-form-urlencoded`: names and values between `&`. Some servers also split at
//! `;`, and some read text that looks like JSON or XML as such, whatever its type is: then it is
//! unknown what is next to a value.

use http_step_policy::override_field;

use super::event::Event;
use super::{MAX_NAME, UNKNOWN_OVERRIDE};

#[derive(Default)]
pub(super) struct Form {
    name: Vec<u8>,
    is_in_value: bool,
    /// The text after the last `&` or `;`, up to a `=`, without blanks before it.
    key: Vec<u8>,
    /// Its length, with these blanks.
    key_length: usize,
    is_key_over: bool,
    has_begun: bool,
    is_broken: bool,
    /// Whether a `&` and a name precede the current value.
    is_later: bool,
    /// Whether its type is not a form.
    is_beside: bool,
    override_field: Option<&'static str>,
}

impl Form {
    /// For a body whose type is not a form.
    pub(super) fn beside() -> Self {
        Self {
            is_beside: true,
            ..Self::default()
        }
    }

    pub(super) fn step(&mut self, byte: u8) -> Event {
        if !self.has_begun && !byte.is_ascii_whitespace() {
            self.has_begun = true;
            // Text in JSON or XML, or a byte order mark.
            self.is_broken = b"{[\"'</\xef\xfe\xff".contains(&byte);
        }
        self.note(byte);
        match (byte, self.is_in_value) {
            (b'&', true) => {
                self.is_in_value = false;
                self.is_later = true;
                self.name.clear();
                Event::Closes
            }
            (_, true) => Event::Inside,
            (b'=', false) => {
                self.is_in_value = true;
                Event::Opens
            }
            (b'&', false) => {
                self.is_later = true;
                self.name.clear();
                Event::Outside
            }
            (byte, false) => {
                if self.name.len() < MAX_NAME {
                    self.name.push(byte);
                }
                Event::Outside
            }
        }
    }

    fn note(&mut self, byte: u8) {
        match byte {
            b'&' | b';' => {
                self.is_broken |= byte == b';';
                self.key.clear();
                self.key_length = 0;
                self.is_key_over = false;
            }
            b'=' if !self.is_key_over => {
                self.is_key_over = true;
                self.override_field = self.override_field.or(override_field(&self.key));
            }
            _ if self.is_key_over => {}
            _ => {
                self.key_length = self.key_length.saturating_add(1);
                // It may start any syntax, whose end is unknown. Any text contains such bytes.
                if self.key_length > MAX_NAME && !self.is_beside {
                    self.is_broken = true;
                    self.override_field = self.override_field.or(Some(UNKNOWN_OVERRIDE));
                }
                // Servers remove blanks before a name.
                let is_before = matches!(byte, b' ' | b'+') && self.key.is_empty();
                if !is_before && self.key.len() < MAX_NAME {
                    self.key.push(byte);
                }
            }
        }
    }

    pub(super) fn take_name(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.name)
    }

    pub(super) fn is_in_value(&self) -> bool {
        self.is_in_value
    }

    /// Whether the position is in the value of a field with a name, after `&`.
    pub(super) fn is_in_later_field(&self) -> bool {
        self.is_in_value && self.is_later && !self.name.is_empty()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(super) fn override_field(&self) -> Option<&'static str> {
        self.override_field
    }
}
