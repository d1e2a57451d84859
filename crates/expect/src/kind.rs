//! What predicates are about.

use crate::name::Name;

/// What a predicate is about. It decides how values are read and which predicates are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A status code. Found as a number.
    Status,
    /// A duration in seconds. Found as a number.
    Seconds,
    /// A number of bytes. Found as a number.
    Bytes,
    /// A number of things. Found as a number.
    Count,
    /// Text: a header, a body. Found as a string.
    Text,
    /// A SHA-256 digest in hex. Found as a string.
    Digest,
    /// A JSON value.
    Json,
}

const NUMBERS: &[Name] = &[
    Name::Equals,
    Name::Not,
    Name::OneOf,
    Name::Exists,
    Name::AtLeast,
    Name::AtMost,
];

impl Kind {
    /// The subject of a sentence about it: `a duration is a number`.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Status => "a status is a number",
            Self::Seconds => "a duration is a number",
            Self::Bytes => "a size is a number",
            Self::Count => "a count is a number",
            Self::Text => "this is text",
            Self::Digest => "a digest is compared as a whole",
            Self::Json => "this is a JSON value",
        }
    }

    /// The predicates that are allowed.
    pub(crate) fn names(self) -> &'static [Name] {
        match self {
            Self::Status | Self::Seconds | Self::Bytes | Self::Count => NUMBERS,
            Self::Text => &[
                Name::Equals,
                Name::Not,
                Name::OneOf,
                Name::Exists,
                Name::Contains,
                Name::StartsWith,
                Name::EndsWith,
                Name::Matches,
            ],
            Self::Digest => &[Name::Equals, Name::Not, Name::OneOf, Name::Exists],
            Self::Json => &Name::ALL,
        }
    }
}
