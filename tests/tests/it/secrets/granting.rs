//! What a run is granted, and what is reported of it.

use expect_test::expect;
use http_step_host::policy::{Place, Policy, Secret};
use http_step_host::{Job, Outcome, RunResult};
use http_step_tests::{Answer, Bench, Service, step_file, transcript};

use crate::secrets::thief::{Thief, bench};
use crate::secrets::vault::{Vault, composed, secret};

/// Answers with the header `api-key` as it came.
async fn echo() -> Service {
    Service::start(|request| {
        let token = request.header("api-key").unwrap_or("none").to_owned();
        let mut answer = Answer::new(token.into());
        let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        answer.headers_mut().insert("date", date);
        answer
    })
    .await
}

/// Run the reference step in the host of all tests.
async fn run(text: &str, policy: Policy) -> RunResult {
    let bench = bench();
    let job = Job::new(step_file(text), policy);
    bench.host.run(&bench.step, job).await
}

#[tokio::test]
async fn a_denial_names_the_secret_and_the_origin() {
    let here = echo().await;
    let there = echo().await;
    let text = format!(
        "get: {}/\nheaders: {{Api-Key: '${{{{ secret.TOKEN }}}}'}}",
        there.origin
    );
    let policy = Policy::nothing()
        .allow(there.origin.parse().unwrap())
        .grant_secret(secret("TOKEN", &here.origin));
    let result = run(&text, policy).await;
    assert_eq!(result.outcome, Outcome::Denied);
    assert_eq!(there.connections(), 0);
    let report = transcript(&result, &there.origin).replace(&here.origin, "HERE");
    expect![[r#"
        h|Performing GET request to ORIGIN/
        e|An exception occurred while performing the request: the host does not allow a request to ORIGIN
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow the secret `TOKEN` in a header of a request to ORIGIN: it is granted only for HERE
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn an_unknown_name_lists_the_known_ones() {
    let service = echo().await;
    let origin = &service.origin;
    let text = format!("get: {origin}/${{{{ secret.TOKNE }}}}");
    let policy = Policy::nothing()
        .allow(origin.parse().unwrap())
        .grant_secret(secret("TOKEN", origin))
        .grant_secret(secret("PLAIN", origin));
    expect![[r#"
        e|The secrets of this run are `PLAIN`, `TOKEN`.
        e|An exception occurred while performing the request: `url`: the secret `TOKNE` is not granted to this step
        Exception: Requested (exception)
        UnknownName, sent No: `url`: the secret `TOKNE` is not granted to this step
    "#]].assert_eq(&transcript(&run(&text, policy).await, origin));
    let policy = Policy::nothing().allow(origin.parse().unwrap());
    expect![[r#"
        e|No secrets are granted to this run.
        e|An exception occurred while performing the request: `url`: the secret `TOKNE` is not granted to this step
        Exception: Requested (exception)
        UnknownName, sent No: `url`: the secret `TOKNE` is not granted to this step
    "#]].assert_eq(&transcript(&run(&text, policy).await, origin));
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn an_unreadable_source() {
    for (source, reason) in [
        ("vault:LOST", "the vault has no `LOST`"),
        (
            "bank:LOST",
            "the host has no source `bank`; it has env, file, vault",
        ),
        (
            "env:HTTP_STEP_TEST_IS_NOT_SET",
            "the environment variable `HTTP_STEP_TEST_IS_NOT_SET` is not set",
        ),
        ("file:/nowhere/at/all", "there is no file /nowhere/at/all"),
    ] {
        let service = echo().await;
        let origin = &service.origin;
        let text = format!("get: {origin}/${{{{ secret.LOST }}}}");
        let lost = Secret::new("LOST", source.parse().unwrap()).origin(origin.parse().unwrap());
        let policy = || Policy::nothing().allow(origin.parse().unwrap());
        let result = run(&text, policy().grant_secret(lost.clone())).await;
        let error = result.error.as_ref().unwrap();
        assert_eq!(
            error.message,
            format!("the secret `LOST` can't be read: {reason}")
        );
        assert_eq!(service.connections(), 0);
        // It is no error for a step that does not use it.
        let result = run(&format!("get: {origin}/"), policy().grant_secret(lost)).await;
        assert_eq!(result.outcome, Outcome::Success);
    }
}

#[tokio::test]
async fn a_short_secret_is_used_and_not_hidden() {
    const VAULT: Vault = Vault(&[("PIN", "4711"), ("TOKEN", "aaaaaaaaaaaa")]);
    let service = echo().await;
    let origin = &service.origin;
    let bench = Bench::with(|host| host.secret_source("vault", VAULT));
    let policy = Policy::nothing()
        .allow(origin.parse().unwrap())
        .grant_secret(composed("PIN", origin, &[Place::Header]))
        .grant_secret(composed("TOKEN", origin, &[Place::Header]));
    let text = format!(
        "get: {origin}/\n\
         headers: {{Api-Key: '${{{{ secret.PIN }}}} ${{{{ secret.PIN }}}} ${{{{ secret.TOKEN }}}}'}}"
    );
    let job = Job::new(step_file(&text), policy);
    let result = bench.host.run(&bench.step, job).await;
    assert_eq!(
        service.requests()[0].header("api-key"),
        Some("4711 4711 aaaaaaaaaaaa")
    );
    expect![[r#"
        e|Warning: the secret `PIN` has fewer than 8 bytes, or fewer than 4 different ones: it is used, but not hidden in what comes back. A longer one would be.
        e|Warning: the secret `TOKEN` has fewer than 8 bytes, or fewer than 4 different ones: it is used, but not hidden in what comes back. A longer one would be.
        h|Performing GET request to ORIGIN/
        h|Request Headers:
        h|	User-Agent: http-step/0.1.0
        h|	Accept-Encoding: gzip, deflate, br, zstd
        h|	Accept: */*
        h|	Api-Key: <HIDDEN> <HIDDEN> <HIDDEN>
        o|URL: ORIGIN/
        o|Status: 200
        h|Response Headers:
        h|	date: Sun, 06 Nov 1994 08:49:37 GMT
        o| ------ Content ------
        o|4711 4711 aaaaaaaaaaaa¶
        Success: Status code: 200
    "#]].assert_eq(&transcript(&result, origin));
}

#[tokio::test]
async fn secrets_that_overlap() {
    const FIRST: &str = "first-K9-middle";
    const SECOND: &str = "middle-Z4-second";
    const INNER: &str = "K9-middle";
    const VAULT: Vault = Vault(&[("FIRST", FIRST), ("SECOND", SECOND), ("INNER", INNER)]);
    let service = Service::start(|request| {
        let token = request.header("api-key").unwrap();
        Answer::new(
            format!("{token} first-K9-middle-Z4-second K9-middle-Z4-second K9-middle").into(),
        )
    })
    .await;
    let origin = &service.origin;
    let bench = Bench::with(|host| host.secret_source("vault", VAULT));
    let policy = Policy::nothing()
        .allow(origin.parse().unwrap())
        .grant_secret(composed("FIRST", origin, &[Place::Header]))
        .grant_secret(composed("SECOND", origin, &[Place::Header]))
        .grant_secret(composed("INNER", origin, &[Place::Header]));
    let loot = Thief::under(policy)
        .on(bench)
        .tries(format!(
            "GET {origin}/ | header api-key: {{FIRST}}{{SECOND}}{{INNER}}"
        ))
        .run()
        .await;
    loot.has_nothing_of(&[FIRST, SECOND, INNER]);
    let all = format!("{FIRST}{SECOND}{INNER}");
    assert_eq!(service.requests()[0].header("api-key"), Some(all.as_str()));
    expect![[r#"
        o|status 200
        o|
        o|<HIDDEN><HIDDEN><HIDDEN> <HIDDEN> <HIDDEN> <HIDDEN>
    "#]]
    .assert_eq(&loot.report(origin));
}
