//! Patterns for status codes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A status code (`503`), a class (`5xx`) or a range of codes (`500-504`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusPattern {
    /// The first code that it matches.
    pub first: u16,
    /// The last code that it matches.
    pub last: u16,
}

/// The text is not a pattern for status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a status code (`503`), a class (`5xx`) or a range (`500-504`)")]
pub struct StatusPatternError;

impl StatusPattern {
    /// Whether it matches a status code.
    #[must_use]
    pub fn matches(&self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

/// The pattern that matches this code only.
impl From<u16> for StatusPattern {
    fn from(status: u16) -> Self {
        Self {
            first: status,
            last: status,
        }
    }
}

impl FromStr for StatusPattern {
    type Err = StatusPatternError;

    fn from_str(text: &str) -> Result<Self, StatusPatternError> {
        if let Some(class) = text.strip_suffix("xx").and_then(digit) {
            return Ok(Self {
                first: class * 100,
                last: class * 100 + 99,
            });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (code(first), code(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(StatusPatternError),
        }
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = *self;
        if first == last {
            write!(f, "{first}")
        } else if first % 100 == 0 && last - first == 99 {
            write!(f, "{}xx", first / 100)
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

/// The first digit of a status code.
fn digit(text: &str) -> Option<u16> {
    match text.as_bytes() {
        [digit @ b'1'..=b'5'] => Some(u16::from(digit - b'0')),
        _ => None,
    }
}

/// A status code (RFC 9110, section 15).
pub(crate) fn code(text: &str) -> Option<u16> {
    let is_plain = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.parse().ok().filter(|_| is_plain)?;
    (100..=599).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(pattern: &str) -> Vec<u16> {
        let pattern: StatusPattern = pattern.parse().unwrap();
        (0..=999).filter(|code| pattern.matches(*code)).collect()
    }

    #[test]
    fn patterns() {
        for (pattern, codes) in [
            ("503", 503..=503),
            ("5xx", 500..=599),
            ("500-504", 500..=504),
            ("429-429", 429..=429),
        ] {
            assert_eq!(matching(pattern), codes.collect::<Vec<u16>>(), "{pattern}");
        }
        assert_eq!(StatusPattern::from(503), "503".parse().unwrap());
    }

    #[test]
    fn patterns_in_their_shortest_form() {
        for (pattern, shown) in [
            ("503", "503"),
            ("5xx", "5xx"),
            ("500-504", "500-504"),
            ("429-429", "429"),
            ("200-299", "2xx"),
            ("201-300", "201-300"),
            ("200-399", "200-399"),
        ] {
            assert_eq!(
                pattern.parse::<StatusPattern>().unwrap().to_string(),
                shown,
                "{pattern}"
            );
        }
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
            "timeout",
        ] {
            assert_eq!(
                text.parse::<StatusPattern>(),
                Err(StatusPatternError),
                "{text}"
            );
        }
    }
}
