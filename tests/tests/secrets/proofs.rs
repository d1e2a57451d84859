//! What the host computes from secrets: signatures, answers to challenges, tokens. The
//! component that asks for it is the thief: it sees none of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use expect_test::expect;
use http::{HeaderMap, HeaderName, StatusCode};
use http_step_host::policy::{Place, Policy};
use http_step_host::{Outcome, RunResult};
use http_step_signing::digest::{Challenge, Credentials, Request as Asked, Session};
use http_step_signing::hmac::{Encoding, Form, Plain, sign};
use http_step_signing::sigv4;
use http_step_tests::{Answer, Recorded, Service, transcript};

use crate::echo;
use crate::thief::{GITHUB_VALUE, PLAIN_VALUE, Thief, VALUE, VAULT};
use crate::vault::{run, secret};

fn loopback() -> Policy {
    Policy::nothing().allow_network("127.0.0.0/8".parse().unwrap())
}

/// What the ledger has of each request but the last, which is the thief's dump.
fn ledger(result: &RunResult, names: &[(&str, &str)]) -> String {
    let (_, rows) = result.ledger.split_last().unwrap();
    let row = |row: &http_step_host::LedgerRow| {
        let lent = row
            .secrets
            .iter()
            .map(|it| format!(" {} in {}", it.name, it.place));
        let error = row
            .error
            .as_ref()
            .map(|error| format!(" {}", error.message));
        let status = row
            .status
            .map_or_else(String::new, |status| format!(" {status}"));
        format!(
            "{} {}{status}{}{}\n",
            row.method,
            row.origin.as_deref().unwrap_or_default(),
            lent.collect::<String>(),
            error.unwrap_or_default()
        )
    };
    let rows: String = rows.iter().map(row).collect();
    names
        .iter()
        .fold(rows, |rows, (name, at)| rows.replace(at, name))
}

/// A request as it was signed: one of the last seconds has to fit.
fn of_now<T: PartialEq + std::fmt::Debug>(found: &T, at: impl Fn(u64) -> T) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(
        (now - 30..=now).any(|second| at(second) == *found),
        "{found:?}\n{:?}",
        at(now)
    );
}

