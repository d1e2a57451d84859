//! Having a server read another request than the host has permitted.

use expect_test::expect;
use http_step_tests::{Answer, Guest, Service};

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, log};

pub const THEME: Theme = Theme {
    name: "Smuggling",
    about: "Making a server read a different request than the host checked.",
    attacks: &[
        Attack::by_component(
            Guest::SmugglesLines,
            "CR LF",
            "end a line, a head or a request within a method, a path, an authority, a header or a trailer",
            || Box::pin(lines()),
        ),
        Attack::by_component(
            Guest::LiesAboutLength,
            "content-length and transfer-encoding",
            "announce one length and send another, so that the rest is read as a request",
            || Box::pin(lengths()),
        ),
        Attack::by_component(
            Guest::SetsForbiddenHeaders,
            "hop-by-hop headers",
            "set fields that belong to the connection: `Connection`, `Upgrade`, `TE`, `Proxy-Authorization` and more",
            || Box::pin(hop_by_hop()),
        ),
        Attack::by_component(
            Guest::SetsForbiddenHeaders,
            "Host",
            "send a different `Host`, to reach another site of the same server",
            || Box::pin(host()),
        ),
    ],
};

/// The requests of a server, one per line, with the fields that are not the host's own.
fn requested(service: &Service) -> String {
    let here = service.origin.strip_prefix("http://").unwrap();
    let mut text = String::new();
    for request in service.requests() {
        let body = String::from_utf8_lossy(&request.body);
        text.push_str(&format!("{} {body:?}\n", request.line));
        for header in &request.headers {
            text.push_str(&format!("  {header}\n"));
        }
    }
    text.replace(here, "HERE")
}

