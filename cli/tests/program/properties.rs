//! `-p` and `--properties`.

use expect_test::{Expect, expect};

use crate::http_step::{HttpStep, http_step};
use crate::server::{OK, Server};

/// The body that a step makes of the property `it`.
fn rendered(set_up: impl FnOnce(HttpStep) -> HttpStep) -> String {
    let server = Server::answering(OK);
    let step = http_step("run")
        .arg(&server.origin)
        .arg("--json")
        .arg(r#"["${{ property.it }}"]"#);
    let told = set_up(step).run();
    assert!(told.starts_with("exit code 0\n"), "{told}");
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
fn an_argument_is_text_and_goes_before_the_file() {
    let body = rendered(|step| {
        step.file("p.yaml", "it: 1\n")
            .arg("--properties=p.yaml")
            .arg("-pit=2")
            .arg("--property=it=true=false")
    });
    assert_eq!(body, r#"["true=false"]"#);
}

#[test]
fn a_key_of_json_is_as_long_as_it_likes() {
    let json = format!(r#"{{"{}": 0, "it": 1}}"#, "a".repeat(2000));
    let body = rendered(|step| step.file("p.json", json).arg("--properties=p.json"));
    assert_eq!(body, "[1]");
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
    let cases: [(Vec<u8>, Expect); 8] = [
        (
            b"- a\n".into(),
            expect![[r#"
                p: expected a mapping of property names to values, not a list
            "#]],
        ),
        (
            b"hello\n".into(),
            expect![[r#"
                p: expected a mapping of property names to values, not a string
            "#]],
        ),
        (
            b"a: 1\nb: [\n".into(),
            expect![[r#"
                p:2:4: this is neither JSON nor YAML: unclosed bracket '['
            "#]],
        ),
        (
            b"{\"a\": 1,\n \"b\" 2}".into(),
            expect![[r#"
                p:2:6: this is neither JSON nor YAML: invalid trailing content after double-quoted scalar
            "#]],
        ),
        (
            b"a: \xff\n".into(),
            expect![[r#"
                p: this is neither JSON nor YAML: input is not valid UTF-8
            "#]],
        ),
        (
            b"a: b\0\n".into(),
            expect![[r#"
                p:1:5: this is neither JSON nor YAML: unexpected character: `\u{0}'
            "#]],
        ),
        (
            b"a: 1\na: 2\n".into(),
            expect![[r#"
                p:2:1: this name is given already
            "#]],
        ),
        (
            format!("k0: &k0 x\n{bomb}").into(),
            expect![[r#"
                p:7:15: the file is too large, aliases (`*name`) written out
            "#]],
        ),
    ];
    for (content, expected) in cases {
        let told = http_step("run http://127.0.0.1:1/ --properties p")
            .file("p", content)
            .run();
        let refused = told.strip_prefix("exit code 2\n--- stderr\nerror: ");
        expected.assert_eq(refused.unwrap_or(&told));
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
