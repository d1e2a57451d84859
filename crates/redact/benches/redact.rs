//! Redaction of responses, by the number of secrets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use http_step_redact::{Handles, Patterns, Replacements, Replacer, Value};

const COUNTS: [usize; 4] = [1, 10, 32, 100];

/// The length of a piece, as from a socket.
const PIECE: usize = 64 << 10;

fn main() {
    divan::main();
}

/// Building the patterns of all forms of all values, before the first request of a run.
#[divan::bench(args = COUNTS)]
fn patterns(bencher: Bencher<'_, '_>, count: usize) {
    bencher.bench(|| set_up(black_box(count)));
}

/// A piece of text without a secret in it.
#[divan::bench(args = COUNTS)]
fn text_without(bencher: Bencher<'_, '_>, count: usize) {
    redact(bencher, count, &text());
}

/// A piece of JSON in which every line has escapes.
#[divan::bench(args = COUNTS)]
fn text_with_escapes(bencher: Bencher<'_, '_>, count: usize) {
    let escaped = String::from_utf8(text()).unwrap();
    let escaped = escaped.replace('"', "\\\"").replace('\n', "\\n");
    redact(bencher, count, escaped.as_bytes());
}

/// A piece of JSON that is a list of numbers.
#[divan::bench(args = COUNTS)]
fn numbers_without(bencher: Bencher<'_, '_>, count: usize) {
    let numbers = (0_u32..).map(|number| format!("{}, ", number.wrapping_mul(2_654_435_761) >> 24));
    let text: Vec<u8> = numbers.flat_map(String::into_bytes).take(PIECE).collect();
    redact(bencher, count, &text);
}

/// The same, also with a search for parts of the secrets.
#[divan::bench(args = COUNTS)]
fn text_without_parts(bencher: Bencher<'_, '_>, count: usize) {
    let (patterns, handles) = set_up(count);
    let mut replacer = Replacer::steady(patterns, handles).finding_parts();
    let piece = text();
    bencher
        .counter(BytesCount::of_slice(&piece))
        .bench_local(|| replacer.feed(black_box(&piece)));
}

/// A piece of binary data, such as an archive.
#[divan::bench(args = COUNTS)]
fn bytes_without(bencher: Bencher<'_, '_>, count: usize) {
    let mut state = 42_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(PIECE)
    .collect();
    redact(bencher, count, &bytes);
}

/// A piece of text with a secret in each line.
#[divan::bench(args = COUNTS)]
fn text_with(bencher: Bencher<'_, '_>, count: usize) {
    let mut text = Vec::new();
    for number in (0..count).cycle() {
        text.extend_from_slice(format!("Authorization: Bearer {}\n", token(number)).as_bytes());
        if text.len() >= PIECE {
            break;
        }
    }
    redact(bencher, count, &text);
}

fn redact(bencher: Bencher<'_, '_>, count: usize, piece: &[u8]) {
    let (patterns, handles) = set_up(count);
    let mut replacer = Replacer::steady(patterns, handles);
    bencher
        .counter(BytesCount::of_slice(piece))
        .bench_local(|| replacer.feed(black_box(piece)));
}

fn set_up(count: usize) -> (Arc<Patterns>, Replacements) {
    let mut patterns = Patterns::builder();
    let mut handles = Vec::new();
    for number in 0..count {
        let value = Value::new(token(number).into_bytes()).unwrap();
        patterns = patterns.value(number, &value);
        let handle = Handles::new().unwrap().next().unwrap();
        handles.push(handle.as_str().as_bytes().to_vec().into());
    }
    let patterns = patterns.build().unwrap();
    (Arc::new(patterns), handles.into_iter().collect())
}

/// A token of forty characters, as services issue them.
fn token(number: usize) -> String {
    const LETTERS: [char; 8] = ['a', 'K', '7', 'x', 'Q', '2', 'm', 'Z'];
    let letters = (0..36).map(|place: usize| {
        let mixed = (number + 1).wrapping_mul(2_654_435_761) >> (place % 24);
        LETTERS[(mixed + place) % LETTERS.len()]
    });
    format!("ghp_{}", letters.collect::<String>())
}

fn text() -> Vec<u8> {
    let lines = (0..).flat_map(|number: u32| {
        let line = format!(
            "[{number:>8}] Compiling unit-{} -> \"/build/out/{}.o\"\n",
            number % 97,
            number * 7919
        );
        line.into_bytes()
    });
    lines.take(PIECE).collect()
}
