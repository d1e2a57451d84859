//! What each byte of a body is, whatever the body is written in.

/// What a byte of a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It is in no value.
    Outside,
    /// A value begins behind it.
    Opens,
    /// It is in a value.
    Inside,
    /// It may be the beginning of what ends a value.
    PossibleEnd,
    /// A value has ended.
    Closes,
    /// A name of JSON has ended: servers sort them, so that who chooses the others learns where
    /// one belongs.
    Name,
}
