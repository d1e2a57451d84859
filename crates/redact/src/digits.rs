//! Digits of Base64 (RFC 4648) and hexadecimal, and the texts that they encode.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD_NO_PAD;

use crate::spelling::replaced;

/// The minimum length of digits of hexadecimal among others.
const MIN_HEXADECIMAL: usize = 16;

/// The minimum length of a text among other bytes that are encoded together.
const MIN_TEXT: usize = 12;

/// The digits of base64 that only contain bits of a value at an offset in a longer text.
pub(crate) struct Base64 {
    pub(crate) standard: Vec<u8>,
    /// Whether the characters before and after them contain some of its bits.
    pub(crate) before: bool,
    pub(crate) after: bool,
}

impl Base64 {
    pub(crate) fn of(value: &[u8], offset: usize) -> Self {
        let mut text = vec![0; offset];
        text.extend_from_slice(value);
        let encoded = BASE64_STANDARD_NO_PAD.encode(&text).into_bytes();
        let (start, end) = (offset * 8, text.len() * 8);
        let digits = start.div_ceil(6)..end / 6;
        Self {
            standard: encoded.get(digits).unwrap_or_default().to_vec(),
            before: !start.is_multiple_of(6),
            after: !end.is_multiple_of(6),
        }
    }
}

/// Whether a byte is a digit of base64, in either alphabet.
pub(crate) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The hexadecimal form of a value, and the base64 forms.
pub(crate) fn digits(value: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let base64 = (0..3).flat_map(|offset| {
        let standard = Base64::of(value, offset).standard;
        [url_safe(&standard), standard]
    });
    (hexadecimal(value), base64.collect())
}

/// In the other alphabet.
pub(crate) fn url_safe(standard: &[u8]) -> Vec<u8> {
    replaced(&replaced(standard, b'+', b'-'), b'/', b'_')
}

pub(crate) fn hexadecimal(value: &[u8]) -> Vec<u8> {
    let mut hex = String::with_capacity(value.len() * 2);
    for byte in value {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.into_bytes()
}

/// The texts that are encoded in Base64, in either alphabet, or in hexadecimal. None if it is random
/// bytes.
pub(crate) fn encoded_texts(digits: &[u8]) -> Vec<Vec<u8>> {
    let standard = replaced(&replaced(digits, b'-', b'+'), b'_', b'/');
    let base64 = (0..4).filter_map(|start| from_base64(standard.get(start..)?));
    let runs = digits.split(|byte| !byte.is_ascii_hexdigit());
    let runs = runs.filter(|run| run.len() >= MIN_HEXADECIMAL);
    let hexadecimal = runs.flat_map(|run| (0..2).filter_map(|start| run.get(start..)));
    let all: Vec<Vec<u8>> = base64.chain(hexadecimal.map(from_hexadecimal)).collect();
    let whole = all.iter().find_map(|bytes| text(bytes));
    match whole {
        Some(text) => vec![text],
        None => all.iter().flat_map(|bytes| texts_among(bytes)).collect(),
    }
}

fn from_base64(digits: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    // One digit is less than a byte.
    let length = digits.len() - usize::from(digits.len() % 4 == 1);
    engine.decode(digits.get(..length)?).ok()
}

fn from_hexadecimal(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| pair.iter().fold(0, |byte, each| byte << 4 | digit(*each)))
        .collect()
}

/// Bytes that are text: UTF-8, UTF-16 of ASCII, or mostly ASCII.
fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    let is_utf16 = zeros * 3 >= bytes.len() && zeros > 0;
    let text: Vec<u8> = match is_utf16 {
        true => bytes.iter().copied().filter(|byte| *byte != 0).collect(),
        false => bytes.to_vec(),
    };
    let is_text = |byte: &u8| is_shown(*byte) || *byte >= 0x80;
    let ascii = text.iter().filter(|byte| byte.is_ascii()).count();
    let is_latin1 =
        || ascii * 4 >= text.len() * 3 && !text.iter().any(|byte| (0x80..0xa0).contains(byte));
    let is_readable = text.iter().all(is_text) && !text.is_empty();
    (is_readable && (std::str::from_utf8(&text).is_ok() || is_latin1())).then_some(text)
}

/// The text of at least [`MIN_TEXT`] bytes that is most of the bytes.
fn texts_among(bytes: &[u8]) -> Vec<Vec<u8>> {
    let valid = bytes.utf8_chunks().map(|chunk| chunk.valid().as_bytes());
    let texts = valid.flat_map(|text| text.split(|byte| !is_shown(*byte) && byte.is_ascii()));
    let texts = texts.filter(|text| text.len() >= MIN_TEXT && text.len() * 2 >= bytes.len());
    texts.map(<[u8]>::to_vec).collect()
}

fn is_shown(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}
