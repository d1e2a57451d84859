//! Numbers compared by value, exactly.
//!
//! A number is compared by its digits and its exponent as they are in its text, so that
//! neither has a limit and `1e999999999` takes no more time than its eleven characters.

use std::cmp::Ordering;

use http_step_json::Number;

/// Compare two numbers by value: `1`, `1.0` and `1e0` are equal.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    let (left, right) = (Decimal::new(left.as_str()), Decimal::new(right.as_str()));
    left.sign().cmp(&right.sign()).then_with(|| {
        let absolute = left.compare_absolute(&right);
        match left.is_negative {
            true => absolute.reverse(),
            false => absolute,
        }
    })
}

/// Whether the value is an integer, as in `1.0` and `1.5e1`.
pub(crate) fn is_integer(number: &Number) -> bool {
    let decimal = Decimal::new(number.as_str());
    decimal.is_zero()
        || match decimal.magnitude_if_small() {
            Some(magnitude) => magnitude >= length(decimal.integer) + length(decimal.fraction),
            // The number of digits is far below the exponent.
            None => !decimal.is_exponent_negative,
        }
}

/// Whether the value is less than zero.
pub(crate) fn is_negative(number: &Number) -> bool {
    Decimal::new(number.as_str()).sign() < 0
}

/// A number as `0.DIGITS` times a power of ten. The digits start and end with one that is not
/// zero; zero has none.
struct Decimal<'a> {
    is_negative: bool,
    /// The digits before the point.
    integer: &'a str,
    /// The digits after it.
    fraction: &'a str,
    is_exponent_negative: bool,
    /// The digits of the exponent, without leading zeros.
    exponent: &'a str,
    /// What the exponent lacks to the power of ten.
    shift: i128,
}

impl<'a> Decimal<'a> {
    fn new(json: &'a str) -> Self {
        let (is_negative, absolute) = signed(json);
        let (digits, exponent) = absolute.split_once(['e', 'E']).unwrap_or((absolute, ""));
        let (is_exponent_negative, exponent) = signed(exponent);
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let integer = integer.trim_start_matches('0');
        let (shift, fraction) = if integer.is_empty() {
            let significant = fraction.trim_start_matches('0');
            (length(significant) - length(fraction), significant)
        } else {
            (length(integer), fraction)
        };
        let fraction = fraction.trim_end_matches('0');
        let integer = match fraction.is_empty() {
            true => integer.trim_end_matches('0'),
            false => integer,
        };
        Self {
            is_negative,
            integer,
            fraction,
            is_exponent_negative,
            exponent: exponent.trim_start_matches('0'),
            shift,
        }
    }

    fn is_zero(&self) -> bool {
        self.integer.is_empty() && self.fraction.is_empty()
    }

