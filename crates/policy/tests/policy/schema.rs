//! The schema agrees with the reader.

use http_step_policy::{Limits, Policy, schema};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{policy, said};

fn validator() -> Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// The place of a mapping of the schema: a file with such a mapping.
type Place = fn(Value) -> Value;

/// The mappings of the schema.
fn mappings() -> Vec<(Map<String, Value>, Place)> {
    let schema = schema();
    let of = |schema: &Value| schema["properties"].as_object().unwrap().clone();
    let named = |name: &str| of(&schema["$defs"][name]);
    vec![
        (of(&schema), |mapping| mapping),
        (named("RuleKeys"), |mut mapping| {
            if mapping.get("origin").is_none() {
                mapping["origin"] = json!("https://a.example");
            }
            json!({"allow": [mapping]})
        }),
        (named("TlsKeys"), |mapping| json!({"tls": mapping})),
        (named("ProxyKeys"), |mapping| json!({"proxies": mapping})),
        (named("SecretKeys"), |mut mapping| {
            for (key, value) in [
                ("from", json!("env:A")),
                ("origins", json!(["https://a.example"])),
            ] {
                if mapping.get(key).is_none() {
                    mapping[key] = value;
                }
            }
            json!({"secrets": {"A": mapping}})
        }),
        (named("FileKeys"), |mapping| json!({"files": mapping})),
        (named("LimitKeys"), |mapping| json!({"limits": mapping})),
    ]
}

/// Files with each key, from the examples of the schema.
fn examples() -> Vec<Value> {
    let mut files = Vec::new();
    for (properties, place) in mappings() {
        for (key, property) in properties {
            let examples = property["examples"].as_array();
            for example in examples.unwrap_or_else(|| panic!("`{key}` has no example")) {
                files.push(place(json!({key.as_str(): example})));
            }
        }
    }
    files
}

fn parse(file: &Value) -> Result<Policy, String> {
    Policy::parse(file.to_string().as_bytes(), "policy.yaml")
        .map_err(|diagnostics| diagnostics.to_string())
}

#[test]
fn is_up_to_date() {
    expect_test::expect_file!["../../../../docs/policy.schema.json"]
        .assert_eq(&format!("{:#}\n", schema()));
}

#[test]
fn has_its_own_name() {
    assert_eq!(schema()["$id"], "urn:http-step:schema:policy");
}

#[test]
fn documents_every_key() {
    for (properties, _) in mappings() {
        for (key, property) in properties {
            assert!(property["description"].is_string(), "{key}");
        }
    }
}

#[test]
fn examples_are_read_and_change_something() {
    let validator = validator();
    for file in examples() {
        let policy = parse(&file).unwrap_or_else(|diagnostics| panic!("{file}\n{diagnostics}"));
        assert_ne!(
            policy.explain(),
            policy_of_nothing(&file),
            "{file} changes nothing"
        );
        assert!(validator.is_valid(&file), "{file}");
    }
    for file in schema()["examples"].as_array().unwrap() {
        parse(file).unwrap();
        assert!(validator.is_valid(file), "{file}");
    }
}

/// The explanation of a policy without the key of the file.
fn policy_of_nothing(file: &Value) -> String {
    let secret = &file["secrets"]["A"];
    if secret.as_object().is_some_and(|keys| keys.len() > 2) {
        // The secret without its other keys.
        let secret = json!({"from": secret["from"], "origins": secret["origins"]});
        return parse(&json!({"secrets": {"A": secret}})).unwrap().explain();
    }
    match &file["allow"][0] {
        // The rule without its other keys.
        rule if rule.is_object() && rule.as_object().unwrap().len() > 1 => {
            parse(&json!({"allow": [rule["origin"]]}))
                .unwrap()
                .explain()
        }
        _ => policy("{}").explain(),
    }
}

#[test]
fn defaults_change_nothing() {
    for (properties, place) in mappings() {
        for (key, property) in properties {
            let Some(default) = property.get("default") else {
                continue;
            };
            let given = parse(&place(json!({key.as_str(): default}))).unwrap();
            let left_out = parse(&place(json!({}))).unwrap();
            assert_eq!(said(&given), said(&left_out), "{key}");
            assert_eq!(given.budgets(), &Limits::default(), "{key}");
        }
    }
}

#[test]
fn rejects_what_editors_can_detect() {
    let validator = validator();
    for wrong in [
        json!([]),
        json!({"alow": []}),
        json!({"public": "yes"}),
        json!({"allow": "https://a.example"}),
        json!({"allow": ["a.example"]}),
        json!({"allow": [{"methods": ["GET"]}]}),
        json!({"allow": [{"origin": "https://a.example", "methods": "GET"}]}),
        json!({"networks": "10.0.0.0/8"}),
        json!({"tls": {"min_version": "1.1"}}),
        json!({"tls": {"pinned_keys": ["sha256//abc"]}}),
        json!({"tls": {"steps_may": ["all"]}}),
        json!({"proxies": {"all": "proxy:3128"}}),
        json!({"proxies": {"resolve": "me"}}),
        json!({"secrets": []}),
        json!({"secrets": {"A": "env:A"}}),
        json!({"secrets": {"A": {"from": "env:A"}}}),
        json!({"secrets": {"A": {"origins": ["https://a.example"]}}}),
        json!({"secrets": {"A": {"from": "hunter2", "origins": ["https://a.example"]}}}),
        json!({"secrets": {"A": {"from": "env:A", "origins": []}}}),
        json!({"secrets": {"A": {"from": "env:A", "origins": "https://a.example"}}}),
        json!({"secrets": {"A": {"from": "env:A", "origins": ["https://a.example"], "places": []}}}),
        json!({"secrets": {"A": {"from": "env:A", "origins": ["https://a.example"], "places": ["cookie"]}}}),
        json!({"secrets": {"A": {"from": "env:A", "origins": ["https://a.example"], "path_prefix": "v1"}}}),
        json!({"limits": {"wall": 0}}),
        json!({"limits": {"memory": "64MB"}}),
        json!({"limits": {"requests": -1}}),
        json!({"limits": {"concurrent_requests": 0}}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
        assert!(parse(&wrong).is_err(), "{wrong}");
    }
}

/// A value that is valid for some key, or nearly.
fn value() -> impl Strategy<Value = Value> {
    let words = vec![
        "",
        "https://a.example",
        "*://a.example",
        "HTTP://[::1]:*",
        "GET",
        "10.0.0.0/8",
        "1.3",
        "verify-none",
        "socks5h://p",
        "*",
        "64MiB",
        "1 KiB",
        "host",
        "env:A",
        "vault:a/b",
        "/v1",
        "body",
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            json!(0),
            json!(3),
            json!(-1),
            json!(1.2),
            json!(1.3),
            json!(121),
            json!(1e9)
        ]),
        prop::sample::select(words).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(Value::from)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn accepts_what_the_reader_accepts(
        (properties, place) in prop::sample::select(mappings()),
        picks in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..3),
    ) {
        thread_local!(static VALIDATOR: Validator = validator());
        let keys: Vec<&String> = properties.keys().collect();
        let mapping: Map<String, Value> = picks
            .into_iter()
            .map(|(index, value)| ((*index.get(&keys)).clone(), value))
            .collect();
        let file = place(Value::Object(mapping));
        if parse(&file).is_ok() {
            let errors: Vec<String> = VALIDATOR.with(|validator| {
                validator.iter_errors(&file).map(|error| error.to_string()).collect()
            });
            prop_assert!(errors.is_empty(), "{file}: {errors:?}");
        }
    }
}
