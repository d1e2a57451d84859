//! The result depends only on the stream and on the lengths of values: two values that differ in
//! one character, written by a server in the same way, can't be distinguished by the text beside
//! them, however the stream is cut.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use http_step_redact::{Context, Patterns, Replacements, Replacer, Value, encode};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const MARK: &str = "(hidden)";

/// Parts of escapes, whole and cut.
const PIECES: [&str; 44] = [
    "%",
    "%2",
    "%25",
    "%4",
    "%41",
    "%u",
    "%u00",
    "%u0041",
    "%uD83D",
    "%26",
    "%5C",
    "&",
    "&#",
    "&#3",
    "&#38;",
    "&#x5c;",
    "&am",
    "&amp;",
    "&#x2",
    "\\",
    "\\\\",
    "\\u",
    "\\u00",
    "\\u005c",
    "\\x",
    "\\x5",
    "\\x26",
    "\\0",
    "\\06",
    "\\n",
    "\\\"",
    "Ã",
    "\u{c3}\u{83}",
    "â",
    "a",
    "4",
    "u",
    "amp;",
    "#",
    ";",
    "{",
    "\r\n",
    "é",
    "😀",
];

fn patterns(value: &str) -> Arc<Patterns> {
    let value = Value::new(value.into()).unwrap();
    Arc::new(Patterns::builder().value(0, &value).build().unwrap())
}

/// The result for a stream in pieces of a length.
fn seen(patterns: &Arc<Patterns>, stream: &[u8], piece: usize) -> String {
    let mark: Replacements = [MARK.as_bytes().to_vec().into()].into();
    let mut replacer = Replacer::steady(Arc::clone(patterns), mark);
    let mut seen = Vec::new();
    for piece in stream.chunks(piece) {
        seen.extend(replacer.feed(piece));
    }
    seen.extend(replacer.finish());
    String::from_utf8_lossy(&seen).into_owned()
}

fn context() -> impl Strategy<Value = Context> {
    select(vec![
        Context::Plain,
        Context::Url,
        Context::Json,
        Context::Xml,
    ])
}

fn written(text: &str, context: Context) -> Vec<u8> {
    encode(text.as_bytes(), context).unwrap().to_vec()
}

fn pieces(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(select(PIECES.to_vec()), 0..=most).prop_map(|pieces| pieces.concat())
}

/// The characters of a value, including escapes: at least 16, so that they are found after an open
/// escape. It does not end with an open escape.
fn value() -> impl Strategy<Value = Vec<char>> {
    (pieces(2), "[K-Z3-9_.-]{8,10}", pieces(1), "[K-Z3-9_.-]{8}")
        .prop_map(|(a, b, c, d)| format!("{a}{b}{c}{d}").trim_start().chars().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn no_character_is_revealed(
        value in value(),
        (place, other) in (any::<Index>(), select("n/0u%&\\;#a4{}\"zT".chars().collect::<Vec<_>>())),
        context in context(),
        (before, after) in (pieces(3), "[ <>]"),
        (from, length) in (any::<Index>(), any::<Index>()),
        is_guess_first in any::<bool>(),
        piece in 1..40_usize,
    ) {
        // The last character is revealed where the text after it escapes it.
        let place = place.index(value.len() - 1);
        // Of a part of both.
        let from = 1 + from.index(value.len() - 3);
        let guess: String = value[from..=from + length.index(value.len() - from - 1)].iter().collect();
        let both = [value[place], other].map(|character| {
            let mut value = value.clone();
            value[place] = character;
            value.into_iter().collect::<String>()
        });
        prop_assume!(both.iter().all(|value| Value::new(value.clone().into()).unwrap().is_distinctive()));
        let [one, another] = both.map(|value| {
            let (guess_before, guess_after) = if is_guess_first { (&*guess, "") } else { ("", &*guess) };
            let stream = [
                guess_before.as_bytes(),
                b"<",
                before.as_bytes(),
                &written(&value, context),
                after.as_bytes(),
                guess_after.as_bytes(),
                b">",
            ].concat();
            let patterns = patterns(&value);
            let whole = seen(&patterns, &stream, stream.len());
            assert_eq!(seen(&patterns, &stream, piece), whole, "{value} in {:?}", String::from_utf8_lossy(&stream));
            whole
        });
        prop_assert_eq!(one, another);
    }

    #[test]
    fn the_value_and_an_open_escape_before_it_are_hidden(
        value in value(),
        context in context(),
        (before, after) in (pieces(3), pieces(1)),
        far in select(vec![0, 300, 5000]),
        piece in 1..400_usize,
    ) {
        let value: String = value.into_iter().collect();
        prop_assume!(Value::new(value.clone().into()).unwrap().is_distinctive());
        let far = "~".repeat(far);
        let before = format!("{far}<{before}");
        let after = format!(">{after}{far}");
        let stream = [before.as_bytes(), &written(&value, context), after.as_bytes()].concat();
        let patterns = patterns(&value);
        let whole = seen(&patterns, &stream, stream.len());
        let (start, end) = whole.split_once(MARK).unwrap();
        prop_assert!(before.starts_with(start), "{}", whole);
        prop_assert_eq!(end, after);
        prop_assert_eq!(seen(&patterns, &stream, piece), whole);
    }
}

/// Whatever is open before a value, in the stream or in the output of a decoder.
#[test]
fn an_open_escape_does_not_reveal_how_a_value_starts() {
    const BEGINNINGS: [&str; 12] = [
        "n", "/", "0", "%", "%30", "&", "&lt;", "\\", "\\n", ";", "4", "\"",
    ];
    let values = BEGINNINGS.map(|begins| format!("{begins}Kq7-Zw9Lp-3Tb-{begins}Xy"));
    let known = values
        .each_ref()
        .map(|value| (patterns(value), value.as_str()));
    for first in PIECES {
        for second in PIECES {
            for context in [Context::Plain, Context::Json, Context::Xml] {
                let all = known.each_ref().map(|(patterns, value)| {
                    let value = written(value, context);
                    let stream = [b"<", first.as_bytes(), second.as_bytes(), &value, b">"].concat();
                    seen(patterns, &stream, stream.len())
                });
                for (other, (_, value)) in all.iter().zip(&known) {
                    assert_eq!(*other, all[0], "{value} behind {first}{second}");
                }
            }
        }
    }
}
