//! The names of predicates.

/// The name of a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Equals,
    Not,
    OneOf,
    Exists,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    AtLeast,
    AtMost,
    Type,
    Count,
    Each,
    Any,
}

/// Names that other tools have for them.
const OTHER_NAMES: [(&str, Name); 20] = [
    ("all", Name::Each),
    ("eq", Name::Equals),
    ("enum", Name::OneOf),
    ("every", Name::Each),
    ("gte", Name::AtLeast),
    ("has", Name::Contains),
    ("in", Name::OneOf),
    ("includes", Name::Contains),
    ("is", Name::Equals),
    ("length", Name::Count),
    ("lte", Name::AtMost),
    ("max", Name::AtMost),
    ("min", Name::AtLeast),
    ("ne", Name::Not),
    ("pattern", Name::Matches),
    ("prefix", Name::StartsWith),
    ("regex", Name::Matches),
    ("size", Name::Count),
    ("some", Name::Any),
    ("suffix", Name::EndsWith),
];

impl Name {
    pub(crate) const ALL: [Self; 14] = [
        Self::Equals,
        Self::Not,
        Self::OneOf,
        Self::Exists,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Matches,
        Self::AtLeast,
        Self::AtMost,
        Self::Type,
        Self::Count,
        Self::Each,
        Self::Any,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::Not => "not",
            Self::OneOf => "one_of",
            Self::Exists => "exists",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Matches => "matches",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::Type => "type",
            Self::Count => "count",
            Self::Each => "each",
            Self::Any => "any",
        }
    }

    /// What it can be used for.
    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Equals | Self::Not | Self::OneOf | Self::Exists => "everything",
            Self::Contains => "text and lists",
            Self::StartsWith | Self::EndsWith | Self::Matches => "text",
            Self::AtLeast | Self::AtMost => "numbers",
            Self::Type => "JSON values",
            Self::Count | Self::Each | Self::Any => "lists",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// The name that was probably meant: one for the same in other tools, or one with a typo.
    pub(crate) fn similar(text: &str) -> Option<Self> {
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == text);
        other
            .map(|(_, name)| *name)
            .or_else(|| closest(text, Self::ALL, Self::as_str))
    }
}

/// The item whose name differs from a text by one or two typos.
pub(crate) fn closest<T: Copy>(
    text: &str,
    items: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> &'static str,
) -> Option<T> {
    // The time is quadratic in it.
    const MAX_LEN: usize = 40;
    if text.len() > MAX_LEN {
        return None;
    }
    let text = text.to_ascii_lowercase().replace('-', "_");
    items
        .into_iter()
        .map(|item| (strsim::damerau_levenshtein(&text, name(item)), item))
        // Two typos in a short word leave nothing to recognize.
        .filter(|(typos, item)| *typos <= 2 && *typos * 3 <= name(*item).len())
        .min_by_key(|(typos, _)| *typos)
        .map(|(_, item)| item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognized() {
        for name in Name::ALL {
            assert_eq!(Name::from_text(name.as_str()), Some(name));
        }
        for (text, meant) in [
            ("equal", Some(Name::Equals)),
            ("Contains", Some(Name::Contains)),
            ("starts-with", Some(Name::StartsWith)),
            ("startsWith", Some(Name::StartsWith)),
            ("endswith", Some(Name::EndsWith)),
            ("match", Some(Name::Matches)),
            ("oneof", Some(Name::OneOf)),
            ("regex", Some(Name::Matches)),
            ("length", Some(Name::Count)),
            ("NOT", Some(Name::Not)),
            ("state", None),
            ("", None),
        ] {
            assert_eq!(Name::similar(text), meant, "{text}");
        }
        assert_eq!(Name::similar(&"e".repeat(1 << 20)), None);
    }
}
