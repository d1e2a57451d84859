//! Why a value is not a predicate.

use std::fmt;

use crate::shown::excerpt_text;

/// Why a value is not a predicate, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateError {
    /// Where in the value: from the outside in.
    pub path: Vec<PathItem>,
    /// What is wrong, and how to fix it.
    pub message: String,
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathItem {
    /// To a member of a mapping.
    Key(String),
    /// To an item of a list; the first one is 0.
    Index(usize),
}

impl PredicateError {
    /// An error of the value as a whole.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            message: message.into(),
        }
    }

    pub(crate) fn within(mut self, item: PathItem) -> Self {
        self.path.insert(0, item);
        self
    }
}

impl fmt::Display for PredicateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        f.write_str("`")?;
        for (at, item) in self.path.iter().enumerate() {
            match item {
                PathItem::Index(index) => write!(f, "[{index}]")?,
                PathItem::Key(key) => {
                    let point = if at > 0 { "." } else { "" };
                    write!(f, "{point}{}", excerpt_text(key, 40))?;
                }
            }
        }
        write!(f, "`: {}", self.message)
    }
}

impl std::error::Error for PredicateError {}
