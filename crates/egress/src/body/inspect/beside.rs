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
    /// Reads the same without percent-encoding: some servers decode a body before they split it.
    percent: Percent,
    decoded_form: Option<Form>,
    decoded_quoted: Option<Quoted>,
    words: Option<Words>,
}

impl Beside {
    pub(super) fn new(syntax: &Syntax, header: &HeaderMap) -> Self {
        let form = match syntax {
            Syntax::Form(_) => None,
            _ if may_be_form(header) => Some(Form::default()),
            _ => Some(Form::beside(syntax.is_multipart())),
        };
        let is_form = matches!(syntax, Syntax::Form(_));
        let words = match syntax {
            Syntax::Form(_) | Syntax::Json(_) | Syntax::Multipart(_) => None,
            Syntax::Xml(_) | Syntax::Plain | Syntax::Unknown => Some(Words::new(is_text(header))),
        };
        Self {
            form,
            quoted: Quoted::new(),
            percent: Percent::default(),
            decoded_form: (!is_form).then(|| Form::beside(syntax.is_multipart())),
            decoded_quoted: (is_form || may_be_form(header)).then(Quoted::new),
            words,
        }
    }

    pub(super) fn step(&mut self, byte: u8) {
        if let Some(form) = &mut self.form {
            form.step(byte);
        }
        self.quoted.step(byte);
        self.percent.step(byte, |byte| {
            if let Some(form) = &mut self.decoded_form {
                form.step(byte);
            }
            if let Some(quoted) = &mut self.decoded_quoted {
                quoted.step(byte);
            }
        });
        if let Some(words) = &mut self.words {
            words.step(byte);
        }
    }

    /// The body has ended.
    pub(super) fn finish(&mut self) {
        for form in [&mut self.form, &mut self.decoded_form]
            .into_iter()
            .flatten()
        {
            form.end_field();
        }
        self.quoted.end_text();
        if let Some(quoted) = &mut self.decoded_quoted {
            quoted.end_text();
        }
    }

    /// The field that a framework may use as the method.
    pub(super) fn override_field(&self) -> Option<&str> {
        let mut forms = self.forms();
        let words = || self.words.as_ref().and_then(Words::found);
        let quoted = [Some(&self.quoted), self.decoded_quoted.as_ref()];
        let mut quoted = quoted.into_iter().flatten();
        quoted
            .find_map(Quoted::override_field)
            .or_else(|| forms.find_map(Form::override_field))
            .or_else(words)
    }

    /// Whether the position is in the value of a form field, after a separator and a name.
    pub(super) fn is_in_field(&self) -> bool {
        self.forms().any(Form::is_in_later_field)
    }

    fn forms(&self) -> impl Iterator<Item = &Form> {
        [&self.form, &self.decoded_form].into_iter().flatten()
    }
}
