//! Reaching what the policy denies to a step.

use expect_test::expect;
use http_step_host::{Outcome, Policy};
use http_step_tests::{Guest, HttpProxy, Service, redirect};

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, NOWHERE, log, report};
use crate::victim::{open_port, tally, untouched, victim};

pub const THEME: Theme = Theme {
    name: "Reaching further",
    about: "Reaching what the policy does not allow.",
    attacks: &[
        Attack::by_component(
            Guest::Knocks,
            "port scan",
            "find the machine's open ports, with permission for one",
            || Box::pin(port_scan()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "metadata, in every spelling",
            "reach the cloud's metadata service, in each spelling of its address, under a policy that allows everything public",
            || Box::pin(metadata()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "local names, through a proxy",
            "make a proxy, which looks up names itself, connect to its own network, under a policy that allows everything public",
            || Box::pin(local_names()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "denied addresses, in every spelling",
            "reach a denied address by a name or in another spelling, under a policy that allows all of them",
            || Box::pin(denied()),
        ),
        Attack::by_server(
            "redirect to loopback",
            "send a step to a service that only this machine can reach",
            || Box::pin(redirect_to_loopback()),
        ),
        Attack::by_server(
            "redirect to a command",
            "use a shell command as host name, so that people paste it with the argument that would allow it",
            || Box::pin(redirect_to_a_command()),
        ),
        Attack::by_server(
            "redirect to a name with a private address",
            "send a step to loopback by a name that resolves to it",
            || Box::pin(redirect_to_a_name()),
        ),
        Attack::by_component(
            Guest::OpensSockets,
            "its own sockets",
            "bypass the host, with TCP, UDP and the system's resolver",
            || Box::pin(sockets()),
        ),
    ],
};

async fn port_scan() -> String {
    let granted = victim().await;
    let open = victim().await;
    let ports = (1..=200).chain([open_port(&open)]);
    let orders: Vec<_> = ports
        .map(|port| format!("GET 127.0.0.1:{port} /"))
        .collect();
    let mut report = Vec::new();
    let named = Policy::nothing().allow(granted.origin.parse().unwrap());
    let public = Policy::public().allow(granted.origin.parse().unwrap());
    for policy in [named, public] {
        let result = Attacker::new(Guest::Knocks, &granted.origin)
            .orders(&orders)
            .policy(policy)
            .limits(|limits| limits.requests = 1000)
            .run()
            .await;
        // An open port gets the same answer as a closed one.
        let answers = tally(&log(&result, &granted.origin));
        assert_eq!(answers, "201 × ErrorCode::HttpRequestDenied");
        report.push(answers);
    }
    untouched(&open);
    untouched(&granted);
    format!(
        "{}, an open port among them; no connection is made",
        report[0]
    )
}

async fn metadata() -> String {
    let spellings = [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.43518",
        "169.16689662",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "0000251.254.0xa9.254",
        "%31%36%39.254.169.254",
        "①⑥⑨.254.169.254",
        "169。254。169。254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[::ffff:0:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:a9fe:a9fe::5601:5601]",
        "[fd00:ec2::254]",
        "[fe80::a9fe:a9fe%25eth0]",
        "[fe80::a9fe:a9fe%eth0]",
        "metadata.test",
        "METADATA.test",
        "metadata.test.",
        "169.254.169.254:80",
        "169.254.169.254:080",
        "169.254.169.254:",
        "100.100.100.200",
        "168.63.129.16",
    ];
    let orders = spellings.map(|spelling| format!("GET {spelling} /latest/meta-data/"));
    let result = Attacker::new(Guest::Knocks, NOWHERE)
        .orders(orders)
        .policy(Policy::public())
        .run()
        .await;
    let log = log(&result, NOWHERE);
    expect![[r#"
        GET 169.254.169.254 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.254.169.254. /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.254.43518 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.16689662 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 2852039166 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 0xa9fea9fe /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 0xa9.0xfe.0xa9.0xfe /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 0251.0376.0251.0376 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 0000251.254.0xa9.254 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET %31%36%39.254.169.254 /latest/meta-data/: can't be asked
        GET ①⑥⑨.254.169.254 /latest/meta-data/: can't be asked
        GET 169。254。169。254 /latest/meta-data/: can't be asked
        GET [::ffff:169.254.169.254] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [::ffff:a9fe:a9fe] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [0:0:0:0:0:ffff:a9fe:a9fe] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [::169.254.169.254] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [::ffff:0:a9fe:a9fe] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [64:ff9b::a9fe:a9fe] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [64:ff9b:1::a9fe:a9fe] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [2002:a9fe:a9fe::1] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [2001:0:a9fe:a9fe::5601:5601] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [fd00:ec2::254] /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET [fe80::a9fe:a9fe%25eth0] /latest/meta-data/: ErrorCode::HttpRequestUriInvalid
        GET [fe80::a9fe:a9fe%eth0] /latest/meta-data/: ErrorCode::HttpRequestUriInvalid
        GET metadata.test /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET METADATA.test /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET metadata.test. /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.254.169.254:80 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.254.169.254:080 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 169.254.169.254: /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 100.100.100.200 /latest/meta-data/: ErrorCode::HttpRequestDenied
        GET 168.63.129.16 /latest/meta-data/: ErrorCode::HttpRequestDenied
    "#]]
    .assert_eq(&log);
    tally(&log)
}

async fn local_names() -> String {
    let victim = victim().await;
    let proxy = HttpProxy::start().await;
    let rules = format!(
        "public: true\nproxies: {{all: 'http://{}', resolve: proxy}}",
        proxy.address
    );
    let spellings = [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "lOcAlHoSt.",
        "db",
        "db.",
        "metadata",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "metadata.goog",
        "metadata.azure.internal",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.tencentyun.com",
        "host.docker.internal",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "printer.local",
        "router.home.arpa",
        "router.lan",
        "expyuzz4wqqyqhjn.onion",
    ];
    let orders = spellings.map(|name| format!("GET {name}:{} /", open_port(&victim)));
    let result = Attacker::new(Guest::Knocks, NOWHERE)
        .orders(orders)
        .policy(http_step_tests::policy(&rules))
        .limits(|limits| limits.hosts = 100)
        .run()
        .await;
    untouched(&victim);
    assert_eq!(proxy.requested(), [""; 0]);
    let answers = tally(&log(&result, NOWHERE));
    assert_eq!(
        answers,
        format!("{} × ErrorCode::HttpRequestDenied", spellings.len())
    );
    format!("{answers}; the proxy gets no request")
}

async fn denied() -> String {
    let victim = victim().await;
    let spellings = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0:7f00:1]",
        "[64:ff9b::7f00:1]",
        "loopback.test",
        "LOOPBACK.test.",
        "localhost",
        "mixed.test",
    ];
    let port = open_port(&victim);
    let orders = spellings.map(|host| format!("GET {host}:{port} /"));
    let grants = ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"];
    let policy = grants.iter().fold(Policy::public(), |policy, host| {
        policy.allow(format!("*://{host}:*").parse().unwrap())
    });
    let policy = policy
        .allow_network("0.0.0.0/0".parse().unwrap())
        .allow_network("::/0".parse().unwrap())
        .deny("127.0.0.1".parse().unwrap());
    let result = Attacker::new(Guest::Knocks, NOWHERE)
        .orders(orders)
        .policy(policy)
        .run()
        .await;
    untouched(&victim);
    let answers = tally(&log(&result, NOWHERE));
    assert_eq!(
        answers,
        format!("{} × ErrorCode::HttpRequestDenied", spellings.len())
    );
    answers
}

async fn redirect_to_loopback() -> String {
    let victim = victim().await;
    let server = redirecting(format!("{}/admin", victim.origin)).await;
    let result = Attacker::none(&server.origin)
        .policy(Policy::public().allow(server.origin.parse().unwrap()))
        .run()
        .await;
    assert_eq!(result.outcome, Outcome::Denied);
    untouched(&victim);
    report(&result, &server.origin).replace(&victim.origin, "http://127.0.0.1:PORT")
}

async fn redirect_to_a_command() -> String {
    let server = redirecting("http://$(reboot).test/".to_owned()).await;
    let result = Attacker::none(&server.origin).run().await;
    assert_eq!(result.outcome, Outcome::Denied);
    let report = report(&result, &server.origin);
    assert!(
        report.contains("http://$(reboot).test: no rule matches it"),
        "{report}"
    );
    report
}

async fn redirect_to_a_name() -> String {
    let victim = victim().await;
    let to = format!("http://loopback.test:{}/", open_port(&victim));
    let server = redirecting(to).await;
    let result = Attacker::none(&server.origin)
        .policy(Policy::public().allow(server.origin.parse().unwrap()))
        .run()
        .await;
    assert_eq!(result.outcome, Outcome::Denied);
    untouched(&victim);
    report(&result, &server.origin).replace(&format!(":{}", open_port(&victim)), ":PORT")
}

async fn redirecting(to: String) -> Service {
    Service::start(move |_| redirect(307, &to)).await
}

async fn sockets() -> String {
    let victim = victim().await;
    // It may make requests there, but no connections.
    let result = Attacker::new(Guest::OpensSockets, &victim.origin)
        .run()
        .await;
    untouched(&victim);
    let log = log(&result, &victim.origin);
    expect![[r#"
        a connection: none
        a listener: none
        a datagram: none
        a name's address: none
    "#]]
    .assert_eq(&log);
    log.lines().collect::<Vec<_>>().join(", ")
}
