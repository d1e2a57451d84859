//! Names of fields, as interpreted by servers that join fields with the same name.

/// The name of a field of a query or a form, decoded and without the parts that some servers ignore.
/// Fields with equal results may be one field to them.
///
/// ```
/// use http_step_policy::field_name;
///
/// for name in ["a b:list", "a b", "A+b", "%61%20b", "%u0061_b", " a.b[]", "a b[1]", "[a b]", "a b[]x",
///     "[a b][]", "a b[0][c]"] {
///     assert_eq!(field_name(name.as_bytes()), "a_b", "{name}");
/// }
/// assert_ne!(field_name(b"a[b]"), field_name(b"a[c]"));
/// ```
#[must_use]
pub fn field_name(name: &[u8]) -> String {
    let decoded = decoded(name);
    let text = String::from_utf8_lossy(&decoded);
    // ASP.NET joins such fields regardless of case.
    let text = text.to_uppercase().to_lowercase();
    // PHP ends a name at a NUL, Zope at a colon.
    let text = text.split(['\0', ':']).next().unwrap_or_default();
    without_index(text.trim()).replace([' ', '.'], "_")
}

/// Remove an index, `[]` or `[1]`, which joins fields to a list, everything after it, and text between
/// brackets. Brackets around the whole name are also removed.
fn without_index(name: &str) -> String {
    let own = name
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(own, rest)| format!("{own}{rest}"));
    let name = own.as_deref().unwrap_or(name);
    let (base, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut kept = base.trim_end().to_owned();
    while let Some((_, group)) = rest.split_once('[') {
        let Some((index, after)) = group.split_once(']') else {
            kept.push('[');
            kept.push_str(group);
            break;
        };
        if index.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        kept.push('[');
        kept.push_str(index);
        kept.push(']');
        rest = after;
    }
    kept
}

/// Whether a field's name may say how its value is decoded: `q:utf_16_le`, in Zope.
#[must_use]
pub fn names_codec(name: &[u8]) -> bool {
    decoded(name).contains(&b':')
}

/// How often a name may have brackets.
const MAX_DEPTH: usize = 8;

/// The names that a field's [name](field_name) is part of: with a field of one of these, some
/// servers join it (`q` and `q[a]`, in the qs of Express). None if it is nested deeper than
/// eight times: servers differ in where they stop.
///
/// ```
/// use http_step_policy::parent_fields;
///
/// assert_eq!(parent_fields("a[b][c]"), Some(vec!["a", "a[b]"]));
/// assert_eq!(parent_fields("a"), Some(vec![]));
/// assert_eq!(parent_fields("a[b][c][d][e][f][g][h][i][j]"), None);
/// ```
#[must_use]
pub fn parent_fields(name: &str) -> Option<Vec<&str>> {
    let brackets = name.match_indices('[').map(|(at, _)| at);
    if brackets.clone().nth(MAX_DEPTH).is_some() {
        return None;
    }
    Some(brackets.filter_map(|at| name.get(..at)).collect())
}

/// The name of a header field as in CGI and its successors, where all characters but letters and
/// digits are the same.
#[must_use]
pub fn header_name(name: &str) -> String {
    name.to_ascii_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Percent-decode, including `+` for a space, and `%u0071` as in ASP.NET.
pub(super) fn decoded(mut text: &[u8]) -> Vec<u8> {
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
