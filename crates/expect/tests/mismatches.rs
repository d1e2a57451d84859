//! What is expected and what is found, in words.

// So that clippy knows that helpers, too, may unwrap.
#![cfg(test)]

use http_step_expect::{Kind, Mismatch, Predicate, parse};
use http_step_json::Value;
use proptest::prelude::*;

fn predicate(json: &str, kind: Kind) -> Predicate {
    let value: Value = json.parse().unwrap();
    parse(&value, kind).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn mismatch(json: &str, found: &Value) -> Mismatch {
    predicate(json, Kind::Json).check(Some(found)).unwrap_err()
}

#[test]
fn predicates_in_words() {
    let digest = "AB".repeat(32);
    for (kind, json, words) in [
        (Kind::Status, r#"[200, "2xx"]"#, "200 or 2xx"),
        (
            Kind::Status,
            r#"{"not": [404, "500-504"]}"#,
            "not (404 or 500-504)",
        ),
        (Kind::Status, "[200]", "200"),
        (Kind::Bytes, r#"{"at_most": "1MiB"}"#, "at most 1MiB"),
        (Kind::Seconds, r#"{"at_most": 2.50}"#, "at most 2.50"),
        (Kind::Text, "1.10", "\"1.10\""),
        (
            Kind::Text,
            r#"{"starts_with": "application/json"}"#,
            "starts with \"application/json\"",
        ),
        (
            Kind::Text,
            r#"{"contains": "a\n\"b\"", "ends_with": "\u001b"}"#,
            r#"contains "a\n\"b\"" and ends with "\u001b""#,
        ),
        (
            Kind::Text,
            r#"{"matches": "\"v\\d+\"\n"}"#,
            r#"matches /"v\d+"\n/"#,
        ),
        (
            Kind::Digest,
            &format!("\"{digest}\""),
            &format!("\"{}\"", digest.to_lowercase()),
        ),
        (Kind::Json, "null", "null"),
        (
            Kind::Json,
            r#"{"equals": {"a": [1, 2]}}"#,
            r#"the same as {"a":[1,2]}"#,
        ),
        (Kind::Json, r#"{"not": "x"}"#, "not \"x\""),
        (Kind::Json, r#"{"each": {"at_most": 3}}"#, "each at most 3"),
        (
            Kind::Json,
            r#"{"any": {"at_least": 1, "type": "integer"}}"#,
            "any (at least 1 and an integer)",
        ),
        (
            Kind::Json,
            r#"{"count": {"at_least": 1}}"#,
            "a count of at least 1",
        ),
        (Kind::Json, r#"{"exists": false}"#, "nothing"),
        (Kind::Json, r#"{"exists": true}"#, "any value"),
        (
            Kind::Json,
            r#"{"one_of": ["a", {"starts_with": "b", "ends_with": "c"}], "not": {"contains": {"type": "null"}}}"#,
            r#"("a" or (starts with "b" and ends with "c")) and not contains null"#,
        ),
    ] {
        assert_eq!(predicate(json, kind).to_string(), words);
    }
}

#[test]
fn short_values() {
    for (json, found, expected, shown) in [
        (r#""a""#, "1", "\"a\"", "1"),
        (
            r#""\u001b[1m""#,
            r#""\u0007""#,
            r#""\u001b[1m""#,
            r#""\u0007""#,
        ),
        // The predicate that fails.
        (
            r#"{"type": "string", "contains": "a"}"#,
            r#""b""#,
            "contains \"a\"",
            "\"b\"",
        ),
        (r#"[1,2]"#, "[1,3]", "the same as [1,2]", "[1,3]"),
        (
            r#"{"each": {"at_most": 3}}"#,
            "[1,4,5]",
            "each at most 3",
            "at index 1: 4",
        ),
        (
            r#"{"each": {"each": {"one_of": [1, 2]}}}"#,
            "[[1],[2,3]]",
            "each each (1 or 2)",
            "at index 1: at index 1: 3",
        ),
        (r#"{"each": 1}"#, "7", "each 1", "7"),
        (
            r#"{"any": {"at_least": 3}}"#,
            "[1,2]",
            "any at least 3",
            "not in 2 items: [1,2]",
        ),
        (r#"{"any": 3}"#, "[1]", "any 3", "not in 1 item: [1]"),
        (
            r#"{"contains": "a"}"#,
            "[]",
            "contains \"a\"",
            "an empty list",
        ),
        (
            r#"{"contains": "a"}"#,
            r#"["b","c"]"#,
            "contains \"a\"",
            r#"not in 2 items: ["b","c"]"#,
        ),
        (
            r#"{"count": {"at_least": 1}}"#,
            "[]",
            "a count of at least 1",
            "a count of 0",
        ),
        (r#"{"count": 1}"#, "{}", "a count of 1", "{}"),
        (
            r#"{"not": {"contains": "a"}}"#,
            r#""abc""#,
            "not contains \"a\"",
            "\"abc\"",
        ),
        (r#"{"exists": false}"#, "null", "nothing", "null"),
        (r#"{"type": "list"}"#, "{}", "a list", "{}"),
    ] {
        let both = Mismatch {
            expected: expected.to_owned(),
            found: shown.to_owned(),
        };
        assert_eq!(mismatch(json, &found.parse().unwrap()), both, "{json}");
    }
}

#[test]
fn nothing() {
    for (json, expected) in [
        (r#""a""#, "\"a\""),
        (r#"{"not": "a"}"#, "not \"a\""),
        (r#"{"exists": true}"#, "any value"),
        (r#"{"count": {"at_least": 1}}"#, "a count of at least 1"),
        (r#"{"each": 1}"#, "each 1"),
        (r#"{"exists": false, "equals": "a"}"#, "\"a\""),
    ] {
        let mismatch = predicate(json, Kind::Json).check(None).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            format!("expected {expected}, found nothing")
        );
    }
}

#[test]
fn long_values_are_shortened() {
    let long = "é".repeat(1000);
    let found = mismatch(r#""a""#, &long.as_str().into()).found;
    assert_eq!(found, format!("\"{}…", "é".repeat(199)));
    let both = mismatch(
        &format!("{{\"ends_with\": \"{long}\"}}"),
        &format!("{long}a").into(),
    );
    assert_eq!(both.expected, format!("ends with \"{}…", "é".repeat(189)));
    assert_eq!(both.found, format!("…\"{}a\"", "é".repeat(99)));
    let items: Value = (0..1000).collect();
    let found = mismatch(r#"{"contains": "a"}"#, &items).found;
    assert!(found.starts_with("not in 1000 items: [0,1,2,") && found.ends_with('…'));
}

#[test]
fn long_texts_are_shown_where_they_differ() {
    let line = "All is well in ä and ö. ";
    let (expected, found) = (
        line.repeat(10),
        line.repeat(10).replacen("well", "good", 10),
    );
    let long = |text: String| Value::from(text);
    let check = |expected: &str, found: String| {
        let expected = Value::from(expected).to_string();
        let Mismatch { expected, found } = mismatch(&expected, &long(found));
        (expected, found)
    };
    assert_eq!(
        check(&expected, found),
        (
            "at character 8: \"All is well in ä and ö. All\"…".to_owned(),
            "at character 8: \"All is good in ä and ö. All\"…".to_owned(),
        )
    );
    assert_eq!(
        check(&expected, format!("{}.", line.repeat(10))),
        (
            "at character 241: …\"is well in ä and ö. \"".to_owned(),
            "at character 241: …\"is well in ä and ö. .\"".to_owned(),
        )
    );
    // In a long value.
    let list = |text: &str| -> Value {
        vec![
            Value::from("x".repeat(150)),
            line.repeat(5).into(),
            text.into(),
        ]
        .into()
    };
    let both = mismatch(&list("a").to_string(), &list("b"));
    assert_eq!(
        both.to_string(),
        "expected at [2]: \"a\", found at [2]: \"b\""
    );
    let object = |text: String| -> Value {
        Value::Object([("a \u{7}".to_owned(), text.into())].into_iter().collect())
    };
    let equals = Value::Object(
        [("equals".to_owned(), object(line.repeat(10)))]
            .into_iter()
            .collect(),
    );
    assert_eq!(
        mismatch(&equals.to_string(), &object(line.repeat(9))).to_string(),
        r#"expected at ["a \u0007"]: at character 217: …"is well in ä and ö. All is well in ä and"…, found at ["a \u0007"]: at character 217: …"is well in ä and ö. ""#
    );
}

/// JSON values, with numbers and characters of all kinds.
fn any_value() -> impl Strategy<Value = Value> {
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,10})?([eE][-+]?[0-9]{1,40})?"
        .prop_map(|text| Value::Number(text.parse().unwrap()));
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        ".{0,300}".prop_map(Value::from),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec(("[ab]|.{0,100}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Values that are predicates of JSON.
fn any_predicate() -> impl Strategy<Value = Value> {
    let only = |name: &str, value: Value| -> Value {
        Value::Object([(name.to_owned(), value)].into_iter().collect())
    };
    let leaf = prop_oneof![
        any_value().prop_map(move |value| only("equals", value)),
        any::<bool>().prop_map(move |exists| only("exists", exists.into())),
        (0..4_u32).prop_map(move |count| only("count", count.into())),
        any_text().prop_map(move |text| only("contains", text.into())),
        any_text().prop_map(move |text| only("starts_with", text.into())),
        any_text().prop_map(move |text| only("ends_with", text.into())),
        Just(only("matches", "a.*b".into())),
        (-9..9_i32).prop_map(move |number| only("at_least", number.into())),
        (-9..9_i32).prop_map(move |number| only("at_most", number.into())),
        Just(only("type", "integer".into())),
    ];
    leaf.prop_recursive(5, 20, 4, move |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.clone().prop_map(move |inner| only("not", inner)),
            inner.clone().prop_map(move |inner| only("each", inner)),
            inner.clone().prop_map(move |inner| only("any", inner)),
            inner.prop_map(move |inner| only("contains", inner)),
            several
                .clone()
                .prop_map(move |several| only("one_of", several.into())),
            several.prop_map(|several| {
                let members = several.into_iter().filter_map(|value| match value {
                    Value::Object(members) => members.into_iter().next(),
                    _ => None,
                });
                Value::Object(members.collect())
            }),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{0,2}", ".{0,300}"]
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= 201 && !text.chars().any(char::is_control)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mismatches_are_short(predicate in any_predicate(), found in proptest::option::of(any_value())) {
        let predicate = parse(&predicate, Kind::Json).unwrap();
        if let Err(Mismatch { expected, found }) = predicate.check(found.as_ref()) {
            prop_assert!(is_short(&expected), "{}", expected);
            prop_assert!(is_short(&found), "{}", found);
        }
    }

    /// `not` is the opposite for every value.
    #[test]
    fn not(predicate in any_predicate(), found in any_value()) {
        let opposite = Value::Object([("not".to_owned(), predicate.clone())].into_iter().collect());
        let holds = |predicate| parse(predicate, Kind::Json).unwrap().check(Some(&found)).is_ok();
        prop_assert_ne!(holds(&predicate), holds(&opposite));
    }

    /// A value is equal to itself, and its parts are found in it.
    #[test]
    fn equality(value in any_value(), others in proptest::collection::vec(any_value(), 0..3)) {
        let only = |name: &str, value: Value| -> Value {
            Value::Object([(name.to_owned(), value)].into_iter().collect())
        };
        let equals = only("equals", value.clone());
        prop_assert!(parse(&equals, Kind::Json).unwrap().check(Some(&value)).is_ok());
        let contains = parse(&only("contains", equals), Kind::Json).unwrap();
        let mut items = others;
        items.push(value);
        prop_assert!(contains.check(Some(&items.into())).is_ok());
    }

    #[test]
    fn reading_never_panics(value in any_value()) {
        for kind in [Kind::Status, Kind::Seconds, Kind::Bytes, Kind::Count, Kind::Text, Kind::Digest, Kind::Json] {
            if let Ok(predicate) = parse(&value, kind) {
                let _: Result<(), Mismatch> = predicate.check(Some(&value));
                predicate.to_string();
            }
        }
    }
}
