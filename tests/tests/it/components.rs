//! Components that are not steps, and the step of the contributing guide. Hostile ones are in
//! `attacks/`.

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
fn invalid_components() {
    expect!["this file is empty"].assert_eq(&load_error(b""));
    expect!["this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with 23 21 2f 62"].assert_eq(&load_error(b"#!/bin/sh\n"));
    expect!["this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`"].assert_eq(&load_error(b"\0asm\x01\0\0\0"));
    expect!["this component is not valid: malformed section id (at offset 0x8)"]
        .assert_eq(&load_error(b"\0asm\x0d\0\x01\0\xff"));
}

/// Features that a step does not need are attack surface.
#[test]
fn unsupported_webassembly_features() {
    let mut report = String::new();
    for (feature, module) in [
        ("threads", "(memory 1 1 shared)"),
        ("64-bit memories", "(memory i64 1)"),
        ("garbage collection", "(type (struct))"),
        ("exceptions", "(tag)"),
        ("function references", "(func (param (ref func)))"),
        ("tail calls", "(func $f return_call $f)"),
        (
            "wide arithmetic",
            "(func (param i64 i64 i64 i64) (result i64 i64) local.get 0 local.get 1 local.get 2 local.get 3 i64.add128)",
        ),
        ("stack switching", "(type $f (func)) (type (cont $f))"),
    ] {
        let wasm = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        report.push_str(&format!("{feature}: {}\n", load_error(&wasm)));
    }
    expect![[r#"
        threads: this component is not valid: threads must be enabled for shared memories (at offset 0x15)
        64-bit memories: this component is not valid: memory64 must be enabled for 64-bit memories (at offset 0x15)
        garbage collection: this component is not valid: struct indexed types not supported without the gc feature (at offset 0x15)
        exceptions: this component is not valid: exceptions proposal not enabled (at offset 0x1a)
        function references: this component is not valid: function references required for non-nullable types (at offset 0x15)
        tail calls: this component is not valid: Invalid input WebAssembly code at offset 33: tail calls support is not enabled
        wide arithmetic: this component is not valid: Invalid input WebAssembly code at offset 47: wide arithmetic support is not enabled
        stack switching: this component is not valid: cannot define continuation types when stack switching is disabled (at offset 0x18)
    "#]].assert_eq(&report);
}

/// The step of the contributing guide with additional, empty core instances.
fn with_more_core_instances(more: u8) -> Vec<u8> {
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    const MODULE_SECTION: u8 = 1;
    const INSTANCE_SECTION: u8 = 2;
    let mut wasm = Guest::Smallest.wasm();
    let index = sections(&wasm).filter(|id| *id == MODULE_SECTION).count() as u8;
    // A section: its ID, its length, and its contents.
    wasm.extend([MODULE_SECTION, MODULE.len() as u8]);
    wasm.extend(MODULE);
    wasm.extend([INSTANCE_SECTION, 1 + 3 * more, more]);
    // Each is an instance of the module, without arguments.
    wasm.extend([0, index, 0].repeat(usize::from(more)));
    wasm
}

/// The IDs of the sections of a component.
fn sections(wasm: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let id = *wasm.get(at)?;
        let (mut length, mut shift) = (0, 0);
        loop {
            at += 1;
            length |= usize::from(wasm[at] & 0x7f) << shift;
            shift += 7;
            if wasm[at] < 0x80 {
                break;
            }
        }
        at += 1 + length;
        Some(id)
    })
}

/// As many as tools for Python make, and some more.
#[tokio::test]
async fn a_component_of_many_core_instances() {
    const OF_THE_STEP: u8 = 3;
    for many in [14, 16] {
        let wasm = with_more_core_instances(many - OF_THE_STEP);
        let step = host().load(&wasm).unwrap();
        let job = Job::new(step_file("get: https://example.com/"), Policy::nothing());
        let result = host().run(&step, job).await;
        assert_eq!(result.summary, "Done", "{result:#?}");
    }
    expect!["this component is not valid: The component transitively contains 17 core module instances, which exceeds the configured maximum of 16 in the pooling allocator"].assert_eq(&load_error(&with_more_core_instances(17 - OF_THE_STEP)));
}

#[tokio::test]
async fn a_component_reaches_nothing_by_default() {
    let origin = Scripted::closed_port().await;
    let job = Job::new(step_file(&format!("get: {origin}/")), Policy::nothing());
    let result = host().run(http_step_tests::reference(), job).await;
    expect![[r#"
        h|Performing GET request to ORIGIN/
        e|An exception occurred while performing the request: the host does not allow a request to ORIGIN
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule matches it
    "#]].assert_eq(&transcript(&result, &origin));
}

/// Whatever a component makes of it, the result shows what the host denied.
#[tokio::test]
async fn a_component_that_gives_up_does_not_hide_a_denial() {
    let origin = Scripted::closed_port().await;
    let step = host().load(&Guest::GivesUp.wasm()).unwrap();
    let mut report = String::new();
    for how in ["exception", "panic", "exit"] {
        for policy in [
            Policy::nothing(),
            Policy::nothing().allow(origin.parse().unwrap()),
        ] {
            let file = step_file(&format!("post: {origin}/\ndata: {how}"));
            let result = host().run(&step, Job::new(file, policy)).await;
            report.push_str(&transcript(&result, &origin));
        }
    }
    expect![[r#"
        o|ErrorCode::HttpRequestDenied
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule matches it
        o|ErrorCode::ConnectionRefused
        Exception: gave up
        Connect, sent No: could not connect to ORIGIN: connection refused
        o|ErrorCode::HttpRequestDenied
        e|An exception occurred while performing the request: the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/gives_up.rs:12:26: there was no answer
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule matches it; then the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/gives_up.rs:12:26: there was no answer
        o|ErrorCode::ConnectionRefused
        e|An exception occurred while performing the request: the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/gives_up.rs:12:26: there was no answer
        Exception: Requested (exception)
        Trap, sent No: the component trapped: wasm `unreachable` instruction executed; its last words: thread '<unnamed>' (1) panicked at examples/gives_up.rs:12:26: there was no answer
        o|ErrorCode::HttpRequestDenied
        e|An exception occurred while performing the request: the component exited with status 1 and did not answer
        Denied: Requested (denied)
        Denied, sent No: the policy does not allow ORIGIN: no rule matches it; then the component exited with status 1 and did not answer
        o|ErrorCode::ConnectionRefused
        e|An exception occurred while performing the request: the component exited with status 1 and did not answer
        Exception: Requested (exception)
        Trap, sent No: the component exited with status 1 and did not answer
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn the_step_of_the_contributing_guide() {
    let guide = include_str!("../../../CONTRIBUTING.md");
    let shown = guide
        .split("```rust\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let built = include_str!("../../guests/examples/smallest.rs")
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
