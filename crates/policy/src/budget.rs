//! Budgets: the limits by name, and the error for exceeding one.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::limits::Limits;

/// One of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Budget {
    /// [`Limits::wall`]
    Wall,
    /// [`Limits::cpu`]
    Cpu,
    /// [`Limits::connect`]
    Connect,
    /// [`Limits::read`]
    Read,
    /// [`Limits::memory`]
    Memory,
    /// [`Limits::requests`]
    Requests,
    /// [`Limits::concurrent_requests`]
    ConcurrentRequests,
    /// [`Limits::hosts`]
    Hosts,
    /// [`Limits::bytes_sent`]
    BytesSent,
    /// [`Limits::bytes_received`]
    BytesReceived,
    /// [`Limits::bytes_decoded`]
    BytesDecoded,
    /// [`Limits::header_fields`]
    HeaderFields,
    /// [`Limits::header_bytes`]
    HeaderBytes,
    /// [`Limits::log_bytes`]
    LogBytes,
    /// [`Limits::log_kept`]
    LogKept,
    /// [`Limits::component_bytes`]
    ComponentBytes,
    /// [`Limits::compile_time`]
    CompileTime,
    /// [`Limits::compile_memory`]
    CompileMemory,
}

impl Budget {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Wall,
        Self::Cpu,
        Self::Connect,
        Self::Read,
        Self::Memory,
        Self::Requests,
        Self::ConcurrentRequests,
        Self::Hosts,
        Self::BytesSent,
        Self::BytesReceived,
        Self::BytesDecoded,
        Self::HeaderFields,
        Self::HeaderBytes,
        Self::LogBytes,
        Self::LogKept,
        Self::ComponentBytes,
        Self::CompileTime,
        Self::CompileMemory,
    ];

    /// Its key in a policy file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Cpu => "cpu",
            Self::Connect => "connect",
            Self::Read => "read",
            Self::Memory => "memory",
            Self::Requests => "requests",
            Self::ConcurrentRequests => "concurrent_requests",
            Self::Hosts => "hosts",
            Self::BytesSent => "bytes_sent",
            Self::BytesReceived => "bytes_received",
            Self::BytesDecoded => "bytes_decoded",
            Self::HeaderFields => "header_fields",
            Self::HeaderBytes => "header_bytes",
            Self::LogBytes => "log_bytes",
            Self::LogKept => "log_kept",
            Self::ComponentBytes => "component_bytes",
            Self::CompileTime => "compile_time",
            Self::CompileMemory => "compile_memory",
        }
    }

    /// Its limit.
    #[must_use]
    pub fn limit_in(self, limits: &Limits) -> Amount {
        match self {
            Self::Wall => Amount::Time(limits.wall),
            Self::Cpu => Amount::Time(limits.cpu),
            Self::Connect => Amount::Time(limits.connect),
            Self::Read => Amount::Time(limits.read),
            Self::Memory => Amount::Bytes(limits.memory),
            Self::Requests => Amount::Count(limits.requests.into()),
            Self::ConcurrentRequests => Amount::Count(limits.concurrent_requests.into()),
            Self::Hosts => Amount::Count(limits.hosts.into()),
            Self::BytesSent => Amount::Bytes(limits.bytes_sent),
            Self::BytesReceived => Amount::Bytes(limits.bytes_received),
            Self::BytesDecoded => Amount::Bytes(limits.bytes_decoded),
            Self::HeaderFields => Amount::Count(limits.header_fields.into()),
            Self::HeaderBytes => Amount::Bytes(limits.header_bytes),
            Self::LogBytes => Amount::Bytes(limits.log_bytes),
            Self::LogKept => Amount::Bytes(limits.log_kept),
            Self::ComponentBytes => Amount::Bytes(limits.component_bytes),
            Self::CompileTime => Amount::Time(limits.compile_time),
            Self::CompileMemory => Amount::Bytes(limits.compile_memory),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An amount of a budget. In JSON, a number of seconds, of bytes, or a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Amount {
    /// A time.
    Time(Duration),
    /// A number of bytes.
    Bytes(u64),
    /// A count.
    Count(u64),
}

impl Amount {
    /// The number: seconds to three decimal places, bytes, or a count.
    fn number(self) -> String {
        match self {
            Self::Time(time) => {
                let digits = format!("{:.3}", time.as_secs_f64());
                digits
                    .trim_end_matches('0')
                    .trim_end_matches('.')
                    .to_owned()
            }
            Self::Bytes(number) | Self::Count(number) => number.to_string(),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => " s",
            Self::Bytes(_) => " bytes",
            Self::Count(_) => "",
        }
    }

    /// The largest unit for a whole number of it, for bytes.
    fn large_unit(self) -> Option<(u64, &'static str)> {
        const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match self {
            Self::Bytes(bytes) if bytes > 0 => UNITS
                .into_iter()
                .find(|(size, _)| bytes % size == 0)
                .map(|(size, unit)| (bytes / size, unit)),
            _ => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.large_unit() {
            Some((number, unit)) => write!(f, "{number} {unit}"),
            None => write!(f, "{}{}", self.number(), self.unit()),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Time(time) => serializer.serialize_f64(time.as_secs_f64()),
            Self::Bytes(number) | Self::Count(number) => serializer.serialize_u64(*number),
        }
    }
}

/// A step exceeded a budget, which ends it.
///
/// ```
/// use http_step_policy::{Amount, Budget, Exceeded, Limits};
///
/// let exceeded = Exceeded::new(Budget::Requests, &Limits::default(), Amount::Count(65));
/// assert_eq!(
///     exceeded.to_string(),
///     "the limit `requests` is exceeded: 65 of 64; set `requests` under `limits:` in the policy",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("the limit `{budget}` is exceeded: {} of {}{}; set `{budget}` under `limits:` in the policy", used.number(), limit.number(), limit.unit())]
pub struct Exceeded {
    /// The budget.
    pub budget: Budget,
    /// The limit.
    pub limit: Amount,
    /// The amount that was used, or would have been.
    pub used: Amount,
}

impl Exceeded {
    /// The error for an amount that a step used, or was about to use.
    #[must_use]
    pub fn new(budget: Budget, limits: &Limits, used: Amount) -> Self {
        Self {
            budget,
            limit: budget.limit_in(limits),
            used,
        }
    }

    /// Check an amount against the limit.
    ///
    /// # Errors
    ///
    /// It exceeds the limit.
    pub fn check(budget: Budget, limits: &Limits, used: Amount) -> Result<(), Self> {
        if used > budget.limit_in(limits) {
            Err(Self::new(budget, limits, used))
        } else {
            Ok(())
        }
    }
}
