//! Numbers of a list of bytes: `6b 51 a`, `6B:51`, `0x6b, 0x51`, `[107, 81]`, and `[107, -61]` of a
//! language with signed bytes.

use super::MAX_ESCAPE;

/// The maximum length of a separator: a comma, a line break, and the indentation.
const MAX_SEPARATOR: usize = MAX_ESCAPE;

/// The length of the shortest list that can represent a value: one digit for each byte of the
/// shortest text, and one separator between them.
pub(crate) const MIN_LEN: usize = 15;

/// The bytes that a list can contain.
static IN_LIST: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let c = byte as u8;
        #[expect(clippy::indexing_slicing, reason = "the loop ends with the table")]
        {
            table[byte] = c.is_ascii_hexdigit() || c == b'x' || c == b'X' || is_separator(c);
        }
        byte += 1;
    }
    table
};

/// The notation of the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Radix {
    /// One or two digits, also after `0x`.
    Hexadecimal,
    /// From -128 to 255.
    Decimal,
}

/// Reads numbers byte by byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    radix: Radix,
    state: State,
    /// The last two bytes, the latest one second.
    before: [u8; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// After a number of separators.
    Separator(usize),
    Digits {
        count: usize,
        value: u16,
        is_negative: bool,
    },
    /// After `0x`.
    Prefix,
    /// Not a number; up to the next separator.
    Word,
}

/// The effect of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A number or a separator continues.
    Goes,
    /// A number starts, this many bytes before this one.
    Begins(usize),
    /// A number ended before this byte.
    Ends(u8),
    /// This is not a list.
    Breaks,
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'-')
}

