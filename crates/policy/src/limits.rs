//! The limits of a step.

use std::time::Duration;

/// The maximum of [`Limits::connect`].
pub const MAX_CONNECT: Duration = Duration::from_secs(120);

/// The limits of a step. The defaults are enough for an ordinary step and stop a runaway one. Each
/// is a key under `limits:` in a policy file, and a [`Budget`](crate::Budget).
///
/// ```
/// use http_step_policy::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { wall: Duration::from_secs(30), ..Limits::default() };
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Time for the whole step, including waiting. A step file can set a shorter one.
    pub wall: Duration,
    /// CPU time: of the component, and of the host for decoding and hashing, signing requests,
    /// redacting responses and checking the result.
    pub cpu: Duration,
    /// Time to open a connection, including TLS; at most [`MAX_CONNECT`]. A component can
    /// set a shorter one.
    pub connect: Duration,
    /// How long a server may send nothing. A component can set a shorter time.
    pub read: Duration,
    /// Bytes of all memories and tables of the component, and of what the host holds for it:
    /// header tables, bodies waiting to be sent or read, decoders, files to upload, the audit
    /// log, the kept log, and the result with its outputs.
    pub memory: u64,
    /// Requests, including the hops of redirects.
    pub requests: u32,
    /// Concurrent requests.
    pub concurrent_requests: u32,
    /// Distinct hosts.
    pub hosts: u32,
    /// Bytes of all request bodies.
    pub bytes_sent: u64,
    /// Bytes of all response bodies, as received.
    pub bytes_received: u64,
    /// Bytes of all response bodies, decompressed.
    pub bytes_decoded: u64,
    /// Header fields of one message.
    pub header_fields: u32,
    /// Bytes of the header names and values of one message.
    pub header_bytes: u64,
    /// Bytes of log text that the component writes. Writing more ends the step.
    pub log_bytes: u64,
    /// Bytes of log text that are kept. The rest is omitted, which the log notes.
    pub log_kept: u64,
    /// Bytes of the component's file. This and the two limits below apply when a component is
    /// loaded. They have no effect in the policy of a run, whose component was loaded before.
    pub component_bytes: u64,
    /// CPU time to compile the component when it is loaded.
    pub compile_time: Duration,
    /// Bytes of memory to compile the component when it is loaded.
    pub compile_memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(300),
            cpu: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            memory: 64 << 20,
            // More than the maximum number of redirects.
            requests: 64,
            concurrent_requests: 16,
            hosts: 16,
            bytes_sent: 256 << 20,
            bytes_received: 256 << 20,
            bytes_decoded: 256 << 20,
            header_fields: 128,
            header_bytes: 64 << 10,
            log_bytes: 64 << 20,
            log_kept: 4 << 20,
            component_bytes: 64 << 20,
            compile_time: Duration::from_secs(60),
            compile_memory: 2 << 30,
        }
    }
}
