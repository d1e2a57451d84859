//! Timeouts of a request.

use std::time::Duration;

use http_step_policy::Limits;

/// The timeouts that a client requests. The limits of the run apply in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestOptions {
    /// How long to wait for a connection.
    pub connect_timeout: Option<Duration>,
    /// How long to wait for the head of the response.
    pub first_byte_timeout: Option<Duration>,
    /// How long to wait between two pieces of the response's body.
    pub between_bytes_timeout: Option<Duration>,
}

/// The minimum timeout; a shorter one would reject every request.
const MIN_TIMEOUT: Duration = Duration::from_millis(1);

/// The timeouts of the stages of a request.
pub(crate) struct RequestTimeouts {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) between_bytes: Duration,
}

impl RequestTimeouts {
    /// The requested timeouts, if they are shorter than the limits of the run.
    pub(crate) fn new(options: &RequestOptions, limits: &Limits) -> Self {
        let less = |requested: Option<Duration>, limit: Duration| {
            requested.unwrap_or(limit).min(limit).max(MIN_TIMEOUT)
        };
        Self {
            connect: less(options.connect_timeout, limits.connect),
            first_byte: less(options.first_byte_timeout, limits.read),
            between_bytes: less(options.between_bytes_timeout, limits.read),
        }
    }
}
