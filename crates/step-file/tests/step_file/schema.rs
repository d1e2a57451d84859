//! The schema agrees with the reader.

use http_step_file::{StepFile, schema};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn validator() -> Validator {
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap()
}

fn properties() -> Map<String, Value> {
    schema()["properties"].as_object().unwrap().clone()
}

fn examples() -> Vec<(String, Value)> {
    properties()
        .into_iter()
        .flat_map(|(key, property)| {
            let examples = property["examples"].as_array().cloned();
            examples
                .unwrap_or_else(|| panic!("`{key}` has no example"))
                .into_iter()
                .map(move |example| (key.clone(), example))
        })
        .collect()
}

/// A file with a key, and with a URL unless the key is one.
fn file(key: &str, value: &Value) -> Value {
    const URLS: [&str; 8] = [
        "url", "get", "post", "put", "delete", "head", "options", "patch",
    ];
    let mut file = json!({key: value});
    if !URLS.contains(&key) {
        file["url"] = json!("https://a/");
    }
    if ["every", "within"].contains(&key) {
        file["until"] = json!({"status": 200});
    }
    file
}

/// The step of a file in which the key is null.
fn without(key: &str) -> StepFile {
    match key {
        "every" | "within" => parse(&file(key, &Value::Null)).unwrap(),
        _ => StepFile::new("https://a/"),
    }
}

/// Without the positions of expectations.
fn parse(file: &Value) -> Result<StepFile, String> {
    let mut step = StepFile::parse(file.to_string().as_bytes())
        .map_err(|diagnostics| diagnostics.to_string())?;
    for expectation in &mut step.expectations {
        expectation.at = None;
    }
    Ok(step)
}

#[test]
fn is_up_to_date() {
    expect_test::expect_file!["../../../../docs/step-file.schema.json"]
        .assert_eq(&format!("{:#}\n", schema()));
}

#[test]
fn documents_every_key() {
    for (key, property) in properties() {
        assert!(property["description"].is_string(), "{key}");
    }
}

#[test]
fn each_key_is_read() {
    for (key, example) in examples() {
        let step = parse(&file(&key, &example)).unwrap();
        assert_ne!(step, without(&key), "{key} changes nothing");
    }
}

#[test]
fn no_other_key_is_read() {
    let keys: Vec<String> = properties().into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        parse(&file("no such key", &json!(1))).unwrap_err(),
        format!(
            "1:2: unknown key `no such key`; the keys are {}",
            keys.join(", ")
        )
    );
}

#[test]
fn defaults_change_nothing() {
    for (key, property) in properties() {
        if let Some(default) = property.get("default") {
            let step = parse(&file(&key, default)).unwrap();
            assert_eq!(step, without(&key), "{key}");
        }
    }
}

#[test]
fn accepts_its_examples() {
    let validator = validator();
    for example in schema()["examples"].as_array().unwrap() {
        parse(example).unwrap();
        assert!(validator.is_valid(example));
    }
    for (key, example) in examples() {
        let file = file(&key, &example);
        assert!(validator.is_valid(&file), "{file}");
    }
}

