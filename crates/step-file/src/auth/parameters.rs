//! The parameters of a scheme, as they are passed to the component: only those in the file.

use http_step_json::{Map, Value};
use http_step_yaml::{Given, Position, Report, Reported};

use super::ruled::Ruled;
use super::word::Word;
use crate::renderable::Renderable;
use crate::text::Text;

/// Collects parameters.
pub(super) struct Parameters {
    given: Map,
    missing: Vec<&'static str>,
    read: Result<(), Reported>,
}

/// The type of a parameter.
pub(super) trait Parameter {
    /// Its value for the component.
    fn json(self) -> Value;
}

impl Parameters {
    pub(super) fn new() -> Self {
        Self {
            given: Map::new(),
            missing: Vec::new(),
            read: Ok(()),
        }
    }

    /// Add a required parameter.
    pub(super) fn required<P: Parameter>(
        mut self,
        key: &'static str,
        given: Option<Given<P>>,
    ) -> Self {
        if given.is_none() {
            self.missing.push(key);
        }
        self.optional(key, given)
    }

    /// Add an optional parameter.
    pub(super) fn optional<P: Parameter>(
        mut self,
        key: &'static str,
        given: Option<Given<P>>,
    ) -> Self {
        match given.map(|given| given.value) {
            Some(Ok(value)) => {
                self.given.insert(key.to_owned(), value.json());
            }
            Some(Err(reported)) => self.read = Err(reported),
            None => {}
        }
        self
    }

    /// All parameters as a JSON object. Missing ones are reported together, at the position of
    /// the scheme.
    pub(super) fn finish(self, at: Position, report: &mut Report) -> Result<Value, Reported> {
        if let Some((last, most)) = self.missing.split_last() {
            let message = if most.is_empty() {
                format!("`{last}` is missing")
            } else {
                format!("`{}` and `{last}` are missing", most.join("`, `"))
            };
            return Err(report.add(at, message));
        }
        self.read.map(|()| Value::Object(self.given))
    }
}

impl Parameter for Text {
    fn json(self) -> Value {
        self.0.into()
    }
}

impl<R> Parameter for Ruled<R> {
    fn json(self) -> Value {
        self.text.into()
    }
}

impl<W> Parameter for Word<W> {
    fn json(self) -> Value {
        self.word.into()
    }
}

impl Parameter for bool {
    fn json(self) -> Value {
        self.into()
    }
}

impl<P: Parameter> Parameter for Renderable<P> {
    fn json(self) -> Value {
        match self {
            Self::Value(value) => value.json(),
            Self::Expression(text) => text.into(),
        }
    }
}
