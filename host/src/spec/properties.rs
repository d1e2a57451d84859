//! The build's properties: the values of `${{ property.NAME }}`.

use std::collections::BTreeMap;

use http_step_json::Value;
use http_step_yaml::{Content, Diagnostics, Kind};

const KIND: Kind = Kind {
    noun: "file of properties",
    longest: Properties::MAX_LEN,
    most_values: 1_000_000,
    smallest: None,
};

/// The build's properties, by name. A value is JSON, whose numbers keep their digits.
///
/// ```
/// use http_step_host::Properties;
///
/// let mut properties: Properties = [("buildername", "linux"), ("branch", "main")].into();
/// properties.set("number", 7);
/// properties.set("labels", serde_json::json!(["nightly", "linux"]));
/// assert_eq!(properties.get("branch"), Some(&"main".into()));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(BTreeMap<String, Value>);

impl Properties {
    /// The maximum size of a file of properties: 16 MiB.
    pub const MAX_LEN: usize = 16 << 20;

    /// Read a file of properties: YAML 1.2 or JSON, in UTF-8, of at most [`MAX_LEN`](Self::MAX_LEN)
    /// bytes; a mapping of names to values, or nothing.
    ///
    /// It is read as step files are. A number keeps its spelling, which is used within text:
    ///
    /// ```
    /// use http_step_host::Properties;
    ///
    /// let properties = Properties::parse(b"branch: no\nphone: +15551234567\n")?;
    /// assert_eq!(properties.get("branch"), Some(&"no".into()));
    /// assert_eq!(properties.get("phone").map(ToString::to_string), Some("15551234567".to_owned()));
    /// # Ok::<(), http_step_host::Diagnostics>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All errors of the file.
    pub fn parse(text: &[u8]) -> Result<Self, Diagnostics> {
        http_step_yaml::read(text, &KIND, |root, report| match &root.content {
            Content::Null => Ok(Self::default()),
            Content::Mapping(entries) => Ok(entries
                .iter()
                .map(|entry| (entry.key.as_str(), entry.value.to_json()))
                .collect()),
            _ => Err(root.unfit("a mapping of property names to values", report)),
        })
    }

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
