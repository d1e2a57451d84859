//! Fields that servers find in a body if they ignore its type, or detect another one.

use http::HeaderMap;

use super::form::Form;
use super::quoted::Quoted;
use super::syntax::{Syntax, may_be_form};

/// Reads a body as a form and like JSON, whatever its type is.
pub(super) struct Beside {
    form: Option<Form>,
    quoted: Quoted,
}

impl Beside {
    pub(super) fn new(syntax: &Syntax, header: &HeaderMap) -> Self {
        let form = match syntax {
            Syntax::Form(_) => None,
            _ if may_be_form(header) => Some(Form::default()),
            _ => Some(Form::beside()),
        };
        Self {
            form,
            quoted: Quoted::new(),
        }
    }

    pub(super) fn step(&mut self, byte: u8) {
        if let Some(form) = &mut self.form {
            form.step(byte);
        }
        self.quoted.step(byte);
    }

    /// The field that a framework may use as the method.
    pub(super) fn override_field(&self) -> Option<&'static str> {
        let of_form = self.form.as_ref().and_then(Form::override_field);
        self.quoted.override_field().or(of_form)
    }

    /// Whether the position is in the value of a form field, after `&` and a name.
    pub(super) fn is_in_field(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_in_later_field)
    }
}
