//! What servers find in a body that do not look at its type, or find another one in it.

use http::HeaderMap;

use super::form::Form;
use super::quoted::Quoted;
use super::syntax::{Syntax, may_be_form};

/// Reads a body as a form and like JSON, whatever else it is.
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

    /// The field by which a framework may read the method.
    pub(super) fn override_field(&self) -> Option<&'static str> {
        let of_form = self.form.as_ref().and_then(Form::override_field);
        self.quoted.override_field().or(of_form)
    }

    /// Whether what is read is in the value of a field of a form, behind `&` and a name.
    pub(super) fn is_in_field(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_in_later_field)
    }
}
