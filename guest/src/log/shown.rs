//! The displayed form of a request's URL.
//!
//! A step that hides `Location` hides the targets of redirects. Their origin is shown
//! nevertheless, since errors would be useless without it.

use std::borrow::Cow;

use crate::log::mask::HIDDEN;
use crate::request::Request;
use crate::request::target::{address, origin};

impl Request {
    /// The URL, for the log and the result.
    pub(crate) fn shown_url(&self) -> Cow<'_, str> {
        self.unless_hidden(self.url.as_str())
    }

    /// The URL for errors.
    pub(crate) fn shown_address(&self) -> Cow<'_, str> {
        self.unless_hidden(address(&self.url))
    }

    fn unless_hidden<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        if self.is_url_hidden {
            format!("{}/{HIDDEN}", origin(&self.url)).into()
        } else {
            text.into()
        }
    }
}
