//! What happens when a response has a part of a secret in it.

use std::fmt;

/// What happens when a response has a part of a secret in it: enough of the value to be no
/// coincidence, and not the whole of it, which is redacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartialEcho {
    /// The run goes on, with a warning and an entry in the ledger.
    #[default]
    Report,
    /// The run ends before the component sees the part.
    Stop,
}

impl PartialEcho {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Report, Self::Stop];

    /// What policies call it.
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
