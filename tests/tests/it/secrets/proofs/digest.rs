//! Answers to a server that asks for Digest.

use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use http::StatusCode;
use http_step_host::policy::{Place, Policy};
use http_step_signing::digest::{Challenge, Credentials, Request as Requested, Session};
use http_step_tests::{Answer, Recorded, Service};

use super::ledger;
use crate::secrets::thief::{Thief, VALUE, VAULT};
use crate::secrets::vault::{run, secret};

/// A server that asks for Digest. Its nonce is good for three requests.
async fn asks_for_digest() -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |request| {
        let requested = count.load(Ordering::Relaxed) / 4;
        let challenge = format!(
            r#"Digest realm="ci", nonce="nonce-{requested}", opaque="o", qop="auth", algorithm=SHA-256"#
        );
        count.fetch_add(1, Ordering::Relaxed);
        let sent = request.header("authorization").unwrap_or_default();
        let parameter = |name: &str| {
            let (_, rest) = sent.split_once(&format!("{name}="))?;
            Some(
                rest.trim_start_matches('"')
                    .split(['"', ','])
                    .next()
                    .unwrap(),
            )
        };
        let (method, uri) = request.line.split_once(' ').unwrap();
        let fits = parameter("cnonce").is_some_and(|cnonce| {
            let chosen = Challenge::choose([challenge.as_bytes()]).unwrap();
            let mut session = Session::new(chosen, cnonce).unwrap();
            let credentials = Credentials {
                username: b"me",
                password: VALUE.as_bytes(),
            };
            let requested = Requested {
                method,
                uri,
                body: None,
            };
            let count = u32::from_str_radix(parameter("nc").unwrap(), 16).unwrap();
            let expected = (0..count).map(|_| session.authorize(&credentials, &requested).unwrap());
            expected.last().unwrap() == sent
        });
        if fits {
            return Answer::new(format!("{method} {uri}").into());
        }
        let mut refusal = Answer::new("who are you?".into());
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        let is_stale = parameter("nonce").is_some_and(|nonce| !challenge.contains(nonce));
        let stale = if is_stale { ", stale=true" } else { "" };
        let asks = format!("{challenge}{stale}").parse().unwrap();
        refusal.headers_mut().insert("www-authenticate", asks);
        refusal
    })
    .await
}

/// A server that answers this many responses with another challenge. A function chooses its nonce,
/// given how many there were.
async fn refuses(
    times: usize,
    challenge: impl Fn(usize) -> String + Send + Sync + 'static,
) -> Service {
    let answers = AtomicUsize::new(0);
    Service::start(move |request| {
        let count = if request.header("authorization").is_some() {
            answers.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            0
        };
        if count > times {
            return Answer::new("in".into());
        }
        let mut refusal = Answer::new("who are you?".into());
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        let asks = challenge(count).parse().unwrap();
        refusal.headers_mut().insert("www-authenticate", asks);
        refusal
    })
    .await
}

/// A nonce may have expired when the response arrives: another server issued it, or it is
/// short-lived.
#[tokio::test]
async fn a_stale_nonce_is_replaced_also_on_the_first_answer() {
    let digest = |nonce: &str, rest: &str| {
        format!(r#"Digest realm="ci", nonce="{nonce}", qop="auth", algorithm=SHA-256{rest}"#)
    };
    let mut report = String::new();
    for (what, times, is_new, stale) in [
        ("at once", 0, true, ", stale=true"),
        ("stale once", 1, true, ", stale=true"),
        ("stale twice", 2, true, ", stale=TRUE"),
        ("stale for ever", 99, true, ", stale=true"),
        ("stale, and the same", 1, false, ", stale=true"),
        ("not stale", 1, true, ""),
        ("stale=false", 1, true, ", stale=false"),
    ] {
        let service = refuses(times, move |count| match count {
            0 => digest("nonce-0", ""),
            _ if is_new => digest(&format!("nonce-{count}"), stale),
            _ => digest("nonce-0", stale),
        })
        .await;
        let origin = &service.origin;
        let policy = Policy::nothing()
            .allow(origin.parse().unwrap())
            .grant_secret(secret("PLAIN", origin).place(Place::Signature));
        let step = format!(
            "post: {origin}/\ndata: once\nauth: {{digest: [me, '${{{{ secret.PLAIN }}}}']}}"
        );
        let result = run(&step, policy, VAULT).await;
        let requests = service.requests();
        assert!(requests.iter().all(|request| request.body == "once"));
        let (count, rows) = (requests.len(), result.ledger.len());
        assert_eq!((rows, result.usage.requests as usize), (count, count));
        report.push_str(&format!("{what}: {:?}, {count} requests\n", result.outcome));
    }
    expect![[r#"
        at once: Success, 2 requests
        stale once: Success, 3 requests
        stale twice: Success, 4 requests
        stale for ever: Failure, 5 requests
        stale, and the same: Failure, 2 requests
        not stale: Failure, 2 requests
        stale=false: Failure, 2 requests
    "#]]
    .assert_eq(&report);
}

#[tokio::test]
async fn a_challenge_is_answered() {
    let service = asks_for_digest().await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("TOKEN", origin).place(Place::Signature)).reaches(origin);
    for path in ["one?q=1", "two", "three", "four"] {
        thief = thief.tries(format!(
            "POST {origin}/{path} | auth digest me {{TOKEN}} | body once"
        ));
    }
    thief = thief.tries(format!("GET {origin}/ | auth digest me wrong"));
    let loot = thief.run().await;
    let requests = service.requests();
    let responses: Vec<&str> = requests
        .iter()
        .filter_map(|request| request.header("authorization")?.split("response=\"").nth(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(responses.len(), 6);
    loot.has_nothing_of(&[VALUE]);
    loot.has_no(&responses);
    // A nonce is used as long as the server takes it.
    expect![[r#"
        o|status 200
        o|
        o|POST /one?q=1
        o|status 200
        o|
        o|POST /two
        o|status 200
        o|
        o|POST /three
        o|status 200
        o|
        o|POST /four
        o|status 401
        o|www-authenticate: Digest realm="ci", nonce="nonce-1", opaque="o", qop="auth", algorithm=SHA-256
        o|
        o|who are you?
    "#]]
    .assert_eq(&loot.report(origin));
    let (posts, gets): (Vec<&Recorded>, Vec<&Recorded>) = requests
        .iter()
        .partition(|request| request.line.starts_with("POST"));
    assert_eq!(gets.len(), 2);
    for request in posts {
        assert_eq!(request.body, "once");
    }
    expect![[r#"
        POST ORIGIN 401 TOKEN in signature
        POST ORIGIN 200 TOKEN in signature
        POST ORIGIN 200 TOKEN in signature
        POST ORIGIN 200 TOKEN in signature
        POST ORIGIN 401 TOKEN in signature
        POST ORIGIN 200 TOKEN in signature
        GET ORIGIN 401
        GET ORIGIN 401
    "#]]
    .assert_eq(&ledger(&loot.result, &[("ORIGIN", origin)]));
}