#[test]
fn rejects_what_editors_can_detect() {
    let validator = validator();
    for wrong in [
        json!({}),
        json!([]),
        json!({"url": 5}),
        json!({"url": "a.example/hooks"}),
        json!({"url": "localhost:8080"}),
        json!({"url": "ftp://a/"}),
        json!({"url": "//a/"}),
        json!({"get": "${ property.url }"}),
        json!({"url": "https://a/", "get": "https://a/"}),
        json!({"put": "https://a/", "post": "https://a/"}),
        json!({"put": "https://a/", "method": "PUT"}),
        json!({"url": "https://a/", "json": {}, "data": {}}),
        json!({"url": "https://a/", "json": 0, "data": "text"}),
        json!({"url": "https://a/", "json": [], "files": {"a": "b"}}),
        json!({"url": "https://a/", "files": ["a"]}),
        json!({"url": "https://a/", "files": [["a", "b", "c"]]}),
        json!({"url": "https://a/", "header": {}}),
        json!({"url": "https://a/", "method": "post"}),
        json!({"url": "https://a/", "headers": "text"}),
        json!({"url": "https://a/", "params": {"a": {}}}),
        json!({"url": "https://a/", "timeout": 0}),
        json!({"url": "https://a/", "timeout": {"conect": 1}}),
        json!({"url": "https://a/", "stream": "yes"}),
        json!({"url": "https://a/", "cert": ["a"]}),
        json!({"url": "https://a/", "proxies": {"ftp": "http://a"}}),
        json!({"url": "https://a/", "proxies": {"all": "ftp://a"}}),
        json!({"url": "https://a/", "tls": {"min_version": "1.1"}}),
        json!({"url": "https://a/", "auth": {"basic": {}}}),
        json!({"url": "https://a/", "auth": {"hmac": {"secret": "k"}}}),
        json!({"url": "https://a/", "auth": {"hmac": {"secret": "k", "form": "github", "header": "X"}}}),
        json!({"url": "https://a/", "auth": {"hmac": {"secret": "k", "form": "gitlab"}}}),
        json!({"url": "https://a/", "auth": {"aws-sigv4": {"region": "eu-west-1"}}}),
        json!({"url": "https://a/", "auth": {"digest": ["u"]}}),
        json!({"url": "https://a/", "auth": {"digest": {"user": "u", "password": "p"}}}),
        json!({"url": "https://a/", "auth": {"oauth2": {"token_url": "https://a", "client_id": "c"}}}),
        json!({"url": "https://a/", "hide_request_headers": "Authorization"}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
        assert!(parse(&wrong).is_err(), "{wrong}");
    }
}

/// Null is the same as leaving a key out, and a URL can start with an expression.
#[test]
fn accepts_null_and_expressions() {
    let validator = validator();
    for right in [
        json!({"url": "https://a/", "get": null, "method": "PUT"}),
        json!({"url": null, "get": "https://a/", "method": null}),
        json!({"url": "https://a/", "json": null, "data": "text"}),
        json!({"url": "https://a/", "json": 1, "data": null, "files": null}),
        json!({"url": "HTTP://a/"}),
        json!({"url": "${{ property.url }}"}),
        json!({"url": "http${{ property.tls | default(\"s\") }}://a/"}),
        json!({"url": "https:/${{ property.rest }}"}),
    ] {
        parse(&right).unwrap();
        assert!(validator.is_valid(&right), "{right}");
    }
}

#[test]
fn has_its_own_name() {
    assert_eq!(schema()["$id"], "urn:http-step:schema:step-file");
}

/// A value that is valid for some key, or nearly.
fn value() -> impl Strategy<Value = Value> {
    let words: Vec<&str> = vec![
        "",
        "https://a/",
        "http://a",
        "GET",
        "a",
        "a:b",
        "${{ property.a }}",
        "x${{ secret.B }}",
        "${{",
        "http",
        "socks5://a",
        "all://a",
        "min_version",
        "pinned_keys",
        "1.3",
        "basic",
        "bearer",
        "digest",
        "hmac",
        "secret",
        "form",
        "github",
        "header",
        "encoding",
        "username",
        "password",
        "path",
        "content",
        "filename",
        "content_type",
        "headers",
        "connect",
        "read",
        "total",
        "A b",
        "a\n",
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![
            json!(0),
            json!(3),
            json!(-1),
            json!(2.5),
            json!(1001),
            json!(1e9),
            json!(1.2)
        ]),
        prop::sample::select(words.clone()).prop_map(Value::from),
        prop::sample::select(examples()).prop_map(|(_, example)| example),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(words.clone()), inner), 0..4).prop_map(
                |entries| {
                    let entries = entries
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value));
                    Value::Object(entries.collect())
                }
            ),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn accepts_what_the_reader_accepts(
        key in prop::sample::select(properties().into_iter().map(|(key, _)| key).collect::<Vec<_>>()),
        value in value(),
        // Beside another key, whether or not that is allowed there.
        other in prop::sample::select(properties().into_iter().map(|(key, _)| key).collect::<Vec<_>>()),
        other_value in value(),
    ) {
        thread_local!(static VALIDATOR: Validator = validator());
        let mut file = file(&key, &value);
        file[&other] = other_value;
        if parse(&file).is_ok() {
            let errors: Vec<String> = VALIDATOR.with(|validator| {
                validator.iter_errors(&file).map(|error| error.to_string()).collect()
            });
            prop_assert!(errors.is_empty(), "{file}: {errors:?}");
        }
    }
}
