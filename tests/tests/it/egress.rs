//! What the policy permits, with names from a test's resolver.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use expect_test::expect;
use http_step_host::{Addresses, Host, Job, Outcome, Policy, Resolve, RunResult, Step};
use http_step_tests::{
    Answer, Bench, Service, bench, error, host_builder, redirect, reference_of, step_file,
    transcript,
};

/// Names that resolve as their owner pleases.
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
    let host = host_builder().resolver(Names).build().unwrap();
    let step = reference_of(&host);
    (host, step)
});

async fn get(url: &str, policy: Policy) -> RunResult {
    let (host, step) = &*HOST;
    host.run(step, Job::new(step_file(&format!("get: {url}")), policy))
        .await
}

#[tokio::test]
async fn a_name_with_a_local_address_is_denied() {
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
        the policy does not allow http://service.test: it resolves to the loopback address 127.0.0.1
        the policy does not allow http://service.test: it resolves to the loopback address 127.0.0.1
        the policy does not allow http://metadata.test: it resolves to the cloud metadata address 169.254.169.254
        the policy does not allow http://metadata.test: it resolves to the cloud metadata address 169.254.169.254
        the policy does not allow http://mapped.test: it resolves to the private address ::ffff:10.0.0.1
        the policy does not allow http://mapped.test: it resolves to the private address ::ffff:10.0.0.1
        the policy does not allow http://mixed.test: it resolves to the private address 192.168.0.1
        the policy does not allow http://mixed.test: it resolves to the private address 192.168.0.1
        the policy does not allow http://reversed.test: it resolves to the private address 192.168.0.1
        the policy does not allow http://reversed.test: it resolves to the private address 192.168.0.1
    "#]].assert_eq(&text);
}

