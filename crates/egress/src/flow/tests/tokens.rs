//! A token endpoint that guesses secrets: a token that is refused for a part of one is also reported.

use super::*;
use http_step_redact::through;

/// What is known of partial echoes: their names in the audit log, and whether the run was stopped.
fn echoes(egress: &Egress) -> (Vec<String>, bool) {
    let rows = egress.usage.audit().rows(&egress.secrets.redactor());
    let echoes = rows.into_iter().flat_map(|row| row.partial_echoes);
    (echoes.collect(), egress.usage.signal().is_stopped())
}

/// Use a client, for a request to an origin. Returns whether that is sent; none if the run is stopped.
async fn is_sent(egress: &Egress, origin: &str, client: &Placeholder) -> Option<bool> {
    let request = Request::get(format!("{origin}/")).header(&client.field, &client.value);
    tokio::select! {
        seen = send(egress, request, "") => Some(seen.is_ok()),
        _ = egress.usage.signal().aborted() => None,
    }
}

/// An endpoint issues a token with a guess in it, to learn from its refusal whether the guess is
/// right: a part is refused only where it is reported, in whatever encoding.
#[tokio::test]
async fn a_token_confirms_no_guess_without_a_report() {
    const OTHER: &str = "vendors-own-key-0815";
    let (right, wrong) = ("x.cr-tW0rd.x", "x.cr-tW0rX.x");
    let of = |name: &str| (vec![name.to_owned()], true);
    let nothing = || (Vec::new(), false);
    for (guess, is_bound, seen, reported) in [
        (right.to_owned(), true, None, of("TOKEN")),
        (wrong.to_owned(), true, Some(true), nothing()),
        (
            BASE64_URL_SAFE_NO_PAD.encode(right),
            true,
            None,
            of("TOKEN"),
        ),
        // Of a secret of another origin.
        (right.to_owned(), false, Some(true), nothing()),
        (wrong.to_owned(), false, Some(true), nothing()),
        (VALUE.replace('~', "_"), false, Some(true), nothing()),
        (VALUE.to_owned(), false, Some(false), nothing()),
        // Of the origin's own secret.
        ("x.own-key-.x".to_owned(), false, None, of("OTHER")),
    ] {
        let (api, issuer) = (Server::echoing().await, Issuer::start().await);
        let bound = if is_bound {
            &issuer.server.origin
        } else {
            &api.origin
        };
        let secrets = [
            (secret("TOKEN", bound), VALUE),
            (secret("OTHER", &issuer.server.origin), OTHER),
        ];
        let policy = allowing(&[&issuer.server, &api]).on_partial_echo(PartialEcho::Stop);
        let policy = secrets.iter().fold(policy, |policy, (secret, _)| {
            policy.grant_secret(secret.clone())
        });
        let egress = egress(policy, &secrets);
        issuer.issues(&guess);
        let made_up = client(&egress, issuer.token_url(), "evil", "made-up");
        assert_eq!(
            is_sent(&egress, &issuer.server.origin, &made_up).await,
            seen,
            "{guess}"
        );
        assert_eq!(echoes(&egress), reported, "{guess}");
    }
}

/// The answer is searched as the server wrote it, and the token as it is read: with one layer less.
#[tokio::test]
async fn a_guess_in_three_layers_is_no_token() {
    let issuer = Issuer::start().await;
    for guess in ["cr-tW0rd", "cr-tW0rX"] {
        let granted = secret("TOKEN", &issuer.server.origin);
        let policy = allowing(&[&issuer.server]).grant_secret(granted.clone());
        let egress = egress(
            policy.on_partial_echo(PartialEcho::Stop),
            &[(granted, VALUE)],
        );
        let bytes = guess.bytes().map(|byte| format!("\\u0026#37;{byte:02x}"));
        issuer.issues(&format!("x.{}.x", bytes.collect::<String>()));
        let made_up = client(&egress, issuer.token_url(), "evil", "made-up");
        let request = Request::get(format!("{}/", issuer.server.origin));
        let request = request.header(&made_up.field, &made_up.value);
        let refused = format!(
            "there is no token of {}: its token has characters that no token has",
            issuer.server.origin
        );
        assert_eq!(send(&egress, request, "").await, Err(refused), "{guess}");
        assert_eq!(echoes(&egress), (Vec::new(), false));
    }
}

