//! A component that guesses: what it makes up must not change anything that it can see.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http_step_host::policy::{Place, Policy};
use http_step_tests::{Answer, Bench, Service};

use crate::secrets::thief::{PLAIN_VALUE, Thief};
use crate::secrets::vault::{Vault, secret};

/// A token endpoint that returns the token in the query of its URL to every client.
async fn gives_what_is_asked() -> Service {
    Service::start(|request| {
        let (_, query) = request.line.split_once('?').unwrap();
        let token = query.strip_prefix("token=").unwrap_or(query);
        Answer::new(format!(r#"{{"access_token": "{token}"}}"#).into())
    })
    .await
}

/// An API that echoes its path before the header `api-key`.
async fn puts_before() -> Service {
    Service::start(|request| {
        let (_, before) = request.line.rsplit_once('/').unwrap();
        let token = request.header("api-key").unwrap_or_default();
        Answer::new(format!("{before}{token}").into())
    })
    .await
}

/// What a thief sees of an echo after a client that it made up has a token.
async fn echo_beside(token: &str) -> String {
    let (own, api) = (gives_what_is_asked().await, puts_before().await);
    let loot = Thief::granted(secret("PLAIN", &api.origin))
        .reaches(&own.origin)
        .reaches(&api.origin)
        .tries(format!(
            "GET {}/none | auth oauth2 basic {}/?{token} ci made-up",
            api.origin, own.origin
        ))
        .tries(format!(
            "GET {}/12345678 | header api-key: {{PLAIN}}",
            api.origin
        ))
        .run()
        .await;
    let report = loot.report(&api.origin);
    let (_, echo) = report.split_once("none\n").unwrap();
    echo.to_owned()
}

/// A token of the component's choosing that overlaps the value, or would.
#[tokio::test]
async fn a_made_up_token_confirms_no_guess() {
    assert!(PLAIN_VALUE.starts_with("S3cr-t+W0rd"));
    let untouched = echo_beside("nothing-of-it").await;
    assert_eq!(untouched, "o|status 200\no|\no|12345678<HIDDEN>\n");
    for guess in [
        "12345678S",
        "12345678s",
        "12345678S3cr-t+W",
        "12345678S3cr-t-W",
        "12345678S3cr-t+W0rd~kZ9",
        "S3cr-t+W",
        "45678S3cr-t+",
    ] {
        assert_eq!(echo_beside(guess).await, untouched, "{guess}");
    }
}

/// A made-up token is sent, and comes back unchanged: it is not a secret.
#[tokio::test]
async fn a_made_up_token_is_not_looked_for() {
    let (own, api) = (gives_what_is_asked().await, puts_before().await);
    let loot = Thief::granted(secret("PLAIN", &api.origin))
        .reaches(&own.origin)
        .reaches(&api.origin)
        .tries(format!(
            "GET {}/made-up-token | auth oauth2 basic {}/?made-up-token ci made-up",
            api.origin, own.origin
        ))
        .run()
        .await;
    assert_eq!(
        loot.report(&api.origin),
        "o|status 200\no|\no|made-up-token\n"
    );
    let sent = api.requests().pop().unwrap();
    assert_eq!(sent.header("authorization"), Some("Bearer made-up-token"));
}

/// Nor does it redact anything in the audit log.
#[tokio::test]
async fn a_made_up_token_blanks_no_row_of_the_ledger() {
    let (own, api) = (gives_what_is_asked().await, puts_before().await);
    let loot = Thief::granted(secret("PLAIN", &api.origin))
        .reaches(&own.origin)
        .reaches(&api.origin)
        .tries(format!(
            "GET {}/ | auth oauth2 basic {}/?{} ci made-up",
            api.origin, own.origin, api.origin
        ))
        .tries(format!("GET {}/ | header api-key: {{PLAIN}}", api.origin))
        .run()
        .await;
    let rows = &loot.result.ledger;
    let seen: Vec<_> = rows[..3].iter().map(|row| row.origin.as_deref()).collect();
    let (own, api) = (own.origin.as_str(), api.origin.as_str());
    assert_eq!(seen, [Some(api), Some(own), Some(api)]);
    let rules: Vec<_> = rows[..3].iter().map(|row| row.rule.as_deref()).collect();
    assert_eq!(rules, [Some(api), Some(own), Some(api)]);
}

/// A client that has a granted secret gets a token from an endpoint that returns any. Since the
/// values are searched for first, the token reveals nothing of them.
#[tokio::test]
async fn a_chosen_token_of_a_granted_client_confirms_no_guess() {
    let mut seen = Vec::new();
    for guess in [
        "nothing-of-it",
        "12345678S",
        "12345678T",
        "S3cr-t+W",
        "678S3cr-t+W0rd~kZ9",
    ] {
        let (own, api) = (gives_what_is_asked().await, puts_before().await);
        let granted = secret("PLAIN", &api.origin).origin(own.origin.parse().unwrap());
        let loot = Thief::granted(granted)
            .reaches(&own.origin)
            .reaches(&api.origin)
            .tries(format!(
                "GET {}/none | auth oauth2 basic {}/?token={guess} ci {{PLAIN}}",
                api.origin, own.origin
            ))
            .tries(format!(
                "GET {}/12345678 | header api-key: {{PLAIN}}",
                api.origin
            ))
            .run()
            .await;
        seen.push(loot.report(&api.origin));
    }
    let untouched = "o|status 200\no|\no|none\no|status 200\no|\no|12345678<HIDDEN>\n";
    // A token is also looked for without its last character, whatever that and the value are.
    let without_last = untouched.replace("12345678", "<oauth2>");
    let [hidden, untouched] = [without_last.as_str(), untouched];
    assert_eq!(seen, [untouched, hidden, hidden, untouched, untouched]);
}

/// A step could choose between tokens that hide each other, so all tokens of a run are of one
/// endpoint.
#[tokio::test]
async fn a_second_endpoint_gives_no_token_to_compare_with() {
    let (own, api) = (gives_what_is_asked().await, puts_before().await);
    let granted = secret("PLAIN", &api.origin).origin(own.origin.parse().unwrap());
    let client = |token: &str| {
        let (own, api) = (&own.origin, &api.origin);
        format!("GET {api}/none | auth oauth2 basic {own}/?{token} ci {{PLAIN}}")
    };
    let loot = Thief::granted(granted)
        .reaches(&own.origin)
        .reaches(&api.origin)
        .tries(client("first-token"))
        .tries(client("first-token"))
        .tries(client("12345678f"))
        .run()
        .await;
    let errors = loot
        .result
        .ledger
        .iter()
        .filter_map(|row| row.error.as_ref());
    let errors: Vec<&str> = errors.map(|error| error.message.as_str()).collect();
    assert_eq!(
        errors,
        [
            "a step can have tokens of one token endpoint; those of another are for a step of its own"
        ]
    );
}

/// The search for tokens counts as memory and processor time of the run that has them.
#[tokio::test]
async fn the_search_for_tokens_counts() {
    let own = Service::start(|request| {
        // Each client has another token.
        let client = String::from_utf8_lossy(&request.body);
        let (_, id) = client.split_once("client_id=").unwrap();
        let number = u32::from(id.as_bytes()[0]) * 9 + u32::from(id.as_bytes()[2]);
        let letters = (0..8192u32).map(|at| {
            let letter = (at + number * 8192).wrapping_mul(0x9e37_79b9) >> 24;
            char::from(b'a' + u8::try_from(letter % 26).unwrap())
        });
        let token: String = letters.collect();
        Answer::new(format!(r#"{{"access_token": "{token}"}}"#).into())
    })
    .await;
    let api = puts_before().await;
    let used = |client: &str, tokens: usize| {
        let granted = secret("PLAIN", &api.origin).origin(own.origin.parse().unwrap());
        let mut thief = Thief::granted(granted)
            .reaches(&own.origin)
            .reaches(&api.origin);
        for number in 0..tokens {
            thief = thief.tries(format!(
                "GET {}/ | auth oauth2 body {}/ {client}-{number} {{PLAIN}}",
                api.origin, own.origin
            ));
        }
        async { thief.run().await.result.usage }
    };
    let (one, four) = (used("a", 1).await, used("b", 4).await);
    let memory = four.peak_memory_bytes - one.peak_memory_bytes;
    let cpu = four.cpu_seconds - one.cpu_seconds;
    // A megabyte for each of the three more, and some milliseconds.
    assert!(memory > 3 << 20, "{memory}");
    assert!(cpu > 0.003, "{cpu}");
}

/// The Base64 of one secret is the start of another: text that a component wrote for the first is
/// not put back into the second.
#[tokio::test]
async fn basic_credentials_uncover_no_other_secret() {
    // Nine bytes, so that their Base64 has no padding.
    const ONE: &str = "S3cr-t+W0";
    const VAULT: Vault = Vault(&[
        ("ONE", ONE),
        ("OTHER", "UzNjci10K1cw.eyJzdWIiOiJjaSJ9.c2lnbmF0dXJl"),
    ]);
    assert_eq!(BASE64_STANDARD.encode(ONE), "UzNjci10K1cw");
    let api = puts_before().await;
    let origin = &api.origin;
    let loopback = "127.0.0.0/8".parse().unwrap();
    let policy = Policy::nothing()
        .allow_network(loopback)
        .grant_secret(secret("ONE", origin))
        .grant_secret(secret("OTHER", origin));
    let loot = Thief::under(policy)
        .on(Bench::with(|host| host.secret_source("vault", VAULT)))
        .reaches(origin)
        .tries(format!("GET {origin}/ | basic {{ONE}}"))
        .tries(format!("GET {origin}/ | header api-key: {{OTHER}}"))
        .run()
        .await;
    loot.has_nothing_of(&["eyJzdWIiOiJjaSJ9.c2lnbmF0dXJl"]);
}

/// What the live log holds back of a guess, since a value may start so, reveals nothing: not as the
/// log grows, nor by the memory that it takes of the run.
#[tokio::test]
async fn the_live_log_confirms_no_prefix() {
    let api = puts_before().await;
    let shown = |guess: &'static str| {
        let mut thief = Thief::granted(secret("PLAIN", &api.origin)).reaches(&api.origin);
        for character in guess.chars() {
            thief = thief.tries(format!("write {character}"));
        }
        async move {
            let loot = thief.run().await;
            assert!(loot.seen.starts_with(guess), "{}", loot.seen);
            loot.pieces.iter().map(String::len).collect::<Vec<_>>()
        }
    };
    assert!(PLAIN_VALUE.starts_with("S3cr-t+W0r"));
    let untouched = shown("??????????").await;
    for guess in ["S3cr-t+W0r", "s3cr-T W0r", "UzNjci10K1"] {
        assert_eq!(shown(guess).await, untouched, "{guess}");
    }
}

/// The error of the token endpoint is redacted before it is truncated.
#[tokio::test]
async fn an_error_of_the_token_endpoint_is_redacted_before_it_is_truncated() {
    let tokens = Service::start(|request| {
        let (_, length) = request.line.rsplit_once('/').unwrap();
        let padding = "-".repeat(length.parse().unwrap());
        let refusal = format!(
            r#"{{"error": "invalid_client", "error_description": "{padding} {PLAIN_VALUE}"}}"#
        );
        let mut answer = Answer::new(refusal.into());
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        answer
    })
    .await;
    let api = puts_before().await;
    let client = secret("PLAIN", &tokens.origin).origin(api.origin.parse().unwrap());
    let mut thief = Thief::granted(client.place(Place::Token))
        .reaches(&tokens.origin)
        .reaches(&api.origin);
    // The 200th character is within the value.
    for padding in 185..200 {
        thief = thief.tries(format!(
            "GET {}/ | auth oauth2 body {}/{padding} ci {{PLAIN}}",
            api.origin, tokens.origin
        ));
    }
    let loot = thief.run().await;
    loot.has_nothing_of(&[PLAIN_VALUE]);
    let json = serde_json::to_string(&loot.result).unwrap();
    assert!(json.contains("invalid_client"), "{json}");
    assert!(!json.contains(" S3cr"), "{json}");
}
