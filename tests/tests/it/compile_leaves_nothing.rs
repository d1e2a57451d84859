//! Compilers that were killed leave nothing in the host. The test has a process of
//! its own, so that no other opens or starts anything meanwhile.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use http_step_host::{CompileLimits, Compiler, Host};
use http_step_tests::{Guest, alone, bomb};

/// What the process has open, and who its children are.
fn held() -> (usize, String) {
    let children = fs::read_dir("/proc/self/task")
        .unwrap()
        // A thread may end while its directory is looked at.
        .filter_map(|task| fs::read_to_string(task.unwrap().path().join("children")).ok())
        .collect();
    (fs::read_dir("/proc/self/fd").unwrap().count(), children)
}

#[test]
fn neither_processes_nor_descriptors() {
    if !alone("compile_leaves_nothing::neither_processes_nor_descriptors") {
        return;
    }
    let compile = |report: &[&str], wasm: &[u8], seconds: u64| {
        let limits = CompileLimits {
            compile_time: Duration::from_secs(seconds),
            compile_memory: 512 << 20,
            ..CompileLimits::default()
        };
        let compiler = Compiler::child(env!("CARGO_BIN_EXE_compiler"), report);
        let host = Host::builder()
            .concurrency(1)
            .compiler(compiler.limits(limits))
            .build()
            .unwrap();
        host.load(wasm).is_ok()
    };
    // What is opened once, for all that follows. A busy machine takes more than a second for it.
    assert!(compile(&[], &Guest::Smallest.wasm(), 60));
    let before = held();
    let time = bomb(500, 1000);
    let memory = bomb(1, 30_000);
    for (report, wasm) in [
        (&[][..], &time),
        (&[], &memory),
        (&["hangs"], &time),
        (&["aborts"], &time),
        (&["babbles"], &time),
        (&["babbles its words"], &time),
        (&["is silent"], &time),
    ] {
        assert!(!compile(report, wasm, 1), "{report:?}");
        assert_eq!(held(), before, "{report:?}");
    }
    assert_eq!(before.1, "");
    assert!(compile(&[], &Guest::Smallest.wasm(), 60));
}
