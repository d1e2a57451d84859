//! Which challenge is answered, and how hostile servers are handled.

use expect_test::expect;
use http_step_signing::digest::{BodyHash, Challenge, DigestError, Request, Session};
use proptest::prelude::*;

use super::{INDEX, MUFASA, choose};

#[test]
fn the_best_challenge_is_chosen() {
    let named = |algorithm: &str| {
        format!(r#"Digest realm="{algorithm}", nonce="n", qop="auth", algorithm={algorithm}"#)
    };
    for (offered, chosen) in [
        (vec!["MD5", "SHA-256", "SHA-512-256"], "SHA-256"),
        (vec!["MD5", "SHA-512-256", "SHA-256"], "SHA-512-256"),
        (vec!["SHA-1", "MD5", "MD5-sess"], "MD5"),
        (vec!["token", "SHA-256-sess"], "SHA-256-sess"),
    ] {
        let fields = offered.iter().copied().map(named);
        let challenge = Challenge::choose(fields).unwrap();
        assert_eq!(challenge.realm(), chosen.as_bytes());
    }
}

#[test]
fn a_stale_nonce_is_reported() {
    for (stale, expected) in [("TRUE", true), ("\"true\"", true), ("false", false)] {
        let field = format!(r#"Digest realm="r", nonce="n", qop="auth", stale={stale}"#);
        assert_eq!(choose(&[&field]).unwrap().is_stale(), expected);
    }
}

#[test]
fn unsupported_challenges_are_reported() {
    let mut report = String::new();
    for fields in [
        &[][..],
        &["\"", "=", ",,,"],
        &["Basic realm=\"x\", Negotiate", "Bearer"],
        &["Digest nonce=\"n\", qop=\"auth\""],
        &["Digest realm=\"r\", qop=\"auth\""],
        &["Digest realm=\"r\", nonce=\"n\", algorithm=SHA-3"],
        &["Digest realm=\"r\", nonce=\"n\", algorithm=\"evil\x1b[2J\r\n\""],
        &["Digest realm=\"r\", nonce=\"n\", qop=\"token\""],
        &["Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess"],
    ] {
        report += &format!("{}\n", choose(fields).unwrap_err());
    }
    expect![[r#"
        the server sent no valid authentication challenge
        the server sent no valid authentication challenge
        the server does not offer Digest authentication, but Basic, Negotiate, Bearer
        the server's Digest challenge has no realm
        the server's Digest challenge has no nonce
        the server's Digest challenge has the unsupported algorithm SHA-3; supported are MD5, SHA-256 and SHA-512-256
        the server's Digest challenge has the unsupported algorithm evil\x1b[2J\r\n; supported are MD5, SHA-256 and SHA-512-256
        the server's Digest challenge has the unsupported qop token; supported are auth and auth-int
        the server's Digest challenge has no qop
    "#]]
    .assert_eq(&report);
}

#[test]
fn a_client_nonce_is_plain_text() {
    let challenge = choose(&[r#"Digest realm="r", nonce="n", qop="auth""#]).unwrap();
    for cnonce in ["", "a\"b", "a b", "ä", "a\r\nb"] {
        let error = Session::new(challenge.clone(), cnonce).unwrap_err();
        assert_eq!(error, DigestError::ClientNonce);
    }
}

#[test]
fn no_line_break_gets_into_a_header() {
    let challenge = choose(&["Digest realm=\"r\r\nX: y\", nonce=\"n\", qop=\"auth\""]).unwrap();
    let mut session = Session::new(challenge, "c0").unwrap();
    let error = session.authorize(&MUFASA, &INDEX).unwrap_err();
    assert_eq!(error, DigestError::Characters);
}

proptest! {
    /// Any challenge is refused, or answered in one header.
    #[test]
    fn any_challenge_is_answered_or_refused(
        fields in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    Just("Digest "), Just("realm="), Just("nonce="), Just("qop="), Just("algorithm="),
                    Just("opaque="), Just("userhash=true"), Just("charset=UTF-8"), Just("\"auth\""),
                    Just("auth-int"), Just("MD5-sess"), Just("SHA-256"), Just("\"a\\\"\""), Just("\""),
                    Just(","), Just(" "), Just("x"), Just("Basic "), Just("\u{e9}"), Just("\n"),
                ],
                0..24,
            ),
            0..4,
        ),
    ) {
        let fields: Vec<String> = fields.into_iter().map(|field| field.concat()).collect();
        let Ok(challenge) = Challenge::choose(&fields) else {
            return Ok(());
        };
        let mut session = Session::new(challenge, "c0").unwrap();
        let hash = session.body_hash().map(|algorithm| BodyHash::of(algorithm, b"body"));
        let request = Request { body: hash.as_ref(), ..INDEX };
        match session.authorize(&MUFASA, &request) {
            Ok(value) => prop_assert!(value.len() < 1024 + fields.concat().len() * 2),
            Err(error) => prop_assert_eq!(error, DigestError::Characters),
        }
    }
}

/// Another answer makes sense only with another nonce.
#[test]
fn a_challenge_renews_another_if_it_is_stale_and_has_another_nonce() {
    let challenge = |rest: &str| choose(&[&format!(r#"Digest realm="r", {rest}"#)]).unwrap();
    let answered = challenge(r#"nonce="a""#);
    for (rest, renews) in [
        (r#"nonce="b", stale=true"#, true),
        (r#"nonce="b", stale=TRUE"#, true),
        (r#"nonce="a", stale=true"#, false),
        (r#"nonce="b", stale=false"#, false),
        (r#"nonce="b""#, false),
    ] {
        assert_eq!(challenge(rest).renews(&answered), renews, "{rest}");
    }
}
