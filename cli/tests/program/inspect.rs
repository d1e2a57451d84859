//! `http-step inspect`.

use expect_test::expect;

use crate::http_step::http_step;

#[test]
fn the_built_in_step() {
    let size = http_step_component::WASM.len();
    let output = http_step("inspect step.wasm")
        .file("step.wasm", http_step_component::WASM)
        .word(size.to_string(), "SIZE")
        .run();
    expect![[r#"
        exit code 0
        --- stdout
        step.wasm: SIZE bytes
        imports:
          ci:http-step/auth@0.2.0
          ci:http-step/hash@0.2.0
          ci:http-step/log@0.2.0
          ci:http-step/properties@0.2.0
          ci:http-step/types@0.2.0
          wasi:cli/environment@0.2.12
          wasi:cli/exit@0.2.12
          wasi:cli/stderr@0.2.12
          wasi:cli/stdin@0.2.12
          wasi:cli/stdout@0.2.12
          wasi:cli/terminal-input@0.2.12
          wasi:cli/terminal-output@0.2.12
          wasi:cli/terminal-stderr@0.2.12
          wasi:cli/terminal-stdin@0.2.12
          wasi:cli/terminal-stdout@0.2.12
          wasi:clocks/monotonic-clock@0.2.12
          wasi:http/outgoing-handler@0.2.12
          wasi:http/types@0.2.12
          wasi:io/error@0.2.12
          wasi:io/poll@0.2.12
          wasi:io/streams@0.2.12
          wasi:random/insecure-seed@0.2.12
        exports:
          http-step
        It is a step.
    "#]]
    .assert_eq(&output);
}

#[test]
fn files_that_are_no_step() {
    let inspect = |wasm: &[u8]| http_step("inspect it.wasm").file("it.wasm", wasm).run();
    expect![[r#"
        exit code 2
        --- stdout
        it.wasm: 8 bytes
        imports: nothing
        exports: nothing
        --- stderr
        error: it.wasm: this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports nothing
    "#]].assert_eq(&inspect(b"\0asm\x0d\0\x01\0"));
    expect![[r#"
        exit code 2
        --- stderr
        error: it.wasm: this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`
    "#]].assert_eq(&inspect(b"\0asm\x01\0\0\0"));
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.wasm: there is no such file
    "#]]
    .assert_eq(&http_step("inspect missing.wasm").run());
}
