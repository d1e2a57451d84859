//! Expressions: whatever the text is, it can be escaped, it is split into pieces of it, and the
//! contents of a value are never read as an expression.
#![no_main]

use http_step_template::{Names, Part, Reference, Template, Value};
use libfuzzer_sys::fuzz_target;

/// The value of every name: something that would be an expression if it were read.
const VALUE: &str = "${{ secret.TOKEN }}";

struct Build;

impl Names for Build {
    fn property(&self, _: &str) -> Option<Value> {
        Some(Value::from(VALUE))
    }

    fn secret(&self, _: &str) -> Option<String> {
        Some(VALUE.to_owned())
    }
}

fuzz_target!(|text: &str| {
    let escaped = text.replace("${{", "$${{");
    let rendered = Template::parse(&escaped).map(|template| template.render(&Build));
    // Text that is escaped as a whole stands for itself.
    assert_eq!(rendered, Ok(Ok(Value::from(text))));

    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(error) => {
            let expression = text.get(error.offset..);
            assert!(expression.is_some_and(|rest| rest.starts_with("${{")));
            return;
        }
    };
    let mut expected = String::new();
    let mut rest = text;
    for part in template.parts() {
        let (found, shown) = match part {
            Part::Literal(literal) => (*literal, *literal),
            Part::Expression(Reference::Property { name, .. } | Reference::Secret { name }) => {
                (*name, VALUE)
            }
        };
        assert!(!found.is_empty());
        expected.push_str(shown);
        rest = match rest.split_once(found) {
            Some((_, rest)) => rest,
            None => panic!("{found:?} is not from the text, or not in its order"),
        };
    }
    assert_eq!(template.render(&Build), Ok(Value::from(expected)));
});
