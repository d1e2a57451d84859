//! Names of fields in queries, forms and multipart bodies. Servers differ in what they make of
//! brackets, blanks and other characters in a name, so only plain names are compared. A value is
//! not whole beside a field with another name.

/// The longest name of a field for a secret, in bytes. A server may truncate a whole line, and a
/// step that pads the name would choose where.
pub const MAX_FIELD_NAME: usize = 64;

/// How many keys a name may have: servers differ in where they stop to take it apart.
const MAX_KEYS: usize = 6;

/// The names under which servers may know a field, if its name, which may be percent-encoded, is
/// plain: letters, digits, `_`, `-` and `.`, and behind them any number of `[…]` with the same
/// characters. Two fields may be one to a server if they have one of these in common, or if one
/// has a [parent](parent_fields) that the other has.
///
/// Only letters and digits count, in any case. A dot is a part of the name (PHP), or starts a key as
/// brackets do (ASP.NET). An index ends the name: `[]`, `[1]`, or `-1` (WTForms).
///
/// ```
/// use http_step_policy::field_names;
///
/// assert_eq!(field_names(b"User_Id").unwrap(), ["userid"]);
/// assert_eq!(field_names(b"a%5Bb%5D[1][c]").unwrap(), ["a[b"]);
/// assert_eq!(field_names(b"a.b").unwrap(), ["ab", "a[b"]);
/// for name in [&b"a+b"[..], b"[a]", b"a]", b"a[b]c", b"a:b", b""] {
///     assert_eq!(field_names(name), None);
/// }
/// ```
#[must_use]
pub fn field_names(name: &[u8]) -> Option<Vec<String>> {
    // Only ASP.NET decodes `%u0071`.
    let is_wide = |pair: &[u8]| pair.eq_ignore_ascii_case(b"%u");
    if name.len() > MAX_FIELD_NAME || name.windows(2).any(is_wide) {
        return None;
    }
    let name = String::from_utf8(decoded(name)).ok()?;
    let keys = keys(&name)?;
    let split: Vec<&str> = keys.iter().flat_map(|key| key.split('.')).collect();
    if split.len() > MAX_KEYS {
        return None;
    }
    let mut names = vec![joined(&keys)];
    let other = joined(&split);
    if !names.contains(&other) {
        names.push(other);
    }
    Some(names)
}

/// The names of the fields that a field of this [name](field_names) is part of: with a field of one
/// of these, some servers join it (`q` and `q[a]`, in the qs of Express).
pub fn parent_fields(name: &str) -> impl Iterator<Item = &str> {
    let brackets = name.match_indices('[');
    brackets.filter_map(|(at, _)| name.get(..at))
}

/// Whether a field of this name, which is plain, may have a secret as its value. An index other than 0
/// pads the value where servers make a list of it with as many empty items before (multer). PHP
/// compares `MAX_FILE_SIZE` with the size of a file.
#[must_use]
pub fn may_hold_secret(name: &[u8]) -> bool {
    let name = decoded(name);
    let keys = name.split(|byte| b"[].".contains(byte)).skip(1);
    let mut indexes = keys.filter(|key| key.iter().all(u8::is_ascii_digit));
    let is_of_php = letters(&String::from_utf8_lossy(&name)) == "maxfilesize";
    indexes.all(|index| index.iter().all(|digit| *digit == b'0')) && !is_of_php
}

/// The keys of a name: the text before the first bracket, and those in brackets. None if it is not
/// plain.
fn keys(name: &str) -> Option<Vec<&str>> {
    let (base, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let starts = |key: &str| key.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if !starts(without_sign(base)) || !is_plain_key(base) {
        return None;
    }
    let mut keys = vec![base];
    while !rest.is_empty() {
        let (key, after) = rest.strip_prefix('[')?.split_once(']')?;
        if !is_plain_key(key) {
            return None;
        }
        keys.push(key);
        rest = after;
    }
    Some(keys)
}

fn is_plain_key(key: &str) -> bool {
    let mut bytes = without_sign(key).bytes();
    bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// A key without the sign that OData, Google's APIs and JSON-LD have before it.
fn without_sign(key: &str) -> &str {
    key.strip_prefix(['$', '@']).unwrap_or(key)
}

/// What is compared of some keys: up to the first index, and only their letters and digits.
fn joined(keys: &[&str]) -> String {
    let mut name = String::new();
    for (number, key) in keys.iter().enumerate() {
        let is_index = key.bytes().all(|byte| byte.is_ascii_digit());
        if number > 0 && is_index {
            break;
        }
        if number > 0 {
            name.push('[');
        }
        let before = before_index(key);
        name.push_str(&letters(before));
        if before.len() < key.len() {
            break;
        }
    }
    name
}

/// The text before an index such as the one of `q-1` or `q-1-a`.
fn before_index(key: &str) -> &str {
    let mut end = 0;
    for (number, part) in key.split('-').enumerate() {
        let is_index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if number > 0 && is_index {
            return key.get(..end).unwrap_or(key);
        }
        end += part.len() + usize::from(number > 0);
    }
    key
}

/// The letters and digits of a name, in lower case.
pub(super) fn letters(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a field's name may say how its value is decoded: `q:utf_16_le`, in Zope.
#[must_use]
pub fn names_codec(name: &[u8]) -> bool {
    decoded(name).contains(&b':')
}

/// The name and the value of a field of a query or a form.
pub(super) fn split_field(field: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = field.splitn(2, |byte| *byte == b'=');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next())
}

/// The name of a header field as in CGI and its successors, where all characters but letters and
/// digits are the same.
#[must_use]
pub fn header_name(name: &str) -> String {
    name.to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Percent-decode, including `+` for a space, and `%u0071` as in ASP.NET.
#[must_use]
pub fn decoded(mut text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        let wide = rest.strip_prefix(b"u").or(rest.strip_prefix(b"U"));
        let (code, length) = match (first, wide.and_then(|digits| hexadecimal(digits, 4))) {
            (b'%', Some(code)) => (Some(code), 6),
            (b'%', None) => (hexadecimal(rest, 2), 3),
            _ => (None, 1),
        };
        match code {
            Some(byte) if length == 3 => decoded.push(byte as u8),
            Some(code) => {
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => decoded.push(if *first == b'+' { b' ' } else { *first }),
        }
        let read = if code.is_some() { length } else { 1 };
        text = text.get(read..).unwrap_or_default();
    }
    decoded
}

/// A number of hexadecimal digits at the start of a text.
fn hexadecimal(text: &[u8], count: usize) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(..count)?).ok()?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| is_number)
}
