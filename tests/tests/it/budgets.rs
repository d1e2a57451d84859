//! Budgets: exceeding one ends the step, even if it ignores the error, and the result names the
//! budget, its limit and what was used.

use std::io::Write as _;

use expect_test::expect;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http_step_host::policy::Amount;
use http_step_host::{ErrorKind, Job, Limits, Outcome, RunResult, Sent, Stage};
use http_step_tests::{Answer, Guest, Service, bench, run_with, step_file, transcript};

/// A server whose answers have a header of four fields and a body of 1000 bytes
/// in a coding.
async fn service() -> Service {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&[b'a'; 1000]).unwrap();
    let body = encoder.finish().unwrap();
    Service::start(move |_| {
        let mut answer = Answer::new(body.clone().into());
        let headers = answer.headers_mut();
        headers.insert("date", HeaderValue::from_static("DATE"));
        headers.insert("x-words", HeaderValue::from_static("twenty bytes of words"));
        headers.insert("content-encoding", HeaderValue::from_static("gzip"));
        answer
    })
    .await
}

/// Run a component of `guests/` with limits, where it may reach three hosts.
async fn run(guest: Guest, limits: &str) -> (RunResult, Service) {
    let service = service().await;
    let port = service.port;
    let policy =
        format!("allow: ['http://*.test:{port}']\nnetworks: [127.0.0.0/8]\nlimits: {{{limits}}}");
    let url = format!("http://host0.test:{port}/");
    (bench().run_guest(guest, &policy, &url).await, service)
}

/// How it ended: the log, the error, and the budget as JSON. How far the concurrent requests had
/// come varies.
fn end(result: &RunResult) -> String {
    let error = result.error.as_ref().unwrap();
    let report = transcript(result, "no origin");
    let report = match error.sent {
        Sent::Yes => report,
        sent => report.replace(&format!(", sent {sent:?}"), ""),
    };
    format!(
        "{report}{}\n",
        serde_json::to_string(&error.exceeded).unwrap()
    )
}

