//! What people see of a request's URL.
//!
//! A step that hides `Location` hides where a server sends it on to. The origin
//! is shown all the same: without it nobody could tell what failed.

use std::borrow::Cow;

use crate::log::mask::HIDDEN;
use crate::request::Request;
use crate::request::target::{address, origin};

impl Request {
    /// The URL, for the log and the result.
    pub(crate) fn shown_url(&self) -> Cow<'_, str> {
        self.unless_hidden(self.url.as_str())
    }

    /// The URL as an error names it.
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
