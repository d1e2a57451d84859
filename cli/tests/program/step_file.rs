//! Where a step file comes from.

use std::fs;

use expect_test::expect;

use crate::http_step::http_step;
use crate::server::{OK, Server};

#[test]
fn from_standard_input() {
    let server = Server::answering(OK);
    let told = http_step("run - --allow")
        .arg(&server.origin)
        .stdin(format!(
            "{{\"post\": \"{}/\", \"data\": \"text\"}}",
            server.origin
        ))
        .run();
    assert!(told.starts_with("exit code 0\n"), "{told}");
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 4

        text"#]]
    .assert_eq(&server.request());
}

#[test]
fn mistakes_in_standard_input() {
    let told = http_step("run -")
        .stdin("get: http://127.0.0.1/\nhead: 1\n")
        .run();
    expect![[r#"
        exit code 2
        --- stderr
        error: the step file has 2 mistakes
        standard input:2:1: `get` gives the URL already; leave out `get` or `head`
        standard input:2:7: `head`: expected a URL, not a number
    "#]]
    .assert_eq(&told);
}

#[test]
fn the_files_that_it_names_lie_beside_it() {
    let server = Server::answering(OK);
    let step = http_step("run steps/upload.yaml --allow").arg(&server.origin);
    let steps = step.directory().join("steps");
    fs::create_dir(&steps).unwrap();
    fs::write(steps.join("report.txt"), "all is well\n").unwrap();
    fs::write(
        steps.join("upload.yaml"),
        format!("post: {}/\nfiles: {{report: report.txt}}\n", server.origin),
    )
    .unwrap();
    let told = step.run();
    assert!(told.starts_with("exit code 0\n"), "{told}");
    assert!(server.request().contains("\nall is well\n"));
}

#[test]
fn a_file_elsewhere_is_not_sent() {
    let told = http_step("run step.yaml")
        .file(
            "step.yaml",
            "post: http://127.0.0.1/\nfiles: {report: /etc/hostname}\n",
        )
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the file `/etc/hostname` of `files` can't be read: its path is not relative to DIR
        --- stderr
        Requested (exception)
        error: the file `/etc/hostname` of `files` can't be read: its path is not relative to DIR
    "#]].assert_eq(&told);
}

#[test]
fn there_is_none() {
    let run = |path: &str| http_step("run").arg(path).run();
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.yaml: there is no such step file
    "#]]
    .assert_eq(&run("missing.yaml"));
    expect![[r#"
        exit code 2
        --- stderr
        error: ci.example.com/hooks: there is no such step file; if it is a URL, write `https://ci.example.com/hooks`
    "#]].assert_eq(&run("ci.example.com/hooks"));
    expect![[r#"
        exit code 2
        --- stderr
        error: 127.0.0.1:8080: there is no such step file; if it is a URL, write `http://127.0.0.1:8080`
    "#]].assert_eq(&run("127.0.0.1:8080"));
    expect![[r#"
        exit code 2
        --- stderr
        error: …@ci.example.com: there is no such step file
    "#]]
    .assert_eq(&run("joe:hunter2@ci.example.com"));
    #[cfg(unix)]
    expect![[r#"
        exit code 2
        --- stderr
        error: /: this is a directory, not a file
    "#]]
    .assert_eq(&run("/"));
}