#[tokio::test]
async fn a_step_that_ignores_errors_is_ended() {
    let mut report = String::new();
    for limits in [
        "requests: 2",
        "concurrent_requests: 2",
        "hosts: 2",
        "bytes_sent: 25",
        "bytes_received: 20",
        "bytes_decoded: 999",
        "header_fields: 3",
        "header_bytes: 70",
    ] {
        let (result, _) = run(Guest::BudgetGoesOn, limits).await;
        report.push_str(&format!("{limits}\n{}", end(&result)));
    }
    expect![[r#"
        requests: 2
        e|An exception occurred while performing the request: the limit `requests` is exceeded: 3 of 2; set `requests` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `requests` is exceeded: 3 of 2; set `requests` under `limits:` in the policy
        {"budget":"requests","limit":2,"used":3}
        concurrent_requests: 2
        e|An exception occurred while performing the request: the limit `concurrent_requests` is exceeded: 3 of 2; set `concurrent_requests` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `concurrent_requests` is exceeded: 3 of 2; set `concurrent_requests` under `limits:` in the policy
        {"budget":"concurrent_requests","limit":2,"used":3}
        hosts: 2
        e|An exception occurred while performing the request: the limit `hosts` is exceeded: 3 of 2; set `hosts` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `hosts` is exceeded: 3 of 2; set `hosts` under `limits:` in the policy
        {"budget":"hosts","limit":2,"used":3}
        bytes_sent: 25
        e|An exception occurred while performing the request: the limit `bytes_sent` is exceeded: 30 of 25 bytes; set `bytes_sent` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `bytes_sent` is exceeded: 30 of 25 bytes; set `bytes_sent` under `limits:` in the policy
        {"budget":"bytes_sent","limit":25,"used":30}
        bytes_received: 20
        e|An exception occurred while performing the request: the limit `bytes_received` is exceeded: 30 of 20 bytes; set `bytes_received` under `limits:` in the policy
        Exception: Requested (exception)
        Limit, sent Yes: the limit `bytes_received` is exceeded: 30 of 20 bytes; set `bytes_received` under `limits:` in the policy
        {"budget":"bytes_received","limit":20,"used":30}
        bytes_decoded: 999
        e|An exception occurred while performing the request: the limit `bytes_decoded` is exceeded: 1000 of 999 bytes; set `bytes_decoded` under `limits:` in the policy
        Exception: Requested (exception)
        Limit, sent Yes: the limit `bytes_decoded` is exceeded: 1000 of 999 bytes; set `bytes_decoded` under `limits:` in the policy
        {"budget":"bytes_decoded","limit":999,"used":1000}
        header_fields: 3
        e|An exception occurred while performing the request: the limit `header_fields` is exceeded: 4 of 3; set `header_fields` under `limits:` in the policy
        Exception: Requested (exception)
        Limit, sent Yes: the limit `header_fields` is exceeded: 4 of 3; set `header_fields` under `limits:` in the policy
        {"budget":"header_fields","limit":3,"used":4}
        header_bytes: 70
        e|An exception occurred while performing the request: the limit `header_bytes` is exceeded: 88 of 70 bytes; set `header_bytes` under `limits:` in the policy
        Exception: Requested (exception)
        Limit, sent Yes: the limit `header_bytes` is exceeded: 88 of 70 bytes; set `header_bytes` under `limits:` in the policy
        {"budget":"header_bytes","limit":70,"used":88}
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_step_that_returns_while_a_budget_ends_it() {
    let service = service().await;
    let step = bench().host.load(&Guest::DropsEverything.wasm()).unwrap();
    let run = async |limits: &str| {
        let policy = format!("allow: ['{}']\nlimits: {{{limits}}}", service.origin);
        // Two requests, and it waits for neither.
        let orders = "data: |-\n  what is under way\n  what is under way";
        let file = step_file(&format!("post: {}/\n{orders}", service.origin));
        bench()
            .host
            .run(&step, Job::new(file, http_step_tests::policy(&policy)))
            .await
    };
    let result = run("requests: 1").await;
    let message = result.error.unwrap().message;
    expect![
        "the limit `requests` is exceeded: 2 of 1; set `requests` under `limits:` in the policy"
    ]
    .assert_eq(&message);
    let result = run("requests: 2").await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    for row in result.ledger {
        let error = row.error.unwrap();
        expect!["the component did not wait for the answer"].assert_eq(&error.message);
    }
}

#[tokio::test]
async fn nothing_beyond_a_budget_is_sent() {
    for limits in [
        "requests: 0",
        "hosts: 0",
        "header_fields: 0",
        "header_bytes: 5",
    ] {
        let (result, service) = run(Guest::BudgetGoesOn, limits).await;
        assert_eq!(
            result.error.unwrap().sent,
            http_step_host::Sent::No,
            "{limits}"
        );
        assert_eq!(service.requests(), [], "{limits}");
        assert_eq!(service.connections(), 0, "{limits}");
    }
}

#[tokio::test]
async fn what_a_step_writes_and_holds() {
    let mut report = String::new();
    for (guest, limits) in [
        (Guest::FloodsTheLog, "log_bytes: 100000, log_kept: 200"),
        (Guest::Allocates, "memory: 16MiB"),
    ] {
        let (result, _) = run(guest, limits).await;
        report.push_str(&format!("{limits}\n{}", end(&result)));
    }
    expect![[r#"
        log_bytes: 100000, log_kept: 200
        o|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx¶
        h|
        h|<the log ends here: its limit is 200 bytes>
        e|An exception occurred while performing the request: the limit `log_bytes` is exceeded: 131072 of 100000 bytes; set `log_bytes` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `log_bytes` is exceeded: 131072 of 100000 bytes; set `log_bytes` under `limits:` in the policy
        {"budget":"log_bytes","limit":100000,"used":131072}
        memory: 16MiB
        e|An exception occurred while performing the request: the limit `memory` is exceeded: 16843296 of 16777216 bytes; set `memory` under `limits:` in the policy
        Exception: Requested (exception)
        Limit: the limit `memory` is exceeded: 16843296 of 16777216 bytes; set `memory` under `limits:` in the policy
        {"budget":"memory","limit":16777216,"used":16843296}
    "#]].assert_eq(&report);
}

/// The host keeps a copy of them as long as the step runs.
#[tokio::test]
async fn uploaded_files_count_as_memory() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("large"), vec![0; 3 << 20]).unwrap();
    let step = "post: http://127.0.0.1:9/\nfiles:\n  report: large";
    let limits = Limits {
        memory: 2 << 20,
        ..Limits::default()
    };
    let result = run_with("http://127.0.0.1:9", step, |job| {
        job.files_under(folder.path()).limits(limits)
    })
    .await;
    expect![[r#"
        e|An exception occurred while performing the request: the limit `memory` is exceeded: 3145728 of 2097152 bytes; set `memory` under `limits:` in the policy
        Exception: Requested (exception)
        Limit, sent No: the limit `memory` is exceeded: 3145728 of 2097152 bytes; set `memory` under `limits:` in the policy
    "#]].assert_eq(&transcript(&result, "no origin"));
}

#[tokio::test]
async fn cpu_time_and_wall_time() {
    for (guest, limits, kind, stage) in [
        (Guest::Spins, "cpu: 0.05", ErrorKind::Limit, None),
        (Guest::Spins, "wall: 0.3", ErrorKind::Timeout, None::<Stage>),
        (
            Guest::BudgetReadsNothing,
            "wall: 0.3",
            ErrorKind::Timeout,
            None,
        ),
    ] {
        let (result, _) = run(guest, limits).await;
        assert_eq!(result.outcome, Outcome::Exception);
        let error = result.error.unwrap();
        assert_eq!((error.kind, error.stage), (kind, stage));
        let exceeded = error.exceeded.unwrap();
        let (Amount::Time(limit), Amount::Time(used)) = (exceeded.limit, exceeded.used) else {
            panic!("{exceeded:?}");
        };
        let (name, number) = limits.split_once(": ").unwrap();
        assert_eq!(exceeded.budget.as_str(), name);
        assert_eq!(limit.as_secs_f64(), number.parse::<f64>().unwrap());
        // It is checked every few milliseconds.
        assert!(used >= limit && used < limit * 20, "{exceeded:?}");
    }
}

#[tokio::test]
async fn all_usage_is_reported() {
    let (result, service) = run(Guest::BudgetGoesOn, "").await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(service.requests().len(), 6);
    let mut usage = serde_json::to_value(result.usage).unwrap();
    for name in [
        "wall_seconds",
        "cpu_seconds",
        "peak_memory_bytes",
        "component_bytes",
    ] {
        assert!(usage[name].as_f64().unwrap() > 0.0);
        usage[name] = "SOME".into();
    }
    expect![[r#"
        {
          "wall_seconds": "SOME",
          "cpu_seconds": "SOME",
          "peak_memory_bytes": "SOME",
          "requests": 6,
          "peak_concurrent_requests": 3,
          "hosts": 3,
          "bytes_sent": 60,
          "bytes_received": 180,
          "bytes_decoded": 6000,
          "peak_header_fields": 4,
          "peak_header_bytes": 88,
          "log_bytes": 10,
          "component_bytes": "SOME"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&usage).unwrap());
}

#[tokio::test]
async fn the_audit_log_names_the_exceeded_budget() {
    let mut report = String::new();
    for (limits, stage) in [
        ("hosts: 2", Stage::Policy),
        ("bytes_sent: 25", Stage::Send),
        ("bytes_received: 20", Stage::Body),
        ("bytes_decoded: 999", Stage::Body),
        ("header_fields: 3", Stage::Head),
    ] {
        let (result, _) = run(Guest::BudgetGoesOn, limits).await;
        let mut errors = result.ledger.iter().filter_map(|row| row.error.as_ref());
        let met = errors.find(|error| error.stage == stage).unwrap();
        report.push_str(&format!(
            "{limits}: {:?} at {:?}, sent {:?}: {}\n",
            met.kind, met.stage, met.sent, met.message
        ));
    }
    expect![[r#"
        hosts: 2: Limit at Policy, sent No: the limit `hosts` is exceeded: 3 of 2; set `hosts` under `limits:` in the policy
        bytes_sent: 25: Limit at Send, sent Unknown: the limit `bytes_sent` is exceeded: 30 of 25 bytes; set `bytes_sent` under `limits:` in the policy
        bytes_received: 20: Limit at Body, sent Yes: the limit `bytes_received` is exceeded: 30 of 20 bytes; set `bytes_received` under `limits:` in the policy
        bytes_decoded: 999: Limit at Body, sent Yes: the limit `bytes_decoded` is exceeded: 1000 of 999 bytes; set `bytes_decoded` under `limits:` in the policy
        header_fields: 3: Limit at Head, sent Yes: the limit `header_fields` is exceeded: 4 of 3; set `header_fields` under `limits:` in the policy
    "#]].assert_eq(&report);
}
