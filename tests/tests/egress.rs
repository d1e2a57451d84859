//! What the policy lets out, with names that a resolver of ours answers for.

use std::io;
use std::sync::LazyLock;

use expect_test::expect;
use http_step_host::{Addresses, Host, Job, Outcome, Policy, Resolve, RunResult, Step};
use http_step_tests::{Answer, Service, bench, error, reference_of, step_file, transcript};

/// Names that lead where their owner pleases.
const NAMES: [(&str, &[&str]); 6] = [
    ("service.test", &["127.0.0.1"]),
    ("metadata.test", &["169.254.169.254"]),
    ("mapped.test", &["::ffff:10.0.0.1"]),
    // One public address among them does not help.
    ("mixed.test", &["1.1.1.1", "192.168.0.1"]),
    ("reversed.test", &["192.168.0.1", "1.1.1.1"]),
    ("empty.test", &[]),
];

struct Names;

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Addresses {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        let found = found.map(|(_, addresses)| {
            addresses
                .iter()
                .map(|address| address.parse().unwrap())
                .collect()
        });
        Box::pin(async move {
            found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"))
        })
    }
}

static HOST: LazyLock<(Host, Step)> = LazyLock::new(|| {
    let host = Host::builder().resolver(Names).build().unwrap();
    let step = reference_of(&host);
    (host, step)
});

async fn get(url: &str, policy: Policy) -> RunResult {
    let (host, step) = &*HOST;
    host.run(step, Job::new(step_file(&format!("get: {url}")), policy))
        .await
}

