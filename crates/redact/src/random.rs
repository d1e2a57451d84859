//! Which texts can't be guessed.
//!
//! Redaction confirms a guess of a text that is looked for. If all but a few characters of it are
//! public, such as the host and the user beside a short password, it can be guessed. So a piece of a
//! secret is looked for by itself only if it is random, without the text beside it.

use std::borrow::Cow;

use crate::digits::is_base64;

/// The minimum number of random characters.
pub(crate) const MIN_RANDOM: usize = 16;

/// The minimum number of pieces in which they are: letters in one case, or digits. Words and
/// abbreviations are longer than the pieces of random text.
const MIN_PIECES: usize = 6;

/// The lengths of words: letters that can be spoken. A shorter one counts beside another word only.
const MIN_WORD: usize = 4;
const MIN_SHORT_WORD: usize = 3;

/// The minimum length of a number such as a date, a port or a PIN.
const MIN_NUMBER: usize = 4;

/// This many consonants in a row are in no word.
const CONSONANTS: usize = 4;

/// Whether letters and digits are random: [`MIN_RANDOM`] of them are left without words, in CamelCase,
/// too, and without numbers.
pub(crate) fn is_random(run: &[u8]) -> bool {
    let pieces = pieces(run);
    let at = |at: Option<usize>| at.and_then(|at| pieces.get(at)).copied();
    let is_left = |number: usize, piece: &[u8]| {
        let [before, after] = [number.checked_sub(1), Some(number + 1)].map(at);
        let is_beside = |length| {
            let beside = [before, after].into_iter().flatten();
            beside.into_iter().any(|beside| is_word(beside, length))
        };
        match piece.first() {
            Some(b'0'..=b'9') => {
                let is_behind_word = before.is_some_and(|before| is_word(before, MIN_WORD));
                piece.len() < MIN_NUMBER && !is_behind_word
            }
            _ => {
                let is_short_word = is_word(piece, MIN_SHORT_WORD) && is_beside(MIN_SHORT_WORD);
                !is_word(piece, MIN_WORD) && !is_short_word
            }
        }
    };
    let left = pieces.iter().enumerate();
    let left = left.filter(|(number, piece)| is_left(*number, piece));
    let lengths: Vec<usize> = left.map(|(_, piece)| piece.len()).collect();
    lengths.len() >= MIN_PIECES && lengths.iter().sum::<usize>() >= MIN_RANDOM
}

/// Letters and digits in pieces: each has digits only, or letters in one case, but for the first.
fn pieces(run: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = run;
    while let Some(first) = rest.first() {
        let count = |is_one: fn(&u8) -> bool, from: usize| {
            let tail = rest.iter().skip(from);
            tail.take_while(|byte| is_one(byte)).count()
        };
        let length = if first.is_ascii_digit() {
            count(u8::is_ascii_digit, 0)
        } else if first.is_ascii_lowercase() {
            count(u8::is_ascii_lowercase, 0)
        } else {
            let upper = count(u8::is_ascii_uppercase, 0);
            match (upper, count(u8::is_ascii_lowercase, upper)) {
                (upper, 0) => upper,
                (1, lower) => 1 + lower,
                // The last one starts a word.
                (upper, _) => upper - 1,
            }
        };
        let (piece, after) = rest.split_at(length.clamp(1, rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Whether letters have at least a length and can be spoken.
fn is_word(piece: &[u8], least: usize) -> bool {
    let is_vowel = |byte: &u8| b"aeiouy".contains(&byte.to_ascii_lowercase());
    let longest = piece.split(is_vowel).map(<[u8]>::len).max();
    piece.len() >= least
        && piece.iter().all(u8::is_ascii_alphabetic)
        && piece.iter().any(is_vowel)
        && longest.is_none_or(|longest| longest < CONSONANTS)
}

/// A text as servers read it: without percent-encoding, and a line break for `\n` in quotes.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let decoded = Cow::from(percent_encoding::percent_decode(text));
    let mut unescaped = Vec::with_capacity(decoded.len());
    let mut rest = decoded.as_ref();
    while let Some((first, after)) = rest.split_first() {
        match rest {
            [b'\\', b'n' | b'r' | b't', after @ ..] => {
                unescaped.push(b'\n');
                rest = after;
            }
            _ => {
                unescaped.push(*first);
                rest = after;
            }
        }
    }
    unescaped
}

/// The texts of letters and digits between other characters.
pub(crate) fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !byte.is_ascii_alphanumeric())
}

/// The texts of digits of Base64 between other characters.
pub(crate) fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_base64(*byte))
}
