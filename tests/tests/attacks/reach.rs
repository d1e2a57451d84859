//! Getting where the policy does not let a step go.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use expect_test::expect;
use http::HeaderValue;
use http_step_host::{Outcome, Policy};
use http_step_tests::{Answer, Guest, Service};

use crate::arena::{Attacker, REBOUND, log, told};
use crate::attack::{Attack, Theme};
use crate::servers::raw;

pub const THEME: Theme = Theme {
    name: "Reaching further",
    about: "Getting where the policy does not let a step go.",
    attacks: &[
        Attack::by(
            Guest::Knocks,
            "port scan",
            "learn which ports of the machine are open, having leave for one",
            || Box::pin(port_scan()),
        ),
        Attack::by(
            Guest::Knocks,
            "metadata, in every spelling",
            "reach the cloud's metadata service, by each way to write its address, under a policy that allows all that is public",
            || Box::pin(metadata()),
        ),
        Attack::by_server(
            "redirect to loopback",
            "send a step to a service that only this machine reaches",
            || Box::pin(redirect_to_loopback()),
        ),
        Attack::by_server(
            "redirect to a name that leads inside",
            "the same, with a name whose address is loopback",
            || Box::pin(redirect_to_a_name()),
        ),
        Attack::by(
            Guest::Knocks,
            "rebinding name",
            "have a name checked with one address and dialled with another",
            || Box::pin(rebinding_name()),
        ),
        Attack::by(
            Guest::Knocks,
            "a good address and a bad one",
            "have a name of two addresses checked by the first and dialled by the second",
            || Box::pin(mixed_addresses()),
        ),
        Attack::by(
            Guest::Knocks,
            "ten thousand addresses",
            "have the host dial every address of a name that its owner filled with them",
            || Box::pin(many_addresses()),
        ),
        Attack::by(
            Guest::Knocks,
            "silent name server",
            "hold a run with a name that is never answered for",
            || Box::pin(silent_name_server()),
        ),
        Attack::by(
            Guest::Knocks,
            "absolute form and paths",
            "name another host in the request's target, where a server or a proxy may read it",
            || Box::pin(absolute_form()),
        ),
        Attack::by(
            Guest::Knocks,
            "user@host",
            "write an authority that one parser reads as one host and another as another",
            || Box::pin(user_at_host()),
        ),
        Attack::by(
            Guest::Knocks,
            "CONNECT and TRACE",
            "make a tunnel of a connection, or have headers echoed that were added on the way",
            || Box::pin(connect()),
        ),
        Attack::by(
            Guest::OpensSockets,
            "sockets of its own",
            "go around the host, with TCP, UDP and the system's resolver",
            || Box::pin(sockets()),
        ),
    ],
};

/// A server that nothing of a run may reach.
async fn victim() -> Service {
    Service::start(|_| Answer::new("inside".into())).await
}

fn untouched(victim: &Service) {
    assert_eq!(victim.connections(), 0, "the victim was reached");
}

/// How often each answer was given.
fn tally(log: &str) -> String {
    let mut answers: Vec<(&str, usize)> = Vec::new();
    for line in log.lines() {
        let (_, answer) = line.rsplit_once(": ").unwrap();
        match answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += 1,
            None => answers.push((answer, 1)),
        }
    }
    let told: Vec<_> = answers
        .iter()
        .map(|(answer, count)| format!("{count} × {answer}"))
        .collect();
    told.join(", ")
}

async fn port_scan() -> String {
    let granted = victim().await;
    let open = victim().await;
    let ports = (1..=200).chain([open_port(&open)]);
    let orders: Vec<_> = ports
        .map(|port| format!("GET 127.0.0.1:{port} /"))
        .collect();
    let mut told = Vec::new();
    let named = Policy::nothing().allow(granted.origin.parse().unwrap());
    let public = Policy::public().allow(granted.origin.parse().unwrap());
    for policy in [named, public] {
        let result = Attacker::of(Guest::Knocks, &granted.origin)
            .orders(&orders)
            .policy(policy)
            .limits(|limits| limits.requests = 1000)
            .run()
            .await;
        // An open port answers as a closed one does.
        let answers = tally(&log(&result, &granted.origin));
        assert_eq!(answers, "201 × ErrorCode::HttpRequestDenied");
        told.push(answers);
    }
    untouched(&open);
    untouched(&granted);
    format!(
        "{}, an open port among them; no connection is made",
        told[0]
    )
}

