//! The name of a kind of document, and its size limits.

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The noun for it in diagnostics, as it follows "a": `step file`.
    pub noun: &'static str,
    /// The maximum size in bytes.
    pub longest: usize,
    /// The maximum number of values, with aliases expanded.
    pub most_values: usize,
    /// A minimal document, for the diagnostic of an empty file; none if an empty file is valid.
    pub smallest: Option<&'static str>,
}
