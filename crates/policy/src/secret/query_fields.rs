//! The fields of a query, or the cookies of a header field, as servers join them.

use std::collections::{HashMap, HashSet};

use super::field_name::{decoded, field_names, names_codec, parent_fields, split_field};
use super::hidden_fields::HiddenFields;

/// How many fields have each name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryFields {
    named: HashMap<String, usize>,
    /// The names that some are fields of.
    parents: HashSet<String>,
    /// Whether one has a name that is not plain, or another field in its value.
    is_odd: bool,
}

impl QueryFields {
    /// Those of a query.
    #[must_use]
    pub fn new(query: &[u8]) -> Self {
        let mut fields = Self {
            // Some servers split at `;` as at `&`.
            is_odd: query.contains(&b';'),
            ..Self::default()
        };
        let written = query.split(|byte| *byte == b'&');
        for field in written.filter(|field| !field.is_empty()) {
            let (name, value) = split_field(field);
            fields.add(name);
            let hidden = HiddenFields::new(&decoded(value));
            fields.is_odd |= hidden.are_odd();
            hidden.names().for_each(|name| fields.add(name.as_bytes()));
        }
        fields
    }

    /// The cookies in a field of a header. Some servers find one behind a comma, too.
    #[must_use]
    pub fn of_cookies(field: &[u8]) -> Self {
        let mut fields = Self::default();
        for cookie in field.split(|byte| *byte == b';') {
            let mut parts = cookie.split(|byte| *byte == b',');
            let first = parts.next().into_iter();
            for part in first.chain(parts.filter(|part| part.contains(&b'='))) {
                let (name, value) = split_field(part.trim_ascii());
                if !name.is_empty() || !value.is_empty() {
                    fields.add(cookie_name(name));
                }
            }
        }
        fields
    }

    fn add(&mut self, name: &[u8]) {
        let Some(names) = field_names(name) else {
            self.is_odd = true;
            return;
        };
        for name in names {
            self.parents.extend(parent_fields(&name).map(str::to_owned));
            *self.named.entry(name).or_default() += 1;
        }
    }

    /// Whether all names are plain, and no value has another field in it.
    pub(super) fn are_plain(&self) -> bool {
        !self.is_odd
    }

    /// Whether servers may join the field of this name with another one.
    pub(super) fn has_another(&self, name: &[u8]) -> bool {
        self.has_more_than(1, name)
    }

    /// Whether servers may join one with a field of this name elsewhere.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.has_more_than(0, name)
    }

    fn has_more_than(&self, most: usize, name: &[u8]) -> bool {
        let is_joined = |name: &String| {
            self.named.get(name).is_some_and(|count| *count > most)
                || self.parents.contains(name)
                || parent_fields(name).any(|parent| self.named.contains_key(parent))
        };
        field_names(name).is_none_or(|names| names.iter().any(is_joined))
    }
}

/// The name of a cookie as it is compared: PHP reads a dot before it as `_`.
pub(super) fn cookie_name(name: &[u8]) -> &[u8] {
    name.strip_prefix(b".").unwrap_or(name)
}

/// Whether the start of a field has a name that may say how its value is decoded, wherever servers
/// split it.
pub(super) fn may_name_codec(field: &[u8]) -> bool {
    let mut parts = field.split(|byte| *byte == b';');
    parts.any(|part| part.contains(&b'=') && names_codec(split_field(part).0))
}
