//! Servers that echo a part of a secret: it is reported, or ends the run.

use expect_test::expect;
use http_step_host::policy::{PartialEcho, Policy};
use http_step_host::{ErrorKind, Outcome};
use http_step_tests::{Answer, Service, transcript};

use crate::secrets::thief::{PLAIN_VALUE, Thief, VAULT};
use crate::secrets::vault::{run, secret};

/// A service that returns this many characters of the header `api-key`, in its body or in a field,
/// as its path says.
async fn cuts() -> Service {
    Service::start(|request| {
        let mut path = request.line.split(['/', '?']).skip(1);
        let (place, length) = (path.next().unwrap(), path.next().unwrap());
        let token = request.header("api-key").unwrap_or(PLAIN_VALUE);
        let part = &token[..length.parse().unwrap()];
        if place == "body" {
            let mut answer = Answer::new(format!("you sent {part}…").into());
            let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
            answer.headers_mut().insert("date", date);
            return answer;
        }
        let mut answer = Answer::default();
        let value = format!("you sent {part}").parse().unwrap();
        answer.headers_mut().insert("x-echo", value);
        answer
    })
    .await
}

#[tokio::test]
async fn a_part_is_reported() {
    let service = cuts().await;
    let origin = &service.origin;
    let mut thief = Thief::granted(secret("PLAIN", origin)).reaches(origin);
    for path in [
        "body/7", "field/7", "body/8", "field/16", "body/16", "body/17",
    ] {
        thief = thief.tries(format!("GET {origin}/{path} | header api-key: {{PLAIN}}"));
    }
    let loot = thief.run().await;
    let rows = loot.result.ledger.iter().take(6);
    let echoes: Vec<_> = rows.map(|row| row.partial_echoes.join(" ")).collect();
    assert_eq!(echoes, ["", "", "PLAIN", "PLAIN", "PLAIN", ""]);
    // Once per run. Only the whole value is redacted.
    let text = transcript(&loot.result, origin);
    let report = "e|Warning: a part of the secret `PLAIN` was echoed by ORIGIN. A step that has a value cut can read it piece by piece; `--partial-echo stop`, or `partial_echo: stop` in the policy, ends a run before it sees one.";
    assert_eq!(text.matches(report).count(), 1, "{text}");
    assert!(text.contains("you sent <HIDDEN>"), "{text}");
    assert!(
        text.contains(&format!("you sent {}…", &PLAIN_VALUE[..16])),
        "{text}"
    );
}

/// The host reads the response of a token endpoint, and reports it.
#[tokio::test]
async fn a_part_in_an_error_of_a_token_endpoint() {
    let tokens = Service::start(|_| {
        let part = &PLAIN_VALUE[..12];
        let refusal =
            format!(r#"{{"error": "invalid_client", "error_description": "not {part}"}}"#);
        Answer::new(refusal.into())
    })
    .await;
    let origin = &tokens.origin;
    for stops in [false, true] {
        let then = if stops {
            PartialEcho::Stop
        } else {
            PartialEcho::Report
        };
        let policy = Policy::nothing()
            .allow(origin.parse().unwrap())
            .on_partial_echo(then)
            .grant_secret(secret("PLAIN", origin));
        let text = format!(
            "get: {origin}/\nauth: {{oauth2: {{token_url: {origin}/, client_id: ci, client_secret: '${{{{ secret.PLAIN }}}}'}}}}"
        );
        let result = run(&text, policy, VAULT).await;
        let echoes: Vec<_> = result
            .ledger
            .iter()
            .map(|row| row.partial_echoes.join(" "))
            .collect();
        assert_eq!(echoes, ["", "PLAIN"]);
        let outcome = if stops {
            Outcome::Denied
        } else {
            Outcome::Exception
        };
        assert_eq!(result.outcome, outcome);
        let text = transcript(&result, origin);
        assert_eq!(text.contains("S3cr"), !stops, "{text}");
    }
}

#[tokio::test]
async fn an_unbound_origin_has_no_part_of_it() {
    let (service, bound) = (cuts().await, cuts().await);
    let origin = &service.origin;
    let loot = Thief::granted(secret("PLAIN", &bound.origin))
        .reaches(origin)
        .tries(format!("GET {origin}/body/16"))
        .run()
        .await;
    assert!(loot.result.ledger[0].partial_echoes.is_empty());
}

/// Who wrote a part can't be determined, so an echoed guess is reported, too; the documentation
/// lists this among what secrets can't do.
#[tokio::test]
async fn a_guess_of_eight_characters_is_a_part() {
    let service = crate::secrets::echo().await;
    let origin = &service.origin;
    for (guess, outcome) in [
        ("S3cr-t+W", Outcome::Denied),
        ("S3cr-t+X", Outcome::Success),
    ] {
        let policy = Policy::nothing()
            .allow(origin.parse().unwrap())
            .on_partial_echo(PartialEcho::Stop)
            .grant_secret(secret("PLAIN", origin));
        let text = format!("get: {origin}/\nheaders: {{X-Note: '{guess}'}}");
        assert_eq!(run(&text, policy, VAULT).await.outcome, outcome, "{guess}");
    }
}

#[tokio::test]
async fn a_run_ends_before_it_sees_a_part() {
    for place in ["body", "field"] {
        let service = cuts().await;
        let origin = &service.origin;
        let policy = Policy::nothing()
            .allow(origin.parse().unwrap())
            .on_partial_echo(PartialEcho::Stop)
            .grant_secret(secret("PLAIN", origin));
        let text =
            format!("get: {origin}/{place}/12\nheaders: {{Api-Key: '${{{{ secret.PLAIN }}}}'}}");
        let result = run(&text, policy, VAULT).await;
        assert_eq!(result.outcome, Outcome::Denied);
        let error = result.error.as_ref().unwrap();
        assert_eq!(error.kind, ErrorKind::Denied);
        assert_eq!(
            error.message.replace(origin, "ORIGIN"),
            "ORIGIN echoed a part of the secret `PLAIN`, and the policy says `partial_echo: stop`"
        );
        assert_eq!(result.ledger[0].partial_echoes, ["PLAIN"]);
        let text = transcript(&result, origin);
        assert!(!text.contains("S3cr"), "{text}");
        if place == "body" {
            expect![[r#"
                h|Performing GET request to ORIGIN/body/12
                h|Request Headers:
                h|	User-Agent: http-step/0.1.0
                h|	Accept-Encoding: gzip, deflate, br, zstd
                h|	Accept: */*
                h|	Api-Key: <HIDDEN>
                o|URL: ORIGIN/body/12
                o|Status: 200
                h|Response Headers:
                h|	date: Sun, 06 Nov 1994 08:49:37 GMT
                o| ------ Content ------
                e|An exception occurred while performing the request: ORIGIN echoed a part of the secret `PLAIN`, and the policy says `partial_echo: stop`
                Denied: Requested (denied)
                Denied, sent Yes: ORIGIN echoed a part of the secret `PLAIN`, and the policy says `partial_echo: stop`
            "#]].assert_eq(&text);
        }
    }
}
