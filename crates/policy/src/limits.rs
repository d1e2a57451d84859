//! What a step may use.

use std::time::Duration;

/// No connection takes longer, whatever the limits say.
pub const LONGEST_CONNECT: Duration = Duration::from_secs(120);

/// What a step may use. The defaults let an ordinary step through and stop one that
/// is out of hand. Each is a key under `limits:` of a policy file, and a
/// [`Budget`](crate::Budget).
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
    /// Time for the step as a whole, waiting included. A step file can ask for less.
    pub wall: Duration,
    /// Time on a processor: the component's, and the host's where it decodes and hashes
    /// for it, signs its requests, takes secrets out of responses and goes through its
    /// answer.
    pub cpu: Duration,
    /// Time for one connection, TLS included; [`LONGEST_CONNECT`] at most. A
    /// component can ask for less.
    pub connect: Duration,
    /// How long a server may be silent. A component can ask for less.
    pub read: Duration,
    /// Bytes of all memories and tables of the component together, and of what the
    /// host holds for it: tables of headers, bodies that wait to be sent or read,
    /// decoders, files to upload, rows of the ledger, the kept log, and the answer
    /// with its outputs as values.
    pub memory: u64,
    /// Requests, hops of a redirect included.
    pub requests: u32,
    /// Requests that are under way at a time.
    pub concurrent_requests: u32,
    /// Distinct hosts.
    pub hosts: u32,
    /// Bytes of all request bodies together.
    pub bytes_sent: u64,
    /// Bytes of all response bodies together, as they come over the wire.
    pub bytes_received: u64,
    /// Bytes of all response bodies together, decompressed.
    pub bytes_decoded: u64,
    /// Header fields of one message.
    pub header_fields: u32,
    /// Bytes of one message's header: names and values.
    pub header_bytes: u64,
    /// Bytes of log text that the component writes. More ends the step.
    pub log_bytes: u64,
    /// Bytes of log text that are kept. What is over is left out, and the log says
    /// so.
    pub log_kept: u64,
    /// Bytes of the component's file. This and the two limits below hold while a
    /// component is loaded. In the policy of a run they change nothing: its component
    /// was loaded before.
    pub component_bytes: u64,
    /// Time on a processor to compile the component, while it is loaded.
    pub compile_time: Duration,
    /// Bytes of memory to compile the component, while it is loaded.
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
            // As many redirects as a step file can ask for, and room.
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
