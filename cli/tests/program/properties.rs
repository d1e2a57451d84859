//! `-p` and `--properties`.

use expect_test::{Expect, expect};

use crate::http_step::{HttpStep, http_step};
use crate::server::{OK, Server};

/// The body of a step that sends the property `it`.
fn rendered(set_up: impl FnOnce(HttpStep) -> HttpStep) -> String {
    let server = Server::answering(OK);
    let step = http_step("run")
        .arg(&server.origin)
        .arg("--json")
        .arg(r#"["${{ property.it }}"]"#);
    let output = set_up(step).run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    server.request().lines().last().unwrap().to_owned()
}

#[test]
fn a_file_keeps_types() {
    let json = r#"{"it": {"a": [1, true, null, "é"]}}"#;
    let yaml = "it:\n  a: [1, true, null, é]\n";
    for (name, content) in [("p.json", json), ("p.yaml", yaml)] {
        let body = rendered(|step| step.file(name, content).arg("--properties").arg(name));
        assert_eq!(body, r#"[{"a":[1,true,null,"é"]}]"#, "{name}");
    }
}

#[test]
fn an_argument_is_text_and_overrides_the_file() {
    let body = rendered(|step| {
        step.file("p.yaml", "it: 1\n")
            .arg("--properties=p.yaml")
            .arg("-pit=2")
            .arg("--property=it=true=false")
    });
    assert_eq!(body, r#"["true=false"]"#);
}

#[test]
fn a_key_of_json_can_be_long() {
    let json = format!(r#"{{"{}": 0, "it": 1}}"#, "a".repeat(2000));
    let body = rendered(|step| step.file("p.json", json).arg("--properties=p.json"));
    assert_eq!(body, "[1]");
}

/// All files are read alike: the core schema of YAML 1.2, with preserved digits.
#[test]
fn a_file_is_read_as_step_files_are() {
    for (yaml, value, text) in [
        ("no", r#""no""#, "no"),
        ("on", r#""on""#, "on"),
        ("0123", "123", "0123"),
        ("1_000", r#""1_000""#, "1_000"),
        ("0b10110", r#""0b10110""#, "0b10110"),
        ("1.10", "1.10", "1.10"),
        ("+15551234567", "15551234567", "+15551234567"),
        ("-0", "-0", "-0"),
        (".5", "0.5", ".5"),
        ("1.", "1.0", "1."),
        ("0x1F", "31", "0x1F"),
        ("0o17", "15", "0o17"),
        ("1e400", "1e400", "1e400"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
        ("~", "null", ""),
        ("NULL", "null", ""),
        ("True", "true", "true"),
        ("'1.10'", r#""1.10""#, "1.10"),
    ] {
        let server = Server::answering(OK);
        let output = http_step("run --properties p.yaml")
            .file("p.yaml", format!("it: {yaml}\n"))
            .arg(&server.origin)
            .arg("--json")
            .arg(r#"["${{ property.it }}", "<${{ property.it }}>"]"#)
            .run();
        assert!(output.starts_with("exit code 0\n"), "{output}");
        let body = server.request().lines().last().unwrap().to_owned();
        assert_eq!(body, format!(r#"[{value},"<{text}>"]"#), "{yaml}");
    }
}

#[test]
fn an_empty_file_has_none() {
    for content in ["", "# none yet\n", "---\n", "{}"] {
        assert_eq!(rendered_default(content), "[7]", "{content}");
    }
}

/// The body of a step that sends a property which the file does not have.
fn rendered_default(content: &str) -> String {
    let server = Server::answering(OK);
    let output = http_step("run --properties p")
        .file("p", content)
        .arg(&server.origin)
        .arg("--json")
        .arg(r#"["${{ property.it | default(7) }}"]"#)
        .run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    server.request().lines().last().unwrap().to_owned()
}

#[test]
fn bad_files() {
    let bomb: String = (1..=8)
        .map(|n| {
            format!(
                "k{n}: &k{n} [{}]\n",
                vec![format!("*k{}", n - 1); 10].join(", ")
            )
        })
        .collect();
    let cases: [(Vec<u8>, Expect); 11] = [
        (
            b"- a\n".into(),
            expect![[r#"
                the file of properties has an error
                p:1:1: expected a mapping of property names to values, not a list
            "#]],
        ),
        (
            b"hello\n".into(),
            expect![[r#"
                the file of properties has an error
                p:1:1: expected a mapping of property names to values, not a string
            "#]],
        ),
        (
            b"a: 1\nb: [\n".into(),
            expect![[r#"
                the file of properties has an error
                p:2:4: this `[` is never closed
            "#]],
        ),
        (
            b"{\"a\": 1,\n \"b\" 2}".into(),
            expect![[r#"
                the file of properties has an error
                p:2:6: text after the closing quote; is a `,` or `:` missing, or a `\` before a `"`?
            "#]],
        ),
        (
            b"a: \xff\n".into(),
            expect![[r#"
                the file of properties has an error
                p:1:4: invalid UTF-8; save the file as UTF-8
            "#]],
        ),
        (
            b"a: b\0\n".into(),
            expect![[r#"
                the file of properties has an error
                p:1:5: a file of properties can't contain a NUL byte
            "#]],
        ),
        (
            b"a: 1\na: 2\n".into(),
            expect![[r#"
                the file of properties has an error
                p:2:1: duplicate key `a`; the first is at 1:1
            "#]],
        ),
        (
            b"a: 1\n---\nb: 2\n".into(),
            expect![[r#"
                the file of properties has an error
                p:2:1: a second document starts here; a file of properties must be a single document
        "#]],
        ),
        (
            b"a: .inf\nb: !env HOME\n".into(),
            expect![[r#"
                the file of properties has an error
                p:2:9: unknown tag `!env`; quote text that starts with `!`
        "#]],
        ),
        (
            b"a: {200: ok}\nb: [.nan]\n".into(),
            expect![[r#"
                the file of properties has 2 errors
                p:1:5: a key must be a string: write `"200"`
                p:2:5: `.nan` is not a finite number; quote it if it is text
        "#]],
        ),
        (
            format!("k0: &k0 x\n{bomb}").into(),
            expect![[r#"
                the file of properties has an error
                p:7:45: the file has more than 1000000 values, with aliases (`*name`) expanded
            "#]],
        ),
    ];
    for (content, expected) in cases {
        let output = http_step("run http://127.0.0.1:1/ --properties p")
            .file("p", content)
            .run();
        let refused = output.strip_prefix("exit code 2\n--- stderr\nerror: ");
        expected.assert_eq(refused.unwrap_or(&output));
    }
}

#[test]
fn no_file() {
    let run = |path: &str| {
        http_step("run http://127.0.0.1:1/ --properties")
            .arg(path)
            .run()
    };
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.yaml: there is no such file
    "#]]
    .assert_eq(&run("missing.yaml"));
    #[cfg(unix)]
    expect![[r#"
        exit code 2
        --- stderr
        error: /: this is a directory, not a file
    "#]]
    .assert_eq(&run("/"));
}