#[tokio::test]
async fn a_name_that_leads_inside_is_denied_whichever_way() {
    let mut text = String::new();
    for name in ["service", "metadata", "mapped", "mixed", "reversed"] {
        let origin = format!("http://{name}.test");
        for policy in [
            Policy::public(),
            Policy::nothing().allow(origin.parse().unwrap()),
        ] {
            let result = get(&origin, policy).await;
            assert_eq!(result.outcome, Outcome::Denied);
            text.push_str(&format!("{}\n", result.error.unwrap().message));
        }
    }
    expect![[r#"
        the policy does not allow http://service.test: its name leads to 127.0.0.1, which is not public but loopback; `--allow-network 127.0.0.1/32` would
        the policy does not allow http://service.test: its name leads to 127.0.0.1, which is not public but loopback; `--allow-network 127.0.0.1/32` would
        the policy does not allow http://metadata.test: its name leads to 169.254.169.254, which is not public but cloud metadata; `--allow-network 169.254.169.254/32` would
        the policy does not allow http://metadata.test: its name leads to 169.254.169.254, which is not public but cloud metadata; `--allow-network 169.254.169.254/32` would
        the policy does not allow http://mapped.test: its name leads to ::ffff:10.0.0.1, which is not public but private; `--allow-network ::ffff:10.0.0.1/128` would
        the policy does not allow http://mapped.test: its name leads to ::ffff:10.0.0.1, which is not public but private; `--allow-network ::ffff:10.0.0.1/128` would
        the policy does not allow http://mixed.test: its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would
        the policy does not allow http://mixed.test: its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would
        the policy does not allow http://reversed.test: its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would
        the policy does not allow http://reversed.test: its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would
    "#]].assert_eq(&text);
}

#[tokio::test]
async fn a_network_lets_a_name_lead_inside() {
    let service = Service::start(|_| Answer::default()).await;
    let port = service.origin.rsplit(':').next().unwrap();
    let url = format!("http://service.test:{port}/");
    let policy = Policy::nothing()
        .allow(url.parse().unwrap())
        .allow_network("127.0.0.0/8".parse().unwrap());
    let result = get(&url, policy).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
    assert_eq!(
        service.requests()[0].header("host"),
        Some(format!("service.test:{port}").as_str())
    );
}

#[tokio::test]
async fn an_address_in_any_spelling_is_that_address() {
    let mut text = String::new();
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://①②⑦.0.0.1/",
    ] {
        let result = get(url, Policy::public()).await;
        assert_eq!(result.outcome, Outcome::Denied, "{url}");
        text.push_str(&format!("{url} {}\n", result.error.unwrap().message));
    }
    expect![[r#"
        http://127.0.0.1/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
        http://2130706433/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
        http://0x7f.1/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
        http://0177.0.0.1/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
        http://127.1/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
        http://[::1]/ the policy does not allow http://[::1]: its address is not public but loopback; `--allow http://[::1]` would
        http://[::ffff:127.0.0.1]/ the policy does not allow http://[::ffff:127.0.0.1]: its address is not public but loopback; `--allow http://[::ffff:127.0.0.1]` would
        http://[::ffff:a9fe:a9fe]/ the policy does not allow http://[::ffff:169.254.169.254]: its address is not public but cloud metadata; `--allow http://[::ffff:169.254.169.254]` would
        http://①②⑦.0.0.1/ the policy does not allow http://127.0.0.1: its address is not public but loopback; `--allow http://127.0.0.1` would
    "#]].assert_eq(&text);
}

#[tokio::test]
async fn a_name_without_an_address() {
    let result = get("http://missing.test/", Policy::public()).await;
    expect![[r#"
        h|Performing GET request to http://missing.test/
        e|An exception occurred while performing the request: could not connect to http://missing.test/: the host name has no address (no such name)
        Exception: Requested (exception)
        Dns, sent No: could not resolve missing.test: no such name
    "#]].assert_eq(&transcript(&result, "no origin"));
    let result = get("http://empty.test/", Policy::public()).await;
    assert_eq!(
        result.error.unwrap().message,
        "could not resolve empty.test: it has no address"
    );
}

#[tokio::test]
async fn an_international_name_is_resolved_in_its_ascii_form() {
    let result = get("http://bücher.test/", Policy::public()).await;
    assert_eq!(
        result.error.unwrap().message,
        "could not resolve xn--bcher-kva.test: no such name"
    );
}

#[tokio::test]
async fn a_rule_allows_the_methods_that_it_names() {
    let service = Service::start(|_| Answer::default()).await;
    let origin = &service.origin;
    let policy = format!("allow: [{{origin: '{origin}', methods: [GET, PUT]}}]");
    let mut told = String::new();
    for method in ["get", "post", "put", "delete"] {
        let result = bench().run(&policy, &format!("{method}: {origin}/")).await;
        told.push_str(&format!("{method}: {}\n", error(&result, origin)));
    }
    expect![[r#"
        get: Success: no error
        post: Denied, Denied, sent No: the policy does not allow POST ORIGIN: `policy.yaml:1: ORIGIN` allows GET and PUT; `- {origin: ORIGIN, methods: [POST]}` under `allow:` in policy.yaml would
        put: Success: no error
        delete: Denied, Denied, sent No: the policy does not allow DELETE ORIGIN: `policy.yaml:1: ORIGIN` allows GET and PUT; `- {origin: ORIGIN, methods: [DELETE]}` under `allow:` in policy.yaml would
    "#]]
    .assert_eq(&told);
    let lines: Vec<_> = service.requests().into_iter().map(|it| it.line).collect();
    assert_eq!(lines, ["GET /", "PUT /"]);
}

#[tokio::test]
async fn a_connection_of_one_policy_is_not_used_under_another() {
    let service = Service::start(|_| Answer::default()).await;
    let port = service.origin.rsplit(':').next().unwrap();
    let url = format!("http://service.test:{port}/");
    let named = Policy::nothing().allow(url.parse().unwrap());
    let wide = named.clone().allow_network("127.0.0.0/8".parse().unwrap());
    let run = |policy: &Policy| get(&url, policy.clone());
    assert_eq!(run(&wide).await.outcome, Outcome::Success);
    // There is an open connection now, which this policy would not have allowed.
    assert_eq!(run(&named).await.outcome, Outcome::Denied);
    assert_eq!(run(&wide).await.outcome, Outcome::Success);
    assert_eq!(service.connections(), 1);
}
