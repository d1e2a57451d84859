//! Names that resolve as their owner pleases.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use expect_test::expect;
use http_step_host::Policy;
use http_step_tests::Guest;

use crate::arena::REBOUND;
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, log, report};
use crate::servers::raw;
use crate::victim::{open_port, tally, untouched, victim};

pub const THEME: Theme = Theme {
    name: "Names",
    about: "Making the host look up names whose owner chooses the addresses.",
    attacks: &[
        Attack::by_component(
            Guest::Knocks,
            "rebinding name",
            "get a name checked with one address and connected with another",
            || Box::pin(rebinding_name()),
        ),
        Attack::by_component(
            Guest::Knocks,
            "a good address and a bad one",
            "get a name with two addresses checked by the first and connected to the second",
            || Box::pin(mixed_addresses()),
        ),
        Attack::by_server(
            "ten thousand addresses",
            "make the host dial each of a name's ten thousand addresses",
            || Box::pin(many_addresses()),
        ),
        Attack::by_server(
            "silent name server",
            "block a run with a name that is never resolved",
            || Box::pin(silent_name_server()),
        ),
    ],
};

/// The decoy is at the permitted address, the victim at the same port of a denied one.
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
    let result = Attacker::new(Guest::Knocks, &origin)
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
    // One lookup per connection: the address that was checked is the one that was dialled.
    assert_eq!(REBOUND.load(Ordering::Relaxed), 4);
    assert_eq!(decoy.connections(), 2);
    expect![[r#"
        GET HERE /: status 200
        GET HERE /: ErrorCode::HttpRequestDenied
        GET HERE /: status 200
        GET HERE /: ErrorCode::HttpRequestDenied
    "#]]
    .assert_eq(&log);
    format!("{}; the forbidden address gets no connection", tally(&log))
}

async fn mixed_addresses() -> String {
    let victim = victim().await;
    let origin = format!("http://mixed.test:{}", open_port(&victim));
    let result = Attacker::new(Guest::Knocks, &origin)
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
    report(&result, &origin).replace(&format!(":{port}"), ":PORT")
}

async fn silent_name_server() -> String {
    let origin = "http://silent.test";
    let result = Attacker::none(origin)
        .limits(|limits| limits.connect = Duration::from_millis(100))
        .run()
        .await;
    report(&result, origin)
}