/// Another run has fetched the token, without the secret.
#[tokio::test]
async fn a_cached_token_confirms_no_guess_without_a_report() {
    for (guess, seen, reported) in [
        ("x.cr-tW0rd.x", None, (vec!["TOKEN".to_owned()], true)),
        ("x.cr-tW0rX.x", Some(true), (Vec::new(), false)),
    ] {
        let issuer = Issuer::start().await;
        issuer.issues(guess);
        let granted = secret("TOKEN", &issuer.server.origin);
        let without = egress(allowing(&[&issuer.server]), &[]);
        let policy = allowing(&[&issuer.server]).grant_secret(granted.clone());
        let mut with = egress(
            policy.on_partial_echo(PartialEcho::Stop),
            &[(granted, VALUE)],
        );
        with.transport = Arc::clone(&without.transport);
        for (egress, seen) in [(&without, Some(true)), (&with, seen)] {
            let made_up = client(egress, issuer.token_url(), "evil", "made-up");
            let sent = is_sent(egress, &issuer.server.origin, &made_up).await;
            assert_eq!(sent, seen, "{guess}");
        }
        assert_eq!(echoes(&with), reported, "{guess}");
    }
}

/// A token that the host fetched is guessed with tokens of made-up clients, and with errors.
#[tokio::test]
async fn a_part_of_a_token_is_reported_where_a_secret_is_granted() {
    const TOKEN: &str = "kQ9mLx2Vt0Pz7wYbRr4TnE8sJd5HgUaE";
    let token = |token: &str| format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
    let error = |text: &str| format!(r#"{{"error":"no","error_description":"{text}"}}"#);
    let of_token = || (vec!["<oauth2>".to_owned()], true);
    let nothing = || (Vec::new(), false);
    for (is_granted, answer, seen, reported) in [
        (true, token("x.2Vt0Pz7w.x"), None, of_token()),
        (true, token("x.2Vt0Pz7Q.x"), Some(true), nothing()),
        (true, error("x.2Vt0Pz7w.x"), None, of_token()),
        (true, error("x.2Vt0Pz7Q.x"), Some(false), nothing()),
        (false, token("x.2Vt0Pz7w.x"), Some(true), nothing()),
        (false, token(TOKEN), Some(false), nothing()),
        (false, error("x.2Vt0Pz7w.x"), Some(false), nothing()),
    ] {
        let (api, evil) = (Issuer::start().await, Issuer::start().await);
        let key = secret("KEY", &api.server.origin).place(Place::Token);
        let mut secrets = vec![(key, VALUE)];
        if is_granted {
            secrets.push((secret("OTHER", &evil.server.origin), "vendors-own-key-0815"));
        }
        let policy = allowing(&[&api.server, &evil.server]).on_partial_echo(PartialEcho::Stop);
        let policy = secrets.iter().fold(policy, |policy, (secret, _)| {
            policy.grant_secret(secret.clone())
        });
        let egress = egress(policy, &secrets);
        let handle = egress.secrets.handle("KEY").unwrap().unwrap();
        api.issues(TOKEN);
        let granted = client(&egress, api.token_url(), "ci", &handle);
        assert_eq!(
            is_sent(&egress, &api.server.origin, &granted).await,
            Some(true)
        );
        evil.answers(answer.clone());
        let made_up = client(&egress, evil.token_url(), "evil", "made-up");
        assert_eq!(
            is_sent(&egress, &evil.server.origin, &made_up).await,
            seen,
            "{answer}"
        );
        assert_eq!(echoes(&egress), reported, "{answer}");
    }
}

/// The token of a granted client counts, too, except for that client's own secrets. Its next token
/// may start as the last one.
#[tokio::test]
async fn a_part_in_the_token_of_a_granted_client_is_reported() {
    let of_other = || (vec!["OTHER".to_owned()], true);
    let nothing = || (Vec::new(), false);
    let token = |rest: &str| format!("00Dxx0000001gPL-{rest}");
    for (tokens, seen, reported) in [
        (
            vec![token("first-of-all"), token("and-second")],
            Some(true),
            nothing(),
        ),
        (vec![token("S3cr-tW0rd")], None, of_other()),
        (vec![token("S3cr-t0rd")], Some(true), nothing()),
    ] {
        let (issuer, api) = (
            Issuer::start().await,
            Server::start(|_| ok("", "done")).await,
        );
        let key = secret("KEY", &issuer.server.origin).place(Place::Token);
        let key = key.origin(api.origin.parse().unwrap());
        let secrets = [
            (key, "kZ9xQ7mLp2VtS3crt"),
            (secret("OTHER", &issuer.server.origin), VALUE),
        ];
        let policy = allowing(&[&issuer.server, &api]).on_partial_echo(PartialEcho::Stop);
        let policy = secrets.iter().fold(policy, |policy, (secret, _)| {
            policy.grant_secret(secret.clone())
        });
        let egress = egress(policy, &secrets);
        let handle = egress.secrets.handle("KEY").unwrap().unwrap();
        let mut sent = None;
        for (number, token) in tokens.iter().enumerate() {
            issuer.issues(token);
            let granted = client(
                &egress,
                issuer.token_url(),
                &format!("ci-{number}"),
                &handle,
            );
            sent = is_sent(&egress, &api.origin, &granted).await;
        }
        assert_eq!((sent, echoes(&egress)), (seen, reported), "{tokens:?}");
    }
}

/// A response of an origin with a grant, and parts of a secret of another one.
#[tokio::test]
async fn parts_are_looked_for_where_they_are_reported() {
    let (vendor, api) = (Server::echoing().await, Server::echoing().await);
    let secrets = [
        (secret("TOKEN", &api.origin), VALUE),
        (secret("OTHER", &vendor.origin), "vendors-own-key-0815"),
    ];
    let egress = egress(Policy::nothing(), &secrets);
    let text = format!("{}|own-key-0815|", &VALUE[4..12]).repeat(10);
    for (origin, parts) in [
        (&api.origin, vec![0]),
        (&vendor.origin, vec![1]),
        (&"http://127.0.0.1:1".to_owned(), vec![]),
    ] {
        let wanted = egress.secrets.parts_at(&origin.parse().unwrap(), true);
        let mut passes = egress.secrets.passes(&wanted);
        through(&mut passes.passes, text.as_bytes(), true);
        assert_eq!(passes.parts(), parts, "{origin}");
    }
}

/// Identity providers write a client's ID into its tokens.
#[tokio::test]
async fn a_token_that_names_its_client_is_redacted() {
    let id = "0oa8kq2m9xLx2Vt05d7";
    let (issuer, api) = (Issuer::start().await, Server::echoing().await);
    let granted = |name: &str| {
        let secret = secret(name, &issuer.server.origin);
        secret.origin(api.origin.parse().unwrap())
    };
    let secrets = [(granted("ID"), id), (granted("KEY"), "kZ9xQ7mLp2VtS3crt")];
    let policy = allowing(&[&issuer.server, &api]).on_partial_echo(PartialEcho::Stop);
    let policy = secrets.iter().fold(policy, |policy, (secret, _)| {
        policy.grant_secret(secret.clone())
    });
    let egress = egress(policy, &secrets);
    let handle = |name: &str| egress.secrets.handle(name).unwrap().unwrap();
    issuer.issues(&jwt(&format!(r#"{{"azp":"{id}","exp":1795812345}}"#)));
    let client = client(&egress, issuer.token_url(), &handle("ID"), &handle("KEY"));
    let request = Request::get(format!("{}/", api.origin)).header(&client.field, &client.value);
    let seen = send(&egress, request, "").await.unwrap();
    let echoed = field(&seen.replace("\r\n", "\n"), "authorization").map(str::to_owned);
    assert_eq!(echoed.as_deref(), Some("Bearer <oauth2>"), "{seen}");
    assert_eq!(echoes(&egress), (Vec::new(), false));
}
