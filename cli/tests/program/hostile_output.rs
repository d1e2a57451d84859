//! What servers send is text to be shown, not to be obeyed by a terminal.

use expect_test::expect;

use crate::http_step::http_step;
use crate::server::Server;

/// A header and a body that clear the screen, set the title and overwrite lines;
/// with the one-character form of `ESC [`, too.
const HOSTILE: &str = "HTTP/1.1 200 OK\r\n\
    x-colour: \u{9b}31m\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 39\r\n\r\n\
    \u{1b}[2J\u{1b}]0;title\u{7}a\u{8}b\u{7f}\u{9b}31mred\rover\r\nend\t.\n";

fn told(format: &str) -> String {
    let server = Server::answering(HOSTILE);
    http_step("run --format")
        .arg(format)
        .arg(&server.origin)
        // Where colours are wanted, everything would go through.
        .env("CLICOLOR_FORCE", "1")
        .word(&server.origin, "ORIGIN")
        .run()
}

#[test]
fn text_shows_control_characters() {
    let told = told("text");
    let ours = told
        .replace("\u{1b}[36m", "")
        .replace("\u{1b}[31m", "")
        .replace("\u{1b}[1m\u{1b}[32m", "")
        .replace("\u{1b}[0m", "");
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to ORIGIN
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/
        Status: 200
        Response Headers:
        	x-colour: \u{9b}31m
        	content-type: text/plain; charset=utf-8
        	content-length: 39
         ------ Content ------
        ␛[2J␛]0;title␇a␈b␡\u{9b}31mred␍over
        end	.
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&ours);
}

#[test]
fn json_escapes_them() {
    for format in ["json", "ndjson"] {
        let told = told(format);
        let raw = told.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{told}");
        assert!(
            told.contains(r"\u001b[2J\u001b]0;title\u0007a\bb\u007f\u009b31mred\rover\r\nend\t.\n"),
            "{told}"
        );
    }
}

#[test]
fn a_message_shows_them() {
    let told = http_step("run").arg("a\u{1b}[2J").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: a␛[2J: there is no such step file
    "#]]
    .assert_eq(&told);
}
