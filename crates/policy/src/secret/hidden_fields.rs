//! Fields that servers find in the value of another one, if they decode a query or form before they
//! split it: `a=%26b%3Dc` is `a=` and `b=c` to them.

use super::field_name::{MAX_FIELD_NAME, field_names};

/// How many names in a value are compared with others.
const MAX_NAMES: usize = 64;

/// The fields in a value, which is read byte by byte in its decoded form.
#[derive(Debug, Default)]
pub struct HiddenFields {
    /// The text after the last `&` or `;`, as far as it can be a name. None before the first one.
    text: Option<Vec<u8>>,
    /// Whether that text has any character.
    has_text: bool,
    /// The names of fields without a value.
    names: Vec<String>,
    /// Whether one has a name that can't be compared.
    is_odd: bool,
    has_value: bool,
}

impl HiddenFields {
    /// Those in a whole value, which is decoded.
    #[must_use]
    pub fn new(value: &[u8]) -> Self {
        let mut fields = Self::default();
        value.iter().for_each(|byte| fields.step(*byte));
        fields.end();
        fields
    }

    /// The next byte of a value.
    pub fn step(&mut self, byte: u8) {
        if matches!(byte, b'&' | b';') {
            self.end();
            self.text = Some(Vec::new());
            return;
        }
        let Some(text) = &mut self.text else { return };
        self.has_value |= byte == b'=' && self.has_text;
        self.has_text = true;
        // Servers remove or replace others.
        let starts = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'[';
        let is_of_name = starts || !text.is_empty() && b"].-".contains(&byte);
        if is_of_name && text.len() <= MAX_FIELD_NAME {
            text.push(byte);
        }
    }

    /// The value has ended.
    pub fn end(&mut self) {
        self.has_text = false;
        let Some(text) = self.text.take().filter(|text| !text.is_empty()) else {
            return;
        };
        // A longer text is no name, unless brackets make it a part of another field.
        let is_known = field_names(&text).is_some();
        self.is_odd |= !is_known && text.contains(&b'[') || self.names.len() >= MAX_NAMES;
        if is_known && !self.are_odd() {
            self.names.push(String::from_utf8_lossy(&text).into_owned());
        }
    }

    /// Whether one has a value, or a name that is not [plain](field_names).
    #[must_use]
    pub fn are_odd(&self) -> bool {
        self.is_odd || self.has_value
    }

    /// Whether one has a value, which may be that of a field that makes a server use another method.
    #[must_use]
    pub fn have_value(&self) -> bool {
        self.has_value
    }

    /// The names of those without a value, which servers join with other fields of this name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_a_value() {
        for (value, names, are_odd, have_value) in [
            ("", &[][..], false, false),
            ("a=b", &[], false, false),
            ("a, b", &[], false, false),
            ("AT&T", &["T"], false, false),
            ("Fish & chips; x[y]", &["chips", "x[y]"], false, false),
            ("&q[]&q[]", &["q[]", "q[]"], false, false),
            ("& ~q|", &["q"], false, false),
            ("&&=;", &[], false, false),
            ("&q[]=pad", &[], true, true),
            ("a;b c = d", &[], true, true),
            ("& =", &[], true, true),
            ("&[q]", &[], true, false),
            ("&q]", &[], false, false),
        ] {
            let fields = HiddenFields::new(value.as_bytes());
            let found: Vec<&str> = fields.names().collect();
            assert_eq!(found, names, "{value}");
            assert_eq!(
                (fields.are_odd(), fields.have_value()),
                (are_odd, have_value),
                "{value}"
            );
        }
        let long = "x".repeat(100);
        assert!(!HiddenFields::new(format!("&{long}").as_bytes()).are_odd());
        assert!(HiddenFields::new(format!("&q[{long}]").as_bytes()).are_odd());
        assert!(HiddenFields::new("&x".repeat(65).as_bytes()).are_odd());
    }
}
