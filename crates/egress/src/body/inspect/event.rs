//! The meaning of each byte of a body, in any syntax.

/// The meaning of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It is not in a value.
    Outside,
    /// A value starts after it.
    Opens,
    /// It is in a value.
    Inside,
    /// It may start the end of a value.
    PossibleEnd,
    /// A value has ended.
    Closes,
    /// A field without a value has ended.
    Bare,
    /// A JSON name has ended. Servers sort names, so their order in a response would reveal a value
    /// in a name.
    Name,
}
