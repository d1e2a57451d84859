//! Values that are not predicates, and how to fix them.

// So that clippy knows that helpers, too, may unwrap.
#![cfg(test)]

use http_step_expect::{Kind, PathItem, parse};
use http_step_json::Value;

fn error(json: &str, kind: Kind) -> String {
    let value: Value = json.parse().unwrap();
    parse(&value, kind).unwrap_err().to_string()
}

#[test]
fn names() {
    for (kind, json, message) in [
        (
            Kind::Json,
            r#"{"state": "published"}"#,
            "`state`: unknown predicate `state`; the predicates are equals, not, one_of, exists, contains, starts_with, ends_with, matches, at_least, at_most, type, count, each and any; to compare with an object, write it under `equals`",
        ),
        (
            Kind::Json,
            r#"{"not": {"one_of": [1, {"startsWith": "a"}]}}"#,
            "`not.one_of[1].startsWith`: unknown predicate `startsWith`, did you mean `starts_with`?",
        ),
        (
            Kind::Text,
            r#"{"regex": "a"}"#,
            "`regex`: unknown predicate `regex`, did you mean `matches`?",
        ),
        // It would not be allowed.
        (
            Kind::Seconds,
            r#"{"regex": "a"}"#,
            "`regex`: unknown predicate `regex`; the predicates are equals, not, one_of, exists, at_least and at_most",
        ),
        (
            Kind::Seconds,
            r#"{"starts_with": "a"}"#,
            "`starts_with`: `starts_with` is for text, and a duration is a number; use equals, not, one_of, exists, at_least or at_most",
        ),
        (
            Kind::Status,
            r#"{"matches": "2.."}"#,
            "`matches`: `matches` is for text, and a status is a number; use equals, not, one_of, exists, at_least or at_most",
        ),
        (
            Kind::Text,
            r#"{"count": 1}"#,
            "`count`: `count` is for lists, and this is text; use equals, not, one_of, exists, contains, starts_with, ends_with or matches",
        ),
        (
            Kind::Digest,
            r#"{"starts_with": "e3"}"#,
            "`starts_with`: `starts_with` is for text, and a digest is compared as a whole; use equals, not, one_of or exists",
        ),
        (
            Kind::Json,
            r#"{"count": {"contains": 1}}"#,
            "`count.contains`: `contains` is for text and lists, and a count is a number; use equals, not, one_of, exists, at_least or at_most",
        ),
        (
            Kind::Json,
            "{}",
            "this mapping is empty; add a predicate, as in `exists: true`, or write `equals: {}` for an empty object",
        ),
        (
            Kind::Text,
            r#"{"not": {}}"#,
            "`not`: this mapping is empty; add a predicate, as in `exists: true`",
        ),
    ] {
        assert_eq!(error(json, kind), message, "{json}");
    }
}

