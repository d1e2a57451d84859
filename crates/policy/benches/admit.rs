//! The checks for each request, by the number of rules, and for each address.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::IpAddr;

use divan::Bencher;
use http_step_policy::{Origin, Policy};

const RULES: [usize; 3] = [1, 10, 1000];

fn main() {
    divan::main();
}

/// The last rule allows it.
#[divan::bench(args = RULES)]
fn admit(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = policy(rules);
    let origin = origin(rules - 1);
    bencher.bench(|| policy.admit(black_box(&origin), "POST").is_ok());
}

/// No rule allows it.
#[divan::bench(args = RULES)]
fn deny(bencher: Bencher<'_, '_>, rules: usize) {
    let policy = policy(rules);
    let origin = origin(rules);
    bencher.bench(|| {
        let denial = policy.admit(black_box(&origin), "POST").unwrap_err();
        denial.to_string()
    });
}

/// An address that the name of an allowed origin resolves to.
#[divan::bench(args = ["93.184.216.34", "2606:2800:220:1::1", "169.254.169.254"])]
fn address(bencher: Bencher<'_, '_>, address: &str) {
    let permit = policy(1).admit(&origin(0), "POST").unwrap();
    let address: IpAddr = address.parse().unwrap();
    bencher.bench(|| permit.check_address(black_box(address)).is_ok());
}

/// Parsing, which happens once.
#[divan::bench(args = RULES)]
fn parse(bencher: Bencher<'_, '_>, rules: usize) {
    let text = text(rules);
    bencher.bench(|| Policy::parse(black_box(text.as_bytes()), "policy.yaml").is_ok());
}

fn policy(rules: usize) -> Policy {
    Policy::parse(text(rules).as_bytes(), "policy.yaml").unwrap()
}

fn text(rules: usize) -> String {
    let mut text = "allow:\n".to_owned();
    for number in 0..rules {
        writeln!(text, "  - https://*.service-{number}.example").unwrap();
    }
    text
}

fn origin(number: usize) -> Origin {
    let origin = format!("https://api.service-{number}.example");
    origin.parse().unwrap()
}
