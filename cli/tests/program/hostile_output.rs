//! Servers send text that is shown, not obeyed by a terminal or a CI system.

use expect_test::expect;
use serde_json::Value;

use crate::http_step::http_step;
use crate::server::{NOT_FOUND, Server};

/// A header and a body that clear the screen, set the title and overwrite lines; also with the
/// one-character form of `ESC [`.
const HOSTILE: &str = "HTTP/1.1 200 OK\r\n\
    x-colour: \u{9b}31m\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 39\r\n\r\n\
    \u{1b}[2J\u{1b}]0;title\u{7}a\u{8}b\u{7f}\u{9b}31mred\rover\r\nend\t.\n";

fn output(format: &str) -> String {
    let server = Server::answering(HOSTILE);
    http_step("run --format")
        .arg(format)
        .arg(&server.origin)
        // With colours, everything would be passed through.
        .env("CLICOLOR_FORCE", "1")
        .word(&server.origin, "ORIGIN")
        .run()
}

#[test]
fn text_shows_control_characters() {
    let output = output("text");
    let ours = output
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
        let output = output(format);
        let raw = output.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{output}");
        assert!(
            output
                .contains(r"\u001b[2J\u001b]0;title\u0007a\bb\u007f\u009b31mred\rover\r\nend\t.\n"),
            "{output}"
        );
    }
}

