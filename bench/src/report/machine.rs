//! The machine and the versions that were measured.

use std::fs;
use std::process::Command;
use std::thread;

use crate::failure::Result;

/// The machine, and the versions of what is compared, as a list.
pub(super) fn described() -> Result<String> {
    let model = line("/proc/cpuinfo", "model name")?;
    let memory = line("/proc/meminfo", "MemTotal")?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let cores = thread::available_parallelism()?;
    let compiler = version("rustc")?;
    let curl = version("curl")?;
    let python = include_str!("../../python/requirements.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.replace("==", " "));
    let python: Vec<String> = python.collect();
    let program = env!("CARGO_PKG_VERSION");
    let lock = include_str!("../../../Cargo.lock");
    let mut libraries = Vec::new();
    for name in ["wasmtime", "tokio", "hyper", "hyper-util", "rustls"] {
        libraries.push(format!("{name} {}", locked(lock, name)?));
    }
    Ok(format!(
        "\
- {model}, {cores} cores, {memory} of memory, Linux {kernel}; load average {load} at the end
- http-step {program}, {compiler}, {}
- {curl}; {}, {}
",
        libraries.join(", "),
        version("python3")?,
        python.join(", "),
        kernel = kernel.trim(),
    ))
}

fn line(file: &str, key: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|line| line.split_once(':'));
    let (_, value) = value.ok_or_else(|| format!("{file} has no {key}"))?;
    Ok(value.trim().to_owned())
}

/// The first two words of a program's version.
fn version(program: &str) -> Result<String> {
    let output = Command::new(program).arg("--version").output();
    let output = output.map_err(|error| format!("{program} can't be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    Ok(words.join(" "))
}

/// The version of a library in a lock file.
fn locked<'a>(lock: &'a str, name: &str) -> Result<&'a str> {
    let (_, entry) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .ok_or_else(|| format!("Cargo.lock has no {name}"))?;
    let (version, _) = entry.split_once('"').ok_or("Cargo.lock is truncated")?;
    Ok(version)
}
