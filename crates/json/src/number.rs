//! Numbers as their text.

use std::fmt;
use std::str::FromStr;

/// A number: its text in JSON, and its spelling in the source.
///
/// Numbers are equal if both texts are equal: `1.10` is not `1.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    json: Box<str>,
    /// None: as in JSON.
    spelling: Option<Box<str>>,
}

/// A text that is not a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl Number {
    /// From a valid JSON number.
    pub(crate) fn from_json(text: &str) -> Self {
        Self {
            json: text.into(),
            spelling: None,
        }
    }

    /// Set the spelling in the source.
    #[must_use]
    pub fn spelled(mut self, spelling: &str) -> Self {
        self.spelling = (spelling != &*self.json).then(|| spelling.into());
        self
    }

    /// The number in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }

    /// The spelling of the number in the source, which may not be JSON: `+15551234567`,
    /// `0x1F`.
    #[must_use]
    pub fn spelling(&self) -> &str {
        self.spelling.as_deref().unwrap_or(&self.json)
    }

    /// Whether the spelling is the JSON text.
    #[must_use]
    pub fn is_spelled_as_json(&self) -> bool {
        self.spelling.is_none()
    }

    /// The number, if its text is an integer from 0 to [`u64::MAX`].
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.json.parse().ok()
    }

    /// The nearest float, if there is a finite one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.json
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        is_number(text)
            .then(|| Self::from_json(text))
            .ok_or(NotANumber)
    }
}

impl fmt::Display for Number {
    /// As JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a JSON number")
    }
}

impl std::error::Error for NotANumber {}

/// RFC 8259, section 6.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (integer, rest) = digits(unsigned);
    if integer.is_empty() || (integer.len() > 1 && integer.starts_with('0')) {
        return false;
    }
    let rest = match rest.strip_prefix('.').map(digits) {
        Some(("", _)) => return false,
        Some((_, rest)) => rest,
        None => rest,
    };
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let (exponent, rest) = digits(exponent);
            !exponent.is_empty() && rest.is_empty()
        }
        None => rest.is_empty(),
    }
}

/// The leading digits of a text, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers() {
        for text in [
            "0",
            "-0",
            "7",
            "-7",
            "10",
            "1.10",
            "0.1000",
            "-0.0",
            "1e5",
            "1E5",
            "1e+05",
            "1.5E-400",
            "1e400",
            "123456789012345678901234567890",
        ] {
            assert_eq!(text.parse::<Number>().unwrap().as_str(), text);
        }
        for text in [
            "", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "0x1F", "1_000", "--1",
            "1 ", " 1", "NaN", "Infinity", ".inf", "1.5.5", "1e5.0", "١",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn a_spelling_is_kept_beside_the_number() {
        let number: Number = "31".parse().unwrap();
        let spelled = number.clone().spelled("0x1F");
        assert_eq!((spelled.as_str(), spelled.spelling()), ("31", "0x1F"));
        assert!(!spelled.is_spelled_as_json());
        assert_eq!(number.clone().spelled("31"), number);
    }

    #[test]
    fn as_other_numbers() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        assert_eq!(number("18446744073709551615").as_u64(), Some(u64::MAX));
        for text in ["18446744073709551616", "-1", "1.0", "1e0"] {
            assert_eq!(number(text).as_u64(), None, "{text}");
        }
        assert_eq!(number("1.10").as_f64(), Some(1.1));
        assert_eq!(number("1e400").as_f64(), None);
    }

    proptest! {
        #[test]
        fn what_serde_json_accepts_is_a_number(text in "[-+]?[0-9]{0,3}(\\.[0-9]{0,3})?([eE][-+]?[0-9]{0,2})?") {
            let taken = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(text.parse::<Number>().is_ok(), taken);
        }
    }
}
