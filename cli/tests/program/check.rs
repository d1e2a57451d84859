//! `http-step check`.

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{OK, Server};

#[test]
fn no_diagnostics() {
    let output = http_step("check step.yaml -")
        .file("step.yaml", "get: https://example.com/\n")
        .stdin("{\"url\": \"https://example.com/\"}")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        step.yaml: no errors
          origin https://example.com: GET
        standard input: no errors
          origin https://example.com: POST
    "#]]
    .assert_eq(&output);
}

const NEEDY: &str = "\
post: http://127.0.0.1:8080/builds/${{ property.number }}
headers: {X-Branch: '${{ property.branch | default(\"main\") }}', Api-Key: '${{ secret.TOKEN }}'}
auth: {oauth2: {token_url: 'https://login.example.com/token', client_id: ci, client_secret: '${{ secret.CLIENT }}'}}
files: {report: report.csv, log: '${{ property.log }}/step.log', other: ../elsewhere, hidden: .git/config}
";

fn needy(arguments: &str) -> HttpStep {
    http_step(&format!("check step.yaml {arguments}"))
        .file("step.yaml", NEEDY)
        .file("report.csv", "a,b\n")
        .file("token.txt", "correct horse battery\n")
        .file("properties.yaml", "number: 7\nlog: logs\n")
        .file(
            "policy.yaml",
            "allow: [https://login.example.com]\n\
             secrets:\n  TOKEN: {from: 'file:token.txt', origins: ['http://127.0.0.1:8080']}\n",
        )
}