#[tokio::test]
async fn a_network_permits_a_name_with_a_local_address() {
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
        http://127.0.0.1/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
        http://2130706433/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
        http://0x7f.1/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
        http://0177.0.0.1/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
        http://127.1/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
        http://[::1]/ the policy does not allow http://[::1]: ::1 is a loopback address
        http://[::ffff:127.0.0.1]/ the policy does not allow http://[::ffff:127.0.0.1]: ::ffff:127.0.0.1 is a loopback address
        http://[::ffff:a9fe:a9fe]/ the policy does not allow http://[::ffff:169.254.169.254]: ::ffff:169.254.169.254 is a cloud metadata address
        http://①②⑦.0.0.1/ the policy does not allow http://127.0.0.1: 127.0.0.1 is a loopback address
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
    let mut report = String::new();
    for method in ["get", "post", "put", "delete"] {
        let result = bench().run(&policy, &format!("{method}: {origin}/")).await;
        report.push_str(&format!("{method}: {}\n", error(&result, origin)));
    }
    expect![[r#"
        get: Success: no error
        post: Denied, Denied, sent No: the policy does not allow POST ORIGIN: `policy.yaml:1: ORIGIN` allows only GET and PUT
        put: Success: no error
        delete: Denied, Denied, sent No: the policy does not allow DELETE ORIGIN: `policy.yaml:1: ORIGIN` allows only GET and PUT
    "#]]
    .assert_eq(&report);
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
    // An open connection exists now, which this policy would not have permitted.
    assert_eq!(run(&named).await.outcome, Outcome::Denied);
    assert_eq!(run(&wide).await.outcome, Outcome::Success);
    assert_eq!(service.connections(), 1);
}

/// Records what it is asked for, and resolves it to loopback.
#[derive(Clone, Default)]
struct Requested(Arc<Mutex<Vec<String>>>);

impl Resolve for Requested {
    fn resolve(&self, name: &str) -> Addresses {
        self.0.lock().unwrap().push(name.to_owned());
        Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
    }
}

#[tokio::test]
async fn a_local_name_is_looked_up_only_where_a_rule_names_it() {
    let service = Service::start(|_| Answer::default()).await;
    let requested = Requested::default();
    let bench = Bench::with(|host| host.resolver(requested.clone()));
    let wide = "public: true\nallow: ['http://*.internal:*']\nnetworks: [0.0.0.0/0]\n";
    let mut report = String::new();
    for name in [
        "localhost",
        "LocalHost.",
        "ⓛocalhost",
        "loc%61lhost",
        "a.localhost",
        "db",
        "printer.local",
        "router.home.arpa",
        "x.onion",
        "metadata.google.internal",
        "METADATA.google%2Einternal.",
        "metadata.goog",
    ] {
        let origin = format!("http://{name}:{}", service.port);
        let result = bench.run(wide, &format!("get: {origin}/")).await;
        assert_eq!(result.outcome, Outcome::Denied, "{name}");
        let line = error(&result, &service.port.to_string());
        report.push_str(&format!("{name}: {line}\n"));
        let grant = result.error.and_then(|error| error.grant).unwrap();
        let grant = grant.policy_line();
        let granting = format!("allow:\n{}\nnetworks: [127.0.0.0/8]\n", grant.line());
        assert_eq!(*requested.0.lock().unwrap(), [""; 0], "{name}");
        let result = bench.run(&granting, &format!("get: {origin}/")).await;
        assert_eq!(
            result.outcome,
            Outcome::Success,
            "{name}: {:?}",
            result.error
        );
        requested.0.lock().unwrap().clear();
    }
    expect![[r#"
        localhost: Denied, Denied, sent No: the policy does not allow http://localhost:ORIGIN: `localhost` is this machine, and no rule names it
        LocalHost.: Denied, Denied, sent No: the policy does not allow http://localhost.:ORIGIN: `localhost` is this machine, and no rule names it
        ⓛocalhost: Denied, Denied, sent No: the policy does not allow http://localhost:ORIGIN: `localhost` is this machine, and no rule names it
        loc%61lhost: Denied, Denied, sent No: the policy does not allow http://localhost:ORIGIN: `localhost` is this machine, and no rule names it
        a.localhost: Denied, Denied, sent No: the policy does not allow http://a.localhost:ORIGIN: `localhost` is this machine, and no rule names it
        db: Denied, Denied, sent No: the policy does not allow http://db:ORIGIN: a single-label name is not public, and no rule names it
        printer.local: Denied, Denied, sent No: the policy does not allow http://printer.local:ORIGIN: names under `.local` are not public, and no rule names it
        router.home.arpa: Denied, Denied, sent No: the policy does not allow http://router.home.arpa:ORIGIN: names under `.home.arpa` are not public, and no rule names it
        x.onion: Denied, Denied, sent No: the policy does not allow http://x.onion:ORIGIN: names under `.onion` are not public, and no rule names it
        metadata.google.internal: Denied, Denied, sent No: the policy does not allow http://metadata.google.internal:ORIGIN: it is a cloud metadata service, and no rule has its exact name
        METADATA.google%2Einternal.: Denied, Denied, sent No: the policy does not allow http://metadata.google.internal.:ORIGIN: it is a cloud metadata service, and no rule has its exact name
        metadata.goog: Denied, Denied, sent No: the policy does not allow http://metadata.goog:ORIGIN: it is a cloud metadata service, and no rule has its exact name
    "#]].assert_eq(&report);
    // A wildcard covers the names below it.
    let url = format!("get: http://git.internal:{}/", service.port);
    let result = bench.run(wide, &url).await;
    assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
}

#[tokio::test]
async fn a_denial_overrides_every_grant() {
    let service = Service::start(|_| Answer::default()).await;
    let (origin, port) = (&service.origin, service.port);
    let mut report = String::new();
    for (deny, url) in [
        ("one.test", format!("http://one.test:{port}/")),
        ("'*.test'", format!("http://one.test:{port}/")),
        (
            &*format!("http://one.test:{port}"),
            format!("http://one.test:{port}/"),
        ),
        ("127.0.0.0/8", format!("http://one.test:{port}/")),
        ("'::ffff:127.0.0.1'", format!("http://one.test:{port}/")),
        (origin, format!("http://one.test:{port}/")),
        ("127.0.0.1", format!("{origin}/")),
        ("127.0.0.0/8", format!("http://[::ffff:127.0.0.1]:{port}/")),
        (origin, format!("http://[::ffff:127.0.0.1]:{port}/")),
    ] {
        let arguments = |policy: Policy| {
            policy
                .allow(origin.parse().unwrap())
                .allow(format!("http://[::ffff:127.0.0.1]:{port}").parse().unwrap())
        };
        let policy = format!("public: true\nnetworks: [0.0.0.0/0]\ndeny: [{deny}]\n");
        let job = Job::new(
            step_file(&format!("get: {url}")),
            arguments(http_step_tests::policy(&policy)),
        );
        let result = bench().host.run(&bench().step, job).await;
        let line = error(&result, &port.to_string());
        report.push_str(&format!("{line}\n"));
    }
    expect![[r#"
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it matches the deny rule `policy.yaml:3: one.test`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it matches the deny rule `policy.yaml:3: *.test`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it matches the deny rule `policy.yaml:3: http://one.test:ORIGIN`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:3: 127.0.0.0/8`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:3: ::ffff:127.0.0.1`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://one.test:ORIGIN: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:3: http://127.0.0.1:ORIGIN`, and that overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://127.0.0.1:ORIGIN: it matches the deny rule `policy.yaml:3: 127.0.0.1`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://[::ffff:127.0.0.1]:ORIGIN: it matches the deny rule `policy.yaml:3: 127.0.0.0/8`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://[::ffff:127.0.0.1]:ORIGIN: it matches the deny rule `policy.yaml:3: http://127.0.0.1:ORIGIN`, which overrides any allow rule
    "#]].assert_eq(&report);
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_denied_origin_is_reached_by_no_redirect_and_no_open_connection() {
    let last = Service::start(|_| Answer::default()).await;
    let to = format!("http://two.test:{}/", last.port);
    let first = Service::start(move |_| redirect(307, &to)).await;
    let wide = "public: true\nnetworks: [127.0.0.0/8]\n";
    let run = async |deny: &str, url: String| {
        let policy = format!("{wide}deny: [{deny}]\n");
        let result = bench().run(&policy, &format!("get: {url}")).await;
        error(&result, "no origin").replace(&last.port.to_string(), "LAST")
    };
    let redirect = || format!("http://one.test:{}/", first.port);
    let direct = || format!("http://two.test:{}/", last.port);
    let report = [
        run("two.test", redirect()).await,
        // Connections to both exist now.
        run("three.test", redirect()).await,
        run("two.test", redirect()).await,
        run("two.test", direct()).await,
        run("127.0.0.1", direct()).await,
        run("127.0.0.2", direct()).await,
    ];
    expect![[r#"
        Denied, Denied, sent Yes: the policy does not allow http://two.test:LAST: it matches the deny rule `policy.yaml:3: two.test`, which overrides any allow rule
        Success: no error
        Denied, Denied, sent Yes: the policy does not allow http://two.test:LAST: it matches the deny rule `policy.yaml:3: two.test`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://two.test:LAST: it matches the deny rule `policy.yaml:3: two.test`, which overrides any allow rule
        Denied, Denied, sent No: the policy does not allow http://two.test:LAST: it resolves to 127.0.0.1, which matches the deny rule `policy.yaml:3: 127.0.0.1`, and that overrides any allow rule
        Success: no error"#]].assert_eq(&report.join("\n"));
    assert_eq!(last.requests().len(), 2);
    assert_eq!(last.connections(), 1);
}
