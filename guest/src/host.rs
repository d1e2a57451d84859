//! What a step needs from outside. The component has it from its imports, a
//! test from a script.

use http_step_template::Names;
use url::Url;

pub use crate::bindings::ci::http_step::auth::Scheme;
pub use crate::bindings::ci::http_step::log::Stream;
pub use crate::bindings::ci::http_step::types::{ErrorKind, Header, Timeouts};
pub use crate::request::method::Method;

/// The build's names, the log, credentials and the network.
pub trait Host: Names {
    /// Append text to the log.
    fn log(&self, stream: Stream, text: &str);

    /// The field that a request carries to be sent with credentials that the host
    /// computes. It is good for any number of requests.
    ///
    /// # Errors
    ///
    /// What is wrong with the scheme: one sentence, without a secret in it.
    fn credentials(&self, scheme: &Scheme) -> Result<Header, String>;

    /// Begin a SHA-256 that the host computes: of much it takes less time than here.
    fn hash(&self) -> Box<dyn Hashing>;

    /// Send a request, and wait for the head of the response.
    ///
    /// # Errors
    ///
    /// Why there is no response.
    fn send<'r>(&self, request: &Outgoing<'r>) -> Result<Incoming<'r>, Failure>;
}

/// A request, ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'r> {
    /// The method.
    pub method: Method,
    /// The URL; its scheme is http or https. A fragment is not sent.
    pub url: &'r Url,
    /// All header fields but those that the host adds.
    pub headers: &'r [Header],
    /// The body; empty is none.
    pub body: &'r [u8],
    /// Time limits.
    pub timeouts: Timeouts,
}

/// The head of a response, and its body to come.
pub struct Incoming<'r> {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Box<dyn Chunks + 'r>,
}

/// SHA-256 of bytes that come piece by piece.
pub trait Hashing {
    /// Hash more bytes.
    fn update(&mut self, bytes: &[u8]);

    /// The digest, in lower-case hexadecimal.
    fn finish(self: Box<Self>) -> String;
}

/// A body that arrives piece by piece.
pub trait Chunks {
    /// Wait for the next piece; none at the end.
    ///
    /// # Errors
    ///
    /// Why the body broke off. No call follows.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure>;
}

/// Why the network has no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// The reason in words that can follow a colon.
    pub words: String,
}
