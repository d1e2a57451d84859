//! Hexadecimal in constant time, since some of it encodes keys.

use zeroize::Zeroizing;

/// In lower case, as in every scheme here.
pub(crate) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(base16ct::lower::encode_string(bytes))
}
