//! Properties in the URL, which are inserted without encoding, so that characters with a meaning
//! in URLs change the URL.

use http_step_template::{Names, Part, Reference, Template, to_text};

use super::has_expression;
use crate::percent::percent_encode;

/// A part of a URL (RFC 3986, section 3).
#[derive(Clone, Copy, PartialEq)]
enum Component {
    /// Up to `://`: the property is the URL, or the start of it.
    Start,
    Authority,
    Path,
    Query,
    Fragment,
}

/// Warnings about the properties in a URL: one for each that should be encoded.
pub(crate) fn warnings(url: &str, names: &dyn Names) -> Vec<String> {
    if !has_expression(url) {
        return Vec::new();
    }
    // Invalid expressions and unknown names are errors elsewhere.
    let Ok(template) = Template::parse(url) else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    let mut before = String::new();
    let mut parts = template.parts().iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Literal(text) => before.push_str(text),
            // Its characters are not checked.
            Part::Expression(Reference::Secret { .. }) => before.push('x'),
            Part::Expression(Reference::Property { name, default }) => {
                let value = names.property(name).or_else(|| default.clone());
                let value = value.unwrap_or_default();
                let text = to_text(&value);
                let is_segment = before.ends_with('/')
                    && matches!(parts.peek(), Some(Part::Literal(next)) if next.starts_with('/'));
                let component = component(&before);
                let found = meaningful(&text, component, is_segment);
                if !found.is_empty() {
                    warnings.push(warning(name, &found, component));
                }
                before.push_str(&text);
            }
        }
    }
    warnings
}

/// The part of the URL that follows a text.
fn component(before: &str) -> Component {
    let Some((_, rest)) = before.split_once("://") else {
        return Component::Start;
    };
    match rest {
        rest if rest.contains('#') => Component::Fragment,
        rest if rest.contains('?') => Component::Query,
        rest if rest.contains(['/', '\\']) => Component::Path,
        _ => Component::Authority,
    }
}

/// The characters of a value that are not literal, each once.
fn meaningful(text: &str, component: Component, is_segment: bool) -> Vec<char> {
    let mut found = Vec::new();
    for (index, c) in text.char_indices() {
        let has_a_meaning = match (component, c) {
            (Component::Start | Component::Fragment, _) => false,
            (_, '#') => true,
            // Existing escapes are fine.
            (_, '%') => !text.get(index + 1..).is_some_and(begins_with_two_digits),
            (Component::Query, _) => matches!(c, '&' | '+'),
            (_, '?' | '\\') => true,
            // After the last slash, a value can be a path.
            (Component::Path, '/') => is_segment,
            _ => false,
        };
        if has_a_meaning && !found.contains(&c) {
            found.push(c);
        }
    }
    found
}

fn begins_with_two_digits(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut is_digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
    is_digit() && is_digit()
}

fn warning(name: &str, found: &[char], component: Component) -> String {
    let characters: Vec<String> = found.iter().map(|c| format!("`{c}`")).collect();
    let encoded: Vec<String> = found
        .iter()
        .filter_map(|c| u8::try_from(*c).ok())
        .map(|byte| {
            let mut encoded = String::new();
            percent_encode(byte, &mut encoded);
            format!("`{encoded}`")
        })
        .collect();
    let (have, advice) = match (found, component) {
        ([_], Component::Query) => ("has", "put it in `params`, which are encoded, or "),
        (_, Component::Query) => ("have", "put it in `params`, which are encoded, or "),
        ([_], _) => ("has", ""),
        _ => ("have", ""),
    };
    format!(
        "the property `{name}` is inserted into `url` without encoding, where its {} {have} a special meaning; {advice}set it percent-encoded: {}",
        characters.join(", "),
        encoded.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_step_template::Value;

    struct Branch(&'static str);

    impl Names for Branch {
        fn property(&self, name: &str) -> Option<Value> {
            (name == "it").then(|| self.0.into())
        }

        fn secret(&self, _: &str) -> Option<String> {
            panic!("nothing is to be known of secrets")
        }
    }

    fn report(url: &str, value: &'static str) -> String {
        warnings(&url.replace("IT", "${{ property.it }}"), &Branch(value)).join("\n")
    }

    #[test]
    fn characters_that_change_the_url() {
        for (url, value, warning) in [
            (
                "https://a/b/IT",
                "fix#7",
                "the property `it` is inserted into `url` without encoding, where its `#` has a special meaning; set it percent-encoded: `%23`",
            ),
            (
                "https://a/b/IT?c",
                "100%?\\",
                "the property `it` is inserted into `url` without encoding, where its `%`, `?`, `\\` have a special meaning; set it percent-encoded: `%25`, `%3F`, `%5C`",
            ),
            (
                "https://a/b/IT/c",
                "feature/x/y",
                "the property `it` is inserted into `url` without encoding, where its `/` has a special meaning; set it percent-encoded: `%2F`",
            ),
            (
                "https://a/?b=IT&c=d",
                "R&D",
                "the property `it` is inserted into `url` without encoding, where its `&` has a special meaning; put it in `params`, which are encoded, or set it percent-encoded: `%26`",
            ),
            (
                "https://a?b=${{ secret.T }}&c=IT",
                "1+1#",
                "the property `it` is inserted into `url` without encoding, where its `+`, `#` have a special meaning; put it in `params`, which are encoded, or set it percent-encoded: `%2B`, `%23`",
            ),
            (
                "https://IT/",
                "a.example?b",
                "the property `it` is inserted into `url` without encoding, where its `?` has a special meaning; set it percent-encoded: `%3F`",
            ),
        ] {
            assert_eq!(report(url, value), warning, "{url} {value}");
        }
    }

    #[test]
    fn characters_that_are_safe() {
        for (url, value) in [
            ("https://a/b/IT", "main"),
            ("https://a/b/IT", "größe-1.2_~!$&'()*+,;=:@"),
            ("https://a/b/IT", "fix%237"),
            ("https://a/b/IT", "a/path/of/files"),
            ("https://a/b-IT/c", "a/b"),
            ("https://a/?b=IT", "a/b?c=d:e@f"),
            ("https://a/#IT", "#?&"),
            // The whole URL, or its beginning.
            ("IT", "https://a/?b#c"),
            ("IT/hooks", "https://a/b"),
            ("https://IT/", "a.example:8080"),
            ("https://a/${{ property.none | default(\"x\") }}", ""),
            ("https://a/${{ property.unknown }}", ""),
            ("https://a/${{ nonsense }}", ""),
            ("https://a/$${{ property.it }}", "#"),
        ] {
            assert_eq!(report(url, value), "", "{url} {value}");
        }
    }
}
