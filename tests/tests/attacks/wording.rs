//! Wording a request so that two readers disagree on where it goes.

use expect_test::expect;
use http_step_tests::{Answer, Guest, Service};

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, log};
use crate::victim::{tally, untouched, victim};

pub const THEME: Theme = Theme {
    name: "Wording",
    about: "Wording a request so that the policy reads one destination, and a server or proxy another.",
    attacks: &[
        Attack::by_component(
            Guest::Knocks,
            "absolute form and paths",
            "name another host in the request target, for a server or proxy to read",
            || Box::pin(absolute_form()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "user@host",
            "write an authority that two parsers read as different hosts",
            || Box::pin(user_at_host()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "CONNECT and TRACE",
            "turn a connection into a tunnel, or get headers echoed that were added on the way",
            || Box::pin(connect()),
        ),
    ],
};

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
        "?query".to_owned(),
        "/a b".to_owned(),
        "/ HTTP/1.1".to_owned(),
        "/#fragment".to_owned(),
    ];
    let result = Attacker::new(Guest::Knocks, &service.origin)
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
        GET HERE ?query: status 200
        GET HERE /a b: can't be asked
        GET HERE / HTTP/1.1: can't be asked
        GET HERE /#fragment: status 200
    "#]]
    .assert_eq(&log);
    let requested: String = service
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
        GET /?query to HERE
        GET / to HERE
    "#]]
    .assert_eq(&requested);
    format!("{}; all sent requests have `Host: ORIGIN`", tally(&log))
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
    let result = Attacker::new(Guest::Knocks, &service.origin)
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
    let result = Attacker::new(Guest::Knocks, &service.origin)
        .orders(methods.map(|method| format!("{method} {here} /")))
        .run()
        .await;
    let log = log(&result, &service.origin);
    // Methods are case-sensitive, but not for every server.
    assert_eq!(service.requests().len(), 1, "{log}");
    log.replace("HERE ", "")
}
