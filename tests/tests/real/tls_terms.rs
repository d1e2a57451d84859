//! What a step and a policy demand of TLS: a version, a key.

use expect_test::expect;

use crate::certificates::TRUSTED;
use crate::nginx::{Nginx, Speaks};
use crate::visit::{report, run};

const OK: &str = r#"location / { return 200 "$ssl_protocol\n"; }"#;

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn the_common_version() {
    let mut text = String::new();
    for version in ["1.2", "1.3"] {
        let nginx = Nginx::start(Speaks::Https2, &format!("ssl_protocols TLSv{version};{OK}"));
        let step = format!("get: {}/", nginx.origin);
        let newest = "tls: {min_version: '1.3'}";
        for (who, step, policy) in [
            ("neither", step.clone(), nginx.policy()),
            ("the step", format!("{step}\n{newest}"), nginx.policy()),
            (
                "the policy",
                step.clone(),
                format!("{}{newest}", nginx.policy()),
            ),
        ] {
            let result = run(&step, &policy).await;
            text.push_str(&format!("the server has {version}, {who} demands 1.3\n"));
            text.push_str(&nginx.hidden(&report(&result)));
        }
    }
    expect![[r#"
        the server has 1.2, neither demands 1.3
        | TLSv1.2
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.2","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        the server has 1.2, the step demands 1.3
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
        the server has 1.2, the policy demands 1.3
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
        the server has 1.3, neither demands 1.3
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        the server has 1.3, the step demands 1.3
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        the server has 1.3, the policy demands 1.3
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"reused","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn the_pinned_key() {
    let nginx = Nginx::start(Speaks::Https2, OK);
    let right = &nginx.shows.pin;
    let wrong = &TRUSTED.sign("other.test").pin;
    let step = format!("get: {}/", nginx.origin);
    let pins = |keys: &str| format!("tls: {{pinned_keys: [{keys}]}}");
    let mut text = String::new();
    for (what, step, policy) in [
        (
            "the step's",
            format!("{step}\n{}", pins(right)),
            nginx.policy(),
        ),
        (
            "one of the step's",
            format!("{step}\n{}", pins(&format!("{wrong}, {right}"))),
            nginx.policy(),
        ),
        (
            "none of the step's",
            format!("{step}\n{}", pins(wrong)),
            nginx.policy(),
        ),
        (
            "the policy's",
            step.clone(),
            format!("{}{}", nginx.policy(), pins(right)),
        ),
        (
            "none of the policy's",
            step.clone(),
            format!("{}{}", nginx.policy(), pins(wrong)),
        ),
        (
            "the policy's, and none of the step's",
            format!("{step}\n{}", pins(wrong)),
            format!("{}{}", nginx.policy(), pins(right)),
        ),
    ] {
        let result = run(&step, &policy).await;
        text.push_str(&format!("{what}\n{}", nginx.hidden(&report(&result))));
    }
    expect![[r#"
        the step's
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        one of the step's
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        none of the step's
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
        the policy's
        | TLSv1.3
        Success: Status code: 200
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_received":8,"bytes_decoded":8}
        none of the policy's
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
        the policy's, and none of the step's
        Exception: Requested (exception)
        Tls, sent No: TLS with https://nginx.test:PORT failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        {"addresses":["NGINX"],"peer":"NGINX:PORT"}
    "#]].assert_eq(&text);
}
