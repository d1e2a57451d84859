//! What a failed attempt has to look like to be tried again.

use std::str::FromStr;

use http_step_expect::StatusPattern;
use thiserror::Error;

/// Why an attempt failed, as far as it can be temporary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The host name has no address.
    Dns,
    /// No connection could be opened.
    Connect,
    /// A timeout.
    Timeout,
    /// The connection ended before the response did, or the response is not valid HTTP.
    Protocol,
    /// The status code of the last response, which the step calls a failure.
    Status(u16),
}

/// Matches conditions: an item of `on`.
///
/// | pattern | matches |
/// |---|---|
/// | `dns`, `connect`, `timeout`, `protocol` | errors of that kind |
/// | `503` | that status code |
/// | `5xx` | a class of status codes |
/// | `500-504` | a range of status codes |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionPattern {
    /// One of the errors.
    Error(Condition),
    /// Status codes.
    Status(StatusPattern),
}

/// The text is not a pattern for conditions.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "expected a status code (`503`), a class (`5xx`), a range (`500-504`), or one of `dns`, `connect`, `timeout` and `protocol`"
)]
pub struct ConditionError;

const ERRORS: [(&str, Condition); 4] = [
    ("dns", Condition::Dns),
    ("connect", Condition::Connect),
    ("timeout", Condition::Timeout),
    ("protocol", Condition::Protocol),
];

impl ConditionPattern {
    /// Whether it matches a condition.
    #[must_use]
    pub fn matches(&self, condition: Condition) -> bool {
        match (*self, condition) {
            (Self::Status(pattern), Condition::Status(status)) => pattern.matches(status),
            (Self::Error(error), condition) => error == condition,
            (Self::Status(_), _) => false,
        }
    }
}

impl FromStr for ConditionPattern {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        if let Some((_, error)) = ERRORS.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Error(*error));
        }
        text.parse().map(Self::Status).map_err(|_| ConditionError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(pattern: &str) -> Vec<Condition> {
        let pattern: ConditionPattern = pattern.parse().unwrap();
        let errors = ERRORS.map(|(_, error)| error);
        let all = errors.into_iter().chain((0..=999).map(Condition::Status));
        all.filter(|condition| pattern.matches(*condition))
            .collect()
    }

    #[test]
    fn patterns() {
        for (name, error) in ERRORS {
            assert_eq!(matching(name), [error]);
        }
        assert_eq!(matching("503"), [Condition::Status(503)]);
        let range = |codes: std::ops::RangeInclusive<u16>| -> Vec<Condition> {
            codes.map(Condition::Status).collect()
        };
        assert_eq!(matching("5xx"), range(500..=599));
        assert_eq!(matching("500-504"), range(500..=504));
        assert_eq!(matching("429-429"), range(429..=429));
    }

    #[test]
    fn other_texts() {
        for text in [
            "",
            "x",
            "xx",
            "0xx",
            "6xx",
            "9xx",
            "5XX",
            "55xx",
            "+5xx",
            "99",
            "600",
            "1000",
            "+50",
            " 503",
            "503 ",
            "504-500",
            "500-",
            "-504",
            "500-5xx",
            "500-501-502",
            "Timeout",
            "tls",
        ] {
            assert_eq!(
                text.parse::<ConditionPattern>(),
                Err(ConditionError),
                "{text}"
            );
        }
    }
}
