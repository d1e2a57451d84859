//! A text to match, and how a match of it is reported.

/// A text to match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    pub(crate) length: usize,
    /// The index of its value.
    pub(crate) owner: usize,
    /// Whether an open escape before it may take its first bytes.
    pub(crate) begins: bool,
    /// How many arbitrary bytes after it belong to it, in undecoded text only.
    pub(crate) rest: usize,
    /// Whether it continues another text of its owner.
    pub(crate) continues: bool,
    /// Whether the characters before and after it contain bits of it.
    pub(crate) before: bool,
    pub(crate) after: bool,
}
