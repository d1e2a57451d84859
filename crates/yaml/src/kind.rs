//! What a document is called, and how large it may be.

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What people call such a document, as it stands after "a": `step file`.
    pub noun: &'static str,
    /// The most bytes that one may have.
    pub longest: usize,
    /// The most values that one may have, aliases written out.
    pub most_values: usize,
    /// The smallest one, which is told to who gives an empty file; none if an empty file
    /// is one.
    pub smallest: Option<&'static str>,
}