#[test]
fn values() {
    for (kind, json, message) in [
        (
            Kind::Status,
            "\"6xx\"",
            "expected a status code (`503`), a class (`5xx`) or a range (`500-504`), not `\"6xx\"`",
        ),
        (
            Kind::Status,
            "[200, 99]",
            "`[1]`: expected a status code (`503`), a class (`5xx`) or a range (`500-504`), not `99`",
        ),
        (
            Kind::Status,
            r#"{"equals": true}"#,
            "`equals`: expected a status code, a class (`2xx`) or a range (`200-204`), not `true`",
        ),
        (
            Kind::Status,
            "[]",
            "this list is empty; add a status code, as in `[200, 2xx]`",
        ),
        (
            Kind::Status,
            r#"{"at_least": "5xx"}"#,
            "`at_least`: expected a status code, as in `200`, not `\"5xx\"`",
        ),
        (
            Kind::Seconds,
            "\"5s\"",
            "expected a number of seconds, as in `2.5`, not `\"5s\"`",
        ),
        (
            Kind::Seconds,
            r#"{"at_most": -0.5}"#,
            "`at_most`: expected a number of seconds, as in `2.5`, not `-0.5`",
        ),
        (
            Kind::Seconds,
            "[1, 2]",
            "expected a number of seconds, as in `2.5`, not a list; for one of several values, use `one_of`",
        ),
        (
            Kind::Bytes,
            "\"1MB\"",
            "expected a number of bytes, as in `65536` or `64MiB`, not `\"1MB\"`; the units are KiB, MiB, GiB and TiB",
        ),
        (
            Kind::Bytes,
            "1.5",
            "expected a number of bytes, as in `65536` or `64MiB`, not `1.5`",
        ),
        (
            Kind::Count,
            "-1",
            "expected a whole number, as in `3`, not `-1`",
        ),
        (
            Kind::Json,
            r#"{"count": "two"}"#,
            "`count`: expected a whole number, as in `3`, not `\"two\"`",
        ),
        (
            Kind::Text,
            "null",
            "expected text, not null; for a value that is absent, use `exists: false`",
        ),
        (
            Kind::Text,
            r#"["a"]"#,
            "expected text, not a list; for one of several values, use `one_of`",
        ),
        (
            Kind::Text,
            r#"{"equals": {"a": 1}}"#,
            "`equals`: expected text, not a mapping",
        ),
        (
            Kind::Text,
            r#"{"contains": {"not": "a"}}"#,
            "`contains`: expected text, not a mapping",
        ),
        (
            Kind::Json,
            r#"{"starts_with": ["a"]}"#,
            "`starts_with`: expected text, not a list",
        ),
        (
            Kind::Json,
            r#"{"matches": "a("}"#,
            "`matches`: invalid regular expression: unclosed group",
        ),
        (
            Kind::Digest,
            "\"sha256:e3b0\"",
            "expected a SHA-256 digest of 64 hexadecimal digits, not `\"sha256:e3b0\"`",
        ),
        (
            Kind::Json,
            r#"{"at_least": "1"}"#,
            "`at_least`: expected a number, not `\"1\"`",
        ),
        (
            Kind::Json,
            r#"{"exists": "yes"}"#,
            "`exists`: expected `true` or `false`, not `\"yes\"`",
        ),
        (
            Kind::Json,
            r#"{"type": "array"}"#,
            "`type`: unknown type `array`, did you mean `list`?",
        ),
        (
            Kind::Json,
            r#"{"type": "strnig"}"#,
            "`type`: unknown type `strnig`, did you mean `string`?",
        ),
        (
            Kind::Json,
            r#"{"type": "date\u001b"}"#,
            "`type`: unknown type `date\\u001b`; the types are null, boolean, number, integer, string, list, object",
        ),
        (
            Kind::Json,
            r#"{"type": ["string"]}"#,
            "`type`: expected the name of a type, not a list",
        ),
        (
            Kind::Json,
            r#"{"one_of": "a"}"#,
            "`one_of`: expected a list of at least one value, not `\"a\"`",
        ),
        (
            Kind::Json,
            r#"{"one_of": []}"#,
            "`one_of`: expected a list of at least one value, not an empty one",
        ),
    ] {
        assert_eq!(error(json, kind), message, "{json}");
    }
}

#[test]
fn paths() {
    let value: Value = r#"{"each": {"one_of": [1, {"nope": 2}]}}"#.parse().unwrap();
    let key = |key: &str| PathItem::Key(key.to_owned());
    assert_eq!(
        parse(&value, Kind::Json).unwrap_err().path,
        [key("each"), key("one_of"), PathItem::Index(1), key("nope")]
    );
}

#[test]
fn depth_is_limited() {
    let nested = |name: &str, depth: usize| -> Value {
        let json = format!(
            "{}1{}",
            format!("{{\"{name}\":").repeat(depth),
            "}".repeat(depth)
        );
        json.parse().unwrap()
    };
    for name in ["not", "each", "any", "contains"] {
        assert!(parse(&nested(name, 16), Kind::Json).is_ok());
        let error = parse(&nested(name, 17), Kind::Json).unwrap_err();
        assert_eq!(error.path.len(), 16);
        assert_eq!(
            error.message,
            "predicates are nested more than 16 levels deep; simplify them"
        );
    }
    let list = |depth: usize| (0..depth).fold(Value::Null, |value, _| vec![value].into());
    assert!(parse(&list(128), Kind::Json).is_ok());
    assert_eq!(
        parse(&list(1000), Kind::Json).unwrap_err().to_string(),
        "the value is nested more than 128 levels deep; simplify it"
    );
}