async fn lines() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::SmugglesLines, &service.origin)
        .run()
        .await;
    let log = log(&result, &service.origin);
    let taken = log.lines().filter(|line| line.ends_with(": taken")).count();
    let refused = log
        .lines()
        .filter(|line| line.ends_with(": refused"))
        .count();
    let requested = requested(&service);
    assert!(
        !requested.to_lowercase().contains("smuggled"),
        "{requested}"
    );
    expect![[r#"
        a header's name: refused
        a header's value: refused
        values set: refused
        a list of headers: refused
        the method: refused
        the path: refused
        the authority: refused
        a trailer: refused
        status 200
        a header's name: refused
        a header's value: refused
        values set: refused
        a list of headers: refused
        the method: refused
        the path: refused
        the authority: refused
        a trailer: refused
        status 200
        a header's name: refused
        a header's value: refused
        values set: refused
        a list of headers: refused
        the method: refused
        the path: refused
        the authority: refused
        a trailer: refused
        status 200
        a header's name: refused
        a header's value: refused
        values set: refused
        a list of headers: refused
        the method: refused
        the path: refused
        the authority: refused
        a trailer: refused
        status 200
        a header's name: refused
        a header's value: refused
        values set: refused
        a list of headers: refused
        the method: refused
        the path: refused
        the authority: refused
        a trailer: refused
        status 200
    "#]]
    .assert_eq(&log);
    expect![[r#"
        POST / ""
          host: HERE
          transfer-encoding: chunked
        POST / ""
          host: HERE
          transfer-encoding: chunked
        POST / ""
          host: HERE
          transfer-encoding: chunked
        POST / ""
          host: HERE
          transfer-encoding: chunked
        POST / ""
          host: HERE
          transfer-encoding: chunked
    "#]]
    .assert_eq(&requested);
    format!(
        "{refused} texts rejected, {taken} accepted; the server sees {} plain requests",
        service.requests().len()
    )
}

async fn lengths() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::LiesAboutLength, &service.origin)
        .orders([
            "content-length: 5",
            "content-length: 0",
            "content-length: 100",
            "content-length: 5; content-length: 6",
            "content-length: 5; content-length: 5",
            "content-length: 5, 6",
            "content-length: +5",
            "content-length: 0x5",
            "content-length: 18446744073709551616",
            "content-length: 5; transfer-encoding: chunked",
            "transfer-encoding: chunked",
            "transfer-encoding: identity",
            "Transfer-Encoding: chunked, gzip",
            "trailer: content-length",
        ])
        .limits(|limits| limits.read = std::time::Duration::from_millis(200))
        .run()
        .await;
    let log = log(&result, &service.origin);
    let requested = requested(&service);
    // The text of the smuggled request may be in a body, but must not be a request.
    assert!(
        !requested.lines().any(|line| line.starts_with("GET ")),
        "{requested}"
    );
    expect![[r#"
        content-length: 5: written false, finished ErrorCode::HttpRequestBodySize(Some(40)), status 200
        content-length: 0: written false, finished ErrorCode::HttpRequestBodySize(Some(40)), status 200
        content-length: 100: written true, finished ErrorCode::HttpRequestBodySize(Some(40)), ErrorCode::HttpProtocolError
        content-length: 5; content-length: 6: HeaderError::InvalidSyntax
        content-length: 5; content-length: 5: HeaderError::InvalidSyntax
        content-length: 5, 6: HeaderError::InvalidSyntax
        content-length: +5: HeaderError::InvalidSyntax
        content-length: 0x5: HeaderError::InvalidSyntax
        content-length: 18446744073709551616: HeaderError::InvalidSyntax
        content-length: 5; transfer-encoding: chunked: HeaderError::Forbidden
        transfer-encoding: chunked: HeaderError::Forbidden
        transfer-encoding: identity: HeaderError::Forbidden
        Transfer-Encoding: chunked, gzip: HeaderError::Forbidden
        trailer: content-length: HeaderError::Forbidden
    "#]].assert_eq(&log);
    expect![[r#"
        POST / "0\r\n\r\n"
          host: HERE
          content-length: 5
        POST / ""
          host: HERE
          content-length: 0
    "#]]
    .assert_eq(&requested);
    let whole = log
        .lines()
        .filter(|line| line.ends_with("status 200"))
        .count();
    format!("{whole} of 14 lead to a request; none is read as two")
}

async fn hop_by_hop() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::SetsForbiddenHeaders, &service.origin)
        .orders([
            "Connection: close",
            "connection: x-forwarded-for, authorization",
            "Keep-Alive: timeout=100000",
            "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic dTpw",
            "Proxy-Authenticate: Basic",
            "TE: trailers",
            "Trailer: content-length",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
            "Expect: 100-continue",
            "Transfer-Encoding: chunked",
            ":authority: elsewhere.example",
            ":path: /elsewhere",
        ])
        .run()
        .await;
    let log = log(&result, &service.origin);
    expect![[r#"
        Connection: close: HeaderError::Forbidden
        connection: x-forwarded-for, authorization: HeaderError::Forbidden
        Keep-Alive: timeout=100000: HeaderError::Forbidden
        Proxy-Connection: keep-alive: HeaderError::Forbidden
        Proxy-Authorization: Basic dTpw: HeaderError::Forbidden
        Proxy-Authenticate: Basic: HeaderError::Forbidden
        TE: trailers: HeaderError::Forbidden
        Trailer: content-length: HeaderError::Forbidden
        Upgrade: h2c: HeaderError::Forbidden
        HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA: HeaderError::Forbidden
        Expect: 100-continue: HeaderError::Forbidden
        Transfer-Encoding: chunked: HeaderError::Forbidden
        :authority: elsewhere.example: HeaderError::InvalidSyntax
        :path: /elsewhere: HeaderError::InvalidSyntax
        status 200
    "#]]
    .assert_eq(&log);
    let requested = requested(&service);
    expect![[r#"
        GET / ""
          host: HERE
    "#]]
    .assert_eq(&requested);
    let refused = log
        .lines()
        .filter(|line| line.contains(": HeaderError::"))
        .count();
    format!("{refused} of 14 rejected; the server sees one request")
}

async fn host() -> String {
    let service = Service::start(|_| Answer::default()).await;
    let result = Attacker::new(Guest::SetsForbiddenHeaders, &service.origin)
        .orders([
            "Host: elsewhere.example",
            "host: elsewhere.example",
            "HOST: elsewhere.example",
            "Host : elsewhere.example",
            " Host: elsewhere.example",
        ])
        .run()
        .await;
    let log = log(&result, &service.origin);
    let requested = requested(&service);
    assert!(!requested.contains("elsewhere"), "{requested}");
    expect![[r#"
        Host: elsewhere.example: HeaderError::Forbidden
        host: elsewhere.example: HeaderError::Forbidden
        HOST: elsewhere.example: HeaderError::Forbidden
        Host : elsewhere.example: HeaderError::InvalidSyntax
         Host: elsewhere.example: HeaderError::InvalidSyntax
        status 200
    "#]]
    .assert_eq(&log);
    let refused = log
        .lines()
        .filter(|line| line.contains(": HeaderError::"))
        .count();
    format!("{refused} of 5 rejected; the server gets the host that was checked")
}
