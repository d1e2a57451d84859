//! OAuth 2 tokens, fetched and used by the host.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use expect_test::expect;
use http::StatusCode;
use http_step_host::Outcome;
use http_step_host::policy::{Place, Policy};
use http_step_tests::{Answer, Service, transcript};

use super::ledger;
use crate::secrets::echo;
use crate::secrets::thief::{PLAIN_VALUE, Thief, VALUE, VAULT};
use crate::secrets::vault::{run, secret};

/// The tokens that [`gives_tokens`] returns, in order.
const TOKENS: [&str; 2] = ["t0ken.One-4_the~first", "t0ken.Two+4_the/second="];

/// A token endpoint.
pub(super) async fn gives_tokens() -> Service {
    let count = AtomicUsize::new(0);
    Service::start(move |request| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("ci:S3cr-t%2BW0rd%7EkZ9%21x"));
        let form = "client_secret=S3cr-t%2BW0rd%7EkZ9%21x&client_id=ci&grant_type=client_credentials&scope=builds%3Awrite";
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

/// An API that accepts only one token, and reports it.
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
            let mut thief = Thief::granted(client.clone())
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
            first.report(&api.origin),
            "o|status 200\no|\no|Bearer <oauth2> <oauth2>\n".repeat(2)
        );
        assert_eq!(
            ledger(&first.result, &names),
            "POST API 200 PLAIN in token\n\
             POST TOKENS 200 PLAIN in token\n\
             POST API 200 PLAIN in token\n"
        );
        // Another run reuses the token of the first.
        let second = asks(1).run().await;
        second.has_nothing_of(&[PLAIN_VALUE, TOKENS[0]]);
        assert_eq!(tokens.requests().len(), 1);

        // If a service no longer accepts it, it is fetched again, once.
        let other = takes(TOKENS[1]).await;
        let client = client.clone().origin(other.origin.parse().unwrap());
        let order = format!(
            "POST {}/ | auth oauth2 {authentication} {}/token ci {{PLAIN}} | body once",
            other.origin, tokens.origin
        );
        let third = Thief::granted(client.clone())
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
async fn an_unknown_client() {
    let (tokens, api) = (gives_tokens().await, takes(TOKENS[0]).await);
    let names = [("TOKENS", tokens.origin.as_str()), ("API", &api.origin)];
    let client = secret("TOKEN", &tokens.origin).origin(api.origin.parse().unwrap());
    let loot = Thief::granted(client)
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
        POST API TOKEN in token there is no token of TOKENS: the token endpoint responded with the error invalid_client (who?)
        POST TOKENS 400 TOKEN in token
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(api.requests().is_empty());
}

/// A token that the component made up is the start of another.
#[tokio::test]
async fn a_made_up_token_uncovers_no_other() {
    let own = Service::start(|_| {
        Answer::new(r#"{"access_token": "t0ken.One", "token_type": "Bearer"}"#.into())
    })
    .await;
    let (tokens, api) = (gives_tokens().await, takes(TOKENS[0]).await);
    let client = secret("PLAIN", &tokens.origin).origin(api.origin.parse().unwrap());
    let loot = Thief::granted(client.place(Place::Token))
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
    // It is the start of the other, and nothing to hide.
    loot.has_nothing_of(&[PLAIN_VALUE, "-4_the~first"]);
}

/// A client's secret that is granted for tokens can't be used to fetch one by hand, nor for a token
/// of another origin.
#[tokio::test]
async fn a_component_can_not_fetch_a_token() {
    let (tokens, elsewhere) = (gives_tokens().await, echo().await);
    let at = &tokens.origin;
    let names = [("TOKENS", at.as_str()), ("ELSEWHERE", &elsewhere.origin)];
    let away = &elsewhere.origin;
    let loot = Thief::granted(secret("PLAIN", at).place(Place::Token))
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
        POST TOKENS the policy does not allow the secret `PLAIN` in a header of a request to TOKENS: it is granted only for tokens
        POST TOKENS the policy does not allow the secret `PLAIN` in the body of a request to TOKENS next to other text: it must be a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way
        GET ELSEWHERE the policy does not allow the secret `PLAIN` for the token of a request to ELSEWHERE: it is granted only for TOKENS
        GET ELSEWHERE the policy does not allow the secret `PLAIN` for the token of a request to ELSEWHERE: it is granted only for TOKENS
        GET ELSEWHERE the secret `PLAIN` can't be in the URL of a token endpoint, a scope or an audience
    "#]]
    .assert_eq(&ledger(&loot.result, &names));
    assert!(tokens.requests().is_empty());
    assert!(elsewhere.requests().is_empty());
}

/// A token endpoint that quotes its request in an error.
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
        let loot = Thief::granted(client)
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
        let report = ledger(&loot.result, &names);
        let quoted = match authentication {
            "basic" => "no Basic Y2k6<HIDDEN>= with grant_type=client_credentials",
            _ => {
                "no with client_secret=<HIDDEN>&client_id=ci&grant_type=client_credentials&scope=builds%3Awrite"
            }
        };
        assert_eq!(
            report,
            format!(
                "GET API PLAIN in token there is no token of TOKENS: the token endpoint responded with the error invalid_client ({quoted})\n\
                 POST TOKENS 400 PLAIN in token\n"
            )
        );
    }
}

/// An API that refuses a token, and an endpoint that has no other: the step ends with the response
/// of the API.
#[tokio::test]
async fn the_same_token_again() {
    let tokens =
        Service::start(|_| Answer::new(format!(r#"{{"access_token": "{}"}}"#, TOKENS[0]).into()))
            .await;
    let api = takes("another-token").await;
    let policy = Policy::nothing()
        .allow(tokens.origin.parse().unwrap())
        .allow(api.origin.parse().unwrap())
        .grant_secret(secret("PLAIN", &tokens.origin).origin(api.origin.parse().unwrap()));
    let text = format!(
        "get: {}/\nauth: {{oauth2: {{token_url: {}/, client_id: ci, client_secret: '${{{{ secret.PLAIN }}}}'}}}}",
        api.origin, tokens.origin
    );
    let result = run(&text, policy, VAULT).await;
    assert_eq!(result.summary, "Status code: 401 (failure)");
    assert_eq!(result.outcome, Outcome::Failure, "{:?}", result.error);
    let statuses: Vec<_> = result.ledger.iter().map(|row| row.status).collect();
    // The API, the endpoint, and both again.
    assert_eq!(
        statuses,
        [Some(401), Some(200), Some(200), Some(401)],
        "{:#?}",
        result.ledger
    );
    let text = transcript(&result, &api.origin);
    assert!(text.contains("Bearer <oauth2> <oauth2>"), "{text}");
    assert!(!text.contains(TOKENS[0]), "{text}");
}
