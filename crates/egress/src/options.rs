//! What a client asks for with a request, beside the request.

use std::time::Duration;

/// How long a request may take at each of its stages. Where nothing is asked for, the
/// limits of the run hold; they hold in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestOptions {
    /// How long to wait for a connection.
    pub connect_timeout: Option<Duration>,
    /// How long to wait for the head of the response.
    pub first_byte_timeout: Option<Duration>,
    /// How long to wait between two pieces of the response's body.
    pub between_bytes_timeout: Option<Duration>,
}
