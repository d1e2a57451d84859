//! Detection of documents of another kind.

use crate::node::{Content, Node};

impl Node {
    /// Whether this is a mapping with keys that only another kind of document has, and with
    /// none that only this kind has.
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