fn open_port(service: &Service) -> u16 {
    let address = service.origin.strip_prefix("http://").unwrap();
    address.parse::<SocketAddr>().unwrap().port()
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
    let result = Attacker::of(Guest::Knocks, "http://127.0.0.1:9")
        .orders(orders)
        .policy(Policy::public())
        .run()
        .await;
    let log = log(&result, "http://127.0.0.1:9");
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

async fn redirect_to_loopback() -> String {
    let victim = victim().await;
    let to = HeaderValue::from_str(&format!("{}/admin", victim.origin)).unwrap();
    let server = redirecting(to).await;
    let result = Attacker::none(&server.origin)
        .policy(Policy::public().allow(server.origin.parse().unwrap()))
        .run()
        .await;
    assert_eq!(result.outcome, Outcome::Denied);
    untouched(&victim);
    told(&result, &server.origin).replace(&victim.origin, "http://127.0.0.1:PORT")
}

async fn redirect_to_a_name() -> String {
    let victim = victim().await;
    let to = format!("http://loopback.test:{}/", open_port(&victim));
    let server = redirecting(HeaderValue::from_str(&to).unwrap()).await;
    let result = Attacker::none(&server.origin)
        .policy(Policy::public().allow(server.origin.parse().unwrap()))
        .run()
        .await;
    assert_eq!(result.outcome, Outcome::Denied);
    untouched(&victim);
    told(&result, &server.origin).replace(&format!(":{}", open_port(&victim)), ":PORT")
}

async fn redirecting(to: HeaderValue) -> Service {
    Service::start(move |_| {
        let mut answer = Answer::default();
        *answer.status_mut() = http::StatusCode::TEMPORARY_REDIRECT;
        answer.headers_mut().insert("location", to.clone());
        answer
    })
    .await
}

/// The decoy is at the address that is allowed, the victim at the same port of
/// the one that is not.
async fn rebinding_name() -> String {
    let victim = victim().await;
    let port = open_port(&victim);
    let decoy = raw::at(
        SocketAddr::from(([127, 0, 0, 2], port)),
        raw::closes_after("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    )
    .await;
    REBOUND.store(0, Ordering::Relaxed);
    let origin = format!("http://rebinds.test:{port}");
    let order = format!("GET rebinds.test:{port} /");
    let result = Attacker::of(Guest::Knocks, &origin)
        .orders([&order, &order, &order, &order])
        .policy(
            Policy::nothing()
                .allow(origin.parse().unwrap())
                .allow_network("127.0.0.2/32".parse().unwrap()),
        )
        .run()
        .await;
    untouched(&victim);
    let log = log(&result, &origin);
    // Asked once for each connection: what was checked is what was dialled.
    assert_eq!(REBOUND.load(Ordering::Relaxed), 4);
    assert_eq!(decoy.connections(), 2);
    expect![[r#"
        GET HERE /: status 200
        GET HERE /: ErrorCode::HttpRequestDenied
        GET HERE /: status 200
        GET HERE /: ErrorCode::HttpRequestDenied
    "#]]
    .assert_eq(&log);
    format!("{}; the forbidden address has no connection", tally(&log))
}

async fn mixed_addresses() -> String {
    let victim = victim().await;
    let origin = format!("http://mixed.test:{}", open_port(&victim));
    let result = Attacker::of(Guest::Knocks, &origin)
        .orders([format!("GET mixed.test:{} /", open_port(&victim))])
        .policy(
            Policy::nothing()
                .allow(origin.parse().unwrap())
                .allow_network("127.0.0.2/32".parse().unwrap()),
        )
        .run()
        .await;
    untouched(&victim);
    let answers = tally(&log(&result, &origin));
    assert_eq!(answers, "1 × ErrorCode::HttpRequestDenied");
    answers
}

/// All of the addresses are allowed; nothing answers at any.
async fn many_addresses() -> String {
    let port = raw::free_port().await;
    let origin = format!("http://many.test:{port}");
    let result = Attacker::none(&origin)
        .policy(
            Policy::nothing()
                .allow(origin.parse().unwrap())
                .allow_network("127.0.0.0/8".parse().unwrap()),
        )
        .run()
        .await;
    assert!(result.usage.wall_seconds < 4.0, "{result:#?}");
    told(&result, &origin).replace(&format!(":{port}"), ":PORT")
}

async fn silent_name_server() -> String {
    let origin = "http://silent.test";
    let result = Attacker::none(origin)
        .limits(|limits| limits.connect = Duration::from_millis(100))
        .run()
        .await;
    told(&result, origin)
}

async fn absolute_form() -> String {
    let victim = victim().await;
    let there = victim.origin.strip_prefix("http://").unwrap();
    let service = Service::start(|_| Answer::default()).await;
    let here = service.origin.strip_prefix("http://").unwrap();
    let targets = [
        format!("http://{there}/"),
        format!("//{there}/"),
        format!("/\\{there}/"),
        format!("\\\\{there}/"),
        format!("@{there}/"),
        format!(":80@{there}/"),
        format!("/..//{there}/"),
        "*".to_owned(),
        "".to_owned(),
        "/a b".to_owned(),
        "/ HTTP/1.1".to_owned(),
        "/#fragment".to_owned(),
    ];
    let result = Attacker::of(Guest::Knocks, &service.origin)
        .orders(targets.iter().map(|target| format!("GET {here} {target}")))
        .run()
        .await;
    untouched(&victim);
    let log = log(&result, &service.origin).replace(there, "THERE");
    expect![[r#"
        GET HERE http://THERE/: can't be asked
        GET HERE //THERE/: status 200
        GET HERE /\THERE/: status 200
        GET HERE \\THERE/: can't be asked
        GET HERE @THERE/: can't be asked
        GET HERE :80@THERE/: can't be asked
        GET HERE /..//THERE/: status 200
        GET HERE *: can't be asked
        GET HERE : status 200
        GET HERE /a b: can't be asked
        GET HERE / HTTP/1.1: can't be asked
        GET HERE /#fragment: status 200
    "#]]
    .assert_eq(&log);
    let asked: String = service
        .requests()
        .iter()
        .map(|request| {
            let host = request.header("host").unwrap();
            format!("{} to {host}\n", request.line)
                .replace(there, "THERE")
                .replace(here, "HERE")
        })
        .collect();
    // Whatever the target, the request's host is the one that was checked.
    expect![[r#"
        GET //THERE/ to HERE
        GET /\THERE/ to HERE
        GET /..//THERE/ to HERE
        GET / to HERE
        GET / to HERE
    "#]]
    .assert_eq(&asked);
    format!("{}; all that is let out says `Host: ORIGIN`", tally(&log))
}

async fn user_at_host() -> String {
    let victim = victim().await;
    let there = victim.origin.strip_prefix("http://").unwrap();
    let service = Service::start(|_| Answer::default()).await;
    let here = service.origin.strip_prefix("http://").unwrap();
    let authorities = [
        format!("user@{here}"),
        format!("@{here}"),
        format!("user:password@{here}"),
        format!("{here}@{there}"),
        format!("{there}@{here}"),
        format!("{here}/@{there}"),
        format!("{here}#@{there}"),
        format!("{here}?@{there}"),
        format!("{here}\\@{there}"),
        format!("{here},{there}"),
        format!("{here}:80"),
        "".to_owned(),
    ];
    let result = Attacker::of(Guest::Knocks, &service.origin)
        .orders(
            authorities
                .iter()
                .map(|authority| format!("GET {authority} /")),
        )
        .run()
        .await;
    untouched(&victim);
    assert_eq!(service.requests(), []);
    let log = log(&result, &service.origin).replace(there, "THERE");
    expect![[r#"
        GET user@HERE /: ErrorCode::HttpRequestUriInvalid
        GET @HERE /: ErrorCode::HttpRequestUriInvalid
        GET user:password@HERE /: ErrorCode::HttpRequestUriInvalid
        GET HERE@THERE /: ErrorCode::HttpRequestUriInvalid
        GET THERE@HERE /: ErrorCode::HttpRequestUriInvalid
        GET HERE/@THERE /: can't be asked
        GET HERE#@THERE /: can't be asked
        GET HERE?@THERE /: can't be asked
        GET HERE\@THERE /: can't be asked
        GET HERE,THERE /: can't be asked
        GET HERE:80 /: can't be asked
        GET  /: can't be asked
    "#]]
    .assert_eq(&log);
    tally(&log)
}

async fn connect() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let here = service.origin.strip_prefix("http://").unwrap();
    let methods = ["CONNECT", "TRACE", "connect", "trace", "TRACK", "PRI"];
    let result = Attacker::of(Guest::Knocks, &service.origin)
        .orders(methods.map(|method| format!("{method} {here} /")))
        .run()
        .await;
    let log = log(&result, &service.origin);
    expect![[r#"
        CONNECT HERE /: ErrorCode::HttpRequestUriInvalid
        TRACE HERE /: ErrorCode::HttpRequestUriInvalid
        connect HERE /: status 200
        trace HERE /: status 200
        TRACK HERE /: status 200
        PRI HERE /: status 200
    "#]]
    .assert_eq(&log);
    log.lines().collect::<Vec<_>>().join(", ")
}

async fn sockets() -> String {
    let victim = victim().await;
    // It has leave to make requests there, not connections.
    let result = Attacker::of(Guest::OpensSockets, &victim.origin)
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
