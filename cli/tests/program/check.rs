//! `http-step check`.

use expect_test::expect;

use crate::http_step::http_step;

#[test]
fn no_mistakes() {
    let told = http_step("check step.yaml -")
        .file("step.yaml", "get: https://example.com/\n")
        .stdin("{\"url\": \"https://example.com/\"}")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        step.yaml: no mistakes
        standard input: no mistakes
    "#]]
    .assert_eq(&told);
}

#[test]
fn every_mistake_has_its_place() {
    let told = http_step("check a.yaml b.yaml missing.yaml -")
        .file(
            "a.yaml",
            "url: example.com\n\
             method: post\n\
             headers:\n\
             \x20 X A: b\n\
             tmeout: 3\n",
        )
        .file("b.yaml", "get: https://example.com/\n")
        .stdin("get: 1\n")
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        b.yaml: no mistakes
        --- stderr
        error: the step file has 4 mistakes
        a.yaml:1:6: `url`: the URL has no scheme; did you mean `https://…`?
        a.yaml:2:9: Wrong method given: 'post' is not known, did you mean `POST`?
        a.yaml:4:3: `headers.X A`: a header name has letters, digits and hyphens in it, not a space
        a.yaml:5:1: unknown key `tmeout`, did you mean `timeout`?
        error: missing.yaml: there is no such step file
        error: the step file has a mistake
        standard input:1:6: `get`: expected a URL, not a number
    "#]]
    .assert_eq(&told);
}
