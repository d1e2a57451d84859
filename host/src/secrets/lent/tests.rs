//! What is hidden of a secret.

use http_step_policy::Secret;
use http_step_secrets::Value;
use url::Url;

use super::super::veil::{VeiledText, through};
use super::*;

impl Lent {
    /// Secrets, and their values.
    pub(crate) fn of_values(secrets: &[(Secret, &str)]) -> Self {
        let handles = Handles::new().unwrap();
        let loans = secrets.iter().map(|(terms, value)| {
            let value = Value::new(value.as_bytes().to_vec()).unwrap();
            Loan::new(terms.clone(), handles.next().unwrap(), Ok(value))
        });
        Self::new(loans.collect(), &Arc::new(Shrouds::new())).unwrap()
    }
}

fn masked(lent: &Lent, text: &str) -> String {
    let mut masks = lent.masks();
    let seen = through(&mut masks.passes, text.as_bytes(), true);
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
    let text = |number| format!("{number:01024}");
    for number in 0..100 {
        lent.remember(Echo {
            sent: text(number).into_bytes(),
            written: format!("<{number}>").into_bytes(),
        });
    }
    assert_eq!(masked(&lent, &text(84)), "<84>");
    assert_eq!(masked(&lent, &text(83)), text(83));
}

/// In what flows when a signature is made, the rest of a value is hidden, and the
/// signature, too, in the forms that a text has.
#[test]
fn a_signature_is_hidden_in_streams_that_flow() {
    let lent = webhook("https://hooks.test/services/token-of-a-webhook");
    let handle = lent.loans()[0].handle.to_string();
    let mut flowing = lent.masks();
    let mut seen = through(&mut flowing.passes, b"token-of-a-", false);
    let signature = "AsVs4H/lQZ9MLjqzVS5DCUzTDP3g+EF3TCfV0MkWNJU";
    lent.seal(signature, "<hmac>");
    let (signatures, later) = lent.masks_since(flowing.signatures);
    assert_eq!((signatures, later.len()), (1, 1));
    flowing.passes.extend(later);
    seen.extend(through(
        &mut flowing.passes,
        b"webhook AsVs4H/lQZ9MLjqzVS5D",
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
    ];
    assert_eq!(
        masked(&lent, &forms.join(" ")),
        "<hmac> <hmac> <hmac> <hmac>"
    );
}

/// Whatever a component has a token be, it breaks nothing that hides another.
#[test]
fn tokens_are_looked_for_with_values_at_once() {
    let lent = Arc::new(webhook("https://hooks.test/services/token-of-a-webhook"));
    lent.conceal("token-of", "<mine>").unwrap();
    lent.conceal("token-of-a-webhook-and-more", "<other>")
        .unwrap();
    lent.conceal("token-of", "<again>").unwrap();
    assert_eq!(lent.tokens(), 2);
    // What overlaps is hidden together.
    let seen = masked(&lent, "token-of-a-webhook-and-more token-of");
    assert!(!seen.contains("web") && !seen.contains("more"), "{seen}");
    let mut shown = VeiledText::new(&lent);
    assert_eq!(
        shown.feed("token-of-a-webhook-") + &shown.feed("and-more!"),
        "<HIDDEN>!"
    );
    for number in 2..8 {
        lent.conceal(&format!("another-token-{number}"), "<more>")
            .unwrap();
    }
    assert_eq!(
        lent.conceal("one-token-too-many", "<more>"),
        Err(LendError("a step can have 8 tokens".to_owned()))
    );
}
