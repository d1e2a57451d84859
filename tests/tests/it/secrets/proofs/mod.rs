//! What the host computes from secrets: signatures, answers to challenges, tokens. The component
//! that requests them is the thief: it sees none of them.

mod digest;
mod signatures;
mod tokens;

use std::time::{SystemTime, UNIX_EPOCH};

use expect_test::expect;
use http::StatusCode;
use http_step_host::policy::{Place, Policy};
use http_step_host::{Outcome, RunResult};
use http_step_tests::{Answer, Recorded, Service, redirect, transcript};

use self::tokens::gives_tokens;
use crate::secrets::echo;
use crate::secrets::thief::{PLAIN_VALUE, Thief, VALUE, VAULT};
use crate::secrets::vault::{run, secret};

fn loopback() -> Policy {
    Policy::nothing().allow_network("127.0.0.0/8".parse().unwrap())
}

/// The audit log but for the last request, which is the thief's dump.
fn ledger(result: &RunResult, names: &[(&str, &str)]) -> String {
    let (_, rows) = result.ledger.split_last().unwrap();
    let row = |row: &http_step_host::AuditRow| {
        let granted = row
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
            granted.collect::<String>(),
            error.unwrap_or_default()
        )
    };
    let rows: String = rows.iter().map(row).collect();
    names
        .iter()
        .fold(rows, |rows, (name, at)| rows.replace(at, name))
}

/// A request as it was signed: one of the last seconds has to match.
fn assert_current<T: PartialEq + std::fmt::Debug>(found: &T, at: impl Fn(u64) -> T) {
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

/// Nothing is sent for a proof whose secret is not granted for it.
#[tokio::test]
async fn a_secret_that_is_not_granted_for_it() {
    let (tokens, api) = (gives_tokens().await, echo().await);
    let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
    let at = &api.origin;
    let policy = loopback()
        .grant_secret(secret("GITHUB", at).place(Place::Header))
        .grant_secret(secret("PLAIN", at))
        .grant_secret(secret("TOKEN", &tokens.origin));
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
        POST API the policy does not allow the secret `GITHUB` as the signing key of a request to API: it is granted only for headers
        POST API the policy does not allow the secret `TOKEN` as the signing key of a request to API: it is granted only for TOKENS
        POST API the policy does not allow the secret `GITHUB` as the signing key of a request to API: it is granted only for headers
        POST API PLAIN in token the policy does not allow the secret `PLAIN` for the token of a request to TOKENS: it is granted only for API
        POST API the policy does not allow the secret `TOKEN` for the token of a request to API: it is granted only for TOKENS
        POST API the policy does not allow the secret `TOKEN` for the token of a request to API: it is granted only for TOKENS
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(api.requests().is_empty());
    assert!(tokens.requests().is_empty());
}

/// From a step file to the wire, and not to another origin after a redirect.
#[tokio::test]
async fn a_step_file_asks_for_them() {
    let (tokens, elsewhere) = (gives_tokens().await, echo().await);
    let to = format!("{}/there", elsewhere.origin);
    let api = Service::start(move |_| redirect(307, &to)).await;
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
            .grant_secret(secret("PLAIN", &api.origin).origin(tokens.origin.parse().unwrap()));
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

/// Values that a component makes up for credentials don't redact others.
#[tokio::test]
async fn made_up_credentials_uncover_nothing() {
    let service = echo().await;
    let origin = &service.origin;
    let granted = secret("TOKEN", origin)
        .place(Place::Header)
        .place(Place::Body)
        .header("X-Seal".parse().unwrap());
    let mut thief = Thief::granted(granted).reaches(origin);
    for made_up in ["S3cr", "e", "WzZWN", "<", "="] {
        for auth in [
            format!("aws-sigv4 A {made_up} r s {made_up}"),
            format!("hmac x-seal {made_up}= {made_up}"),
            format!("digest {made_up} {made_up}"),
        ] {
            thief = thief.tries(format!(
                "POST {origin}/ | auth {auth} | header api-key: {{TOKEN}} | basic e:{{TOKEN}} | body {{TOKEN}}"
            ));
        }
    }
    let loot = thief.run().await;
    let requests = service.requests();
    assert_eq!(requests.len(), 15);
    loot.has_nothing_of(&[VALUE]);
}

/// The answer to a challenge, and a signature, wherever a server shows them.
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
    let granted = secret("TOKEN", origin)
        .place(Place::Signature)
        .header("X-Seal".parse().unwrap());
    let mut thief = Thief::granted(granted).reaches(origin);
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
