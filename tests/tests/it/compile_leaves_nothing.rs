//! Killed compilers leave nothing in the host. The test runs in a separate process, so that nothing
//! else opens files or starts processes meanwhile.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use http_step_host::{CompileLimits, Compiler, Host};
use http_step_tests::{Guest, alone, bomb};

/// The open descriptors of the process, and its children.
fn held() -> (usize, String) {
    let children = fs::read_dir("/proc/self/task")
        .unwrap()
        // A thread may end while its directory is read.
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok())
        .collect();
    (fs::read_dir("/proc/self/fd").unwrap().count(), children)
}

#[test]
fn neither_processes_nor_descriptors() {
    if !alone("compile_leaves_nothing::neither_processes_nor_descriptors") {
        return;
    }
    let compile = |arguments: &[&str], wasm: &[u8], seconds: u64| {
        let limits = CompileLimits {
            compile_time: Duration::from_secs(seconds),
            compile_memory: 256 << 20,
            ..CompileLimits::default()
        };
        let compiler = Compiler::child(env!("CARGO_BIN_EXE_compiler"), arguments);
        let host = Host::builder()
            .concurrency(1)
            .compiler(compiler.limits(limits))
            .build()
            .unwrap();
        host.load(wasm).is_ok()
    };
    // For what is opened once and kept. A busy machine takes more than a second for it.
    assert!(compile(&[], &Guest::Smallest.wasm(), 60));
    let before = held();
    let time = bomb(500, 1000);
    let memory = bomb(1, 30_000);
    for (arguments, wasm) in [
        (&[][..], &time),
        (&[], &memory),
        (&["hangs"], &time),
        (&["aborts"], &time),
        (&["babbles"], &time),
        (&["babbles its words"], &time),
        (&["is silent"], &time),
    ] {
        assert!(!compile(arguments, wasm, 1), "{arguments:?}");
        assert_eq!(held(), before, "{arguments:?}");
    }
    assert_eq!(before.1, "");
    assert!(compile(&[], &Guest::Smallest.wasm(), 60));
}
