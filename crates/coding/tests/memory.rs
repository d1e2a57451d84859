//! The memory that decoding takes of a process, including the C library's.
//!
//! Each body is decoded in a separate process: an increase could go unnoticed if an encoder had
//! freed memory before.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "bombs are all that is measured")]
#[path = "decoding/encoders.rs"]
mod encoders;

use std::env::current_exe;
use std::fs;
use std::io::{Read, Write, stdin};
use std::process::{Command, Stdio};

use bytes::Bytes;
use encoders::{codings, encoded, zeros};
use http_step_coding::{Coding, Decoder, Step};

/// The decoded size of each bomb: ten times the memory that any of them may take.
const LENGTH: usize = 256 << 20;

/// Separates the input from the measurement.
const MARK: &str = "measured:";

/// The peak memory of this process, in KiB.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

/// The other process: its input is a line with the codings, and the body.
#[test]
#[ignore = "it is run by the test below"]
fn decoding_of_standard_input() {
    let mut input = Vec::new();
    stdin().read_to_end(&mut input).unwrap();
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        return;
    };
    let codings = codings(str::from_utf8(&input[..end]).unwrap());
    let mut input = Bytes::from(input).split_off(end + 1);
    let before = peak();
    let mut decoder = Decoder::new(&codings);
    let mut length = 0;
    loop {
        match decoder.step(&mut input, true).unwrap() {
            Step::Piece(piece) => length += piece.len(),
            Step::Within(_) => {}
            Step::Hungry | Step::Done => break,
        }
    }
    assert_eq!(length, LENGTH);
    // The kernel counts per thread and sums up now and then, so a later value can be a few pages
    // less.
    println!("\n{MARK}{}", peak().saturating_sub(before));
}

/// By how many KiB decoding a body raises the peak.
fn measured(names: &str, body: &[u8]) -> usize {
    let mut child = Command::new(current_exe().unwrap())
        .args([
            "--exact",
            "decoding_of_standard_input",
            "--ignored",
            "--nocapture",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{names}").unwrap();
    input.write_all(body).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{names}");
    let output = String::from_utf8(output.stdout).unwrap();
    let line = output.lines().find_map(|line| line.strip_prefix(MARK));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_bomb_is_decoded_in_the_memory_of_its_window() {
    for (coding, allowed) in [
        (Coding::Gzip, 1 << 10),
        (Coding::Deflate, 1 << 10),
        (Coding::Brotli, 26 << 10),
        (Coding::Zstd, 10 << 10),
    ] {
        let once = zeros(coding, LENGTH);
        let twice = encoded(&codings("gzip"), &once);
        let taken = measured(coding.name(), &once);
        assert!(taken <= allowed, "{coding}: {taken} KiB");
        let names = format!("{coding}, gzip");
        let taken = measured(&names, &twice);
        assert!(taken <= allowed + (1 << 10), "{names}: {taken} KiB");
    }
}
