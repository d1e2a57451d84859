//! `http-step compile`, and the cache that it shares with the other subcommands.
#![cfg(unix)]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use expect_test::expect;
use http_step_tests::Guest;
use tempfile::TempDir;

use crate::http_step::{HttpStep, http_step};

/// A step that compiles quickly.
static SMALLEST: LazyLock<Vec<u8>> = LazyLock::new(|| Guest::Smallest.wasm());

/// The program, with a cache that outlives it.
fn with_cache(arguments: &str, caches: &Path) -> HttpStep {
    http_step(arguments)
        .file("step.wasm", &*SMALLEST)
        .env("XDG_CACHE_HOME", caches.to_str().unwrap())
        .word(caches.display().to_string(), "CACHES")
        .word(SMALLEST.len().to_string(), "SIZE")
}

/// The output of `compile`, without what differs from build to build.
fn compile(caches: &Path) -> String {
    let mut output = with_cache("compile step.wasm", caches).run();
    let artefact = artefact(caches);
    let name = artefact.file_name().unwrap().to_str().unwrap();
    output = output.replace(name, "ARTEFACT");
    output = output.replace(&name[..64], "DIGEST");
    if let Some((before, rest)) = output.split_once("Compiled in ") {
        let (seconds, rest) = rest.split_once(" s to ").unwrap();
        assert!(seconds.parse::<f64>().unwrap() > 0.0);
        let (size, rest) = rest.split_once(" bytes").unwrap();
        let length = fs::metadata(&artefact).unwrap().len();
        assert_eq!(size.parse(), Ok(length));
        output = format!("{before}Compiled in SECONDS s to LENGTH bytes{rest}");
    }
    output
}