    /// -1, 0 or 1. JSON has a negative zero, which is zero.
    fn sign(&self) -> i8 {
        match (self.is_zero(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn compare_absolute(&self, other: &Self) -> Ordering {
        if self.is_zero() || other.is_zero() {
            return other.is_zero().cmp(&self.is_zero());
        }
        self.compare_magnitude(other)
            .then_with(|| self.digits().cmp(other.digits()))
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.integer.bytes().chain(self.fraction.bytes())
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.magnitude_if_small(), other.magnitude_if_small()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.magnitude().cmp(&other.magnitude()),
        }
    }

    /// The power of ten, if it is not too large to compute with.
    fn magnitude_if_small(&self) -> Option<i128> {
        const MAX_DIGITS: usize = 30;
        let exponent: i128 = match self.exponent {
            "" => 0,
            digits if digits.len() > MAX_DIGITS => return None,
            digits => digits.parse().ok()?,
        };
        Some(
            self.shift
                + if self.is_exponent_negative {
                    -exponent
                } else {
                    exponent
                },
        )
    }

    /// The power of ten, of any size.
    fn magnitude(&self) -> Magnitude {
        if let Some(magnitude) = self.magnitude_if_small() {
            let digits = magnitude.unsigned_abs().to_string().into_bytes();
            return Magnitude::new(magnitude < 0, digits);
        }
        // The exponent is much larger than what is added to it, so its sign stays.
        let mut carry = match self.is_exponent_negative {
            true => -self.shift,
            false => self.shift,
        };
        let mut digits: Vec<u8> = self.exponent.bytes().collect();
        for digit in digits.iter_mut().rev() {
            let sum = i128::from(*digit - b'0') + carry;
            *digit = b'0' + u8::try_from(sum.rem_euclid(10)).unwrap_or_default();
            carry = sum.div_euclid(10);
        }
        if carry > 0 {
            digits.insert(0, b'1');
        }
        Magnitude::new(self.is_exponent_negative, digits)
    }
}

/// An integer of any size: its sign and its digits, without leading zeros.
#[derive(PartialEq, Eq)]
struct Magnitude {
    is_negative: bool,
    digits: Vec<u8>,
}

impl Magnitude {
    fn new(is_negative: bool, digits: Vec<u8>) -> Self {
        let digits = digits.into_iter().skip_while(|digit| *digit == b'0');
        Self {
            is_negative,
            digits: digits.collect(),
        }
    }

    fn compare_absolute(&self, other: &Self) -> Ordering {
        let lengths = self.digits.len().cmp(&other.digits.len());
        lengths.then_with(|| self.digits.cmp(&other.digits))
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_absolute(other),
            (true, true) => other.compare_absolute(self),
            (left, right) => right.cmp(&left),
        }
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a number has a minus sign, and the number without its sign.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(absolute) => (true, absolute),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn length(digits: &str) -> i128 {
    i128::try_from(digits.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    /// Each line's numbers are equal, and less than those of the next line.
    #[test]
    fn numbers_in_order() {
        let nines = "9".repeat(50);
        let tens = format!("1{}", "0".repeat(50));
        let lines = [
            vec![format!("-1e{tens}"), format!("-10e{nines}")],
            vec![format!("-1e{nines}")],
            vec!["-123456789012345678901234567891".to_owned()],
            vec!["-123456789012345678901234567890".to_owned()],
            vec![
                "-1.5".to_owned(),
                "-15e-1".to_owned(),
                "-0.15E+01".to_owned(),
            ],
            vec!["-1".to_owned()],
            vec![format!("-1e-{nines}")],
            vec![
                "0",
                "-0",
                "0.0",
                "-0.00",
                "0e5",
                "0e-99999999999999999999999999999999999999",
            ]
            .into_iter()
            .map(str::to_owned)
            .collect(),
            vec![
                format!("1e-{tens}"),
                format!("0.1e-{nines}"),
                format!("0.01e-{}8", &nines[1..]),
            ],
            vec![
                format!("1e-{nines}"),
                format!("10e-{tens}"),
                format!("1.000e-{nines}"),
            ],
            vec!["1e-400".to_owned()],
            vec![
                "1e-7".to_owned(),
                "0.0000001".to_owned(),
                "100e-9".to_owned(),
            ],
            vec!["0.1".to_owned(), "0.10".to_owned(), "1e-1".to_owned()],
            vec!["0.1000000000000000055511151231257827".to_owned()],
            vec![
                "1".to_owned(),
                "1.0".to_owned(),
                "1e0".to_owned(),
                "1E-0".to_owned(),
                "10e-1".to_owned(),
            ],
            vec!["1.05".to_owned()],
            vec!["1.5".to_owned()],
            vec!["9".to_owned()],
            vec![
                "10".to_owned(),
                "1e1".to_owned(),
                "1e+0000000000000000000000000000000000000001".to_owned(),
            ],
            vec!["9007199254740992".to_owned()],
            vec![
                "9007199254740993".to_owned(),
                "9007199254740993.0".to_owned(),
            ],
            vec!["1e400".to_owned(), "10e399".to_owned()],
            vec!["1e401".to_owned()],
            vec![
                format!("1e{nines}"),
                format!("0.1e{tens}"),
                format!("100e{}7", &nines[1..]),
            ],
            vec![format!("1.1e{nines}")],
            vec![
                format!("1e{tens}"),
                format!("10e{nines}"),
                format!("0.01e{}2", tens.strip_suffix('0').unwrap()),
            ],
        ];
        for (at, line) in lines.iter().enumerate() {
            for (other_at, other_line) in lines.iter().enumerate() {
                for left in line {
                    for right in other_line {
                        assert_eq!(
                            compare(&number(left), &number(right)),
                            at.cmp(&other_at),
                            "{left} {right}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn integers() {
        let huge = format!("1.5e{}", "9".repeat(50));
        let tiny = format!("10e-{}", "9".repeat(50));
        for (text, expected) in [
            ("0", true),
            ("-0.0", true),
            ("0e-5", true),
            ("-7", true),
            ("1.0", true),
            ("1e400", true),
            ("1.5e1", true),
            ("1.50e1", true),
            ("1500e-2", true),
            ("1.5", false),
            ("0.1", false),
            ("1.55e1", false),
            ("15e-1", false),
            ("1e-400", false),
            (&huge, true),
            (&tiny, false),
        ] {
            assert_eq!(is_integer(&number(text)), expected, "{text}");
        }
    }

    #[test]
    fn signs() {
        for (text, expected) in [("-1", true), ("-1e-400", true), ("-0", false), ("1", false)] {
            assert_eq!(is_negative(&number(text)), expected, "{text}");
        }
    }

    /// Long digits and exponents take time in proportion to their text.
    #[test]
    fn sizes_have_no_limit() {
        let long = "9".repeat(1 << 20);
        let rounded = format!("1{}", "0".repeat(1 << 20));
        assert_eq!(compare(&number(&long), &number(&rounded)), Ordering::Less);
        for (left, right) in [
            (format!("10e{long}"), format!("1e{rounded}")),
            (format!("1e-{long}"), format!("10e-{rounded}")),
            (format!("0.{long}"), format!("{long}e-{}", 1 << 20)),
        ] {
            assert_eq!(compare(&number(&left), &number(&right)), Ordering::Equal);
        }
    }

    /// A number with all its digits: those before the point, filled up with zeros, and those after it.
    fn written_out(text: &str) -> (bool, String) {
        const PLACES: usize = 80;
        let (sign, absolute) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let (digits, exponent) = absolute.split_once('e').unwrap_or((absolute, "0"));
        let exponent: i32 = exponent.parse().unwrap();
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut all = format!("{integer:0>PLACES$}{fraction:0<PLACES$}").into_bytes();
        match usize::try_from(exponent) {
            Ok(places) => all.rotate_left(places),
            Err(_) => all.rotate_right(exponent.unsigned_abs() as usize),
        }
        let all = String::from_utf8(all).unwrap();
        (sign < 0 && all.bytes().any(|digit| digit != b'0'), all)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn as_with_all_digits_written_out(
            left in "-?(0|[1-3][0-2]{0,20})(\\.[0-2]{1,20})?(e[-+]?[0-9]{1})?",
            right in "-?(0|[1-3][0-2]{0,20})(\\.[0-2]{1,20})?(e[-+]?[0-9]{1})?",
            zeros in 0..4_usize,
        ) {
            // The same number in another form.
            let moved = match left.split_once('e') {
                Some(_) => left.clone(),
                None if left.contains('.') => format!("{left}{}", "0".repeat(zeros)),
                None if left.trim_start_matches('-') == "0" => format!("{left}e{zeros}"),
                None => format!("{left}{}e-{zeros}", "0".repeat(zeros)),
            };
            for other in [&right, &moved] {
                let slow = match (written_out(&left), written_out(other)) {
                    ((false, left), (false, right)) => left.cmp(&right),
                    ((true, left), (true, right)) => right.cmp(&left),
                    ((left, _), (right, _)) => right.cmp(&left),
                };
                prop_assert_eq!(compare(&number(&left), &number(other)), slow);
            }
            prop_assert_eq!(compare(&number(&left), &number(&moved)), Ordering::Equal);
            let (_, digits) = written_out(&left);
            prop_assert_eq!(is_integer(&number(&left)), digits[80..].bytes().all(|digit| digit == b'0'));
        }
    }
}
