//! Files that are not steps. The host's tests cover what components do wrong.

use expect_test::{Expect, expect};

use crate::http_step::http_step;

#[test]
fn files_that_are_no_step() {
    let cases: [(&[u8], Expect); 6] = [
        (
            b"",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this file is empty
            "#]],
        ),
        (
            b"hello",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with 68 65 6c 6c
            "#]],
        ),
        (
            b"(component)",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with 28 63 6f 6d
            "#]],
        ),
        // A core module, and a component with nothing in it.
        (
            b"\0asm\x01\0\0\0",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`
            "#]],
        ),
        (
            b"\0asm\x0d\0\x01\0",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports nothing
            "#]],
        ),
        (
            b"\0asm\x0d\0\x01\0\xff\xff",
            expect![[r#"
                exit code 2
                --- stderr
                error: step.wasm: this component is not valid: malformed section id (at offset 0x8)
            "#]],
        ),
    ];
    for (wasm, expected) in cases {
        let output = http_step("run http://127.0.0.1:1/ --component step.wasm")
            .file("step.wasm", wasm)
            .run();
        expected.assert_eq(&output);
    }
}

#[test]
fn a_component_that_ends_too_early() {
    let half = &http_step_component::WASM[..http_step_component::WASM.len() / 2];
    let output = http_step("run http://127.0.0.1:1/ --component step.wasm")
        .file("step.wasm", half)
        .run();
    // The next build has its sections elsewhere.
    let (output, _) = output.split_once(": section range").unwrap();
    expect![[r#"
        exit code 2
        --- stderr
        error: step.wasm: this component is not valid"#]]
    .assert_eq(output);
}

#[test]
fn a_missing_file() {
    let output = http_step("run http://127.0.0.1:1/ --component step.wasm").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: step.wasm: there is no such file
    "#]]
    .assert_eq(&output);
}
