//! Who has to show a certificate, and who verifies it.

use expect_test::expect;

use crate::certificates::{OTHER, TRUSTED};
use crate::daemon::Folder;
use crate::nginx::{Nginx, Speaks};
use crate::visit::{report, run_in};

const DEMANDS: &str =
    r#"ssl_verify_client on; location / { return 200 "$ssl_client_verify $ssl_client_s_dn\n"; }"#;

/// The folder of a step with certificates.
fn folder() -> Folder {
    let folder = Folder::new();
    let client = TRUSTED.sign("step.test");
    folder.write("client.pem", &client.certificate);
    folder.write("client.key", &client.key);
    folder.write("both.pem", format!("{}{}", client.certificate, client.key));
    let stranger = OTHER.sign("stranger.test");
    folder.write(
        "stranger.pem",
        format!("{}{}", stranger.certificate, stranger.key),
    );
    folder.write("other-ca.pem", OTHER.pem());
    folder
}

/// The results of steps under policies, one line per case.
async fn report_all(nginx: &Nginx, cases: &[(&str, &str)]) -> String {
    let folder = folder();
    let mut text = String::new();
    for (step, policy) in cases {
        let requested = format!("get: {}/\n{step}", nginx.origin);
        let granted = format!("{}{policy}", nginx.policy());
        let result = run_in(folder.path(), &requested, &granted).await;
        text.push_str(&format!("step: {step}; policy: {policy}\n"));
        text.push_str(&nginx.hidden(&report(&result)));
    }
    text
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_that_demands_a_certificate() {
    const MAY: &str = "tls: {steps_may: [client-certificate]}";
    let cases = [
        ("cert: both.pem", MAY),
        ("cert: [client.pem, client.key]", MAY),
        // A connection with a client certificate is not shared.
        ("", MAY),
        ("cert: stranger.pem", MAY),
        ("cert: both.pem", ""),
    ];
    let nginx = Nginx::start(Speaks::Https2, DEMANDS);
    expect![[r#"
        step: cert: both.pem; policy: tls: {steps_may: [client-certificate]}
        | SUCCESS CN=step.test
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":21,"bytes_decoded":21}
        step: cert: [client.pem, client.key]; policy: tls: {steps_may: [client-certificate]}
        | SUCCESS CN=step.test
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":21,"bytes_decoded":21}
        step: ; policy: tls: {steps_may: [client-certificate]}
        | <html>
        | <head><title>400 No required SSL certificate was sent</title></head>
        | <body>
        | <center><h1>400 Bad Request</h1></center>
        | <center>No required SSL certificate was sent</center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 400 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":400,"bytes_received":230,"bytes_decoded":230}
        step: cert: stranger.pem; policy: tls: {steps_may: [client-certificate]}
        | <html>
        | <head><title>400 The SSL certificate error</title></head>
        | <body>
        | <center><h1>400 Bad Request</h1></center>
        | <center>The SSL certificate error</center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 400 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":400,"bytes_received":208,"bytes_decoded":208}
        step: cert: both.pem; policy: 
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow `cert` for https://nginx.test:PORT: the only TLS settings for steps are pinned-key and min-version
        {}
    "#]].assert_eq(&report_all(&nginx, &cases).await);
    let nginx = Nginx::start(Speaks::Https1, &format!("ssl_protocols TLSv1.2; {DEMANDS}"));
    expect![[r#"
        step: cert: both.pem; policy: tls: {steps_may: [client-certificate]}
        | SUCCESS CN=step.test
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.2","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":21,"bytes_decoded":21}
        step: cert: [client.pem, client.key]; policy: tls: {steps_may: [client-certificate]}
        | SUCCESS CN=step.test
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.2","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":21,"bytes_decoded":21}
        step: ; policy: tls: {steps_may: [client-certificate]}
        | <html>
        | <head><title>400 No required SSL certificate was sent</title></head>
        | <body>
        | <center><h1>400 Bad Request</h1></center>
        | <center>No required SSL certificate was sent</center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 400 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.2","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":400,"bytes_received":230,"bytes_decoded":230}
        step: cert: stranger.pem; policy: tls: {steps_may: [client-certificate]}
        | <html>
        | <head><title>400 The SSL certificate error</title></head>
        | <body>
        | <center><h1>400 Bad Request</h1></center>
        | <center>The SSL certificate error</center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 400 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.2","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":400,"bytes_received":208,"bytes_decoded":208}
        step: cert: both.pem; policy: 
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow `cert` for https://nginx.test:PORT: the only TLS settings for steps are pinned-key and min-version
        {}
    "#]].assert_eq(&report_all(&nginx, &cases).await);
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_server_that_only_the_step_trusts() {
    let ok = r#"location / { return 200 "ok\n"; }"#;
    let nginx = Nginx::signed_by(&OTHER, Speaks::Https2, ok);
    let text = report_all(
        &nginx,
        &[
            ("verify: other-ca.pem", "tls: {steps_may: [ca-file]}"),
            ("verify: other-ca.pem", ""),
            ("verify: false", "tls: {steps_may: [verify-none]}"),
            ("verify: false", "tls: {steps_may: [ca-file]}"),
            // Connections exist now that were not verified, or otherwise.
            ("", "tls: {steps_may: [ca-file, verify-none]}"),
            ("verify: true", "tls: {steps_may: [ca-file, verify-none]}"),
        ],
    )
    .await;
    expect![[r#"
        step: verify: other-ca.pem; policy: tls: {steps_may: [ca-file]}
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        step: verify: other-ca.pem; policy: 
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow `verify: FILE` for https://nginx.test:PORT: the only TLS settings for steps are pinned-key and min-version
        {}
        step: verify: false; policy: tls: {steps_may: [verify-none]}
        | ok
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":3,"bytes_decoded":3}
        step: verify: false; policy: tls: {steps_may: [ca-file]}
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow `verify: false` for https://nginx.test:PORT: the only TLS settings for steps are ca-file
        {}
        step: ; policy: tls: {steps_may: [ca-file, verify-none]}
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
        step: verify: true; policy: tls: {steps_may: [ca-file, verify-none]}
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
    "#]].assert_eq(&text);
}
