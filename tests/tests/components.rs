//! Components that are no steps, and the step of the contributing guide. Those
//! that are hostile are in `attacks/`.

use expect_test::expect;
use http_step_host::{Job, Policy};
use http_step_tests::{Guest, Scripted, host, step_file, transcript};

fn load_error(wasm: &[u8]) -> String {
    match host().load(wasm) {
        Ok(_) => panic!("it is loaded"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_no_component() {
    expect!["this file is empty"].assert_eq(&load_error(b""));
    expect!["this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with 23 21 2f 62"].assert_eq(&load_error(b"#!/bin/sh\n"));
    expect!["this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`"].assert_eq(&load_error(b"\0asm\x01\0\0\0"));
    expect!["this component is not valid: malformed section id (at offset 0x8)"]
        .assert_eq(&load_error(b"\0asm\x0d\0\x01\0\xff"));
}

#[tokio::test]
async fn a_component_reaches_nothing_by_default() {
    let origin = Scripted::nobody().await;
    let job = Job::new(step_file(&format!("get: {origin}/")), Policy::nothing());
    let result = host().run(http_step_tests::reference(), job).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        e|An exception occurred while performing the request: the host does not allow a request to ORIGIN
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule names it; `--allow ORIGIN` would
    "#]].assert_eq(&transcript(&result, &origin));
}

#[tokio::test]
async fn the_step_of_the_contributing_guide() {
    let guide = include_str!("../../CONTRIBUTING.md");
    let shown = guide
        .split("```rust\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let built = include_str!("../guests/examples/smallest.rs")
        .split_once("\n\n")
        .unwrap()
        .1;
    assert_eq!(built.replace("../../wit", "contract"), shown);

    let step = host().load(&Guest::Smallest.wasm()).unwrap();
    let file = step_file("get: https://example.com/${{ property.not_rendered }}");
    let job = Job::new(file, Policy::nothing()).properties([("buildername", "linux")].into());
    let result = host().run(&step, job).await;
    expect![[r#"
        h|"linux" asks for https://example.com/${{ property.not_rendered }}
        Success: Done
    "#]]
    .assert_eq(&transcript(&result, "no origin"));
}
