//! Regular expressions of bounded size.

use regex::{Regex, RegexBuilder};

/// The maximum length of a pattern in bytes. Its classes are expanded before the compiled size is
/// checked: three bytes (`\pL`) become up to 40 KiB.
const MAX_LEN: usize = 512;

/// The maximum size of a compiled pattern in bytes.
pub const MAX_SIZE: usize = 1 << 20;

/// A regular expression, searched for in time linear in the text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compile it. An error says how to fix the pattern.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_LEN {
            return Err(format!(
                "a regular expression has at most {MAX_LEN} bytes; use a shorter one"
            ));
        }
        let compiled = RegexBuilder::new(pattern).size_limit(MAX_SIZE).build();
        compiled.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!(
                "the regular expression takes more than {MAX_SIZE} bytes when compiled; use fewer repetitions, or ASCII classes as in `(?-u:\\w)`"
            ),
            error => {
                // The other lines show the pattern.
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                format!("invalid regular expression: {reason}")
            }
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it matches any part of the text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_searched_for() {
        let pattern = Pattern::new(r"v\d+").unwrap();
        assert!(pattern.is_in("the tag v12 is new"));
        assert!(!pattern.is_in("version"));
    }

    #[test]
    fn invalid_patterns() {
        for (pattern, error) in [
            ("a(", "invalid regular expression: unclosed group"),
            (
                "[z-a]",
                "invalid regular expression: invalid character class range, the start must be <= the end",
            ),
            (
                r"(a)\1",
                "invalid regular expression: backreferences are not supported",
            ),
            (
                "(?=a)",
                "invalid regular expression: look-around, including look-ahead and look-behind, is not supported",
            ),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap_err(), error);
        }
    }

    #[test]
    fn sizes_are_limited() {
        for pattern in ["a{1000}{1000}", r"\w{100}", "(((a{100}){100}){100}){100}"] {
            assert_eq!(
                Pattern::new(pattern).unwrap_err(),
                "the regular expression takes more than 1048576 bytes when compiled; use fewer repetitions, or ASCII classes as in `(?-u:\\w)`",
                "{pattern}"
            );
        }
        assert!(Pattern::new(r"(?-u:\w){100}").is_ok());
        assert!(Pattern::new(&"a".repeat(512)).is_ok());
        assert_eq!(
            Pattern::new(&"a".repeat(513)).unwrap_err(),
            "a regular expression has at most 512 bytes; use a shorter one"
        );
    }
}
