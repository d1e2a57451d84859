//! Bodies: coded, large, too large, and slow.

use std::fs;

use expect_test::expect;
use http_step_host::Properties;

use crate::daemon::Folder;
use crate::nginx::{Nginx, Speaks};
use crate::visit::{answer, evidence, job, report, run, run_end, run_in, run_job};

const VERSIONS: [Speaks; 2] = [Speaks::Https1, Speaks::Https2];

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_coded_body_is_decoded() {
    let nginx = Nginx::start(
        Speaks::Https2,
        r#"gzip on; gzip_types text/plain; gzip_min_length 1; root files;
        location = /asked { gzip off; return 200 "$http_accept_encoding\n"; }"#,
    );
    fs::create_dir(nginx.path("files")).unwrap();
    let text = "All work and no play makes Jack a dull boy.\n".repeat(1000);
    fs::write(nginx.path("files/jack.txt"), &text).unwrap();

    let step = format!("get: {}/jack.txt", nginx.origin);
    let result = run(&step, &nginx.policy()).await;
    assert_eq!(answer(&result), text);
    let mut row = result.ledger[0].clone();
    // How small it gets depends on the server's zlib.
    assert!(
        (1..500).contains(&row.bytes_received),
        "{}",
        row.bytes_received
    );
    row.bytes_received = 0;
    expect![[r#"{"method":"GET","origin":"https://nginx.test:PORT","rule":"policy.yaml:1: https://nginx.test:PORT","addresses":["NGINX"],"peer":"NGINX:PORT","secrets":[],"partial_echoes":[],"attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":200,"bytes_sent":0,"bytes_received":0,"bytes_decoded":44000}"#]].assert_eq(&nginx.hidden(&evidence(&row)));

    let mut requested = String::new();
    for headers in ["", "headers: {Accept-Encoding: identity}"] {
        let step = format!("get: {}/asked\n{headers}", nginx.origin);
        requested.push_str(&answer(&run(&step, &nginx.policy()).await));
    }
    expect![[r#"
        gzip, deflate, br, zstd
        identity
    "#]]
    .assert_eq(&requested);

    let step = format!(
        "get: {}/jack.txt\nheaders: {{Accept-Encoding: identity}}",
        nginx.origin
    );
    let row = &run(&step, &nginx.policy()).await.ledger[0];
    assert_eq!((row.bytes_received, row.bytes_decoded), (44_000, 44_000));
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_large_body_arrives_whole() {
    let body = "0123456789abcdef".repeat(5 << 16);
    for speaks in VERSIONS {
        let nginx = Nginx::start(
            speaks,
            "client_max_body_size 16m; client_body_in_file_only clean; root files; dav_methods PUT; create_full_put_path on;",
        );
        let step = format!(
            "put: {}/body\ndata: '${{{{ property.body }}}}'",
            nginx.origin
        );
        let properties = Properties::from([("body", body.as_str())]);
        let result = run_job(job(&step, &nginx.policy()).properties(properties)).await;
        assert_eq!(result.ledger[0].status, Some(201), "{result:#?}");
        assert_eq!(result.ledger[0].bytes_sent, 5 << 20);
        assert!(fs::read_to_string(nginx.path("files/body")).unwrap() == body);
    }
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_body_that_is_refused_before_it_was_read() {
    let folder = Folder::new();
    folder.write("large", vec![0; 8 << 20]);
    let mut text = String::new();
    for speaks in VERSIONS {
        let nginx = Nginx::start(speaks, "client_max_body_size 1m; dav_methods PUT;");
        let step = format!("put: {}/body\nfiles: {{part: large}}", nginx.origin);
        let mut result = run_in(folder.path(), &step, &nginx.policy()).await;
        // How much had been sent by then depends on buffers.
        result.ledger[0].bytes_sent = 0;
        text.push_str(&nginx.hidden(&report(&result)));
    }
    expect![[r#"
        | <html>
        | <head><title>413 Request Entity Too Large</title></head>
        | <body>
        | <center><h1>413 Request Entity Too Large</h1></center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 413 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/1.1","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":413,"bytes_received":176,"bytes_decoded":176}
        | <html>
        | <head><title>413 Request Entity Too Large</title></head>
        | <body>
        | <center><h1>413 Request Entity Too Large</h1></center>
        | <hr><center>nginx</center>
        | </body>
        | </html>
        Failure: Status code: 413 (failure)
        {"addresses":["NGINX"],"peer":"NGINX:PORT","attempts":1,"connection":"new","protocol":"HTTP/2","tls":{"version":"1.3","certificate_sha256":"CERTIFICATE","certificate_expires":"4096-01-01T00:00:00Z"},"status":413,"bytes_received":176,"bytes_decoded":176}
    "#]].assert_eq(&text);
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_slow_body_is_waited_for() {
    for speaks in VERSIONS {
        let nginx = Nginx::start(speaks, "root files; limit_rate 100k;");
        fs::create_dir(nginx.path("files")).unwrap();
        let text = "0123456789abcdef".repeat(10 << 10);
        fs::write(nginx.path("files/slow.txt"), &text).unwrap();
        let step = format!("get: {}/slow.txt", nginx.origin);
        let result = run(&step, &nginx.policy()).await;
        assert!(answer(&result) == text);
        // 160 KiB, the first 100 of them at once.
        assert!(
            result.ledger[0].seconds.body > 0.3,
            "{:?}",
            result.ledger[0]
        );
    }
}

#[tokio::test]
#[ignore = "needs nginx: make test-real"]
async fn a_body_that_is_slower_than_the_timeout() {
    let mut text = String::new();
    for speaks in VERSIONS {
        let nginx = Nginx::start(speaks, "root files; limit_rate 1k;");
        fs::create_dir(nginx.path("files")).unwrap();
        fs::write(
            nginx.path("files/slow.txt"),
            "0123456789abcde\n".repeat(1 << 10),
        )
        .unwrap();
        let step = format!("get: {}/slow.txt\ntimeout: {{total: 1}}", nginx.origin);
        let result = run(&step, &nginx.policy()).await;
        text.push_str(&nginx.hidden(&run_end(&result)));
    }
    expect![[r#"
        Exception: Requested (exception)
        Timeout, sent Yes: the step did not end within 1 s; `total` under `timeout:` of the step file gives it longer
        Exception: Requested (exception)
        Timeout, sent Yes: the step did not end within 1 s; `total` under `timeout:` of the step file gives it longer
    "#]]
    .assert_eq(&text);
}
