//! What is hidden of a secret.

use http_step_policy::Secret;
use url::Url;

use super::super::veil::{VeiledText, through};
use super::*;

impl Lent {
    /// Secrets, and their values.
    pub(crate) fn of_values(secrets: &[(Secret, &str)]) -> Self {
        let loans = secrets.iter().map(|(terms, value)| {
            let value = Value::new(value.as_bytes().to_vec()).unwrap();
            Loan::new(terms.clone(), Handle::random().unwrap(), Ok(value))
        });
        Self::new(loans.collect(), &Shrouds::new()).unwrap()
    }
}

fn masked(lent: &Lent, text: &str) -> String {
    let (_, mut masks) = lent.masks_since(0);
    let seen = through(&mut masks, text.as_bytes(), true);
    let mut seen = String::from_utf8(seen).unwrap();
    for loan in lent.loans() {
        seen = seen.replace(loan.handle.as_str(), loan.terms.name());
    }
    seen
}

fn webhook(url: &str) -> Lent {
    let origin = Url::parse(url).unwrap().origin().ascii_serialization();
    let secret = Secret::new("HOOK", "env:HOOK".parse().unwrap());
    Lent::of_values(&[(secret.origin(origin.parse().unwrap()), url)])
}

#[test]
fn a_url_is_hidden_in_its_parts() {
    let lent =
        webhook("https://h.io:8443/api/webhooks/123/token-of-a-web%40hook?sig=a-long-signature");
    for (text, seen) in [
        // No answer of a service has all of the URL.
        (r#"{"token":"token-of-a-web@hook"}"#, r#"{"token":"HOOK"}"#),
        (
            r#"{"token":"token-of-a-web%40hook"}"#,
            r#"{"token":"HOOK"}"#,
        ),
        ("sig: a-long-signature", "sig: HOOK"),
        (
            "could not connect to https://h.io:8443",
            "could not connect to HOOK",
        ),
        ("/api/webhooks/123 at h.io", "/api/webhooks/123 at h.io"),
    ] {
        assert_eq!(masked(&lent, text), seen);
    }
    let lent = webhook("http://hooks.test:8080/x");
    assert_eq!(masked(&lent, "no address: hooks.test"), "no address: HOOK");
}

/// Who reads a response gets his handles as he wrote them, and people none.
#[test]
fn handles_are_hidden_from_people_alone() {
    let lent = webhook("https://hooks.test/services/token-of-a-webhook");
    let handle = lent.loans()[0].handle.as_str().to_owned();
    let upper = handle.to_ascii_uppercase();
    let mut text = format!("{upper} {handle} token-of-a-webhook");
    assert_eq!(masked(&lent, &text), format!("{upper} HOOK HOOK"));
    lent.veil().over(&mut text);
    assert_eq!(text, "<HIDDEN> <HIDDEN> <HIDDEN>");
}

#[test]
fn echoes_are_forgotten_before_they_are_many() {
    let lent = webhook("https://hooks.test/x");
    for number in 0..100 {
        let text = format!("{number:01024}").into_bytes();
        lent.remember(Echo {
            sent: text.clone(),
            written: text,
        });
    }
    let echoes = &lent.hidden().echoes;
    assert_eq!(echoes.len(), MOST_REMEMBERED / 1024);
    assert!(echoes.last().unwrap().1.sent.ends_with(b"99"));
}

/// Of what flows when there comes to be more to hide, the rest of a value is hidden
/// as well as the new one.
#[test]
fn what_comes_to_be_hidden_is_hidden_in_streams_that_flow() {
    let lent = Arc::new(webhook("https://hooks.test/services/token-of-a-webhook"));
    let handle = lent.loans()[0].handle.to_string();
    let (changes, mut masks) = lent.masks_since(0);
    assert_eq!(changes, lent.changes());
    let mut seen = through(&mut masks, b"token-of-a-", false);
    let value = Value::new(b"fetched-later".to_vec()).unwrap();
    let shroud = Arc::new(Shroud::over(&[vec![value]]).unwrap());
    lent.conceal(&shroud, "<token>");
    lent.conceal(&shroud, "<token>");
    assert_eq!(lent.changes(), changes + 1);
    let (_, later) = lent.masks_since(changes + 1);
    assert_eq!(later.len(), 1);
    masks.extend(later);
    seen.extend(through(&mut masks, b"webhook fetched-", false));
    seen.extend(through(&mut masks, b"later", true));
    let seen = String::from_utf8(seen).unwrap();
    assert_eq!(seen, format!("{handle} <token>"));

    let mut shown = VeiledText::new(&lent);
    assert_eq!(shown.feed("fetched-") + &shown.feed("later!"), "<HIDDEN>!");
}
