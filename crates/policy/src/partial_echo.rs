//! The handling of responses that contain a part of a secret.

use std::fmt;

/// What happens when a response contains a part of a secret: too much of the value to be a
/// coincidence, but not the whole value, which is redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartialEcho {
    /// The run continues, with a warning and an entry in the audit log.
    #[default]
    Report,
    /// The run ends before the component sees the part.
    Stop,
}

impl PartialEcho {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Report, Self::Stop];

    /// Its name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Stop => "stop",
        }
    }
}

impl fmt::Display for PartialEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