/// The only file in the cache.
fn artefact(caches: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(caches.join("http-step"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Whether the artefact is read and kept.
fn is_used(caches: &Path, meanwhile: impl FnOnce()) -> bool {
    let artefact = artefact(caches);
    let long_ago = SystemTime::UNIX_EPOCH;
    let file = File::open(&artefact).unwrap();
    file.set_modified(long_ago).unwrap();
    meanwhile();
    let now = fs::metadata(&artefact).unwrap();
    assert_eq!(now.ino(), file.metadata().unwrap().ino());
    now.modified().unwrap() > long_ago
}

#[test]
fn once_and_again() {
    let caches = TempDir::new().unwrap();
    expect![[r#"
        exit code 0
        --- stdout
        step.wasm: SIZE bytes, SHA-256 DIGEST
        Compiled in SECONDS s to LENGTH bytes: CACHES/http-step/ARTEFACT
    "#]]
    .assert_eq(&compile(caches.path()));
    expect![[r#"
        exit code 0
        --- stdout
        step.wasm: SIZE bytes, SHA-256 DIGEST
        Already compiled: CACHES/http-step/ARTEFACT
    "#]]
    .assert_eq(&compile(caches.path()));
}

#[test]
fn the_compiled_component_is_used() {
    let caches = TempDir::new().unwrap();
    let with_cache = |arguments| {
        with_cache(arguments, caches.path()).file("step.wasm", http_step_component::WASM)
    };
    with_cache("compile step.wasm").run();
    assert!(!is_used(caches.path(), || {
        with_cache("check step.wasm").run();
    }));
    for arguments in [
        "inspect step.wasm",
        "run http://127.0.0.1:1/ --component step.wasm",
        // The built-in step is the same component.
        "run http://127.0.0.1:1/",
        "demo",
    ] {
        assert!(
            is_used(caches.path(), || {
                with_cache(arguments).run();
            }),
            "{arguments}"
        );
    }
}

#[test]
fn a_damaged_artefact_is_compiled_again() {
    let caches = TempDir::new().unwrap();
    compile(caches.path());
    let artefact = artefact(caches.path());
    let right = fs::read(&artefact).unwrap();
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    fs::write(&artefact, &wrong).unwrap();
    let output = with_cache("inspect step.wasm", caches.path()).run();
    assert!(output.ends_with("It is a step.\n"), "{output}");
    assert!(fs::read(&artefact).unwrap() == right);
}

#[test]
fn a_cache_that_others_can_write() {
    let caches = TempDir::new().unwrap();
    compile(caches.path());
    fs::remove_file(artefact(caches.path())).unwrap();
    let directory = caches.path().join("http-step");
    fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();

    let step = "run http://127.0.0.1:1/ --component step.wasm";
    expect![[r#"
        exit code 0
        --- stdout
         asks for http://127.0.0.1:1/
        --- stderr
        warning: compiled components are not cached: CACHES/http-step: others can write it; `chmod go-w` it, and remove what is in it
        Done
    "#]].assert_eq(&with_cache(step, caches.path()).run());
    expect![[r#"
        exit code 2
        --- stderr
        error: compiled components can't be cached: CACHES/http-step: others can write it; `chmod go-w` it, and remove what is in it
    "#]].assert_eq(&with_cache("compile step.wasm", caches.path()).run());
    // The built-in step does not need one.
    let output = with_cache("run http://127.0.0.1:1/", caches.path()).run();
    assert!(!output.contains("warning"), "{output}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn a_cache_that_can_not_be_created() {
    let caches = TempDir::new().unwrap();
    fs::write(caches.path().join("http-step"), "a file").unwrap();
    let step = "run http://127.0.0.1:1/ --component step.wasm";
    let without = |arguments| {
        http_step(arguments)
            .file("step.wasm", &*SMALLEST)
            .without_env("HOME")
            .env("XDG_CACHE_HOME", "relative")
            .run()
    };
    let run = with_cache(step, caches.path()).run();
    assert_eq!(run, without(step));
    expect![[r#"
        exit code 0
        --- stdout
         asks for http://127.0.0.1:1/
        --- stderr
        Done
    "#]]
    .assert_eq(&run);
    expect![[r#"
        exit code 2
        --- stderr
        error: compiled components can't be cached: CACHES/http-step: it is not a directory
    "#]]
    .assert_eq(&with_cache("compile step.wasm", caches.path()).run());
    expect![[r#"
        exit code 2
        --- stderr
        error: there is no cache directory for compiled components: set XDG_CACHE_HOME or HOME to an absolute path
    "#]].assert_eq(&without("compile step.wasm"));
}

#[test]
fn the_default_cache_is_in_the_home() {
    let home = TempDir::new().unwrap();
    let output = http_step("compile step.wasm")
        .file("step.wasm", &*SMALLEST)
        .without_env("XDG_CACHE_HOME")
        .env("HOME", home.path().to_str().unwrap())
        .run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    let caches = home.path().join(".cache");
    assert!(artefact(&caches).exists());
    for directory in [&caches, &caches.join("http-step")] {
        let mode = fs::metadata(directory).unwrap().mode() & 0o7777;
        assert_eq!(mode, 0o700, "{}", directory.display());
    }
}

#[test]
fn files_that_are_no_step() {
    let compile = |wasm: &[u8]| http_step("compile it.wasm").file("it.wasm", wasm).run();
    expect![[r#"
        exit code 2
        --- stderr
        error: it.wasm: this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports nothing
    "#]].assert_eq(&compile(b"\0asm\x0d\0\x01\0"));
    expect![[r#"
        exit code 2
        --- stderr
        error: it.wasm: this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`
    "#]].assert_eq(&compile(b"\0asm\x01\0\0\0"));
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.wasm: there is no such file
    "#]]
    .assert_eq(&http_step("compile missing.wasm").run());
}

#[test]
fn the_compiler_needs_an_order() {
    expect![[r#"
        exit code 1
        --- stdout
        http-step error1{"compiler":"was given no order"}¶
    "#]]
    .assert_eq(&http_step("compile-child").stdin("hello").run());
}
