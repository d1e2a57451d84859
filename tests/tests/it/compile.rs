//! Compiling in a child process: the result is the same as in-process, within limits.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use expect_test::expect;
use http_step_host::{CompileLimits, Compiler, Host, Job, LoadError, Outcome, Policy, StepFile};
use http_step_tests::{Guest, bomb, crowd, host, policy};

/// The tests' compiler, with arguments.
fn compiler(arguments: &[&str]) -> Compiler {
    Compiler::child(env!("CARGO_BIN_EXE_compiler"), arguments)
}

fn host_with(compiler: Compiler) -> Host {
    Host::builder()
        .concurrency(1)
        .compiler(compiler)
        .build()
        .unwrap()
}

fn refusal(compiler: Compiler, wasm: &[u8]) -> LoadError {
    match host_with(compiler).compile(wasm) {
        Ok(_) => panic!("it is compiled"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_component_compiled_in_a_child_runs() {
    // Loading blocks, but has to work on a runtime's thread.
    let host = host_with(compiler(&[]));
    let step = host.load(&Guest::Smallest.wasm()).unwrap();
    let file = StepFile::parse(b"get: https://example.com/").unwrap();
    let result = host.run(&step, Job::new(file, Policy::nothing())).await;
    assert_eq!(
        (result.outcome, result.summary.as_str()),
        (Outcome::Success, "Done")
    );
}

#[test]
fn a_child_reports_the_same_errors() {
    let child = host_with(compiler(&[]));
    let mut cut = Guest::Smallest.wasm();
    cut.truncate(cut.len() / 2);
    let cases = [
        Vec::new(),
        b"hello".to_vec(),
        b"\0asm\x01\0\0\0".to_vec(),
        b"\0asm\x0d\0\x01\0".to_vec(),
        b"\0asm\x0d\0\x01\0\xff".to_vec(),
        cut,
        Guest::ExportsNothing.wasm(),
        Guest::ImportsMore.wasm(),
        // The compiler has no pool, so this is not too large for it.
        crowd(17),
    ];
    expect!["this component is not valid: The component transitively contains 17 core module instances, which exceeds the configured maximum of 16 in the pooling allocator"]
        .assert_eq(&refusal(compiler(&[]), &crowd(17)).to_string());
    for wasm in cases {
        let error = |host: &Host| host.load(&wasm).err().unwrap();
        assert_eq!(error(&child), error(host()));
    }
}

#[test]
fn time_is_limited() {
    let limits = CompileLimits {
        compile_time: Duration::from_millis(500),
        ..CompileLimits::default()
    };
    let error = refusal(compiler(&[]).limits(limits), &bomb(500, 1000));
    expect!["this component takes too long to compile: the limit `compile_time` is exceeded, which is 0.5 s"]
        .assert_eq(&error.to_string());
}

#[test]
fn memory_is_limited() {
    let limits = CompileLimits {
        compile_memory: 256 << 20,
        ..CompileLimits::default()
    };
    let error = refusal(compiler(&[]).limits(limits), &bomb(1, 30_000));
    expect!["this component takes too much memory to compile: the limit `compile_memory` is exceeded, which is 268435456 bytes"]
        .assert_eq(&error.to_string());
}

/// The policy's limits for loading apply to the compiler, as docs/compile.md says, and not to a
/// run.
#[tokio::test]
async fn load_limits_of_a_policy_apply_to_the_compiler() {
    let policy = policy("limits: {component_bytes: 1000, compile_time: 0.001, compile_memory: 1}");
    let limits = CompileLimits::from(policy.budgets());
    assert_eq!(
        (
            limits.component_bytes,
            limits.compile_time,
            limits.compile_memory
        ),
        (1000, Duration::from_millis(1), 1)
    );
    let wasm = Guest::Smallest.wasm();
    let error = refusal(compiler(&[]).limits(limits), &wasm);
    assert!(
        matches!(error, LoadError::TooLarge { limit: 1000, .. }),
        "{error}"
    );

    let step = host().load(&wasm).unwrap();
    let file = StepFile::parse(b"get: https://example.com/").unwrap();
    let result = host().run(&step, Job::new(file, policy)).await;
    assert_eq!(result.outcome, Outcome::Success);
}

#[test]
fn sizes_are_limited() {
    let wasm = bomb(1, 100);
    let limits = CompileLimits {
        component_bytes: 1000,
        ..CompileLimits::default()
    };
    let expected = LoadError::TooLarge {
        limit: 1000,
        size: wasm.len() as u64,
    };
    for compiler in [compiler(&[]), Compiler::in_process()] {
        assert_eq!(refusal(compiler.limits(limits.clone()), &wasm), expected);
    }
    let limits = CompileLimits {
        artefact_bytes: 1000,
        ..CompileLimits::default()
    };
    let error = refusal(compiler(&[]).limits(limits), &wasm);
    expect!["this component compiles to more than 1000 bytes, which is the limit"]
        .assert_eq(&error.to_string());
}

#[test]
fn a_compiler_that_misbehaves_is_ended() {
    let limits = CompileLimits {
        compile_time: Duration::from_secs(1),
        artefact_bytes: 1 << 20,
        ..CompileLimits::default()
    };
    // More than fits into a pipe that is not read.
    let wasm = bomb(1, 30_000);
    let mut text = String::new();
    for behaviour in [
        "hangs",
        "aborts",
        "gives up",
        "is silent",
        "babbles",
        "babbles its words",
    ] {
        let compiler = compiler(&[behaviour]).limits(limits.clone());
        let refusal = refusal(compiler, &wasm).to_string();
        text += &format!(
            "{behaviour}: {}\n",
            refusal.replace(&"x".repeat(1024), "x…")
        );
    }
    expect![[r#"
        hangs: this component takes too long to compile: the limit `compile_time` is exceeded, which is 1 s
        aborts: the compiler died on this component: signal: 6 (SIGABRT)
        gives up: the compiler died on this component: exit status: 1; its last words: It gives up. Really.
        is silent: the compiler died on this component: exit status: 0
        babbles: this component compiles to more than 1048576 bytes, which is the limit
        babbles its words: the compiler died on this component: exit status: 0; its last words: x…
    "#]].assert_eq(&text);
}

/// The host's environment may hold the build's secrets.
#[test]
fn a_compiler_gets_no_environment() {
    assert!(std::env::vars_os().next().is_some());
    expect!["the compiler died on this component: exit status: 0; its last words: []"]
        .assert_eq(&refusal(compiler(&["shows its environment"]), &bomb(1, 1)).to_string());
}

/// A compiler that runs on several processors at once uses up its CPU time before its wall time.
#[test]
#[cfg(target_os = "linux")]
fn a_compiler_that_the_system_kills_for_its_cpu_time() {
    let ended = Compiler::child("/bin/sh", ["-c", "kill -XCPU $$"]);
    expect!["this component takes too long to compile: the limit `compile_time` is exceeded, which is 60 s"]
        .assert_eq(&refusal(ended, &bomb(1, 1)).to_string());
}

#[test]
fn a_missing_compiler() {
    let error = refusal(Compiler::child("/nowhere/compiler", [""]), &bomb(1, 1));
    expect!["the compiler can't be used: `/nowhere/compiler` can't be run: No such file or directory (os error 2)"].assert_eq(&error.to_string());
}

/// What a host sends to its compiler before the component.
#[cfg(target_os = "linux")]
fn give_order(to: &mut impl std::io::Write, cpu_seconds: u64, memory: u64) {
    to.write_all(b"http-step order1").unwrap();
    to.write_all(&cpu_seconds.to_le_bytes()).unwrap();
    to.write_all(&memory.to_le_bytes()).unwrap();
}

/// A host that is stopped or dead can't end a compiler, so it limits itself.
#[test]
#[cfg(target_os = "linux")]
fn a_compiler_limits_itself_without_its_host() {
    use std::os::unix::process::ExitStatusExt as _;

    let mut child = Command::new(env!("CARGO_BIN_EXE_compiler"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    give_order(&mut stdin, 1, 4 << 30);
    // More than fits into a pipe: once it is written, it is being read.
    stdin.write_all(&bomb(500, 1000)).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let lowered = [
        "Max cpu time",
        "Max file size",
        "Max core file size",
        "Max processes",
        "Max open files",
        "Max address space",
    ];
    let lowered: Vec<_> = limits
        .lines()
        .filter(|line| lowered.iter().any(|name| line.starts_with(name)))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    expect![[r#"
        Max cpu time 1 2 seconds
        Max file size 0 0 bytes
        Max core file size 0 0 bytes
        Max processes 0 0 processes
        Max open files 0 0 files
        Max address space 4294967296 4294967296 bytes"#]]
    .assert_eq(&lowered.join("\n"));

    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let xcpu = 24;
    assert_eq!(output.status.signal(), Some(xcpu));
}

/// It dies with its parent, whatever it is doing.
#[test]
#[cfg(target_os = "linux")]
fn a_compiler_does_not_outlive_its_host() {
    // A host that dies before it can end its compiler.
    let mut host = Command::new("/bin/sh")
        .args(["-c", r#"exec 3<&0; "$0" <&3 & wait"#])
        .arg(env!("CARGO_BIN_EXE_compiler"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = host.stdin.take().unwrap();
    let mut stdout = host.stdout.take().unwrap();
    give_order(&mut stdin, 60, 4 << 30);
    // More than fits into a pipe: once it is written, it is being read.
    stdin.write_all(&[0; 1 << 20]).unwrap();
    host.kill().unwrap();
    host.wait().unwrap();
    // The end of the component. A compiler that is still alive would report it as invalid.
    drop(stdin);
    let mut said = Vec::new();
    stdout.read_to_end(&mut said).unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "");
}
