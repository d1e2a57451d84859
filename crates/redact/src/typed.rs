//! The ways in which servers write a value again that they have parsed: as a UUID, or as Base64.

use std::net::Ipv6Addr;

use crate::spelling::replaced;

/// The lengths of the groups of a UUID (RFC 9562).
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The minimum length of a value in Base64. In shorter ones too few characters would be left.
const MIN_BASE64: usize = 8;

/// A UUID as servers write it.
pub(crate) struct Uuid {
    /// Its bytes, and in the order of .NET, SQL Server and Active Directory, in which the first three
    /// groups are little-endian.
    pub(crate) bytes: [[u8; 16]; 2],
    /// With dashes, without, without in the other order, and as an IPv6 address.
    pub(crate) texts: [Vec<u8>; 4],
}

/// The value has 32 hexadecimal digits, with or without dashes, or in braces.
pub(crate) fn uuid(value: &[u8]) -> Option<Uuid> {
    let inside = value
        .strip_prefix(b"{")
        .and_then(|it| it.strip_suffix(b"}"));
    let text = inside.unwrap_or(value);
    let digits: Vec<u8> = match text.len() {
        32 => text.to_vec(),
        36 => {
            let groups: Vec<&[u8]> = text.split(|byte| *byte == b'-').collect();
            if !groups.iter().map(|group| group.len()).eq(GROUPS) {
                return None;
            }
            groups.concat()
        }
        _ => return None,
    };
    let number = std::str::from_utf8(&digits).ok()?;
    if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(number, 16).ok()?;
    let bytes = number.to_be_bytes();
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    let mixed = [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p];
    let mut rest = digits.as_slice();
    let mut groups = Vec::new();
    for length in GROUPS {
        let (group, after) = rest.split_at_checked(length)?;
        groups.push(group);
        rest = after;
    }
    let dashed = groups.join(&b'-');
    let other = format!("{:032x}", u128::from_be_bytes(mixed)).into_bytes();
    let address = Ipv6Addr::from(number).to_string().into_bytes();
    Some(Uuid {
        bytes: [bytes, mixed],
        texts: [dashed, digits, other, address],
    })
}

/// A value that is Base64 (RFC 4648), in each alphabet and without padding, where that is another text.
pub(crate) fn in_base64(value: &[u8]) -> Option<[Vec<u8>; 2]> {
    let padding = value.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = value.get(..value.len() - padding)?;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let may_be = padding <= 2 && text.len() >= MIN_BASE64 && text.iter().all(is_digit);
    may_be.then(|| {
        let standard = replaced(&replaced(text, b'-', b'+'), b'_', b'/');
        let url_safe = replaced(&replaced(text, b'+', b'-'), b'/', b'_');
        [standard, url_safe]
    })
}
