//! What is redacted of a secret.

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, Engine as _};
use http_step_policy::Secret;
use http_step_redact::Value;
use url::Url;

use super::*;
use crate::secrets::stream_redactor::StreamRedactor;
use http_step_redact::through;

impl GrantedSecrets {
    /// Secrets with their values.
    pub(crate) fn with_values(secrets: &[(Secret, &str)]) -> Self {
        let handles = Handles::new().unwrap();
        let secrets = secrets.iter().map(|(terms, value)| {
            let value = Value::new(value.as_bytes().to_vec()).unwrap();
            GrantedSecret::new(terms.clone(), handles.next().unwrap(), Ok(value))
        });
        let secrets: Vec<_> = secrets.collect();
        let (values, matchers) = (revealing_values(&secrets), Arc::default());
        Self::new(secrets, &values, SecretFiles::default(), &matchers).unwrap()
    }
}

fn redaction(secrets: &GrantedSecrets, text: &str) -> String {
    let mut masks = secrets.passes(&PartsOf::nothing());
    let seen = through(&mut masks.passes, text.as_bytes(), true);
    let mut seen = String::from_utf8(seen).unwrap();
    for secret in secrets.secrets() {
        seen = seen.replace(secret.handle.as_str(), secret.grant.name());
    }
    seen
}

/// Redact a signature, in as much memory as it takes.
fn add_signature(secrets: &GrantedSecrets, signature: &str, by: &str) {
    let added = secrets.add_signature(signature, by, |_| Ok(Box::new(())));
    assert!(added.is_ok());
}

/// Redact a token, in as much memory as it takes.
fn add_token(
    secrets: &GrantedSecrets,
    token: &str,
    endpoint: &str,
    by: &str,
) -> Result<(), AddError> {
    secrets.add_token(token, endpoint, by, |_| Ok(Box::new(())))
}

/// A signature that no other has anything in common with.
fn signature(number: u64) -> String {
    // SplitMix64.
    let mut z = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", z ^ (z >> 31))
}

fn webhook(url: &str) -> GrantedSecrets {
    let origin = Url::parse(url).unwrap().origin().ascii_serialization();
    let secret = Secret::new("HOOK", "env:HOOK".parse().unwrap());
    let secret = secret.origin(origin.parse().unwrap());
    GrantedSecrets::with_values(&[(secret.place(http_step_policy::Place::Url), url)])
}

/// A server that parses a document returns its texts separately, or writes them anew.
#[test]
fn texts_in_a_document_are_redacted_separately() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nAgEAAoIBAQC7VJTUt9Us8cKjMz\n-----END PRIVATE KEY-----\n";
    let account = serde_json::json!({
        "type": "service_account",
        "client_email": "ci@project-1234.iam.gserviceaccount.com",
        "private_key": key,
        "nested": [{"password": "kQ9mZx8yT0pLw2Rv5nqW"}],
    });
    let variables = "API_TOKEN=kQ9mZx8yT0pLw2Rv5n\nexport DEBUG=1\nPIN_OF_THE_SERVER=7381\n";
    let lines = "[default]\naws_secret_access_key = wJalrXUt/kQ9mZx8yT0pLw2Rv5nqWx7R/bPxRfiCY\n//npm.test/:_authToken=npm_x9mZx8yT0pLw2Rv5n\n<password>Rv5nkQ9mZx8yT0pLw2</password>\n  \"token\": \"pLw2kQ9mZx8yT0v5n\",\n";
    let secret = |name: &str| Secret::new(name, "env:A".parse().unwrap());
    let secrets = GrantedSecrets::with_values(&[
        (
            secret("ACCOUNT"),
            &serde_json::to_string_pretty(&account).unwrap(),
        ),
        (secret("VARIABLES"), variables),
        (secret("LINES"), lines),
    ]);
    for (text, seen) in [
        (
            account.to_string(),
            "{\"type\":\"service_account\",\"client_email\":\"ci@project-1234.iam.gserviceaccount.com\",\"private_key\":\"ACCOUNT\\n\",\"nested\":[{\"password\":\"ACCOUNT\"}]}",
        ),
        (
            format!("invalid private_key: {key}"),
            "invalid private_key: ACCOUNT\n",
        ),
        (
            "bad token kQ9mZx8yT0pLw2Rv5n".to_owned(),
            "bad token VARIABLES",
        ),
        (
            "wJalrXUt/kQ9mZx8yT0pLw2Rv5nqWx7R/bPxRfiCY, npm_x9mZx8yT0pLw2Rv5n, Rv5nkQ9mZx8yT0pLw2, pLw2kQ9mZx8yT0v5n"
                .to_owned(),
            "wJalrXUt/LINES/bPxRfiCY, npm_LINES, LINES, LINES",
        ),
        (
            "ci@project-1234.iam.gserviceaccount.com 7381".to_owned(),
            "ci@project-1234.iam.gserviceaccount.com 7381",
        ),
    ] {
        assert_eq!(redaction(&secrets, &text), seen, "{text}");
    }
}

