//! What the host computes for a component counts, and leaves the runtime's workers to others.

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