#[test]
fn what_a_run_needs_is_listed_at_once() {
    expect![[r#"
        exit code 2
        --- stdout
        step.yaml: no errors
          property branch: "main" by default
          property log: `-p log=VALUE` is needed
          property number: `-p number=VALUE` is needed
          file report.csv: 4 bytes
          file ${{ property.log }}/step.log: its path is known only at run time
          file .git/config: doesn't exist yet, in DIR; `--allow-file .git/config` is needed
          secret CLIENT: `--secret CLIENT=env:CLIENT@http://127.0.0.1:8080 --secret CLIENT=env:CLIENT@https://login.example.com` is needed
          secret TOKEN: `--secret TOKEN=env:TOKEN@http://127.0.0.1:8080` is needed
          origin http://127.0.0.1:8080: POST; `--allow http://127.0.0.1:8080` is needed
          origin https://login.example.com: POST
        --- stderr
        error: the file `../elsewhere` of `files` is outside of DIR; only files below that directory are read
    "#]].assert_eq(&needy("").run());
}

#[test]
fn everything_missing_is_reported_at_once() {
    let mut output = String::new();
    for arguments in [
        "-p number=7",
        "--properties properties.yaml --policy policy.yaml",
        "--properties properties.yaml --policy policy.yaml --allow http://127.0.0.1:8080 --secret CLIENT=env:HTTP_STEP_NOT_SET@https://login.example.com",
        "-p number=7 -p log=logs --allow http://127.0.0.1:8080 --allow https://login.example.com --secret CLIENT=file:token.txt@https://login.example.com --secret TOKEN=file:token.txt@https://api.example.com",
    ] {
        output.push_str(&format!("$ {arguments}\n{}", needy(arguments).run()));
    }
    expect![[r#"
        $ -p number=7
        exit code 2
        --- stdout
        step.yaml: no errors
          property branch: "main" by default
          property number: set
          file report.csv: 4 bytes
          file ${{ property.log }}/step.log: its path is known only at run time
          file .git/config: doesn't exist yet, in DIR; `--allow-file .git/config` is needed
          secret CLIENT: `--secret CLIENT=env:CLIENT@http://127.0.0.1:8080 --secret CLIENT=env:CLIENT@https://login.example.com` is needed
          secret TOKEN: `--secret TOKEN=env:TOKEN@http://127.0.0.1:8080` is needed
          origin http://127.0.0.1:8080: POST; `--allow http://127.0.0.1:8080` is needed
          origin https://login.example.com: POST
        --- stderr
        error: the property `log` is not set; `-p log=VALUE` would set it
        error: the file `../elsewhere` of `files` is outside of DIR; only files below that directory are read
        $ --properties properties.yaml --policy policy.yaml
        exit code 3
        --- stdout
        step.yaml: no errors
          property branch: "main" by default
          property log: set
          property number: set
          secret TOKEN: from file:token.txt, for http://127.0.0.1:8080
        POST https://login.example.com is allowed by `policy.yaml:1: https://login.example.com`; the name may resolve to public addresses
        --- stderr
        error: the policy does not allow the file `report.csv`: no glob matches it; allow it with `- report.csv` under `files: read:` in policy.yaml
        error: the policy does not allow the file `logs/step.log`: no glob matches it; allow it with `- logs/step.log` under `files: read:` in policy.yaml
        error: the file `../elsewhere` of `files` is outside of DIR; only files below that directory are read
        error: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; allow it with `- .git/config` under `files: read:` in policy.yaml
        error: the secret `CLIENT` is not granted to this step; allow it with `CLIENT: {from: env:CLIENT, origins: [http://127.0.0.1:8080, https://login.example.com]}` under `secrets:` in policy.yaml
        error: the policy does not allow http://127.0.0.1:8080: no rule matches it; allow it with `- http://127.0.0.1:8080` under `allow:` in policy.yaml
        $ --properties properties.yaml --policy policy.yaml --allow http://127.0.0.1:8080 --secret CLIENT=env:HTTP_STEP_NOT_SET@https://login.example.com
        exit code 3
        --- stdout
        step.yaml: no errors
          property branch: "main" by default
          property log: set
          property number: set
          secret TOKEN: from file:token.txt, for http://127.0.0.1:8080
        POST http://127.0.0.1:8080 is allowed by `--allow http://127.0.0.1:8080`; its address is loopback
        POST https://login.example.com is allowed by `policy.yaml:1: https://login.example.com`; the name may resolve to public addresses
        --- stderr
        error: the policy does not allow the file `report.csv`: no glob matches it; allow it with `- report.csv` under `files: read:` in policy.yaml
        error: the policy does not allow the file `logs/step.log`: no glob matches it; allow it with `- logs/step.log` under `files: read:` in policy.yaml
        error: the file `../elsewhere` of `files` is outside of DIR; only files below that directory are read
        error: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; allow it with `- .git/config` under `files: read:` in policy.yaml
        error: the secret `CLIENT` can't be read: the environment variable `HTTP_STEP_NOT_SET` is not set
        $ -p number=7 -p log=logs --allow http://127.0.0.1:8080 --allow https://login.example.com --secret CLIENT=file:token.txt@https://login.example.com --secret TOKEN=file:token.txt@https://api.example.com
        exit code 2
        --- stdout
        step.yaml: no errors
          property branch: "main" by default
          property log: set
          property number: set
          file report.csv: 4 bytes
          file logs/step.log: doesn't exist yet, in DIR
        POST http://127.0.0.1:8080 is allowed by `--allow http://127.0.0.1:8080`; its address is loopback
        POST https://login.example.com is allowed by `--allow https://login.example.com`; the name may resolve to public addresses
        --- stderr
        error: the file `../elsewhere` of `files` is outside of DIR; only files below that directory are read
        error: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; allow it with `--allow-file .git/config`
        error: the policy does not allow the secret `CLIENT` in a header of a request to http://127.0.0.1:8080: it is granted only for https://login.example.com; allow it with `--secret CLIENT=file:token.txt@http://127.0.0.1:8080`
        error: the policy does not allow the secret `TOKEN` in a header of a request to http://127.0.0.1:8080: it is granted only for https://api.example.com; allow it with `--secret TOKEN=file:token.txt@http://127.0.0.1:8080`
    "#]].assert_eq(&output);
}

/// `run` works exactly with what `check` says is needed.
#[test]
fn the_list_is_complete() {
    let server = Server::answering(OK);
    let step = "\
post: ORIGIN/${{ property.number }}
auth: {bearer: '${{ secret.TOKEN }}'}
files: {report: report.csv}
"
    .replace("ORIGIN", &server.origin);
    let program = |command: &str| {
        http_step(command)
            .arg("step.yaml")
            .file("step.yaml", &step)
            .file("report.csv", "a,b\n")
            .env("TOKEN", "correct horse battery")
            .word(&server.origin, "ORIGIN")
    };
    let output = program("check").run();
    expect![[r#"
        exit code 0
        --- stdout
        step.yaml: no errors
          property number: `-p number=VALUE` is needed
          file report.csv: 4 bytes
          secret TOKEN: `--secret TOKEN=env:TOKEN@ORIGIN` is needed
          origin ORIGIN: POST; `--allow ORIGIN` is needed
    "#]]
    .assert_eq(&output);
    let needed = output.lines().filter_map(|line| {
        let (_, needed) = line.split_once('`')?;
        let (needed, _) = needed.split_once("` is needed")?;
        Some(
            needed
                .replace("ORIGIN", &server.origin)
                .replace("VALUE", "7"),
        )
    });
    let arguments: Vec<String> = needed
        .flat_map(|argument| argument.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let with_all = |command| {
        arguments
            .iter()
            .fold(program(command), |program, argument| program.arg(argument))
            .run()
    };
    expect![[r#"
        exit code 0
        --- stdout
        step.yaml: no errors
          property number: set
          file report.csv: 4 bytes
          secret TOKEN: from env:TOKEN, for ORIGIN
        POST ORIGIN is allowed by `--allow ORIGIN`; its address is loopback
    "#]]
    .assert_eq(&with_all("check"));
    let run = with_all("run");
    assert!(run.starts_with("exit code 0\n"), "{run}");
}

#[test]
fn a_url_is_checked_against_a_policy() {
    expect![[r#"
        exit code 2
        --- stderr
        error: a URL is checked against a policy: add `--policy FILE` or `--allow ORIGIN`
    "#]]
    .assert_eq(&http_step("check http://127.0.0.1:8080/x").run());
}

#[test]
fn unsupported_sources() {
    let output = http_step("check step.yaml --policy policy.yaml")
        .file(
            "step.yaml",
            "get: https://api.example.com/\nauth: {bearer: '${{ secret.TOKEN }}'}\n",
        )
        .file(
            "policy.yaml",
            "allow: [https://api.example.com]\n\
             secrets:\n  TOKEN: {from: 'vault:kv/x', origins: ['https://api.example.com']}\n",
        )
        .run();
    expect![[r#"
        exit code 2
        --- stdout
        step.yaml: no errors
        GET https://api.example.com is allowed by `policy.yaml:1: https://api.example.com`; the name may resolve to public addresses
        --- stderr
        error: the secret `TOKEN` can't be read: the host has no source `vault`; it has env, file
    "#]].assert_eq(&output);
}

#[test]
fn a_token_endpoint_of_the_same_origin() {
    let output = http_step("check step.yaml")
        .file(
            "step.yaml",
            "get: https://api.example.com/\n\
             auth: {oauth2: {token_url: 'https://api.example.com/token', client_id: ci, client_secret: '${{ secret.CLIENT }}'}}\n",
        )
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        step.yaml: no errors
          secret CLIENT: `--secret CLIENT=env:CLIENT@https://api.example.com` is needed
          origin https://api.example.com: GET
          origin https://api.example.com: POST
    "#]]
    .assert_eq(&output);
}

/// What is needed is enough: `run` with it gets as far as the network.
#[test]
fn a_secret_that_is_the_url() {
    let step = |command: &str| {
        http_step(command)
            .file("step.yaml", "post: ${{ secret.HOOK }}\n")
            .env("HOOK", "http://127.0.0.1:1/hook/correct-horse")
    };
    let granted = "--allow http://127.0.0.1:1 --secret HOOK=env:HOOK@http://127.0.0.1:1";
    let mut output = String::new();
    for arguments in [
        "check step.yaml".to_owned(),
        "check step.yaml --allow http://127.0.0.1:1".to_owned(),
        format!("check step.yaml {granted}"),
        format!("run step.yaml {granted}"),
        "run step.yaml --allow http://127.0.0.1:1".to_owned(),
        format!("check step.yaml {granted} --secret-places HOOK=url"),
        format!("run step.yaml {granted} --secret-places HOOK=url"),
    ] {
        output.push_str(&format!("$ {arguments}\n{}", step(&arguments).run()));
    }
    expect![[r#"
        $ check step.yaml
        exit code 0
        --- stdout
        step.yaml: no errors
          secret HOOK: `--secret HOOK=env:HOOK@https://… --secret-places HOOK=url` is needed
        its URL or method contains an expression: the destination is known only at run time
        $ check step.yaml --allow http://127.0.0.1:1
        exit code 2
        --- stdout
        step.yaml: no errors
        its URL or method contains an expression: the destination is known only at run time
        --- stderr
        error: the secret `HOOK` is not granted to this step; allow it with `--secret HOOK=env:HOOK@https://… --secret-places HOOK=url`
        $ check step.yaml --allow http://127.0.0.1:1 --secret HOOK=env:HOOK@http://127.0.0.1:1
        exit code 3
        --- stdout
        step.yaml: no errors
        its URL or method contains an expression: the destination is known only at run time
        --- stderr
        error: the policy does not allow the secret `HOOK` as the URL of a request: it is granted only for headers, signatures and tokens; allow it with `--secret-places HOOK=header,url,signature,token`
        $ run step.yaml --allow http://127.0.0.1:1 --secret HOOK=env:HOOK@http://127.0.0.1:1
        exit code 2
        --- stdout
        An exception occurred while performing the request: `url` can't be used: it has no scheme, as in `https://…`; if it is a secret, the policy must grant it for the place `url`
        --- stderr
        Requested (exception)
        error: `url` can't be used: it has no scheme, as in `https://…`; if it is a secret, the policy must grant it for the place `url`
        $ run step.yaml --allow http://127.0.0.1:1
        exit code 2
        --- stdout
        No secrets are granted to this run.
        An exception occurred while performing the request: `url`: the secret `HOOK` is not granted to this step
        --- stderr
        Requested (exception)
        error: `url`: the secret `HOOK` is not granted to this step; allow it with `--secret HOOK=env:HOOK@https://… --secret-places HOOK=url`
        $ check step.yaml --allow http://127.0.0.1:1 --secret HOOK=env:HOOK@http://127.0.0.1:1 --secret-places HOOK=url
        exit code 0
        --- stdout
        step.yaml: no errors
          secret HOOK: from env:HOOK, for http://127.0.0.1:1
        its URL or method contains an expression: the destination is known only at run time
        $ run step.yaml --allow http://127.0.0.1:1 --secret HOOK=env:HOOK@http://127.0.0.1:1 --secret-places HOOK=url
        exit code 4
        --- stdout
        Performing POST request to http://<HIDDEN>
        An exception occurred while performing the request: could not connect to http://<HIDDEN>/: connection refused
        --- stderr
        Requested (exception)
        error: could not connect to <HIDDEN>: connection refused
    "#]].assert_eq(&output);
}

#[test]
fn errors_that_would_show_or_lose_a_secret() {
    let output = http_step("check step.yaml host.yaml")
        .file(
            "step.yaml",
            "get: https://api.example.com/\nheaders: {X-Token: abc}\nhide_request_headers: [X-Tokn]\nverify: no\n",
        )
        .file("host.yaml", "post: https://${{ secret.HOOK }}\n")
        .run();
    expect![[r#"
        exit code 2
        --- stderr
        error: the step file has 2 errors
        step.yaml:3:24: `hide_request_headers`: there is no header `X-Tokn`; did you mean `X-Token`?
        step.yaml:4:9: `verify`: expected `true` or `false`, not a string; did you mean `false`?
        error: the step file has an error
        host.yaml:1:7: `post`: a secret can't stand in the host of a URL; a URL that is a secret as a whole is written `${{ secret.NAME }}`, and nothing before it
    "#]].assert_eq(&output);
}

#[test]
fn what_a_step_asks_of_tls_and_proxies() {
    let step = "\
get: https://api.example.com/
verify: false
cert: client.pem
proxies: {https: 'http://ci:hunter2@proxy.example:3128'}
method: ${{ property.method }}
";
    let check = |arguments: &str| {
        http_step(&format!("check step.yaml {arguments}"))
            .file("step.yaml", step.replace("get:", "url:"))
            .run()
    };
    let mut output = String::new();
    for arguments in [
        "",
        "-p method=GET",
        "-p method=GET --allow https://api.example.com --allow-tls verify-none",
    ] {
        output.push_str(&format!("$ {arguments}\n{}", check(arguments)));
    }
    expect![[r#"
        $ 
        exit code 0
        --- stdout
        step.yaml: no errors
          property method: `-p method=VALUE` is needed
          file client.pem: doesn't exist yet, in DIR
        its URL or method contains an expression: the destination is known only at run time
        $ -p method=GET
        exit code 0
        --- stdout
        step.yaml: no errors
          property method: set
          file client.pem: doesn't exist yet, in DIR
          origin https://api.example.com: GET
          `--allow-tls verify-none` is needed
          `--allow-proxy http://proxy.example:3128` is needed
        $ -p method=GET --allow https://api.example.com --allow-tls verify-none
        exit code 3
        --- stdout
        step.yaml: no errors
          property method: set
          file client.pem: doesn't exist yet, in DIR
        GET https://api.example.com is allowed by `--allow https://api.example.com`; the name may resolve to public addresses
        --- stderr
        error: the policy does not allow `cert` for https://api.example.com: the only TLS settings for steps are verify-none, pinned-key and min-version; allow it with `--allow-tls client-certificate`
        error: the policy does not allow the proxy http://proxy.example:3128 for https://api.example.com: steps may not use this proxy; allow it with `--allow-proxy http://proxy.example:3128`
    "#]].assert_eq(&output);
}

#[test]
fn every_diagnostic_has_its_place() {
    let output = http_step("check a.yaml b.yaml missing.yaml -")
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
        b.yaml: no errors
          origin https://example.com: GET
        --- stderr
        error: the step file has 4 errors
        a.yaml:1:6: `url`: the URL has no scheme; did you mean `https://…`?
        a.yaml:2:9: Wrong method given: 'post' is not known, did you mean `POST`?
        a.yaml:4:3: `headers.X A`: a header name can contain only letters, digits and hyphens, not a space
        a.yaml:5:1: unknown key `tmeout`, did you mean `timeout`?
        error: missing.yaml: there is no such step file
        error: the step file has an error
        standard input:1:6: `get`: expected a URL, not a number
    "#]]
    .assert_eq(&output);
}
