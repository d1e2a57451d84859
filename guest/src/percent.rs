//! Percent-encoding.

/// Write one byte as `%XX` (RFC 3986, section 2.1).
pub(crate) fn percent_encode(byte: u8, text: &mut String) {
    text.push('%');
    for digit in [byte >> 4, byte & 0x0f] {
        let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
        text.push(digit.to_ascii_uppercase());
    }
}
