//! The options of the YAML parser.

use granit_parser::Options;

/// The nesting limit. Values are read recursively, so this bounds the stack.
pub(crate) const DEEPEST: usize = 32;
/// The maximum length of a key, in characters, and so the parser's lookahead for its colon.
/// YAML's limit is 1024, JSON has none; this much is buffered.
const MAX_KEY: usize = 64 * 1024;

/// The options.
pub(crate) fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
        simple_key_max_lookahead: MAX_KEY,
    }
}

/// The message for what exceeds the nesting limit.
pub(crate) fn too_deep() -> String {
    format!("lists and mappings are nested more than {DEEPEST} deep")
}