#[test]
fn a_message_shows_them() {
    let output = http_step("run").arg("a\u{1b}[2J").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: a␛[2J: there is no such step file
    "#]]
    .assert_eq(&output);
}

/// A header and a body that look different from what they are, and that contain commands to CI
/// systems.
fn commanding() -> Server {
    let body = "::add-mask::hello\n\t ::error::x\r\n::stop-commands::x\na ##[error]x\n\
        ##vso[task.setvariable variable=a]b\na ##TeamCity[buildStop]\n\
        section_start:1:a\r\u{1b}[0Kx\n--- a\n+++ b\nadmin\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\n\
        [::1]: a::b\n\\u{3a}\n\u{200b}::x::";
    Server::answering(format!(
        "HTTP/1.1 200 OK\r\nx-a: ::error::x ##[error]x\r\n\
         content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

#[test]
fn text_shows_commands_to_ci_systems() {
    let server = commanding();
    let output = http_step("run")
        .arg(&server.origin)
        .word(&server.origin, "ORIGIN")
        .run();
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
        	x-a: ::error::x ##\u{5b}error]x
        	content-type: text/plain; charset=utf-8
        	content-length: 209
         ------ Content ------
        :\u{3a}add-mask::hello
        	 :\u{3a}error::x
        :\u{3a}stop-commands::x
        a ##\u{5b}error]x
        ##vso\u{5b}task.setvariable variable=a]b
        a ##TeamCity\u{5b}buildStop]
        section_start\u{3a}1:a␍␛[0Kx
        ---\u{20}a
        +++\u{20}b
        admin\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}
        [::1]: a::b
        \u\u{7b}3a}
        \u{200b}::x::
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&output);
}

#[test]
fn json_escapes_commands() {
    for (format, log) in [("json", "/log/4/text"), ("ndjson", "/text")] {
        let server = commanding();
        let output = http_step("run --format")
            .arg(format)
            .arg(&server.origin)
            .run_for_stdout();
        let lower = output.to_lowercase();
        for command in ["##[", "##vso[", "##teamcity[", "section_start:"] {
            assert!(!lower.contains(command), "{output}");
        }
        assert!(
            output.contains(
                r"\u003a:add-mask::hello\n\t \u003a:error::x\r\n\u003a:stop-commands::x\na \u0023#[error]x\n\u0023#vso[task"
            ),
            "{output}"
        );
        assert!(
            output.contains(r"admin\u202e\u2066\u200b\ufeff\udb40\udc41\n[::1]: a::b"),
            "{output}"
        );
        // A reader of the JSON gets the text.
        let content = output.lines().map(|line| match format {
            "json" => output.as_str(),
            _ => line,
        });
        let content = content
            .filter_map(|json| {
                serde_json::from_str::<Value>(json)
                    .unwrap()
                    .pointer(log)
                    .cloned()
            })
            .find(|text| text.as_str().unwrap().contains("add-mask"))
            .unwrap();
        let content = content.as_str().unwrap();
        assert!(
            content.starts_with(
                "::add-mask::hello\n\t ::error::x\r\n::stop-commands::x\na ##[error]x\n##vso["
            ),
            "{content}"
        );
    }
}

/// How GitHub's runner reads standard output: the commands that it obeys
/// (`ActionCommand.TryParseV2` and `TryParse`, `ActionCommandManager.TryProcessCommand`).
fn obeyed_by_github(output: &str) -> Vec<String> {
    let mut obeyed = Vec::new();
    let mut stopped_until: Option<String> = None;
    for line in output.lines() {
        let by_colons = line.trim_start().strip_prefix("::");
        let by_colons = by_colons.and_then(|rest| rest.split_once("::"));
        let by_bracket = line.split_once("##[");
        let by_bracket = by_bracket.and_then(|(_, rest)| rest.split_once(']'));
        let Some((info, data)) = by_colons.or(by_bracket) else {
            continue;
        };
        let command = info.split(' ').next().unwrap().to_lowercase();
        match &stopped_until {
            Some(token) if command == *token => stopped_until = None,
            Some(_) => {}
            None if command == "stop-commands" => stopped_until = Some(data.to_lowercase()),
            None => obeyed.push(line.to_owned()),
        }
    }
    assert_eq!(stopped_until, None, "commands are stopped in the end");
    obeyed
}

/// Standard output, with the token of this run replaced by `TOKEN`; and the token.
fn under_github(output: &str) -> (String, String) {
    let (_, rest) = output.split_once("\n::stop-commands::").unwrap();
    let (token, _) = rest.split_once('\n').unwrap();
    assert_eq!(token.len(), 32, "{token}");
    assert!(
        token.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{token}"
    );
    (output.replace(token, "TOKEN"), token.to_owned())
}

#[test]
fn under_github_commands_are_stopped_around_the_log() {
    let run = |origin: &str| {
        http_step("run")
            .arg(origin)
            .env("GITHUB_ACTIONS", "true")
            .word(origin, "ORIGIN")
            .run()
    };
    let server = commanding();
    let (output, token) = under_github(&run(&server.origin));
    expect![[r#"
        exit code 0
        --- stdout

        ::stop-commands::TOKEN
        Performing GET request to ORIGIN
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/
        Status: 200
        Response Headers:
        	x-a: ::error::x ##[error]x
        	content-type: text/plain; charset=utf-8
        	content-length: 209
         ------ Content ------
        ::add-mask::hello
        	 ::error::x
        ::stop-commands::x
        a ##[error]x
        ##vso[task.setvariable variable=a]b
        a ##TeamCity[buildStop]
        section_start:1:a␍␛[0Kx
        --- a
        +++ b
        admin\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}
        [::1]: a::b
        \u\u{7b}3a}
        \u{200b}::x::
        ::TOKEN::
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&output);
    let (again, other) = under_github(&run(&server.origin));
    assert_eq!(again, output);
    assert_ne!(token, other);
    let stdout = output.split("--- stderr").next().unwrap();
    assert_eq!(obeyed_by_github(stdout), Vec::<String>::new());
}

#[test]
fn under_github_errors_are_annotations() {
    let server = Server::answering(NOT_FOUND);
    let output = http_step("run")
        .arg(&server.origin)
        .env("GITHUB_ACTIONS", "true")
        .env("CLICOLOR_FORCE", "1")
        .word(&server.origin, "ORIGIN")
        .run()
        .replace('\u{1b}', "ESC");
    let (output, _) = under_github(&output);
    expect![[r#"
        exit code 1
        --- stdout

        ::stop-commands::TOKEN
        ESC[36mPerforming GET request to ORIGINESC[0m
        ESC[36mRequest Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*ESC[0m
        URL: ORIGIN/
        ESC[31mStatus: 404ESC[0m
        ESC[36mResponse Headers:
        	content-length: 0ESC[0m
         ------ Content ------
        ::TOKEN::
        ::error title=http-step::Status code: 404 (failure)
        --- stderr
        ESC[1mESC[31mStatus code: 404 (failure)ESC[0m
    "#]]
    .assert_eq(&output);
    let (stdout, _) = output.split_once("--- stderr").unwrap();
    assert_eq!(
        obeyed_by_github(stdout),
        ["::error title=http-step::Status code: 404 (failure)"]
    );

    let output = http_step("run step.yaml")
        .file("step.yaml", "get: http://127.0.0.1:1/\n")
        .env("GITHUB_ACTIONS", "true")
        .run();
    expect![[r#"
        exit code 3
        --- stdout

        ::stop-commands::TOKEN
        Performing GET request to http://127.0.0.1:1/
        An exception occurred while performing the request: the host does not allow a request to http://127.0.0.1:1
        ::TOKEN::
        ::error title=http-step::Requested (denied): the policy does not allow http://127.0.0.1:1: 127.0.0.1 is a loopback address; allow it with `--allow http://127.0.0.1:1`
        --- stderr
        Requested (denied)
        error: the policy does not allow http://127.0.0.1:1: 127.0.0.1 is a loopback address; allow it with `--allow http://127.0.0.1:1`
    "#]].assert_eq(&under_github(&output).0);

    // What prevents the run is shown there, too.
    let output = http_step("run step.yaml")
        .file("step.yaml", "get: 1\nx::error::y: 100%\n")
        .env("GITHUB_ACTIONS", "true")
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        ::error title=http-step::the step file has 2 errors%0Astep.yaml:1:6: `get`: expected a URL, not a number%0Astep.yaml:2:1: unknown key `x::error::y`; the keys are url, method, get, post, put, delete, head, options, patch, params, headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers
        --- stderr
        error: the step file has 2 errors
        step.yaml:1:6: `get`: expected a URL, not a number
        step.yaml:2:1: unknown key `x::error::y`; the keys are url, method, get, post, put, delete, head, options, patch, params, headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers
    "#]].assert_eq(&output);

    // Where no log is shown as text, there is nothing to stop.
    for arguments in ["run --format json", "check"] {
        let output = http_step(arguments)
            .arg("step.yaml")
            .file("step.yaml", "get: http://127.0.0.1:1/\n")
            .env("GITHUB_ACTIONS", "true")
            .run();
        assert!(!output.contains("::"), "{output}");
    }
}

#[test]
fn messages_about_arguments_and_files_contain_no_commands() {
    let mut output = String::new();
    for arguments in [
        ["run", "a ##[error]x"],
        ["run", "\n::error::x"],
        ["run", "--\u{202e}##vso[a.b]x"],
        ["##teamcity[a]", "x"],
        ["check", "section_start:1:x"],
        ["check", "step.yaml"],
        ["inspect", "##[error]x"],
        ["compile", "\n::error::x"],
    ] {
        let step = http_step("").file(
            "step.yaml",
            "get: https://example.com/\n'##[error]x': 1\n\"\\n::error::x\": 2\nmethod: '##[error]'\n",
        );
        let step = arguments
            .iter()
            .fold(step, |step, argument| step.arg(argument));
        output.push_str(&format!("$ {arguments:?}\n{}", step.run()));
    }
    expect![[r###"
        $ ["run", "a ##[error]x"]
        exit code 2
        --- stderr
        error: a ##\u{5b}error]x: there is no such step file
        $ ["run", "\n::error::x"]
        exit code 2
        --- stderr
        error: 
        :\u{3a}error::x: there is no such step file
        $ ["run", "--\u{202e}##vso[a.b]x"]
        exit code 2
        --- stderr
        error: unexpected argument '--\u{202e}##vso\u{5b}a.b]x' found

          tip: to pass '--\u{202e}##vso\u{5b}a.b]x' as a value, use '-- --\u{202e}##vso\u{5b}a.b]x'

        Usage: http-step run [OPTIONS] <STEP|URL>

        For more information, try '--help'.
        $ ["##teamcity[a]", "x"]
        exit code 2
        --- stderr
        error: unrecognized subcommand '##teamcity\u{5b}a]'

        Usage: http-step <COMMAND>

        For more information, try '--help'.
        $ ["check", "section_start:1:x"]
        exit code 2
        --- stderr
        error: section_start\u{3a}1:x: there is no such step file
        $ ["check", "step.yaml"]
        exit code 2
        --- stderr
        error: the step file has 4 errors
        step.yaml:2:1: unknown key `##\u{5b}error]x`; the keys are url, method, get, post, put, delete, head, options, patch, params, headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers
        step.yaml:3:1: unknown key `\n::error::x`; the keys are url, method, get, post, put, delete, head, options, patch, params, headers, cookies, data, json, files, auth, timeout, allow_redirects, max_redirects, stream, verify, cert, tls, proxies, retry, idempotency_key, expect, warn, until, every, within, hide_request_headers, hide_response_headers
        step.yaml:4:1: `get` already gives the method; remove `method`, or replace `get` with `url`
        step.yaml:4:9: Wrong method given: '##\u{5b}error]' is not known; the methods are POST, GET, PUT, DELETE, HEAD, OPTIONS, PATCH
        $ ["inspect", "##[error]x"]
        exit code 2
        --- stderr
        error: ##\u{5b}error]x: there is no such file
        $ ["compile", "\n::error::x"]
        exit code 2
        --- stderr
        error: 
        :\u{3a}error::x: there is no such file
    "###]].assert_eq(&output);
    for format in ["text", "json"] {
        let output = http_step("run step.yaml --dry-run --format")
            .arg(format)
            .file(
                "step.yaml",
                "post: http://127.0.0.1:1/\nheaders: {x-a: '##[error]x'}\ndata: \"::error::x\\n ##vso[a.b]x\"\n",
            )
            .arg("--allow=http://127.0.0.1:1")
            .run();
        assert!(output.starts_with("exit code 0\n"), "{output}");
        assert!(
            !output.contains("##[") && !output.contains("##vso["),
            "{output}"
        );
        assert_eq!(obeyed_by_github(&output), Vec::<String>::new());
    }
}