/// As in a Kubernetes Secret. A server returns the fields.
#[test]
fn encoded_texts_in_a_document_are_redacted_separately() {
    let lines: Vec<String> = (0..8)
        .map(|line| (0..4).map(|n| signature(line * 4 + n)).collect())
        .collect();
    let pem = format!(
        "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n",
        lines.join("\n")
    );
    let pem = BASE64_STANDARD.encode(pem);
    let auth = BASE64_STANDARD.encode("ci:ghp_kQ9mLx2Vt0Pz7wYbRr4TnE8s");
    let docker = serde_json::json!({"auths": {"ghcr.io": {"auth": auth}}});
    let docker = BASE64_STANDARD.encode(docker.to_string());
    let weak = BASE64_STANDARD.encode("application-user:hunter2");
    let secret = Secret::new("CONFIG", "env:CONFIG".parse().unwrap());
    let document = format!(
        "data:\n  tls.key: {pem}\n  .dockerconfigjson: {docker}\n  auth: {auth}\n  weak: {weak}"
    );
    let secrets = GrantedSecrets::with_values(&[(secret, &document)]);
    for (text, seen) in [
        (format!("{{\"key\":\"{pem}\"}}"), "{\"key\":\"CONFIGCg==\"}"),
        (auth.clone(), "Y2k6Z2hwXCONFIG=="),
        (
            docker.clone(),
            "eyJhdXRocyI6eyJnaGNyLmlvIjp7ImF1dGgiOiJZMms2WjJod1gyCONFIGc9PSJ9fX0=",
        ),
        ("ghp_kQ9mLx2Vt0Pz7wYbRr4TnE8s".to_owned(), "ghp_CONFIG"),
        (lines[3].clone(), "CONFIG"),
        (weak.clone(), weak.as_str()),
    ] {
        assert_eq!(redaction(&secrets, &text), seen, "{text}");
    }
}

/// A component chooses handle-like names, and servers whose names start with one.
#[test]
fn no_handle_redacts_a_name_in_the_audit_log() {
    let secret = Secret::new("TOKEN", "env:TOKEN".parse().unwrap());
    let secrets = GrantedSecrets::with_values(&[(secret, "a-value-of-it")]);
    let handle = secrets.secrets()[0].handle.as_str().to_owned();
    let encoded = BASE64_STANDARD_NO_PAD.encode(&handle).to_lowercase();
    for name in [
        format!("https://{}.evil.test", &handle[..22]),
        format!("https://{handle}.test"),
        format!("https://{}.evil.test", &encoded[..29]),
    ] {
        let mut seen = name.clone();
        secrets.redactor().redact_name(&mut seen);
        assert_eq!(seen, name);
    }
    let mut seen = "https://a-value-of-it.test".to_owned();
    secrets.redactor().redact_name(&mut seen);
    assert_eq!(seen, "https://<HIDDEN>.test");
}

