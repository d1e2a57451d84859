//! The interface to the host: the imports of the component, or a script in tests.

use http_step_template::Names;
use url::Url;

pub use crate::bindings::ci::http_step::auth::Scheme;
pub use crate::bindings::ci::http_step::log::Stream;
pub use crate::bindings::ci::http_step::types::{ErrorKind, Header, Timeouts};
pub use crate::method::Method;

/// Properties and secrets, the log, credentials and the network.
pub trait HostImports: Names {
    /// Append text to the log.
    fn log(&self, stream: Stream, text: &str);

    /// The header field that the host replaces with credentials when it sends a request. It can be
    /// used for any number of requests.
    ///
    /// # Errors
    ///
    /// Why the scheme is invalid: one sentence, without secrets.
    fn credentials(&self, scheme: &Scheme) -> Result<Header, String>;

    /// Start a SHA-256 that the host computes, which is faster for long data.
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
    /// The body, which may be empty.
    pub body: &'r [u8],
    /// Timeouts.
    pub timeouts: Timeouts,
}

/// A response: the head, and the body to read.
pub struct Incoming<'r> {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Box<dyn Chunks + 'r>,
}

/// An incremental SHA-256.
pub trait Hashing {
    /// Add bytes.
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
    /// Why the body ended early. No call follows.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure>;
}

/// Why there is no response, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// The reason, as it follows a colon.
    pub words: String,
}
