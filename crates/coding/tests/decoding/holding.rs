//! The memory that a decoder reports.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use expect_test::expect;
use http_step_coding::{Coding, Codings, Decoded, Decoder, PIECE, Step};

use crate::allowance::Holds;
use crate::encoders::{brotli, codings, encoded, noise, zeros};
use crate::source::{Event, Source, polls};

/// The peak of the memory while a body is decoded.
fn most(codings: &Codings, body: &[u8]) -> usize {
    let mut decoder = Decoder::new(codings);
    let mut input = Bytes::copy_from_slice(body);
    let mut most = 0;
    loop {
        let step = decoder.step(&mut input, true).unwrap();
        most = most.max(decoder.memory());
        if step == Step::Done {
            return most;
        }
    }
}

/// The encoders announce the largest window that they may. A Brotli decoder takes the part that it
/// fills; a Zstandard one takes all of it, if the body does not declare its size.
#[test]
fn the_memory_is_a_window() {
    let large = 64 << 20;
    let mut report = String::new();
    for coding in Coding::ALL {
        let alone = codings(coding.name());
        let small = most(&alone, &encoded(&alone, b"hello")) >> 10;
        let large = most(&alone, &zeros(coding, large)) >> 20;
        report.push_str(&format!("{coding}: {} KiB, {large} MiB\n", small / 10 * 10));
    }
    expect![[r#"
        gzip: 110 KiB, 0 MiB
        deflate: 110 KiB, 0 MiB
        br: 60 KiB, 16 MiB
        zstd: 8730 KiB, 8 MiB
    "#]]
    .assert_eq(&report);
    let twice = codings("br, br");
    let body = brotli(&brotli(&noise(32 << 20)));
    let held = most(&twice, &body);
    assert!(held > 32 << 20, "{held}");
    // The tables of finished blocks are freed.
    assert!(held < 36 << 20, "{held}");
}

#[test]
fn changes_are_charged_to_the_allowance_which_can_end_the_body() {
    let body = zeros(Coding::Brotli, 16 << 20);
    let report = |most: usize, times| {
        let requested = RefCell::new(Vec::new());
        let allowance = Holds(|bytes: usize| {
            requested.borrow_mut().push(bytes >> 20);
            if bytes > most {
                return Err(io::Error::other("that is too much memory"));
            }
            Ok::<_, io::Error>(())
        });
        let source = Source::new([Event::Data(body.clone())]);
        let body = Decoded::new(source, &codings("br"), allowance);
        let polls = polls(body, times).replace(&format!("data of {PIECE} bytes\n"), "");
        let mut requested = requested.into_inner();
        requested.dedup();
        format!("{polls}MiB: {requested:?}\n")
    };
    let report = report(32 << 20, 257) + &report(8 << 20, 2);
    expect![[r#"
        end
        MiB: [0, 16, 0]
        error: that is too much memory
        end
        MiB: [0, 16, 0]
    "#]]
    .assert_eq(&report);
}
