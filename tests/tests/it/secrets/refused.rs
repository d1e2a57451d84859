//! Requests that can't be made with the value of a secret in them: the error names the part and the
//! reason.

use expect_test::expect;
use http_step_host::policy::{Place, Policy};
use http_step_tests::{error, transcript};

use crate::secrets::echo;
use crate::secrets::vault::{Vault, run, secret};

const LINES: Vault = Vault(&[("LINES", "first-line\nsecond-line")]);
const COLON: Vault = Vault(&[("COLON", "first:second")]);

#[tokio::test]
async fn each_names_the_part_and_the_reason() {
    let service = echo().await;
    let origin = &service.origin;
    let mut report = String::new();
    for (vault, step) in [
        (LINES, "headers: {Api-Key: '${{ secret.LINES }}'}"),
        (LINES, "auth: {bearer: '${{ secret.LINES }}'}"),
        (COLON, "auth: ['${{ secret.COLON }}', x]"),
        (
            COLON,
            "headers: {Api-Key: '${{ secret.COLON }}', Range: bytes=0-1}",
        ),
    ] {
        let (name, _) = vault.0[0];
        let policy = Policy::nothing()
            .allow(origin.parse().unwrap())
            .grant_secret(secret(name, origin).place(Place::Header));
        let result = run(&format!("get: {origin}/\n{step}"), policy, vault).await;
        let log = transcript(&result, origin);
        let line = log.lines().find(|line| line.starts_with("e|")).unwrap();
        report.push_str(&format!("{step}\n  {}\n  {line}\n", error(&result, origin)));
    }
    expect![[r#"
        headers: {Api-Key: '${{ secret.LINES }}'}
          Exception, InvalidSpec, sent No: the header `api-key` can't be sent: the secret `LINES` can't be put into the header of the request: it contains a line break or another control character, which is not allowed in a header
          e|An exception occurred while performing the request: the host can't send the request as it is
        auth: {bearer: '${{ secret.LINES }}'}
          Exception, InvalidSpec, sent No: the header `authorization` can't be sent: the secret `LINES` can't be put into the header of the request: it contains a line break or another control character, which is not allowed in a header
          e|An exception occurred while performing the request: the host can't send the request as it is
        auth: ['${{ secret.COLON }}', x]
          Exception, InvalidSpec, sent No: the header `authorization` can't be sent: the secret `COLON` can't be a user name: it has a colon in it
          e|An exception occurred while performing the request: the host can't send the request as it is
        headers: {Api-Key: '${{ secret.COLON }}', Range: bytes=0-1}
          Exception, InvalidSpec, sent No: a step with secrets can't request a part of a response; leave out the header `Range`
          e|An exception occurred while performing the request: the host can't send the request as it is
    "#]].assert_eq(&report);
    assert!(service.requests().is_empty());
}
