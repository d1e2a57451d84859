//! The claims of `docs/expectations.md`.

// So that clippy knows that helpers, too, may unwrap.
#![cfg(test)]

use std::collections::BTreeSet;

use http_step_expect::{Kind, Predicate, PredicateError, parse};
use http_step_json::Value;

const DOCS: &str = include_str!("../../../docs/expectations.md");

/// The keys of `expect`, and the predicate that counts items.
const KEYS: [(&str, Kind); 11] = [
    ("status", Kind::Status),
    ("duration", Kind::Seconds),
    ("size", Kind::Bytes),
    ("redirects", Kind::Count),
    ("certificate.days_left", Kind::Count),
    ("count", Kind::Count),
    ("headers", Kind::Text),
    ("url", Kind::Text),
    ("body", Kind::Text),
    ("sha256", Kind::Digest),
    ("jsonpath", Kind::Json),
];

fn yaml(text: &str) -> Value {
    const KIND: http_step_yaml::Kind = http_step_yaml::Kind {
        noun: "predicate",
        longest: 1 << 16,
        most_values: 1000,
        smallest: None,
    };
    let read = http_step_yaml::read(text.as_bytes(), &KIND, |root, _| Ok(root.to_json()));
    read.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The rows of all tables whose first column has this name.
fn rows(column: &str) -> Vec<Vec<&'static str>> {
    let mut rows = Vec::new();
    let mut is_in_table = false;
    for line in DOCS.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", first, ..] if *first == column => is_in_table = true,
            ["", first, ..] if first.starts_with("---") => {}
            ["", cells @ .., ""] if is_in_table => rows.push(cells.to_vec()),
            _ => is_in_table = false,
        }
    }
    rows
}

/// The texts in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The values of a cell: JSON in backticks, and `nothing`.
fn values(cell: &str) -> Vec<Option<Value>> {
    let values = cell.split('`').enumerate().flat_map(|(at, part)| {
        if at % 2 == 1 {
            return Some(Some(
                part.parse()
                    .unwrap_or_else(|error| panic!("{part}: {error}")),
            ));
        }
        match part.trim_matches([',', ' ']) {
            "" => None,
            "nothing" => Some(None),
            other => panic!("{other} in {cell}"),
        }
    });
    values.collect()
}

fn kind(key: &str) -> Kind {
    let found = KEYS.iter().find(|(known, _)| *known == key);
    found.unwrap_or_else(|| panic!("{key}")).1
}

/// Check the last cells of a row.
fn check(predicate: &Predicate, row: &[&str]) {
    let [_, _, holds, fails] = row else {
        panic!("{row:?}");
    };
    for value in values(holds) {
        if let Err(mismatch) = predicate.check(value.as_ref()) {
            panic!("{row:?}: {mismatch}");
        }
    }
    for value in values(fails) {
        assert!(
            predicate.check(value.as_ref()).is_err(),
            "{row:?}: {value:?}"
        );
    }
}

fn read(text: &str, value: &Value, kind: Kind) -> Predicate {
    parse(value, kind).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn predicates() {
    let rows = rows("predicate");
    assert_eq!(rows.len(), 36);
    let mut names = BTreeSet::new();
    for row in rows {
        let [text] = code(row[0])[..] else {
            panic!("{row:?}");
        };
        let value = yaml(text);
        if let Value::Object(members) = &value {
            names.extend(members.keys().cloned());
        }
        check(&read(text, &value, Kind::Json), &row);
    }
    assert_eq!(names, known(Kind::Json));
}

#[test]
fn expectations() {
    let rows = rows("expectation");
    assert_eq!(rows.len(), 20);
    for row in rows {
        let [text] = code(row[0])[..] else {
            panic!("{row:?}");
        };
        let Value::Object(members) = yaml(text) else {
            panic!("{text}");
        };
        for (key, value) in &members {
            check(&read(text, value, kind(key)), &row);
        }
    }
}

/// The predicates of a kind, by the message for an unknown one.
fn known(kind: Kind) -> BTreeSet<String> {
    let PredicateError { message, .. } = parse(&yaml("{xyzzy: 1}"), kind).unwrap_err();
    let names = message.strip_prefix("unknown predicate `xyzzy`; the predicates are ");
    let names = names
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .replace(" and ", ", ");
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn kinds() {
    let mut keys = BTreeSet::new();
    for row in rows("keys") {
        let predicates: BTreeSet<_> = code(row[2]).into_iter().map(str::to_owned).collect();
        for key in code(row[0]) {
            assert_eq!(predicates, known(kind(key)), "{key}");
            keys.insert(key);
        }
    }
    assert_eq!(keys, KEYS.map(|(key, _)| key).into());
}

#[test]
fn limits() {
    let pattern = |length| {
        Value::Object(
            [("matches".to_owned(), "a".repeat(length).into())]
                .into_iter()
                .collect(),
        )
    };
    assert!(parse(&pattern(512), Kind::Text).is_ok());
    assert!(parse(&pattern(513), Kind::Text).is_err());
    let nested = |depth| yaml(&format!("{}a{}", "{not: ".repeat(depth), "}".repeat(depth)));
    assert!(parse(&nested(16), Kind::Text).is_ok());
    assert!(parse(&nested(17), Kind::Text).is_err());
}
