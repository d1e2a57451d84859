//! Escaping of literal text.

use std::borrow::Cow;

/// A template that renders to exactly this text.
///
/// ```
/// use http_step_template::escape;
///
/// assert_eq!(escape("${{ secret.TOKEN }}"), "$${{ secret.TOKEN }}");
/// ```
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.contains("${{") {
        Cow::Owned(text.replace("${{", "$${{"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Names, Template, Value};
    use proptest::prelude::*;

    struct Nothing;

    impl Names for Nothing {
        fn property(&self, _: &str) -> Option<Value> {
            None
        }

        fn secret(&self, _: &str) -> Option<String> {
            None
        }
    }

    proptest! {
        #[test]
        fn it_renders_to_the_text(text in r"(\$|\{|\}|\$\{\{ secret.A \}\}|.)*") {
            let escaped = escape(&text);
            let template = Template::parse(&escaped).unwrap();
            prop_assert_eq!(template.render(&Nothing).unwrap(), Value::from(text));
        }
    }
}
