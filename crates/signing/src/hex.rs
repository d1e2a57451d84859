//! Hexadecimal digits, written in constant time: some are of a key.

use zeroize::Zeroizing;

/// In lower case, as every scheme here has it.
pub(crate) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(base16ct::lower::encode_string(bytes))
}
