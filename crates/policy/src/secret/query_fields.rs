//! The fields of a query, as servers join them.

use std::collections::{HashMap, HashSet};

use super::field_name::{field_names, names_codec, parent_fields, split_field};

/// How many fields of a query have each name.
#[derive(Debug, Default)]
pub struct QueryFields {
    named: HashMap<String, usize>,
    /// The names that some are fields of.
    parents: HashSet<String>,
    /// Whether one has a name that is not plain.
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
            match field_names(split_field(field).0) {
                Some(names) => names.into_iter().for_each(|name| fields.add(name)),
                None => fields.is_odd = true,
            }
        }
        fields
    }

    fn add(&mut self, name: String) {
        self.parents.extend(parent_fields(&name).map(str::to_owned));
        *self.named.entry(name).or_default() += 1;
    }

    /// Whether all names are plain.
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

/// Whether the start of a field has a name that may say how its value is decoded, wherever servers
/// split it.
pub(super) fn may_name_codec(field: &[u8]) -> bool {
    let mut parts = field.split(|byte| *byte == b';');
    parts.any(|part| part.contains(&b'=') && names_codec(split_field(part).0))
}