#[tokio::test]
async fn github_s_own_example() {
    let service = echo().await;
    let origin = &service.origin;
    let key = secret("GITHUB", origin).place(Place::Signature);
    let loot = Thief::lent(key)
        .reaches(origin)
        .tries(format!(
            "POST {origin}/ | auth hmac github {{GITHUB}} | body Hello, World!"
        ))
        .run()
        .await;
    let signature = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(
        service.requests()[0].header("x-hub-signature-256"),
        Some(format!("sha256={signature}").as_str())
    );
    loot.has_nothing_of(&[GITHUB_VALUE]);
    loot.has_no(&[signature]);
    expect![[r#"
        o|status 200
        o|
        o|POST /
        o|x-hub-signature-256: sha256=<hmac>
        o|content-length: 13
        o|
        o|Hello, World!
    "#]]
    .assert_eq(&loot.told(origin));
    assert_eq!(
        ledger(&loot.result, &[("ORIGIN", origin)]),
        "POST ORIGIN 200 GITHUB in signature\n"
    );
}

/// Of a body in pieces, with a secret in it, what goes out is signed.
#[tokio::test]
async fn what_goes_out_is_signed() {
    let service = echo().await;
    let origin = &service.origin;
    let policy = loopback()
        .lend(secret("GITHUB", origin).place(Place::Signature))
        .lend(secret("TOKEN", origin));
    let plain = Plain::new("x-seal", Encoding::Base64, "v1:").unwrap();
    let forms = [
        ("github", Form::GitHub),
        ("slack", Form::Slack),
        ("stripe", Form::Stripe),
        ("x-seal v1:", Form::Plain(plain)),
    ];
    let mut thief = Thief::under(policy).reaches(origin);
    for (name, _) in &forms {
        for more in ["", " | pieces 7", " | pieces 7 | length"] {
            thief = thief.tries(format!(
                "POST {origin}/ | auth hmac {name} {{GITHUB}} | body is {{TOKEN}} here{more}"
            ));
        }
    }
    // Longer than what is held of other bodies.
    thief = thief.tries(format!(
        "POST {origin}/ | auth hmac github {{GITHUB}} | filler 2000000 | body {{TOKEN}} | length"
    ));
    let loot = thief.run().await;
    loot.has_nothing_of(&[GITHUB_VALUE, VALUE]);
    let requests = service.requests();
    assert_eq!(requests.len(), 13);
    let (long, short) = requests.split_last().unwrap();
    for (requests, (_, form)) in short.chunks(3).zip(&forms) {
        for request in requests {
            assert_eq!(request.body, format!("is {VALUE} here"));
            check_signature(request, form);
        }
    }
    assert_eq!(long.body.len(), 2_000_000 + VALUE.len());
    check_signature(long, &Form::GitHub);
}

fn check_signature(request: &Recorded, form: &Form) {
    let signed = |time| {
        let headers = sign(form, GITHUB_VALUE.as_bytes(), time, &request.body);
        let text = |(name, value): &(HeaderName, http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        headers.iter().map(text).collect::<Vec<_>>()
    };
    let names = signed(0).into_iter().map(|(name, _)| name);
    let sent: Vec<(String, String)> = names
        .map(|name| {
            let value = request.header(&name).unwrap_or_default().to_owned();
            (name, value)
        })
        .collect();
    of_now(&sent, signed);
}

#[tokio::test]
async fn a_request_to_aws() {
    let service = echo().await;
    let origin = &service.origin;
    let policy = loopback()
        .lend(secret("TOKEN", origin).place(Place::Signature))
        .lend(secret("PLAIN", origin).place(Place::Header));
    let loot = Thief::under(policy)
        .reaches(origin)
        .tries(format!(
            "PUT {origin}/b%20c/?z=1&a | header content-type: text/plain | header x-other: o | auth aws-sigv4 AKIDEXAMPLE {{TOKEN}} eu-central-1 execute-api {{PLAIN}} | body b"
        ))
        .run()
        .await;
    let [request] = &service.requests()[..] else {
        panic!()
    };
    let sent = request.header("authorization").unwrap().to_owned();
    let host = origin.strip_prefix("http://").unwrap();
    let headers: HeaderMap = [("host", host), ("content-type", "text/plain")]
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .into_iter()
        .collect();
    of_now(&sent, |time| {
        let request = sigv4::Request {
            method: "PUT",
            path: "/b%20c/",
            query: Some("z=1&a"),
            headers: &headers,
            payload: sigv4::Payload::of(b"b"),
        };
        let credentials = sigv4::Credentials {
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: VALUE.as_bytes(),
            session_token: Some(PLAIN_VALUE.as_bytes()),
        };
        let scope = sigv4::Scope::new("eu-central-1", "execute-api");
        let signed = sigv4::sign(&request, &scope, &credentials, time).unwrap();
        let (_, value) = signed.last().unwrap();
        value.to_str().unwrap().to_owned()
    });
    assert_eq!(request.header("x-amz-security-token"), Some(PLAIN_VALUE));
    let signature = sent.rsplit('=').next().unwrap();
    loot.has_nothing_of(&[VALUE, PLAIN_VALUE]);
    loot.has_no(&[signature]);
    let date = request.header("x-amz-date").unwrap();
    expect![[r#"
        o|status 200
        o|
        o|PUT /b%20c/?z=1&a
        o|content-type: text/plain
        o|x-other: o
        o|x-amz-date: DATE
        o|x-amz-security-token: <HIDDEN>
        o|authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/DAY/eu-central-1/execute-api/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=<aws-sigv4>
        o|content-length: 1
        o|
        o|b
    "#]]
    .assert_eq(
        &loot
            .told(origin)
            .replace(date, "DATE")
            .replace(&date[..8], "DAY"),
    );
    assert_eq!(
        ledger(&loot.result, &[("ORIGIN", origin)]),
        "PUT ORIGIN 200 TOKEN in signature PLAIN in header\n"
    );
}

/// A server that asks for Digest, as long as its nonce is good: for three requests.
async fn asks_for_digest() -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |request| {
        let asked = count.load(Ordering::Relaxed) / 4;
        let challenge = format!(
            r#"Digest realm="ci", nonce="nonce-{asked}", opaque="o", qop="auth", algorithm=SHA-256"#
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
            let asked = Asked {
                method,
                uri,
                body: None,
            };
            let count = u32::from_str_radix(parameter("nc").unwrap(), 16).unwrap();
            let expected = (0..count).map(|_| session.authorize(&credentials, &asked).unwrap());
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

#[tokio::test]
async fn a_challenge_is_answered() {
    let service = asks_for_digest().await;
    let origin = &service.origin;
    let mut thief = Thief::lent(secret("TOKEN", origin).place(Place::Signature)).reaches(origin);
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
    .assert_eq(&loot.told(origin));
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

/// The tokens that [`gives_tokens`] gives, one after the other.
const TOKENS: [&str; 2] = ["t0ken.One-4_the~first", "t0ken.Two+4_the/second="];

/// A token endpoint.
async fn gives_tokens() -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |request| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("ci:S3cr-t%2BW0rd%7EkZ9%21x"));
        let form = "grant_type=client_credentials&client_id=ci&client_secret=S3cr-t%2BW0rd%7EkZ9%21x&scope=builds%3Awrite";
        let is_client = request.header("authorization") == Some(&basic)
            && request.body == "grant_type=client_credentials"
            || request.body == form;
        if !is_client {
            let refusal = r#"{"error": "invalid_client", "error_description": "who?"}"#;
            let mut answer = Answer::new(refusal.into());
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            return answer;
        }
        let token = TOKENS[count.fetch_add(1, Ordering::Relaxed) % TOKENS.len()];
        Answer::new(
            format!(r#"{{"access_token": "{token}", "token_type": "Bearer", "expires_in": 3600}}"#)
                .into(),
        )
    })
    .await
}

/// An API that takes one token alone, and tells it.
async fn takes(token: &'static str) -> Service {
    Service::start(move |request| {
        let sent = request.header("authorization").unwrap_or_default();
        let mut answer = Answer::new(format!("{sent} {}", sent.replace("Bearer ", "")).into());
        if sent != format!("Bearer {token}") {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        answer
    })
    .await
}

#[tokio::test]
async fn a_token_is_fetched_once_and_anew_when_it_is_refused() {
    for authentication in ["basic", "body"] {
        let (tokens, api) = (gives_tokens().await, takes(TOKENS[0]).await);
        let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
        let client = secret("PLAIN", &tokens.origin)
            .origin(api.origin.parse().unwrap())
            .place(Place::Token);
        let asks = |times| {
            let mut thief = Thief::lent(client.clone())
                .reaches(&tokens.origin)
                .reaches(&api.origin);
            for _ in 0..times {
                thief = thief.tries(format!(
                    "POST {}/ | auth oauth2 {authentication} {}/token ci {{PLAIN}} | body once",
                    api.origin, tokens.origin
                ));
            }
            thief
        };
        let first = asks(2).run().await;
        first.has_nothing_of(&[PLAIN_VALUE, TOKENS[0]]);
        assert_eq!(
            first.told(&api.origin),
            "o|status 200\no|\no|Bearer <oauth2> <oauth2>\n".repeat(2)
        );
        assert_eq!(
            ledger(&first.result, &names),
            "POST API 200 PLAIN in token\n\
             POST TOKENS 200 PLAIN in token\n\
             POST API 200 PLAIN in token\n"
        );
        // Another run has the token of the first.
        let second = asks(1).run().await;
        second.has_nothing_of(&[PLAIN_VALUE, TOKENS[0]]);
        assert_eq!(tokens.requests().len(), 1);

        // A service that does not take it any more has it fetched again, once.
        let other = takes(TOKENS[1]).await;
        let client = client.clone().origin(other.origin.parse().unwrap());
        let order = format!(
            "POST {}/ | auth oauth2 {authentication} {}/token ci {{PLAIN}} | body once",
            other.origin, tokens.origin
        );
        let third = Thief::lent(client.clone())
            .reaches(&tokens.origin)
            .reaches(&other.origin)
            .tries(&order)
            .run()
            .await;
        third.has_nothing_of(&[PLAIN_VALUE, TOKENS[0], TOKENS[1]]);
        let names = [("TOKENS", tokens.origin.as_str()), ("API", &other.origin)];
        assert_eq!(
            ledger(&third.result, &names),
            "POST API 401 PLAIN in token\n\
             POST TOKENS 200 PLAIN in token\n\
             POST API 200 PLAIN in token\n"
        );
        for request in other.requests() {
            assert_eq!(request.body, "once");
        }
    }
}

#[tokio::test]
async fn a_client_that_is_not_known() {
    let (tokens, api) = (gives_tokens().await, takes(TOKENS[0]).await);
    let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
    let client = secret("TOKEN", &tokens.origin).origin(api.origin.parse().unwrap());
    let loot = Thief::lent(client)
        .reaches(&tokens.origin)
        .reaches(&api.origin)
        .tries(format!(
            "POST {}/ | auth oauth2 basic {}/token ci {{TOKEN}}",
            api.origin, tokens.origin
        ))
        .run()
        .await;
    loot.has_nothing_of(&[VALUE]);
    expect![[r#"
        POST API TOKEN in token there is no token of TOKENS: the token endpoint refused: invalid_client (who?)
        POST TOKENS 400 TOKEN in token
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(api.requests().is_empty());
}

/// Nothing is sent, to anybody, for a proof whose secret is not lent for it.
#[tokio::test]
async fn a_secret_that_is_not_lent_for_it() {
    let (tokens, api) = (gives_tokens().await, echo().await);
    let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
    let at = &api.origin;
    let policy = loopback()
        .lend(secret("GITHUB", at).place(Place::Header))
        .lend(secret("PLAIN", at))
        .lend(secret("TOKEN", &tokens.origin));
    let loot = Thief::under(policy)
        .reaches(&tokens.origin)
        .reaches(at)
        .tries(format!("POST {at}/ | auth hmac github {{GITHUB}} | body b"))
        .tries(format!("POST {at}/ | auth digest me {{TOKEN}} | body b"))
        .tries(format!(
            "POST {at}/ | auth aws-sigv4 A {{GITHUB}} r s | body b"
        ))
        .tries(format!(
            "POST {at}/ | auth oauth2 basic {}/ ci {{PLAIN}}",
            tokens.origin
        ))
        .tries(format!(
            "POST {at}/ | auth oauth2 basic {}/ ci {{TOKEN}}",
            tokens.origin
        ))
        .tries(format!(
            "POST {at}/ | auth oauth2 basic http://127.0.0.1:9/ ci {{TOKEN}}"
        ))
        .run()
        .await;
    loot.has_nothing_of(&[PLAIN_VALUE, VALUE]);
    expect![[r#"
        POST API the policy does not let the secret `GITHUB` sign a request to API: it is lent for headers alone; `--secret GITHUB=vault:…@API` would
        POST API the policy does not let the secret `TOKEN` sign a request to API: it is lent to TOKENS alone; `--secret TOKEN=vault:…@API` would
        POST API the policy does not let the secret `GITHUB` sign a request to API: it is lent for headers alone; `--secret GITHUB=vault:…@API` would
        POST API PLAIN in token the policy does not let the secret `PLAIN` have a token at TOKENS: it is lent to API alone; `--secret PLAIN=vault:…@TOKENS` would
        POST API the policy does not let the secret `TOKEN` have a token at API: it is lent to TOKENS alone; `--secret TOKEN=vault:…@API` would
        POST API the policy does not let the secret `TOKEN` have a token at API: it is lent to TOKENS alone; `--secret TOKEN=vault:…@API` would
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(api.requests().is_empty());
    assert!(tokens.requests().is_empty());
}

/// From a step file to the wire, and not to where a redirect leads away.
#[tokio::test]
async fn a_step_file_asks_for_them() {
    let (tokens, elsewhere) = (gives_tokens().await, echo().await);
    let to = format!("{}/there", elsewhere.origin);
    let api = Service::start(move |_| {
        let mut answer = Answer::default();
        *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
        answer.headers_mut().insert("location", to.parse().unwrap());
        answer
    })
    .await;
    for (auth, field) in [
        (
            "hmac: {secret: SECRET, form: slack}".to_owned(),
            "x-slack-signature",
        ),
        (
            "hmac: {secret: SECRET, header: X-Seal, encoding: base64}".to_owned(),
            "x-seal",
        ),
        (
            "aws-sigv4: {access_key_id: A, secret_access_key: SECRET, region: r, service: s3}"
                .to_owned(),
            "authorization",
        ),
        (
            format!(
                "oauth2: {{token_url: {}/token, client_id: ci, client_secret: SECRET}}",
                tokens.origin
            ),
            "authorization",
        ),
    ] {
        let auth = auth.replace("SECRET", "'${{ secret.PLAIN }}'");
        let policy = [&tokens.origin, &api.origin, &elsewhere.origin]
            .into_iter()
            .fold(Policy::nothing(), |policy, origin| {
                policy.allow(origin.parse().unwrap())
            })
            .lend(secret("PLAIN", &api.origin).origin(tokens.origin.parse().unwrap()));
        let result = run(
            &format!(
                "post: {}/\njson: {{ref: main}}\nauth: {{{auth}}}",
                api.origin
            ),
            policy,
            VAULT,
        )
        .await;
        assert_eq!(result.outcome, Outcome::Success, "{:?}", result.error);
        let sent = api.requests().pop().unwrap();
        assert!(
            sent.header(field).is_some_and(|value| value.len() > 20),
            "{sent:?}"
        );
        let led_away = elsewhere.requests().pop().unwrap();
        assert_eq!(led_away.body, sent.body);
        let fields = |request: &Recorded| -> Vec<String> {
            let names = request
                .headers
                .iter()
                .map(|line| line.split(':').next().unwrap());
            names.map(str::to_owned).collect()
        };
        let mut kept = fields(&sent);
        kept.retain(|name| fields(&led_away).contains(name));
        assert_eq!(fields(&led_away), kept, "{field}");
        assert_eq!(led_away.header(field), None);
        let text = transcript(&result, &api.origin);
        assert!(
            text.to_ascii_lowercase()
                .contains(&format!("h|\t{field}: <hidden>")),
            "{text}"
        );
    }
}

/// What a component makes up for credentials is no pattern that breaks others.
#[tokio::test]
async fn made_up_credentials_uncover_nothing() {
    let service = echo().await;
    let origin = &service.origin;
    let mut thief = Thief::lent(secret("TOKEN", origin)).reaches(origin);
    for made_up in ["S3cr", "e", "WzZWN", "<", "="] {
        for auth in [
            format!("aws-sigv4 A {made_up} r s {made_up}"),
            format!("hmac x-seal {made_up} {made_up}"),
            format!("digest {made_up} {made_up}"),
        ] {
            thief = thief.tries(format!(
                "POST {origin}/ | auth {auth} | header x-token: {{TOKEN}} | basic e:{{TOKEN}} | body {{TOKEN}}"
            ));
        }
    }
    let loot = thief.run().await;
    let requests = service.requests();
    assert_eq!(requests.len(), 15);
    let seals = requests
        .iter()
        .filter_map(|request| request.header("x-seal"));
    // In Base64, with its padding.
    let seals = seals.map(|seal| &seal[seal.len() - 44..]);
    let seals: Vec<&str> = seals.collect();
    assert_eq!(seals.len(), 5);
    loot.has_nothing_of(&[VALUE]);
    loot.has_no(&seals);
}

/// A token that the component has made up is the beginning of another.
#[tokio::test]
async fn a_made_up_token_uncovers_no_other() {
    let own = Service::start(|_| {
        Answer::new(r#"{"access_token": "t0ken.One", "token_type": "Bearer"}"#.into())
    })
    .await;
    let (tokens, api) = (gives_tokens().await, takes(TOKENS[0]).await);
    let client = secret("PLAIN", &tokens.origin).origin(api.origin.parse().unwrap());
    let loot = Thief::lent(client.place(Place::Token))
        .reaches(&own.origin)
        .reaches(&tokens.origin)
        .reaches(&api.origin)
        .tries(format!(
            "GET {}/ | auth oauth2 basic {}/ own made-up",
            api.origin, own.origin
        ))
        .tries(format!(
            "GET {}/ | auth oauth2 basic {}/token ci {{PLAIN}}",
            api.origin, tokens.origin
        ))
        .run()
        .await;
    loot.has_nothing_of(&[PLAIN_VALUE, TOKENS[0]]);
}

/// A client's secret that is lent for tokens is no good for fetching one by hand, nor
/// for one that goes elsewhere.
#[tokio::test]
async fn a_token_is_not_for_the_component_to_fetch() {
    let (tokens, elsewhere) = (gives_tokens().await, echo().await);
    let at = &tokens.origin;
    let names = [("TOKENS", at.as_str()), ("ELSEWHERE", &elsewhere.origin)];
    let away = &elsewhere.origin;
    let loot = Thief::lent(secret("PLAIN", at).place(Place::Token))
        .reaches(at)
        .reaches(away)
        .tries(format!(
            "POST {at}/ | basic ci:{{PLAIN}} | body grant_type=client_credentials"
        ))
        .tries(format!(
            "POST {at}/ | body grant_type=client_credentials&client_id=ci&client_secret={{PLAIN}}"
        ))
        .tries(format!(
            "GET {away}/ | auth oauth2 basic {at}/ ci {{PLAIN}}"
        ))
        .tries(format!(
            "GET {away}/ | auth oauth2 basic {at}/ {{PLAIN}} made-up"
        ))
        .tries(format!(
            "GET {away}/ | auth oauth2 basic {at}/?{{PLAIN}} a b"
        ))
        .run()
        .await;
    loot.has_nothing_of(&[PLAIN_VALUE]);
    expect![[r#"
        POST TOKENS the policy does not let the secret `PLAIN` be in a header of a request to TOKENS: it is lent for tokens alone; `--secret PLAIN=vault:…@TOKENS` would
        POST TOKENS the policy does not let the secret `PLAIN` be in the body of a request to TOKENS: it is lent for tokens alone; `--secret PLAIN=vault:…@TOKENS` would
        GET ELSEWHERE the policy does not let the secret `PLAIN` have a token at ELSEWHERE: it is lent to TOKENS alone; `--secret PLAIN=vault:…@ELSEWHERE` would
        GET ELSEWHERE the policy does not let the secret `PLAIN` have a token at ELSEWHERE: it is lent to TOKENS alone; `--secret PLAIN=vault:…@ELSEWHERE` would
        GET ELSEWHERE the secret `PLAIN` can't be in the URL of a token endpoint, a scope or an audience
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(tokens.requests().is_empty());
    assert!(elsewhere.requests().is_empty());
}

/// A token endpoint that quotes what it was sent, in an error for people.
#[tokio::test]
async fn an_error_that_quotes_the_client() {
    let tokens = Service::start(|request| {
        let sent = request.header("authorization").unwrap_or_default();
        let body = String::from_utf8_lossy(&request.body);
        let refusal = format!(
            r#"{{"error": "invalid_client", "error_description": "no {sent} with {body}"}}"#
        );
        let mut answer = Answer::new(refusal.into());
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        answer
    })
    .await;
    let api = echo().await;
    let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
    for authentication in ["basic", "body"] {
        let client = secret("PLAIN", &tokens.origin).origin(api.origin.parse().unwrap());
        let loot = Thief::lent(client)
            .reaches(&tokens.origin)
            .reaches(&api.origin)
            .tries(format!(
                "GET {}/ | auth oauth2 {authentication} {}/ ci {{PLAIN}}",
                api.origin, tokens.origin
            ))
            .run()
            .await;
        let twice = BASE64_STANDARD.encode("ci:S3cr-t%2BW0rd%7EkZ9%21x");
        loot.has_nothing_of(&[PLAIN_VALUE]);
        loot.has_no(&[twice.trim_end_matches('=')]);
        let told = ledger(&loot.result, &names);
        let quoted = match authentication {
            "basic" => "no Basic <HIDDEN> with grant_type=client_credentials",
            _ => {
                "no with grant_type=client_credentials&client_id=ci&client_secret=<HIDDEN>&scope=builds%3Awrite"
            }
        };
        assert_eq!(
            told,
            format!(
                "GET API PLAIN in token there is no token of TOKENS: the token endpoint refused: invalid_client ({quoted})\n\
                 POST TOKENS 400 PLAIN in token\n"
            )
        );
    }
}

/// An answer to a challenge, and a signature, wherever a server shows them.
#[tokio::test]
async fn signatures_are_hidden_by_themselves() {
    let service = Service::start(|request| {
        let sent = request.header("authorization").unwrap_or_default();
        let seal = request.header("x-seal").unwrap_or_default();
        let json = format!("{} {}", sent.replace('"', "\\\""), seal.replace('/', "\\/"));
        let bare = seal.trim_start_matches("v1:");
        let mut answer = Answer::new(format!("{sent}\n{json}\n{bare}").into());
        if sent.is_empty() && seal.is_empty() {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
            let asks = r#"Digest realm="a, response=", nonce="n", qop="auth""#;
            answer
                .headers_mut()
                .insert("www-authenticate", asks.parse().unwrap());
        }
        answer
    })
    .await;
    let origin = &service.origin;
    let mut thief = Thief::lent(secret("TOKEN", origin).place(Place::Signature)).reaches(origin);
    for number in 0..8 {
        thief = thief
            .tries(format!(
                "GET {origin}/{number} | auth digest response= {{TOKEN}}"
            ))
            .tries(format!(
                "POST {origin}/ | auth hmac x-seal v1: {{TOKEN}} | body {number}"
            ));
    }
    let loot = thief.run().await;
    let mut hidden = Vec::new();
    for request in service.requests() {
        let response = request.header("authorization").map(|sent| {
            let rest = sent.rsplit(", response=\"").next().unwrap();
            rest.split('"').next().unwrap().to_owned()
        });
        hidden.extend(response);
        let seal = request.header("x-seal");
        hidden.extend(seal.map(|seal| seal.trim_start_matches("v1:").to_owned()));
    }
    assert_eq!(hidden.len(), 16);
    let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
    loot.has_nothing_of(&[VALUE]);
    loot.has_no(&hidden);
}
