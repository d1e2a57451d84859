//! A document of another kind than it is read as.

use crate::node::{Content, Node};

impl Node {
    /// Whether this is a mapping with keys that only documents of another kind have, and
    /// with none that only those of this kind have.
    #[must_use]
    pub fn is_rather(&self, others: &[&str], own: &[&str]) -> bool {
        let Content::Mapping(entries) = &self.content else {
            return false;
        };
        let has = |keys: &[&str]| {
            entries
                .iter()
                .any(|entry| keys.contains(&entry.key.as_str()))
        };
        has(others) && !has(own)
    }
}
