//! The build's properties: what `${{ property.NAME }}` stands for.

use std::collections::BTreeMap;

use serde_json::Value;

/// The build's properties, by name. A value is JSON.
///
/// ```
/// use http_step_host::Properties;
///
/// let properties: Properties = [("buildername", "linux"), ("branch", "main")].into();
/// assert_eq!(properties.get("branch"), Some(&"main".into()));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(BTreeMap<String, Value>);

impl Properties {
    /// A property's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Set a property.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        Self(
            entries
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<N: Into<String>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Properties {
    fn from(entries: [(N, V); COUNT]) -> Self {
        entries.into_iter().collect()
    }
}