#[test]
fn the_parts_of_a_url_are_redacted() {
    let secrets = webhook(
        "https://h.io:8443/api/webhooks/123/kQ9m%4cx2Vt0Pz7wYb?sig=Rr4TnE8skQ9mLx2V&id=9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    );
    for (text, seen) in [
        // No response of a service contains the whole URL.
        (r#"{"token":"kQ9mLx2Vt0Pz7wYb"}"#, r#"{"token":"HOOK"}"#),
        (r#"{"token":"kQ9m%4cx2Vt0Pz7wYb"}"#, r#"{"token":"HOOK"}"#),
        ("sig: Rr4TnE8skQ9mLx2V", "sig: HOOK"),
        ("id: 9f86d081884c4d659a2feaa0c55ad015", "id: HOOK"),
        (
            "could not connect to https://h.io:8443",
            "could not connect to HOOK",
        ),
        ("/api/webhooks/123 at h.io", "/api/webhooks/123 at h.io"),
        ("?sig=Rr4TnE8skQ9mLx2V", "?sig=HOOK"),
    ] {
        assert_eq!(redaction(&secrets, text), seen);
    }
    // A guess of few characters would be confirmed.
    for url in [
        "http://hooks.test:8080/hooks/73?pin_of_it=%37381&server_pin=7381",
        "http://hooks.test:8080/hook/x?pin=7381&room=the-production-alerts",
        "http://hooks.test:8080/pin-7381-of-the-server/x?pw=the-password-is-7381",
        "http://ci:hunter2@hooks.test:8080/9f86d081-884c-4d65-9a2f-eaa0c55ad015.7381",
        "http://hooks.test:8080/kQ9mLx2Vt0Pz7wYb?pin=7381&room=the-production-alerts",
    ] {
        let secrets = webhook(url);
        assert_eq!(redaction(&secrets, url), "HOOK");
        let (_, rest) = url.split_once(":8080").unwrap();
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let segments = rest.split(['/', '?', '&', '=']);
        for text in [rest, query, "ci:hunter2@hooks.test:8080"]
            .into_iter()
            .chain(segments)
        {
            let seen = text.replace("kQ9mLx2Vt0Pz7wYb", "HOOK");
            let seen = seen.replace("hooks.test:8080", "HOOK");
            assert_eq!(redaction(&secrets, text), seen, "{url}");
        }
    }
    let secrets = webhook("http://hooks.test:8080/x");
    assert_eq!(
        redaction(&secrets, "no address: hooks.test"),
        "no address: HOOK"
    );
}

/// A component gets its handles as it wrote them; users see none.
#[test]
fn handles_are_redacted_only_for_users() {
    let secrets = webhook("https://hooks.test/services/kQ9mLx2Vt0Pz7wYbRr4T");
    let handle = secrets.secrets()[0].handle.as_str().to_owned();
    let upper = handle.to_ascii_uppercase();
    let mut text = format!("{upper} {handle} kQ9mLx2Vt0Pz7wYbRr4T");
    assert_eq!(redaction(&secrets, &text), format!("{upper} HOOK HOOK"));
    secrets.redactor().redact(&mut text);
    assert_eq!(text, "<HIDDEN> <HIDDEN> <HIDDEN>");
}

/// In a stream that has started when a signature is created, the rest of a value is redacted, and
/// the signature in each form of its text.
#[test]
fn a_signature_is_redacted_in_streams_that_have_started() {
    let secrets = webhook("https://hooks.test/services/kQ9mLx2Vt0Pz7wYbRr4T");
    let handle = secrets.secrets()[0].handle.to_string();
    let mut flowing = secrets.passes(&PartsOf::nothing());
    let mut seen = through(&mut flowing.passes, b"kQ9mLx2Vt0P", false);
    let signature = "AsVs4H/lQZ9MLjqzVS5DCUzTDP3g+EF3TCfV0MkWNJU";
    add_signature(&secrets, signature, "<hmac>");
    assert!(secrets.catch_up(&mut flowing).is_empty());
    assert_eq!((flowing.derived(), flowing.passes.len()), (1, 2));
    seen.extend(through(
        &mut flowing.passes,
        b"z7wYbRr4T AsVs4H/lQZ9MLjqzVS5D",
        false,
    ));
    seen.extend(through(
        &mut flowing.passes,
        b"CUzTDP3g+EF3TCfV0MkWNJU=",
        true,
    ));
    assert_eq!(
        String::from_utf8(seen).unwrap(),
        format!("{handle} <hmac>=")
    );

    let forms = [
        signature.to_owned(),
        signature.replace('/', "\\/"),
        signature.replace('/', "%2F").replace('+', "%2B"),
        signature.to_ascii_uppercase(),
        signature.to_ascii_lowercase(),
        signature.replace('/', "&#47;").replace('+', "&plus;"),
        signature.replace('/', "\\u002f"),
        signature
            .bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        BASE64_STANDARD_NO_PAD.encode(signature),
        // Also after another one was created.
        "no-signature".to_owned(),
    ];
    let expected = format!("{}no-signature", "<hmac> ".repeat(9));
    assert_eq!(redaction(&secrets, &forms.join(" ")), expected);
    add_signature(&secrets, "1f2e3d4c5b6a79880011223344556677", "<digest>");
    assert_eq!(
        redaction(
            &secrets,
            &format!("{} 1F2E3D4C5B6A79880011223344556677", forms.join(" "))
        ),
        format!("{expected} <digest>")
    );
}

/// A value that ends, or seems to end, with the first characters of a signature or token takes them, but
/// leaves nothing of the rest. A component chooses the text before a signature.
#[test]
fn what_follows_a_known_value_is_redacted() {
    let id = |value| {
        let secret = Secret::new("ID", "env:ID".parse().unwrap());
        GrantedSecrets::with_values(&[(secret, value)])
    };
    // They start with characters that no handle ends with.
    const SIGNATURE: &str = "98108e800b2f4c1d";
    // The digits of Base64 that have bits of the ID only, without the last one.
    let secrets = id("my-client-id-4711");
    add_signature(&secrets, SIGNATURE, "<hmac>");
    add_signature(&secrets, "31+d608e800b2f4c1", "<hmac>");
    add_token(&secrets, "1-token-of-it", "https://a.test", "<token>").unwrap();
    for (text, seen) in [
        ("bXktY2xpZW50LWlkLTQ3MT98108e800b2f4c1d", "ID<hmac>"),
        ("98108e800b2f4c1dteS1jbGllbnQtaWQtNDcxM", "<hmac>ID"),
        ("bXktY2xpZW50LWlkLTQ3MT1-token-of-it", "ID<token>"),
        ("1-token-of-itteS1jbGllbnQtaWQtNDcxM", "<token>ID"),
        // In a list of bytes, whose last number is the start of a signature.
        (
            "6d:79:2d:63:6c:69:65:6e:74:2d:69:64:2d:34:37:31:31+d608e800b2f4c1",
            "ID<hmac>",
        ),
    ] {
        assert_eq!(redaction(&secrets, text), seen, "{text}");
    }
    for (value, shown) in [
        ("my-client:9", "ID<hmac>"),
        ("my-client:98", "ID<hmac>"),
        ("my-client:981", "ID<hmac>"),
        ("my-client:9810", "ID<hmac>"),
        ("my-client:98108", "IDe800b2f4c1d"),
    ] {
        let secrets = id(value);
        add_signature(&secrets, SIGNATURE, "<hmac>");
        let text = format!("my-client:{SIGNATURE}");
        assert_eq!(redaction(&secrets, &text), shown, "{value}");
    }
    // Of a secret with the value of a token, no guess without its first character is confirmed.
    let matchers = MatcherCache::default();
    let token = Value::new(b"1-token-of-it".to_vec()).unwrap();
    let of_token = matchers.get_or_build_for_token(&token).unwrap();
    let of_value = matchers.get_or_build(&[vec![token]]).unwrap();
    assert!(of_token.matches(b"-token-of-it"));
    assert!(!of_value.matches(b"-token-of-it"));
}

/// A token takes nothing away from a value and reveals nothing about it: values are matched before
/// it, separately.
#[test]
fn tokens_are_matched_after_values() {
    const ENDPOINT: &str = "https://tokens.test/";
    let secrets = Arc::new(webhook("https://hooks.test/services/kQ9mLx2Vt0Pz7wYbRr4T"));
    let mut flowing = secrets.passes(&PartsOf::nothing());
    let untouched = redaction(&secrets, "my kQ9mLx2Vt0Pz7wYbRr4T-and-more, kQ9mLx2V");
    assert_eq!(untouched, "my HOOK-and-more, kQ9mLx2V");
    for token in ["my kQ9mLx2Vt0Pz7wY", "Lx2Vt0Pz7wYbRr4T", "wYbRr4T-and-more"] {
        add_token(&secrets, token, ENDPOINT, "<mine>").unwrap();
        assert_eq!(
            redaction(&secrets, "my kQ9mLx2Vt0Pz7wYbRr4T-and-more, kQ9mLx2V"),
            untouched
        );
    }
    assert_eq!(redaction(&secrets, "wYbRr4T-and-more"), "<mine>");
    // One that is hidden while a stream flows is looked for in the rest of it.
    assert!(secrets.catch_up(&mut flowing).is_empty());
    let seen = through(
        &mut flowing.passes,
        b"my kQ9mLx2Vt0Pz7wYbRr4T, wYbRr4T-and-more",
        true,
    );
    let handle = secrets.secrets()[0].handle.as_str();
    assert_eq!(
        String::from_utf8(seen).unwrap(),
        format!("my {handle}, <mine>")
    );
    let mut shown = StreamRedactor::new(&secrets);
    add_token(&secrets, "one-more-token", ENDPOINT, "<more>").unwrap();
    assert_eq!(
        shown.feed("wYbRr4T-and-") + &shown.feed("more one-more-") + &shown.feed("token!\n"),
        "<HIDDEN> <HIDDEN>!\n"
    );
}

/// The output for users does not reveal, while a text is written, whether a value starts with a
/// piece of it.
#[test]
fn the_output_does_not_depend_on_a_guess() {
    const ENDPOINT: &str = "https://tokens.test/";
    let secrets = |value| {
        let secret = Secret::new("TOKEN", "env:TOKEN".parse().unwrap());
        Arc::new(GrantedSecrets::with_values(&[(secret, value)]))
    };
    for (value, token) in [
        ("the-value-of-it", "a-token-of-it"),
        ("the-value\nof-it", "a-token-of-it"),
    ] {
        let secrets = secrets(value);
        add_token(&secrets, token, ENDPOINT, "<token>").unwrap();
        add_signature(&secrets, "5f5e1e5a0bd2f6e8", "<hmac>");
        let lengths = |guess: &str| -> Vec<usize> {
            let mut shown = StreamRedactor::new(&secrets);
            let text = "written before ".repeat(40) + guess;
            let mut lengths: Vec<usize> = text
                .as_bytes()
                .chunks(1)
                .map(|piece| shown.feed(str::from_utf8(piece).unwrap()).len())
                .collect();
            let rest = shown.feed("\n") + &shown.finish();
            assert!(rest.ends_with(&format!("{guess}\n")), "{rest}");
            lengths.push(rest.len());
            lengths
        };
        let untouched = lengths("?????????????");
        for guess in ["the-value-of-", "a-token-of-??", "5f5e1e5a0bd2f"] {
            assert_eq!(lengths(guess), untouched, "{guess}");
        }
    }
    // A complete line is shown, unless a value can continue after it.
    let mut shown = StreamRedactor::new(&secrets("the-value-of-it"));
    assert_eq!(shown.feed("one line\nand another"), "one line\n");
    let mut shown = StreamRedactor::new(&secrets("the-value\nof-it"));
    assert_eq!(shown.feed("one line\nthe-value\n"), "");
    assert_eq!(
        shown.feed("of-it\n") + &shown.finish(),
        "one line\n<HIDDEN>\n"
    );
}

#[test]
fn tokens_of_a_run_are_limited_to_one_endpoint() {
    const ENDPOINT: &str = "https://tokens.test/";
    let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
    for number in 0..8 {
        let token = format!("another-token-{number}");
        assert!(add_token(&secrets, &token, ENDPOINT, "<t>").is_ok());
    }
    let refused = |token, endpoint| match add_token(&secrets, token, endpoint, "<t>") {
        Err(AddError::Refused(error)) => error.into_reason(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        secrets.has_token("another-token-0", "https://other.test/"),
        Ok(true)
    );
    assert_eq!(
        refused("one-token-too-many", ENDPOINT),
        "a step can have 8 tokens"
    );
    assert_eq!(
        refused("another-token-8", "https://other.test/"),
        "a step can have tokens of one token endpoint; those of another are for a step of its own"
    );
}

/// A step can make many signatures while the response to an early one is still to come.
#[test]
fn no_signature_is_forgotten() {
    let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
    let all: Vec<String> = (0..1024).map(signature).collect();
    let mut flowing = secrets.passes(&PartsOf::nothing());
    for signature in &all {
        add_signature(&secrets, signature, "<hmac>");
        // The same body is signed the same.
        add_signature(&secrets, &all[0], "<hmac 2>");
    }
    assert_eq!(secrets.derived(), all.len());
    let text = all.join("\n");
    let seen = vec!["<hmac>"; all.len()].join("\n");
    assert_eq!(redaction(&secrets, &text), seen);
    assert!(secrets.catch_up(&mut flowing).is_empty());
    let flown = through(&mut flowing.passes, text.as_bytes(), true);
    assert_eq!(String::from_utf8(flown).unwrap(), seen);
    // In a few passes: one of the values, and 16 of 64 signatures each.
    assert_eq!(secrets.passes(&PartsOf::nothing()).passes.len(), 17);

    let refused = secrets.add_signature(&signature(1024), "<hmac>", |_| Ok(Box::new(())));
    let Err(AddError::Refused(error)) = refused else {
        panic!("one signature too many");
    };
    assert_eq!(error.into_reason(), "a step can have 1024 signatures");
}

/// What finds signatures is memory of the run for as long as a stream reads it.
#[test]
fn signatures_count_as_memory() {
    use crate::usage::memory::{Reservation, RunMemory};

    let memory = |bytes| {
        Arc::new(RunMemory::new(http_step_policy::Limits {
            memory: bytes,
            ..http_step_policy::Limits::default()
        }))
    };
    let add = |secrets: &GrantedSecrets, number, memory: &Arc<RunMemory>| {
        secrets.add_signature(&signature(number), "<hmac>", |bytes| {
            let room = Reservation::with_bytes(memory, bytes)?;
            Ok(Box::new(room) as Room)
        })
    };
    let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
    let all = memory(u64::MAX);
    assert!(add(&secrets, 0, &all).is_ok());
    let one = all.used();
    assert!(one > 0);
    let flowing = secrets.passes(&PartsOf::nothing());
    assert!(add(&secrets, 1, &all).is_ok());
    let both = all.used();
    drop(flowing);
    assert_eq!(all.used(), both - one);
    drop(secrets);
    assert_eq!(all.used(), 0);

    // Without room for both in one pass the second can't be sent: passes take time.
    for (room, added) in [(one + (both - one), true), (one + (both - one) - 1, false)] {
        let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
        let few = memory(room as u64);
        assert!(add(&secrets, 0, &few).is_ok());
        assert_eq!(add(&secrets, 1, &few).is_ok(), added);
        assert_eq!(secrets.passes(&PartsOf::nothing()).passes.len(), 2);
        let both = format!("{} {}", signature(0), signature(1));
        let seen = match added {
            true => "<hmac> <hmac>".to_owned(),
            false => format!("<hmac> {}", signature(1)),
        };
        assert_eq!(redaction(&secrets, &both), seen);
    }
}

/// As the documentation says of a SHA-256 in hexadecimal: 1,024 don't fit the default memory.
#[test]
fn a_signature_takes_140_kilobytes() {
    let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
    let digits: String = (0..4).map(signature).collect();
    let taken = AtomicUsize::new(0);
    let added = secrets.add_signature(&digits, "<hmac>", |bytes| {
        taken.store(bytes, Ordering::Relaxed);
        Ok(Box::new(()))
    });
    assert!(added.is_ok());
    let taken = taken.into_inner();
    assert!((120_000..160_000).contains(&taken), "{taken}");
}

/// A stream can outlast many signatures. The passes over it stay few, and find a signature that
/// began before they changed.
#[test]
fn a_stream_has_no_pass_for_each_signature() {
    let secrets = Arc::new(webhook("https://hooks.test/services/token-of-a-webhook"));
    add_signature(&secrets, &signature(0), "<hmac>");
    let mut flowing = secrets.passes(&PartsOf::nothing());
    let (mut people, mut shown) = (secrets.people_passes(), StreamRedactor::new(&secrets));
    let (mut seen, mut text) = (Vec::new(), String::new());
    let mut lines = String::new();
    for number in 1..=100 {
        let before = signature(number - 1);
        let (start, end) = before.split_at(8);
        seen.extend(through(&mut flowing.passes, start.as_bytes(), false));
        lines += &shown.feed(start);
        text += "<hmac> ";
        add_signature(&secrets, &signature(number), "<hmac>");
        seen.extend(secrets.catch_up(&mut flowing));
        secrets.catch_up(&mut people);
        let end = format!("{end} ");
        seen.extend(through(&mut flowing.passes, end.as_bytes(), false));
        lines += &shown.feed(&end);
        // The values, a group of 64, and smaller ones; for people, handles.
        let passes = secrets.passes(&PartsOf::nothing()).passes.len();
        assert!(passes <= 8, "{passes}");
        assert_eq!(flowing.passes.len(), passes);
        assert_eq!(people.passes.len(), passes + 1);
    }
    seen.extend(through(&mut flowing.passes, &[], true));
    lines += &shown.finish();
    assert_eq!(String::from_utf8(seen).unwrap(), text);
    assert_eq!(lines, text.replace("<hmac>", "<HIDDEN>"));
}

/// Of a token as of a value.
#[test]
fn parts_of_tokens_are_found() {
    const ENDPOINT: &str = "https://tokens.test/";
    let secrets = webhook("https://hooks.test/services/token-of-a-webhook");
    let token = "gho_8sKq3LmZx0PfWv2TnYc7RbJd5HgUaE1oIi4N";
    let all = secrets.parts_at(&"https://hooks.test".parse().unwrap(), true);
    let parts = |mut passes: Passes, text: &str| {
        through(&mut passes.passes, text.as_bytes(), true);
        let tokens: Vec<String> = passes.parts_of_tokens().map(str::to_owned).collect();
        (passes.parts().to_vec(), tokens)
    };
    let mut flowing = secrets.passes(&all);
    add_token(&secrets, token, ENDPOINT, "<oauth2>").unwrap();
    assert!(secrets.catch_up(&mut flowing).is_empty());
    let found = (Vec::new(), vec!["<oauth2>".to_owned()]);
    for (text, expected) in [
        (token, (Vec::new(), Vec::new())),
        (&token[..30], found.clone()),
        // The prefix of all tokens of a service, and few characters.
        (&token[..11], (Vec::new(), Vec::new())),
        ("token-of-a-", (vec![0], Vec::new())),
    ] {
        assert_eq!(parts(secrets.passes(&all), text), expected, "{text}");
    }
    assert_eq!(parts(flowing, &token[10..30]), found);
    assert_eq!(
        parts(secrets.passes(&PartsOf::nothing()), &token[..30]),
        (Vec::new(), Vec::new())
    );
}

/// The token of a client with the client's ID in it, which is redacted first.
#[test]
fn a_token_with_a_value_in_it_is_redacted_as_a_whole() {
    const ENDPOINT: &str = "https://tokens.test/";
    let secret = |name: &str| Secret::new(name, "env:A".parse().unwrap());
    let random = |from: u64, length: usize| -> String {
        let text: String = (from..from + 200).map(signature).collect();
        text[..length].to_owned()
    };
    let encode = |text: &str| BASE64_STANDARD_NO_PAD.encode(text);
    for id in [
        "client-4711-of-ci",
        "0oa8kq2m9xLx2Vt05d7",
        "9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    ] {
        let jwt = |more: usize| {
            let claims = format!("{{\"azp\":\"{id}\",\"jti\":\"{}\"}}", random(0, more));
            let head = encode("{\"alg\":\"RS256\"}");
            format!("{head}.{}.{}", encode(&claims), random(500, 43))
        };
        for token in [
            jwt(0),
            jwt(20),
            jwt(3000),
            format!("{id}:rest"),
            format!("t.{id}"),
            format!("a.{id}.b.{id}.c"),
            format!("{}-{id}-{}", random(0, 1500), random(500, 1500)),
        ] {
            let secrets = GrantedSecrets::with_values(&[(secret("ID"), id)]);
            add_token(&secrets, &token, ENDPOINT, "<oauth2>").unwrap();
            let hexadecimal =
                |text: &str| -> String { text.bytes().map(|byte| format!("{byte:02x}")).collect() };
            for (text, seen) in [
                (format!("Bearer {token}"), "Bearer <oauth2>"),
                (
                    format!("[{}]", token.replace('-', "%2D").replace('.', "%2e")),
                    "[<oauth2>]",
                ),
                (format!("\"{}\"", hexadecimal(&token)), "\"<oauth2>\""),
            ] {
                assert_eq!(redaction(&secrets, &text), seen, "{token}");
                let mut shown = text;
                secrets.redactor().redact(&mut shown);
                assert_eq!(shown, seen.replace("<oauth2>", "<HIDDEN>"), "{token}");
            }
            for before in ["", "x", "xx"] {
                let text = encode(&format!("{before}{token} after"));
                let seen = redaction(&secrets, &text);
                let rest = seen.replace("<oauth2>", "");
                assert!(rest.len() <= before.len() + 9, "{token}: {seen}");
            }
            // The ID alone is no token.
            assert_eq!(redaction(&secrets, id), "ID", "{token}");
        }
        // Nor a token that is the ID.
        let secrets = GrantedSecrets::with_values(&[(secret("ID"), id)]);
        add_token(&secrets, id, ENDPOINT, "<oauth2>").unwrap();
        assert_eq!(redaction(&secrets, id), "ID");
    }
}
