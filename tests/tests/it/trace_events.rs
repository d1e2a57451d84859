//! What an embedder's subscriber gets.

use expect_test::expect;
use http_step_host::policy::{Place, Secret};
use http_step_host::{Cache, Compiler, Host, HostBuilder, Job, Policy};
use http_step_tests::{Answer, Bench, Guest, Service, TraceLog, host, reference, run, step_file};
use tempfile::{NamedTempFile, TempDir};
use tracing::Level;

const VALUE: &str = "value of the token";

fn secret(origin: &str, place: Place) -> (Secret, NamedTempFile) {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(&file, VALUE).unwrap();
    let source = format!("file:{}", file.path().display());
    let secret = Secret::new("TOKEN", source.parse().unwrap());
    (secret.origin(origin.parse().unwrap()).place(place), file)
}

#[tokio::test]
async fn a_run_at_level_debug() {
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let origin = &service.origin;
    let (secret, _file) = secret(origin, Place::Header);
    let policy = Policy::nothing()
        .allow(origin.parse().unwrap())
        .grant_secret(secret);
    let file = format!("get: {origin}/path?query\nauth: {{bearer: '${{{{ secret.TOKEN }}}}'}}");
    let step = reference();
    let trace = TraceLog::start(Level::DEBUG);
    host()
        .run(step, Job::new(step_file(&file), policy).tenant("one"))
        .await;
    expect![[r#"
        DEBUG run{tenant="one"}: secrets read names="TOKEN"
        DEBUG run{tenant="one"}: component called sha256=SHA256
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: admitted rule="http://SERVER"
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: injected secret="TOKEN" place=header
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: permit acquired seconds=TIME
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: resolved addresses="127.0.0.1" seconds=TIME
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: connected peer="SERVER" seconds=TIME
        INFO run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: sending attempt=1 connection=new protocol=HTTP/1.1
        INFO run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: answered status=200 seconds=TIME
        DEBUG run{tenant="one"}:request{number=1 method="GET" origin="http://SERVER"}: response ended bytes_received=5 seconds=TIME
        INFO run{tenant="one"}: ended outcome=success requests=1 seconds=TIME
    "#]].assert_eq(
        &trace
            .text()
            .replace(origin.trim_start_matches("http://"), "SERVER"),
    );
}

#[tokio::test]
async fn a_run_at_level_info() {
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let origin = &service.origin;
    reference();
    let trace = TraceLog::start(Level::INFO);
    run(origin, &format!("get: {origin}/")).await;
    expect![[r#"
        INFO run:request{number=1 method="GET" origin="ORIGIN"}: sending attempt=1 connection=new protocol=HTTP/1.1
        INFO run:request{number=1 method="GET" origin="ORIGIN"}: answered status=200 seconds=TIME
        INFO run: ended outcome=success requests=1 seconds=TIME
    "#]].assert_eq(&trace.text().replace(origin, "ORIGIN"));
}

#[tokio::test]
async fn a_step_waits_for_another_one() {
    let bench = Bench::with(|host: HostBuilder| host.concurrency(1));
    let service = Service::start(|_| Answer::new("hello".into())).await;
    let origin = &service.origin;
    let trace = TraceLog::start(Level::DEBUG);
    let policy = format!("allow: ['{origin}']");
    let file = format!("get: {origin}/");
    tokio::join!(bench.run(&policy, &file), bench.run(&policy, &file));
    let text = trace.text();
    let queue: Vec<&str> = text.lines().filter(|line| line.contains("queue")).collect();
    expect![[r#"
        DEBUG run: queued
        DEBUG run: left the queue seconds=TIME"#]]
    .assert_eq(&queue.join("\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn components_that_are_loaded() {
    let directory = TempDir::new().unwrap();
    let compiler = Compiler::in_process().cache(Cache::at(directory.path()).unwrap());
    let host = Host::builder().compiler(compiler).build().unwrap();
    let trace = TraceLog::start(Level::INFO);
    for _ in 0..2 {
        host.load(&Guest::Smallest.wasm()).unwrap();
    }
    host.load(b"no component").err().unwrap();
    expect![[r#"
        INFO component loaded sha256=SHA256 is_cached=false seconds=TIME
        INFO component loaded sha256=SHA256 is_cached=true seconds=TIME
    "#]]
    .assert_eq(&trace.text());
}

/// Its panic is in the result, in words of the component.
#[tokio::test]
async fn what_a_component_says_is_not_traced() {
    let step = host().load(&Guest::Panics.wasm()).unwrap();
    let trace = TraceLog::start(Level::TRACE);
    let job = Job::new(step_file("get: http://one.test/"), Policy::nothing());
    host().run(&step, job).await;
    expect![[r#"
        DEBUG run: component called sha256=SHA256
        INFO run: ended outcome=exception kind=trap requests=0 seconds=TIME
    "#]]
    .assert_eq(&trace.text());
}