/// Whether a list can contain a byte.
pub(crate) fn is_in_list(byte: u8) -> bool {
    IN_LIST.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Whether a number can start with a byte of a list.
pub(crate) fn may_begin(byte: u8) -> bool {
    byte == b'-' || !is_separator(byte)
}

/// The start of the next [`MIN_LEN`] consecutive bytes of a list, from a position on; otherwise the
/// number of such bytes at the end of the text.
pub(crate) fn find(bytes: &[u8], from: usize) -> Result<usize, usize> {
    let mut start = from;
    // Most bytes of a text are skipped, as in the Boyer-Moore algorithm.
    while let Some(window) = bytes.get(start..start + MIN_LEN) {
        match window.iter().rposition(|byte| !is_in_list(*byte)) {
            None => return Ok(start),
            Some(other) => start += other + 1,
        }
    }
    let rest = bytes.get(start..).unwrap_or_default();
    let other = rest.iter().rposition(|byte| !is_in_list(*byte));
    Err(rest.len() - other.map_or(0, |other| other + 1))
}

impl Numbers {
    pub(crate) fn new(radix: Radix) -> Self {
        Self {
            radix,
            state: State::Separator(0),
            before: [0; 2],
        }
    }

    /// A reader for another list in the same notation.
    pub(crate) fn anew(self) -> Self {
        Self::new(self.radix)
    }

    pub(crate) fn step(&mut self, byte: u8) -> Step {
        let [before_last, last] = self.before;
        self.before = [last, byte];
        if is_separator(byte) {
            return self.separator();
        }
        let digit = match self.radix {
            Radix::Hexadecimal => char::from(byte).to_digit(16),
            Radix::Decimal => char::from(byte).to_digit(10),
        };
        let is_hexadecimal = self.radix == Radix::Hexadecimal;
        let digits = |count, value, is_negative| State::Digits {
            count,
            value,
            is_negative,
        };
        let (state, step) = match (self.state, digit.map(|digit| digit as u16)) {
            (State::Separator(_), Some(digit)) => {
                // Otherwise it is also a separator.
                let is_negative =
                    !is_hexadecimal && last == b'-' && !before_last.is_ascii_alphanumeric();
                let begins = Step::Begins(usize::from(is_negative));
                (digits(1, digit, is_negative), begins)
            }
            (State::Prefix, Some(digit)) => (digits(1, digit, false), Step::Goes),
            (
                State::Digits {
                    count,
                    value,
                    is_negative,
                },
                Some(digit),
            ) if count < self.most_digits() => {
                let value = match is_hexadecimal {
                    true => value << 4 | digit,
                    false => value * 10 + digit,
                };
                (digits(count + 1, value, is_negative), Step::Goes)
            }
            (
                State::Digits {
                    count: 1, value: 0, ..
                },
                None,
            ) if is_hexadecimal && matches!(byte, b'x' | b'X') => (State::Prefix, Step::Goes),
            _ => (State::Word, Step::Breaks),
        };
        self.state = state;
        step
    }

    fn most_digits(&self) -> usize {
        match self.radix {
            Radix::Hexadecimal => 2,
            Radix::Decimal => 3,
        }
    }

    fn separator(&mut self) -> Step {
        let (count, step) = match self.state {
            State::Separator(count @ ..MAX_SEPARATOR) => (count + 1, Step::Goes),
            State::Separator(_) => (MAX_SEPARATOR, Step::Breaks),
            State::Word => (1, Step::Goes),
            State::Digits { .. } | State::Prefix => {
                (1, self.number().map_or(Step::Breaks, Step::Ends))
            }
        };
        self.state = State::Separator(count);
        step
    }

    /// The number that ends at the end of the list.
    pub(crate) fn number(&self) -> Option<u8> {
        match self.state {
            State::Digits {
                value,
                is_negative: false,
                ..
            } => u8::try_from(value).ok(),
            State::Digits { value, .. } => i8::try_from(-i32::from(value)).ok().map(|it| it as u8),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(radix: Radix, text: &str) -> Vec<u8> {
        let mut numbers = Numbers::new(radix);
        let mut read = Vec::new();
        for byte in text.bytes() {
            match numbers.step(byte) {
                Step::Ends(number) => read.push(number),
                Step::Breaks => read.clear(),
                Step::Goes | Step::Begins(_) => {}
            }
        }
        read.extend(numbers.number());
        read
    }

    #[test]
    fn lists_are_decoded() {
        for text in [
            "6b 51 a",
            "6B:51:0a",
            "6b-51-0A",
            "0x6b, 0x51, 0xa",
            "abc 6b\n51\r\n  a",
        ] {
            assert_eq!(
                numbers(Radix::Hexadecimal, text),
                [0x6b, 0x51, 0x0a],
                "{text}"
            );
        }
        for text in [
            "107 81 10",
            "107,81,010",
            "107, 81, 10",
            "107-81-10",
            "256, 107,\n\t\t81,\n\t\t10",
        ] {
            assert_eq!(numbers(Radix::Decimal, text), [107, 81, 10], "{text}");
        }
        assert_eq!(
            numbers(Radix::Decimal, "-61, -92,-128, 7"),
            [0xc3, 0xa4, 0x80, 7]
        );
        assert_eq!(numbers(Radix::Decimal, "1, -129, 7"), [7]);
        assert_eq!(numbers(Radix::Decimal, "1, 256, 7"), [7]);
        assert_eq!(numbers(Radix::Hexadecimal, "6b 511 7"), [7]);
        assert_eq!(numbers(Radix::Hexadecimal, "0x, 7 x, 8"), [8]);
        let separated = |count| numbers(Radix::Decimal, &format!("1{}2", " ".repeat(count)));
        assert_eq!(separated(MAX_SEPARATOR), [1, 2]);
        assert_eq!(separated(MAX_SEPARATOR + 1), [2]);
    }

    #[test]
    fn possible_lists_are_found() {
        let list = "1 2 3 4 5 6 7 8";
        assert_eq!(list.len(), MIN_LEN);
        for before in 0..40 {
            let text = format!("{}<{list}>", "~".repeat(before));
            assert_eq!(find(text.as_bytes(), 0), Ok(before + 1));
            for cut in 0..MIN_LEN {
                assert_eq!(find(&text.as_bytes()[..before + 1 + cut], 0), Err(cut));
            }
        }
        assert_eq!(find(b"12345678901234]", 0), Err(0));
    }
}
