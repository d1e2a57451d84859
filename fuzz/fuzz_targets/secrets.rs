//! Secrets in responses: however a stream is cut, the same is replaced, no form of a value is left,
//! other text stays as it is, and its pace reveals nothing.
#![no_main]

use std::sync::Arc;

use http_step_redact::{Patterns, Replacements, Replacer, Value};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// No form of a value contains an angle bracket if the value does not, so a mark and the text
/// beside it can't form one.
const MARKS: [&[u8]; 2] = [b"<first>", b"<second>"];

/// In the corpus these are six bytes, the two values, and the unchanged stream.
#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The lengths of the values.
    values: [u8; 2],
    /// The lengths of the pieces, repeated.
    pieces: [u8; 4],
    text: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let mut stream = input.text;
    let mut builder = Patterns::builder();
    for (owner, length) in input.values.into_iter().enumerate() {
        let (value, rest) = stream.split_at(usize::from(length % 64).min(stream.len()));
        stream = rest;
        if value.iter().any(|byte| matches!(byte, b'<' | b'>')) {
            return;
        }
        if let Ok(value) = Value::new(value.to_vec()) {
            builder = builder.value(owner, &value);
        }
    }
    let patterns = Arc::new(builder.build().expect("two values are not too much"));
    let marks: Replacements = MARKS.map(|mark| mark.to_vec().into()).into();
    let steady = || Replacer::steady(Arc::clone(&patterns), Arc::clone(&marks));

    let (seen, pace) = replaced(steady(), stream, input.pieces);
    let whole = replaced(steady(), stream, [0; 4]).0;
    assert!(seen == whole, "in pieces it is another");
    let eager = Replacer::new(Arc::clone(&patterns), Arc::clone(&marks));
    let eager = replaced(eager, stream, input.pieces).0;
    assert!(seen == eager, "at another pace it is another");
    assert!(patterns.owners_in(&seen).is_empty(), "a form is left");
    if patterns.owners_in(stream).is_empty() {
        assert!(seen == stream, "there was nothing to replace");
        // With escapes and with lists of bytes, the result depends on these.
        let is_plain = |byte: &u8| byte.is_ascii() && !b"%&\\".contains(byte);
        let separates = |byte: &u8| byte.is_ascii_whitespace() || b",:-".contains(byte);
        let may_be_list = stream.iter().any(u8::is_ascii_hexdigit) && stream.iter().any(separates);
        if stream.iter().all(is_plain) && !may_be_list {
            let nothing = vec![b'<'; stream.len()];
            let of_nothing = replaced(steady(), &nothing, input.pieces).1;
            assert_eq!(pace, of_nothing, "the pace reveals a value");
        }
    }
});

/// What a stream becomes, and how many bytes of it are returned after each piece.
fn replaced(mut replacer: Replacer, mut stream: &[u8], pieces: [u8; 4]) -> (Vec<u8>, Vec<usize>) {
    let (mut seen, mut pace) = (Vec::new(), Vec::new());
    let moves = pieces.iter().any(|length| *length > 0);
    let mut lengths = pieces.into_iter().map(usize::from).cycle();
    while !stream.is_empty() {
        let length = if moves { lengths.next() } else { None };
        let (piece, rest) = stream.split_at(length.unwrap_or(stream.len()).min(stream.len()));
        stream = rest;
        let given = replacer.feed(piece);
        pace.push(given.len());
        seen.extend(given);
    }
    seen.extend(replacer.finish());
    (seen, pace)
}
