//! Fields that servers find in a body if they ignore its type, or detect another one.

use http::HeaderMap;

use super::form::Form;
use super::quoted::{Percent, Quoted};
use super::syntax::{Syntax, is_text, may_be_form};
use super::words::Words;

/// Reads a body as a form and like JSON, whatever its type is.
pub(super) struct Beside {
    form: Option<Form>,
    quoted: Quoted,
    /// The text of a form without percent-encoding.
    decoded: Option<(Percent, Quoted)>,
    words: Option<Words>,
}

impl Beside {
    pub(super) fn new(syntax: &Syntax, header: &HeaderMap) -> Self {
        let form = match syntax {
            Syntax::Form(_) => None,
            _ if may_be_form(header) => Some(Form::default()),
            _ => Some(Form::beside(syntax.is_multipart())),
        };
        let is_form = matches!(syntax, Syntax::Form(_)) || may_be_form(header);
        let words = match syntax {
            Syntax::Form(_) | Syntax::Json(_) | Syntax::Multipart(_) => None,
            Syntax::Xml(_) | Syntax::Plain | Syntax::Unknown => Some(Words::new(is_text(header))),
        };
        Self {
            form,
            quoted: Quoted::new(),
            decoded: is_form.then(|| (Percent::default(), Quoted::new())),
            words,
        }
    }

    pub(super) fn step(&mut self, byte: u8) {
        if let Some(form) = &mut self.form {
            form.step(byte);
        }
        self.quoted.step(byte);
        if let Some((percent, quoted)) = &mut self.decoded {
            percent.step(byte, |byte| quoted.step(byte));
        }
        if let Some(words) = &mut self.words {
            words.step(byte);
        }
    }

    /// The body has ended.
    pub(super) fn finish(&mut self) {
        if let Some(form) = &mut self.form {
            form.end_field();
        }
        self.quoted.end_text();
        if let Some((_, quoted)) = &mut self.decoded {
            quoted.end_text();
        }
    }

    /// The field that a framework may use as the method.
    pub(super) fn override_field(&self) -> Option<&str> {
        let of_form = self.form.as_ref().and_then(Form::override_field);
        let words = self.words.as_ref().and_then(Words::found);
        let decoded = self
            .decoded
            .as_ref()
            .and_then(|(_, it)| it.override_field());
        self.quoted
            .override_field()
            .or(decoded)
            .or(of_form)
            .or(words)
    }

    /// Whether the position is in the value of a form field, after a separator and a name.
    pub(super) fn is_in_field(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_in_later_field)
    }
}
