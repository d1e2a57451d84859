//! Bytes to match in, and their places in the stream.

/// Bytes, and their places in the stream.
#[derive(Clone, Copy)]
pub(crate) struct Input<'i> {
    pub(crate) bytes: &'i [u8],
    pub(crate) places: Places<'i>,
    /// Whether they are the end of the stream.
    pub(crate) is_last: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Places<'i> {
    /// They are bytes of the stream, from a place on.
    Raw(usize),
    /// The range of each byte.
    Decoded(&'i [(usize, usize)]),
}

impl Places<'_> {
    pub(crate) fn is_raw(self) -> bool {
        matches!(self, Self::Raw(_))
    }

    pub(crate) fn span(self, at: usize) -> (usize, usize) {
        match self {
            Self::Raw(base) => (base + at, base + at + 1),
            Self::Decoded(places) => places.get(at).copied().unwrap_or_default(),
        }
    }
}
