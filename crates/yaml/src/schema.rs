//! The values of scalars: the core schema of YAML 1.2 (YAML 1.2.2, section 10.3).
//!
//! A number becomes the JSON number with the same value and keeps its own spelling. A JSON
//! number stays as it is, digit for digit.

use http_step_json::Number;

/// The maximum digits of a hexadecimal or octal number: converting one takes quadratic time.
const MAX_DIGITS: usize = 1024;

/// The value of a plain scalar.
#[derive(Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Integer(Number),
    Float(Number),
    String,
    /// A number that JSON can't represent, and why.
    Inexpressible(&'static str),
}

/// Resolve a plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Inexpressible("is not a finite number"),
        _ => {}
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return parse_radix(text, digits, radix);
        }
    }
    decimal(text)
}

fn parse_radix(text: &str, digits: &str, radix: u32) -> Scalar {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Scalar::String;
    }
    if digits.len() > MAX_DIGITS {
        return Scalar::Inexpressible("has more than 1024 digits; write it in decimal");
    }
    number(text, &to_decimal(digits, radix)).map_or(Scalar::String, Scalar::Integer)
}

/// The decimal digits of a number in another radix.
fn to_decimal(digits: &str, radix: u32) -> String {
    const BASE: u64 = 1_000_000_000;
    // Least significant first.
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = *limb * u64::from(radix) + carry;
            *limb = value % BASE;
            carry = value / BASE;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut limbs = limbs.iter().rev();
    let mut decimal = limbs.next().map_or_else(String::new, u64::to_string);
    for limb in limbs {
        decimal.push_str(&format!("{limb:09}"));
    }
    decimal
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn decimal(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Scalar::Inexpressible("is not a finite number");
    }
    let (integer, rest) = digits(unsigned);
    let (fraction, rest) = match rest.strip_prefix('.').map(digits) {
        Some((fraction, rest)) => (Some(fraction), rest),
        None => (None, rest),
    };
    if integer.is_empty() && fraction.is_none_or(str::is_empty) {
        return Scalar::String;
    }
    if !rest.is_empty() {
        let exponent = rest.strip_prefix(['e', 'E']).unwrap_or_default();
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent).1.is_empty() {
            return Scalar::String;
        }
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let significant = integer.trim_start_matches('0');
    let integer = if significant.is_empty() {
        "0"
    } else {
        significant
    };
    let fraction = match fraction {
        Some("") => ".0".to_owned(),
        Some(fraction) => format!(".{fraction}"),
        None => String::new(),
    };
    let is_float = !fraction.is_empty() || !rest.is_empty();
    match number(text, &format!("{sign}{integer}{fraction}{rest}")) {
        Some(number) if is_float => Scalar::Float(number),
        Some(number) => Scalar::Integer(number),
        None => Scalar::String,
    }
}

/// The leading digits of a text, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn number(spelling: &str, json: &str) -> Option<Number> {
    let number: Number = json.parse().ok()?;
    Some(number.spelled(spelling))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> String {
        match resolve(text) {
            Scalar::Integer(number) | Scalar::Float(number) => {
                assert_eq!(number.spelling(), text);
                number.to_string()
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn words() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Scalar::Null, "{text}");
        }
        for text in ["true", "True", "TRUE"] {
            assert_eq!(resolve(text), Scalar::Bool(true), "{text}");
        }
        for text in ["false", "False", "FALSE"] {
            assert_eq!(resolve(text), Scalar::Bool(false), "{text}");
        }
        for text in [
            "no",
            "No",
            "yes",
            "on",
            "off",
            "y",
            "n",
            "tRUE",
            "nULL",
            "nil",
            "0b10110",
            "0B1",
            "1_000",
            "0X1F",
            "0O17",
            "0x",
            "0o",
            "0xg",
            "0o8",
            "-0x1F",
            "+0o17",
            "0x1_F",
            ".",
            "+",
            "-",
            "+.",
            ".e5",
            "e5",
            "1e",
            "1e+",
            "1.5.5",
            "1e5.0",
            "1e5e5",
            "--1",
            "+-1",
            "1 2",
            "12:30:45",
            "2026-01-31",
            "1.2.3",
            ".5f",
            "0.5f",
            "1,000",
            "١",
            "inf",
            "nan",
            "Infinity",
            "NaN",
            "+.nan",
            ".iNF",
            "=",
            "<<",
        ] {
            assert_eq!(resolve(text), Scalar::String, "{text}");
        }
    }

    #[test]
    fn numbers_of_json_stay_as_they_are() {
        for text in [
            "0",
            "-0",
            "7",
            "1.10",
            "0.1000",
            "1e5",
            "1E5",
            "1e+05",
            "1e400",
            "-1.5E-400",
            "123456789012345678901234567890",
            "0.30000000000000004441",
        ] {
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn other_numbers_keep_their_value() {
        for (text, value) in [
            ("+1", "1"),
            ("+0", "0"),
            ("+15551234567", "15551234567"),
            ("0123", "123"),
            ("-007", "-7"),
            ("00", "0"),
            ("-00", "-0"),
            (
                "0000000000000000000000123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+.5e-3", "0.5e-3"),
            ("1.", "1.0"),
            ("1.e5", "1.0e5"),
            ("01.50", "1.50"),
            ("01e05", "1e05"),
            ("0x1F", "31"),
            ("0xff", "255"),
            ("0x0", "0"),
            ("0o17", "15"),
            ("0o0017", "15"),
            (
                "0xffffffffffffffffffffffffffffffff",
                "340282366920938463463374607431768211455",
            ),
            ("0x1", "1"),
            ("0o1000000000000000000000000", "4722366482869645213696"),
        ] {
            assert_eq!(json(text), value, "{text}");
        }
        assert_eq!(
            json(&format!("0x1{}", "0".repeat(25))),
            (1_u128 << 100).to_string()
        );
    }

    #[test]
    fn numbers_that_json_can_not_represent() {
        for text in [".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"] {
            let found = resolve(text);
            assert_eq!(
                found,
                Scalar::Inexpressible("is not a finite number"),
                "{text}"
            );
        }
        let digits = "f".repeat(MAX_DIGITS);
        assert!(matches!(
            resolve(&format!("0x{digits}")),
            Scalar::Integer(_)
        ));
        assert!(matches!(
            resolve(&format!("0x{digits}f")),
            Scalar::Inexpressible(_)
        ));
        let digits = "9".repeat(100_000);
        assert_eq!(json(&digits), digits);
    }

    proptest! {
        #[test]
        fn integers_have_the_same_value(value: u128, zeros in 0_usize..5) {
            let zeros = "0".repeat(zeros);
            for text in [
                format!("{zeros}{value}"),
                format!("+{zeros}{value}"),
                format!("0x{zeros}{value:x}"),
                format!("0x{zeros}{value:X}"),
                format!("0o{zeros}{value:o}"),
            ] {
                prop_assert_eq!(json(&text), value.to_string(), "{}", text);
            }
        }

        #[test]
        fn floats_have_the_same_value(text in "[-+]?([0-9]{0,5}\\.[0-9]{1,5}|[0-9]{1,5}\\.?)([eE][-+]?[0-9]{1,2})?") {
            let value: f64 = json(&text).parse().unwrap();
            prop_assert_eq!(value, text.parse::<f64>().unwrap());
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = resolve(&text);
        }
    }
}
