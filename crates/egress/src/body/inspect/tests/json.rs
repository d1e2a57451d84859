//! Valid JSON in which a value is whole, and other text.

use super::*;

/// Servers that read one text, whatever the type is, reject a second line and quote what is there.
#[test]
fn values_in_json_lines() {
    for content_type in [
        "application/jsonl",
        "application/ndjson",
        "application/x-jsonlines",
        "application/x-ndjson; charset=utf-8",
    ] {
        check(
            content_type,
            &[
                "[\"{}\"]",
                "{\"a\": \"{}\"}\n",
                "\t[\"{}\"] \r\n",
                "[\"{}\"]\r\n\n",
            ],
            &[
                "{\"a\":1}\n{\"pp\":\"{}\"}",
                "{\"a\": 1}\n{\"a\": \"{}\"}\n",
                "{\"a\": \"{}\"}\n{\"a\": 1}\n",
                "{\"a\": \"{}\"}\n1\n",
                "\r\n[\"{}\"]",
                "\n[\"{}\"]",
                "{\"a\":\n\"{}\"}",
                "{\"a\": \"{}\"\r}",
                "[\"{}\"] []",
                "\u{1e}[\"{}\"]",
                "[\"{}\"]\n{",
                "\"{}\"\n",
            ],
        );
    }
    for content_type in [
        "application/jsonl+json",
        "application/vnd.jsonl+json",
        "application/vnd.ndjson+json",
        "application/jsonlines",
        "text/jsonl",
        "text/x-ndjson",
    ] {
        for body in ["[\"{}\"]", "[]\n[\"{}\"]"] {
            assert!(!is_whole(content_type, body), "{content_type}: {body:?}");
        }
    }
}

#[test]
fn values_in_json() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
    ] {
        check(
            content_type,
            &[
                r#"{"a":"{}"}"#,
                r#"{"a": "b", "c": ["{}"], "d": [1, true, null, "\"\\", "é"]}"#,
                r#"[["{}"]]"#,
                r#"{"a": [[["{}"] ] ], "b": [[], [{"c": "{other}"}]]}"#,
                r#"["x", {"a": "{}", "b": ["{other}"]}]"#,
                "{\"a\": [true, false, null, 0, -1.5e+7, \"\\u00e9\\ud83d\\ude00\\/\\f\"], \"b\": \"{}\"} \r\n",
            ],
            &[
                "{}",
                r#"{"a":"x{}"}"#,
                r#"{"a":"{}x"}"#,
                r#"{"a":" {}"}"#,
                r#"{"a":"\"{}"}"#,
                r#"{"a":"{}\""}"#,
                r#"{"a":"\\\"{}"}"#,
                r#"{"a":"{}{other}"}"#,
                r#"{"a":"\u0020{}"}"#,
                // Servers join the items of a list, including nested lists.
                r#"["x", "{}"]"#,
                r#"["{}", "x"]"#,
                r#"{"a": ["{}", "{other}"]}"#,
                r#"[["{}"], "x"]"#,
                r#"["x", ["{}"]]"#,
                r#"["x", [[], "{}"]]"#,
                r#"[["x"], [[["{}"]]]]"#,
                r#"[1, "{}"]"#,
                r#"["{}", null]"#,
                r#"["{}", {"a": "b"}, 1.5e-7]"#,
                // Also nothing and objects: `,,VALUE`, `[object Object],VALUE`.
                r#"[[], [], "{}"]"#,
                r#"["{}", []]"#,
                r#"[[["{}"], []]]"#,
                r#"[[], ["{}"]]"#,
                r#"{"a": [{"b": "x"}, "{}"]}"#,
                r#"{"a": [["{}"], { }]}"#,
                // They join the values of fields with the same name, some of which are lists.
                r#"{"a": "x", "a": "{}"}"#,
                r#"{"a": "{}", "A": "x"}"#,
                r#"{"a": ["{}"], "b": 1, "\u0061": ["x"]}"#,
                r#"{"a": [["x"]], "a": "{}"}"#,
                // They sort names.
                r#"{"{}": 1}"#,
                // Some servers read any body as a form.
                r#"{"a": "&q=x", "b": "{}"}"#,
                r#"{"a": "&q;=x", "b": "{}"}"#,
                r#"{"a": "http://a.test/?b=c&d=x", "b": "{}"}"#,
                r#"{"a": ";q=x", "b": "{}"}"#,
                r#"{"a": "&q=x;y", "b": "{}"}"#,
                r#"{"a": "&;q=x", "b": "{}"}"#,
                r#"{"a":{}}"#,
                // Some servers interpret this differently.
                r#"{'x "{}" y': 1}"#,
                r#"{"a": 'x', "b": "{}"}"#,
                r#"{"a": "{}" "x"}"#,
                r#"["x" + "{}"]"#,
                r#"{"a": "{}" + "x"}"#,
                r#"{"a": /* " */ "{}"}"#,
                r#"{"a": "x
                    ", "b": "{}"}"#,
                r#"`"{}"`"#,
                "\u{feff}[\"{}\"]",
                r#"["{}"] ["x"]"#,
                r#"["{}"}"#,
                // Parsers quote the text at an error, so it would end in the middle of the value.
                r#""{}""#,
                "[]\n[\"{}\"]",
                "-\n[\"{}\"]",
                "1\n\"{}\"",
                r#"{"a": nul, "b": "{}"}"#,
                r#"{"a": "{}", "b": True}"#,
                r#"{"a": 01, "b": "{}"}"#,
                r#"{"a": "{}", "b": 1.}"#,
                r#"{"a": "\q", "b": "{}"}"#,
                r#"{"a": "\u12x4", "b": "{}"}"#,
                r#"{"a": "{}", "b": "\u0000"}"#,
                r#"{"a": "{}", "b": "\ud83d"}"#,
                r#"{"a": "{}", "b": "\ude00"}"#,
                r#"{"a": "{}", "b": "\ud83d\u0041"}"#,
                r#"{"a": "{}""#,
                r#"{"a": "{}", "b": "#,
                r#"{"a": "{}", "b": "x"#,
                r#"["{}"]["#,
                r#"["{}"],"#,
            ],
        );
    }
    let json = "application/json";
    let secrets = secrets();
    let handle = secrets.handle("TOKEN").unwrap().unwrap();
    let mut header = HeaderMap::new();
    header.insert(CONTENT_TYPE, HeaderValue::from_static(json));
    for bytes in [
        &b"\xff"[..],
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc3",
        b"\x80",
    ] {
        let start = format!("[{{\"a\": \"{handle}\", \"b\": \"");
        let body = [start.as_bytes(), bytes, b"\"}]"].concat();
        let found = read_in(&header, &secrets, &body, 3).found;
        let last = found.last().map(|it| &it.placement);
        assert_eq!(last, Some(&OwnedPlacement::Composed), "{bytes:?}");
    }
    let deep = format!("{}\"{{}}\"", "[".repeat(100_000));
    assert!(!is_whole("application/json", &deep));
}
