//! The examples of RFC 2069, RFC 2617 and RFC 7616.

mod hostile;

use expect_test::expect;
use http_step_signing::digest::{
    Algorithm, BodyHash, BodyHasher, Challenge, ChallengeError, Credentials, DigestError, Qop,
    Request, Session,
};

const MUFASA: Credentials<'_> = Credentials {
    username: b"Mufasa",
    password: b"Circle of Life",
};
const INDEX: Request<'_> = Request {
    method: "GET",
    uri: "/dir/index.html",
    body: None,
};

fn choose(fields: &[&str]) -> Result<Challenge, ChallengeError> {
    Challenge::choose(fields)
}

fn answer(
    field: &str,
    cnonce: &str,
    credentials: &Credentials<'_>,
    request: &Request<'_>,
) -> String {
    let mut session = Session::new(choose(&[field]).unwrap(), cnonce).unwrap();
    shown(&session.authorize(credentials, request).unwrap())
}

/// One parameter per line.
fn shown(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).replace(", ", ",\n")
}

/// RFC 2617, section 3.5. Its password is spelled with a capital O.
#[test]
fn rfc_2617() {
    let field = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    let credentials = Credentials {
        username: b"Mufasa",
        password: b"Circle Of Life",
    };
    expect![[r#"
        Digest username="Mufasa",
        realm="testrealm@host.com",
        uri="/dir/index.html",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        nc=00000001,
        cnonce="0a4f113b",
        qop=auth,
        response="6629fae49393a05397450978507c4ef1",
        opaque="5ccc069c403ebaf9f0171e9517f40e41""#]]
    .assert_eq(&answer(field, "0a4f113b", &credentials, &INDEX));
}

/// RFC 7616, section 3.9.1.
#[test]
fn rfc_7616_sha_256_and_md5() {
    let challenge = |algorithm: &str| {
        format!(
            r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
        )
    };
    let (sha_256, md5) = (challenge("SHA-256"), challenge("MD5"));
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    expect![[r#"
        Digest username="Mufasa",
        realm="http-auth@example.org",
        uri="/dir/index.html",
        algorithm=MD5,
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nc=00000001,
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        qop=auth,
        response="8ca523f5e9506fed4657c9700eebdbec",
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#]]
    .assert_eq(&answer(&md5, cnonce, &MUFASA, &INDEX));

    // Both are offered, and SHA-256 is chosen, in any order and in any fields.
    for fields in [
        vec![sha_256.clone(), md5.clone()],
        vec![md5.clone(), sha_256.clone()],
        vec![format!("{md5}, {sha_256}")],
    ] {
        let challenge = Challenge::choose(&fields).unwrap();
        let mut session = Session::new(challenge, cnonce).unwrap();
        expect![[r#"
            Digest username="Mufasa",
            realm="http-auth@example.org",
            uri="/dir/index.html",
            algorithm=SHA-256,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nc=00000001,
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            qop=auth,
            response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#]]
        .assert_eq(&shown(&session.authorize(&MUFASA, &INDEX).unwrap()));
    }
}

/// RFC 7616, section 3.9.2, with the hashes of erratum 4897
/// (<https://www.rfc-editor.org/errata/eid4897>): the printed ones were not computed with
/// SHA-512/256.
#[test]
fn rfc_7616_sha_512_256_with_a_hashed_user() {
    let challenge = |userhash: bool| {
        format!(
            r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash={userhash}"#
        )
    };
    let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    let credentials = Credentials {
        username: "Jäsøn Doe".as_bytes(),
        password: b"Secret, or not?",
    };
    let request = Request {
        method: "GET",
        uri: "/doe.json",
        body: None,
    };
    expect![[r#"
        Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
        realm="api@example.org",
        uri="/doe.json",
        algorithm=SHA-512-256,
        nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        nc=00000001,
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        qop=auth,
        response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
        opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",
        userhash=true"#]]
    .assert_eq(&answer(&challenge(true), cnonce, &credentials, &request));
    // Section 3.4.4 also has this user name.
    expect![[r#"
        Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe,
        realm="api@example.org",
        uri="/doe.json",
        algorithm=SHA-512-256,
        nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        nc=00000001,
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        qop=auth,
        response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
        opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS""#]]
    .assert_eq(&answer(&challenge(false), cnonce, &credentials, &request));
}

/// RFC 2069, section 2.4, with the response of erratum 749
/// (<https://www.rfc-editor.org/errata/eid749>).
#[test]
fn rfc_2069() {
    let field = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    let credentials = Credentials {
        username: b"Mufasa",
        password: b"CircleOfLife",
    };
    expect![[r#"
        Digest username="Mufasa",
        realm="testrealm@host.com",
        uri="/dir/index.html",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        response="1949323746fe6a43ef61f9606e7febea",
        opaque="5ccc069c403ebaf9f0171e9517f40e41""#]]
    .assert_eq(&answer(field, "0a4f113b", &credentials, &INDEX));
}

/// The RFCs have no example of this. The responses were computed with Python's hashlib.
#[test]
fn a_session_counts_and_keeps_its_key() {
    let field = r#"digest Realm=r, Nonce=n0, QOP=auth, algorithm="md5-SESS""#;
    let mut session = Session::new(choose(&[field]).unwrap(), "c0").unwrap();
    expect![[r#"
        Digest username="Mufasa",
        realm="r",
        uri="/dir/index.html",
        algorithm=MD5-sess,
        nonce="n0",
        nc=00000001,
        cnonce="c0",
        qop=auth,
        response="11a43038563e9f9a029f54dc478ff9ad""#]]
    .assert_eq(&shown(&session.authorize(&MUFASA, &INDEX).unwrap()));
    expect![[r#"
        Digest username="Mufasa",
        realm="r",
        uri="/dir/index.html",
        algorithm=MD5-sess,
        nonce="n0",
        nc=00000002,
        cnonce="c0",
        qop=auth,
        response="8722617c24d19390177a7aba2f1412be""#]]
    .assert_eq(&shown(&session.authorize(&MUFASA, &INDEX).unwrap()));
}

/// Also computed with Python's hashlib.
#[test]
fn a_body_is_hashed_if_the_server_requires_it() {
    let field = r#"Digest realm="r", nonce="n0", qop="auth-int", algorithm=SHA-256"#;
    let challenge = choose(&[field]).unwrap();
    assert_eq!(challenge.qop(), Some(Qop::AuthInt));
    let mut session = Session::new(challenge, "c0").unwrap();
    assert_eq!(
        session.authorize(&MUFASA, &INDEX),
        Err(DigestError::BodyNeeded)
    );
    assert_eq!(session.body_hash(), Some(Algorithm::Sha256));
    let mut request = Request {
        method: "POST",
        uri: "/x?y=1",
        body: Some(&BodyHash::of(Algorithm::Md5, br#"{"a":1}"#)),
    };
    assert_eq!(
        session.authorize(&MUFASA, &request),
        Err(DigestError::BodyNeeded)
    );
    // A failed call does not count.
    let mut hasher = BodyHasher::new(Algorithm::Sha256);
    hasher.update(br#"{"a""#);
    hasher.update(b":1}");
    let hash = hasher.finish();
    request.body = Some(&hash);
    expect![[r#"
        Digest username="Mufasa",
        realm="r",
        uri="/x?y=1",
        algorithm=SHA-256,
        nonce="n0",
        nc=00000001,
        cnonce="c0",
        qop=auth-int,
        response="0d2a7481e2c8028606a0bb3abc24abdfa524f45fad9e0657f619ede0d2b49dfa""#]]
    .assert_eq(&shown(&session.authorize(&MUFASA, &request).unwrap()));
}

/// Also computed with Python's hashlib.
#[test]
fn quotes_are_hashed_unescaped_and_sent_escaped() {
    let field = r#"Digest realm="say \"r\"", nonce="n0", qop="auth""#;
    let credentials = Credentials {
        username: br#"a"b\c"#,
        password: b"p",
    };
    expect![[r#"
        Digest username="a\"b\\c",
        realm="say \"r\"",
        uri="/dir/index.html",
        nonce="n0",
        nc=00000001,
        cnonce="c0",
        qop=auth,
        response="b13e86759dc3b465e08309b548e2ec12""#]]
    .assert_eq(&answer(field, "c0", &credentials, &INDEX));
}
