//! What a document is called, and how large it may be.

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What people call such a document, as it stands after "a": `step file`.
    pub noun: &'static str,
    /// The most bytes that one may have.
    pub longest: usize,
    /// The smallest one, which is told to who gives an empty file.
    pub smallest: &'static str,
}
