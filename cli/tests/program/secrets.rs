//! `--secret`, and `--dry-run`, which shows the request.

use expect_test::expect;
use http_step_tests::{Traces, forms};

use crate::http_step::{HttpStep, http_step};
use crate::server::{CLOSED_PORT, OK, Server};

const STEP: &str = "\
post: ORIGIN/builds/${{ property.number }}
params: {key: '${{ secret.TOKEN }}'}
headers: {X-Hidden: open sesame, Api-Key: '${{ secret.TOKEN }}'}
hide_request_headers: [X-Hidden]
auth: {basic: {username: ci, password: '${{ secret.TOKEN }}'}}
json: {token: '${{ secret.TOKEN }}', number: 7}
";

/// The secret is `TOKEN`, from the file `token.txt`.
fn run(origin: &str, arguments: &str) -> HttpStep {
    let places = if arguments.contains("--secret TOKEN=") {
        "--secret-places TOKEN=header,query,body,signature"
    } else {
        ""
    };
    http_step(&format!("run step.yaml -p number=42 {places} {arguments}"))
        .file("step.yaml", STEP.replace("ORIGIN", origin))
        .file("token.txt", "correct horse battery\n")
        .word(origin, "ORIGIN")
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let arguments =
        format!("--allow {CLOSED_PORT} --secret TOKEN=file:token.txt@{CLOSED_PORT} --dry-run");
    expect![[r#"
        exit code 0
        --- stdout
        Performing POST request to ORIGIN/builds/42
        Parameters:
        	key: <HIDDEN>
        Request:
        	POST /builds/42?key=<HIDDEN>
        Request Headers:
        	host: 127.0.0.1:1
        	user-agent: http-step/0.1.0
        	accept-encoding: gzip, deflate, br, zstd
        	accept: */*
        	x-hidden: <HIDDEN>
        	api-key: <HIDDEN>
        	content-type: application/json
        	authorization: <HIDDEN>
        Body:
        	{"token":"<HIDDEN>","number":7}
        Dry run, nothing is sent:
        	POST ORIGIN is allowed by `--allow ORIGIN`; its address is loopback
        	the secret `TOKEN` is put into the query
        	the secret `TOKEN` is put into the header
        	the secret `TOKEN` is put into the body
        --- stderr
        Dry run: nothing was sent
    "#]]
    .assert_eq(&run(CLOSED_PORT, &arguments).run());
}

#[test]
fn a_dry_run_reports_what_the_policy_denies() {
    for arguments in [
        format!("--secret TOKEN=file:token.txt@{CLOSED_PORT} --dry-run"),
        format!(
            "--allow {CLOSED_PORT} --secret TOKEN=file:token.txt@https://api.example.com --dry-run"
        ),
    ] {
        let output = run(CLOSED_PORT, &arguments).run();
        assert!(output.starts_with("exit code 3\n"), "{output}");
    }
    let arguments = format!(
        "--allow {CLOSED_PORT} --secret TOKEN=file:token.txt@https://api.example.com --dry-run"
    );
    expect![[r#"
        exit code 3
        --- stdout
        Performing POST request to ORIGIN/builds/42
        Parameters:
        	key: <HIDDEN>
        An exception occurred while performing the request: the host does not allow a request to ORIGIN
        --- stderr
        Requested (denied)
        error: the policy does not allow the secret `TOKEN` in the query of a request to ORIGIN: it is granted only for https://api.example.com; allow it with `--secret TOKEN=file:token.txt@ORIGIN`
    "#]].assert_eq(&run(CLOSED_PORT, &arguments).run());
}

#[test]
fn a_missing_secret() {
    let arguments = format!("--allow {CLOSED_PORT} --secret OTHER=file:token.txt@{CLOSED_PORT}");
    expect![[r#"
        exit code 2
        --- stdout
        The secrets of this run are `OTHER`.
        An exception occurred while performing the request: `params`: the secret `TOKEN` is not granted to this step
        --- stderr
        Requested (exception)
        error: `params`: the secret `TOKEN` is not granted to this step; allow it with `--secret TOKEN=env:TOKEN@ORIGIN`
    "#]].assert_eq(&run(CLOSED_PORT, &arguments).run());
    let arguments = format!("--allow {CLOSED_PORT} --secret TOKEN=file:nothing.txt@{CLOSED_PORT}");
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the secret `TOKEN` can't be read: there is no file nothing.txt in DIR
        --- stderr
        Requested (exception)
        error: the secret `TOKEN` can't be read: there is no file nothing.txt in DIR
    "#]].assert_eq(&run(CLOSED_PORT, &arguments).run());
    let arguments =
        format!("--allow {CLOSED_PORT} --secret TOKEN=env:HTTP_STEP_NOT_SET@{CLOSED_PORT}");
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the secret `TOKEN` can't be read: the environment variable `HTTP_STEP_NOT_SET` is not set
        --- stderr
        Requested (exception)
        error: the secret `TOKEN` can't be read: the environment variable `HTTP_STEP_NOT_SET` is not set
    "#]].assert_eq(&run(CLOSED_PORT, &arguments).run());
}

/// Some editors write one at the start of a text.
#[test]
fn a_byte_order_mark_is_not_sent() {
    let arguments = format!("--allow {CLOSED_PORT} --secret TOKEN=file:token.txt@{CLOSED_PORT}");
    let output = run(CLOSED_PORT, &arguments)
        .file("token.txt", "\u{feff}correct horse battery\n")
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the secret `TOKEN` can't be read: it begins with a byte order mark; save it as UTF-8 without one
        --- stderr
        Requested (exception)
        error: the secret `TOKEN` can't be read: it begins with a byte order mark; save it as UTF-8 without one
    "#]].assert_eq(&output);
}

/// A server that returns the value in every form, and what the program shows of it.
#[test]
fn a_secret_is_used_and_not_shown() {
    const VALUE: &str = "S3cr&t \"W<o>rd'/é+?~kZ";
    let traces = Traces::new(&[VALUE]);
    let forms: Vec<String> = forms(VALUE).into_iter().map(|(_, form)| form).collect();
    let body = forms.join("\n");
    let fields: String = forms
        .iter()
        .map(|form| format!("x-echo: {form}\r\n"))
        .collect();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n{fields}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for format in ["text", "json", "ndjson"] {
        let service = Server::answering(answer.clone());
        let origin = service.origin.clone();
        let arguments =
            format!("--allow {origin} --secret TOKEN=file:token.txt@{origin} --format {format}");
        let output = run(&origin, &arguments).file("token.txt", VALUE).run();
        assert!(output.starts_with("exit code 0\n"), "{output}");
        assert_eq!(traces.first_in(output.as_bytes()), None, "{output}");
        assert!(output.contains("<HIDDEN>"), "{output}");
        let requested = service.request();
        assert!(
            requested.contains(&format!("api-key: {VALUE}")),
            "{requested}"
        );
    }
}

#[test]
fn a_dry_run_shows_what_signs_the_request() {
    let step = "\
post: ORIGIN/hook
json: {ref: main}
auth: {hmac: {secret: '${{ secret.TOKEN }}', form: github}}
";
    let arguments =
        format!("--allow {CLOSED_PORT} --secret TOKEN=file:token.txt@{CLOSED_PORT} --dry-run");
    expect![[r#"
        exit code 0
        --- stdout
        Performing POST request to ORIGIN/hook
        Request:
        	POST /hook
        Request Headers:
        	host: 127.0.0.1:1
        	user-agent: http-step/0.1.0
        	accept-encoding: gzip, deflate, br, zstd
        	accept: */*
        	content-type: application/json
        	x-hub-signature-256: <hmac>
        Body:
        	{"ref":"main"}
        Dry run, nothing is sent:
        	POST ORIGIN is allowed by `--allow ORIGIN`; its address is loopback
        	the secret `TOKEN` signs it
        --- stderr
        Dry run: nothing was sent
    "#]]
    .assert_eq(
        &run(CLOSED_PORT, &arguments)
            .file("step.yaml", step.replace("ORIGIN", CLOSED_PORT))
            .run(),
    );
}

/// A fragment is shown and not sent, so no secret is inserted into one.
#[test]
fn a_secret_in_a_fragment_is_not_shown() {
    let server = Server::answering(OK);
    let origin = &server.origin;
    let output = http_step("run")
        .arg(format!("{origin}/a#${{{{ secret.TOKEN }}}}"))
        .arg("--secret")
        .arg(format!("TOKEN=env:TOKEN@{origin}"))
        .env("TOKEN", "correct horse battery")
        .word(origin, "ORIGIN")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        Performing GET request to ORIGIN/a#<HIDDEN>
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        URL: ORIGIN/a#<HIDDEN>
        Status: 200
        Response Headers:
        	content-type: text/plain
         ------ Content ------
        hello
        --- stderr
        Status code: 200
    "#]]
    .assert_eq(&output);
    let request = server.request();
    assert_eq!(request.lines().next(), Some("GET /a HTTP/1.1"));
}

/// A denial names the missing argument.
#[test]
fn the_places_of_a_secret() {
    let output = |step: &str, arguments: &str| {
        let arguments = format!(
            "run step.yaml --allow {CLOSED_PORT} --secret TOKEN=file:token.txt@{CLOSED_PORT} --dry-run {arguments}"
        );
        http_step(&arguments)
            .file("step.yaml", step.replace("ORIGIN", CLOSED_PORT))
            .file("token.txt", "correct horse battery\n")
            .word(CLOSED_PORT, "ORIGIN")
            .run()
    };
    let bot = "get: ORIGIN/bot${{ secret.TOKEN }}/getMe";
    let query = "get: ORIGIN/\nparams: {key: '${{ secret.TOKEN }}'}";
    let mut all = String::new();
    for (step, arguments) in [
        (bot, ""),
        (bot, "--secret-places TOKEN=path"),
        (bot, "--secret-compose TOKEN=path"),
        (query, ""),
        (query, "--secret-places TOKEN=header"),
        (
            query,
            "--secret-places TOKEN=header --secret-places TOKEN=query",
        ),
        (query, "--secret-places OTHER=query"),
        (query, "--secret-places TOKEN=cookie"),
    ] {
        let output = output(step, arguments);
        let end = output.split("--- stderr\n").nth(1).unwrap();
        let code = output.lines().next().unwrap();
        all += &format!("{arguments}\n{code}\n{end}\n");
    }
    expect![[r#"

        exit code 3
        Requested (denied)
        error: the policy does not allow the secret `TOKEN` in the path of a request to ORIGIN next to other text: it must be a whole path segment; allow it with `--secret-compose TOKEN=path`

        --secret-places TOKEN=path
        exit code 3
        Requested (denied)
        error: the policy does not allow the secret `TOKEN` in the path of a request to ORIGIN next to other text: it must be a whole path segment; allow it with `--secret-compose TOKEN=path`

        --secret-compose TOKEN=path
        exit code 0
        Dry run: nothing was sent


        exit code 3
        Requested (denied)
        error: the policy does not allow the secret `TOKEN` in the query of a request to ORIGIN: it is granted only for headers, signatures and tokens; allow it with `--secret-places TOKEN=header,query,signature,token`

        --secret-places TOKEN=header
        exit code 3
        Requested (denied)
        error: the policy does not allow the secret `TOKEN` in the query of a request to ORIGIN: it is granted only for headers; allow it with `--secret-places TOKEN=query`

        --secret-places TOKEN=header --secret-places TOKEN=query
        exit code 0
        Dry run: nothing was sent

        --secret-places OTHER=query
        exit code 2
        error: --secret-places names the secret `OTHER`, which no --secret gives; the places of a secret in the policy file are set there

        --secret-places TOKEN=cookie
        exit code 2
        error: invalid value for '--secret-places <NAME=PLACES>': unknown place `cookie`; the places are header, query, path, body, url, signature and token

        For more information, try '--help'.

    "#]].assert_eq(&all);
}

/// Without a policy a step may read the files that are not hidden, but for those of secrets.
#[test]
fn a_step_does_not_upload_the_file_of_a_secret() {
    let secret = format!("--secret TOKEN=file:token.txt@{CLOSED_PORT}");
    for step in [
        format!("post: {CLOSED_PORT}\nfiles: {{f: token.txt}}\n"),
        format!("post: {CLOSED_PORT}\nverify: token.txt\n"),
        format!("post: {CLOSED_PORT}\ncert: token.txt\n"),
        format!("post: {CLOSED_PORT}\ncert: [cert.pem, token.txt]\n"),
    ] {
        let output = http_step(&format!("run step.yaml --allow {CLOSED_PORT} {secret}"))
            .file("step.yaml", &step)
            .file("cert.pem", "-----BEGIN CERTIFICATE-----\n")
            .file("token.txt", "correct horse battery\n")
            .run();
        assert!(output.starts_with("exit code 3\n"), "{step}: {output}");
        assert!(
            output.contains(
                "the policy does not allow the file `token.txt`: a secret is read from it"
            ),
            "{step}: {output}"
        );
    }
}
