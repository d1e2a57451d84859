//! What a run may use.

use std::time::Duration;

/// No connection takes longer, whatever a run's limits say.
pub(crate) const LONGEST_CONNECT: Duration = Duration::from_secs(120);

/// What a run may use. The defaults let an ordinary step through and stop one
/// that is out of hand.
///
/// ```
/// use http_step_host::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { wall: Duration::from_secs(30), ..Limits::default() };
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The run as a whole, waiting included. A step file can ask for less.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// Bytes of all memories and tables of the component together.
    pub memory: usize,
    /// Requests, hops of a redirect included.
    pub requests: u32,
    /// One connection, TLS included, and two minutes at most. A component can
    /// ask for less.
    pub connect: Duration,
    /// Silence of a server. A component can ask for less.
    pub read: Duration,
    /// Bytes of log text. What is over is left out, and the log says so.
    pub log: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(300),
            cpu: Duration::from_secs(10),
            memory: 64 << 20,
            // As many redirects as a step file can ask for, and room.
            requests: 64,
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            log: 4 << 20,
        }
    }
}
