//! Output that is not read.

use std::io;

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{CLOSED_PORT, OK, Server};

/// With a closed reader of the output.
fn unread(step: HttpStep) -> String {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    step.stdout(writer).run()
}

#[test]
fn a_closed_reader_changes_nothing() {
    for arguments in [
        "schema",
        "completions bash",
        "--help",
        "run --help",
        "--version",
    ] {
        assert_eq!(unread(http_step(arguments)), "exit code 0\n", "{arguments}");
    }
    let server = Server::answering(OK);
    for format in ["json", "ndjson"] {
        let step = http_step("run --format").arg(format).arg(&server.origin);
        assert_eq!(unread(step), "exit code 0\n", "{format}");
    }
    expect![[r#"
        exit code 0
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&unread(http_step("run").arg(&server.origin)));
    expect![[r#"
        exit code 4
        --- stderr
        Requested (exception)
        error: could not connect to http://127.0.0.1:1: connection refused
    "#]]
    .assert_eq(&unread(http_step("run").arg(CLOSED_PORT)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = |arguments: &str| {
        let disk = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        http_step(arguments).stdout(disk).run()
    };
    expect![[r#"
        exit code 4
        --- stderr
        error: the output can't be written: No space left on device (os error 28)
    "#]]
    .assert_eq(&full("schema"));
    let server = Server::answering(OK);
    expect![[r#"
        exit code 4
        --- stderr
        Status code: 200
        error: the output can't be written: No space left on device (os error 28)
    "#]]
    .assert_eq(&full(&format!("run {}", server.origin)));
}
