//! What the host computes for a component counts, and leaves the runtime's workers to others.

use std::future::poll_fn;

use super::*;

/// Characters that no other text has in common.
fn random_text(length: usize) -> String {
    let mut state: u64 = 88_172_645_463_325_252;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"[(state % 32) as usize])
    };
    (0..length).map(|_| next()).collect()
}

/// Many requests of a step need its token at once.
#[tokio::test]
async fn a_token_counts_once() {
    let mut used = Vec::new();
    for at_once in [1, 16] {
        let api = Issuer::start().await;
        api.issues(&random_text(600));
        let key = secret("KEY", &api.server.origin);
        let policy = allowing(&[&api.server]).grant_secret(key.clone());
        let egress = egress(policy, &[(key, VALUE)]);
        let handle = egress.secrets.handle("KEY").unwrap().unwrap();
        let placeholder = client(&egress, api.token_url(), "id", &handle);
        let requests = (0..at_once).map(|_| {
            let request = Request::get(format!("{}/", api.server.origin))
                .header(&placeholder.field, &placeholder.value)
                .body(whole(Bytes::new()));
            tokio::spawn(egress.send(request.unwrap(), RequestOptions::default()))
        });
        let requests: Vec<_> = requests.collect();
        for request in requests {
            assert!(request.await.unwrap().is_ok());
        }
        used.push(egress.usage.memory().used());
    }
    let more = used[1] - used[0];
    assert!(more < used[0] / 2, "{more} bytes more than {}", used[0]);
}

/// Poll a request until it is answered. Returns how often.
async fn polls(egress: &Egress, request: Builder, body: Bytes) -> (usize, bool) {
    let request = request.header("content-length", body.len());
    let request = request.body(whole(body)).unwrap();
    let (mut polls, mut sending) = (0, egress.send(request, RequestOptions::default()));
    let sent = poll_fn(|cx| {
        polls += 1;
        sending.as_mut().poll(cx)
    });
    let is_ok = sent.await.is_ok();
    (polls, is_ok)
}

fn hmac(egress: &Egress, key: &str, number: usize) -> Arc<Placeholder> {
    let form = SignatureForm::Plain(PlainSignature {
        header: format!("x-sig-{number}"),
        encoding: Encoding::Hex,
        prefix: String::new(),
    });
    let key = key.to_owned();
    let requested = RequestedScheme::Hmac { key, form };
    egress.credentials.request(requested).unwrap()
}

/// A body is signed and looked through in pieces, which count, also under a key that the component
/// made up.
#[tokio::test]
async fn a_long_body_is_signed_in_pieces() {
    const PIECES: usize = 32;
    let body = Bytes::from(vec![b'x'; PIECES * (64 << 10)]);
    let server = Server::start(|_| ok("", "")).await;
    let key = secret("KEY", &server.origin).place(Place::Signature);
    let policy = allowing(&[&server]);
    let plain = || egress(policy.clone(), &[]);
    let granted = || {
        egress(
            policy.clone().grant_secret(key.clone()),
            &[(key.clone(), VALUE)],
        )
    };
    let post = || Request::post(format!("{}/", server.origin));

    // Each HMAC is computed by itself; a hash of the body is computed once.
    let run = plain();
    let signed = (0..2).fold(post(), |request, number| {
        let placeholder = hmac(&run, "made-up", number);
        request.header(&placeholder.field, &placeholder.value)
    });
    let (polls_of_two, is_ok) = polls(&run, signed, body.clone()).await;
    assert!(is_ok && polls_of_two > 2 * PIECES, "{polls_of_two}");
    assert!(run.cpu.total() > Duration::ZERO);

    let run = granted();
    let handle = run.secrets.handle("KEY").unwrap().unwrap();
    let placeholder = hmac(&run, &handle, 0);
    let signed = post().header(&placeholder.field, &placeholder.value);
    let (polls_of_one, is_ok) = polls(&run, signed, body.clone()).await;
    // Its signature, its handles, and what its syntax says.
    assert!(is_ok && polls_of_one > 2 * PIECES, "{polls_of_one}");

    // A request that is refused is not signed before.
    let run = plain();
    let placeholder = hmac(&run, "made-up", 0);
    let signed = post().header(&placeholder.field, &placeholder.value);
    assert_eq!(
        polls(&run, signed.header("x_sig-0", "x"), body).await,
        (1, false)
    );
}
