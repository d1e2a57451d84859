//! For any secrets, bodies and pieces: what is sent and received back is the same as before, no
//! byte around a secret changes, and no form of one is left.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http_step_redact::{
    Context, Handle, Handles, Patterns, PatternsBuilder, Replacements, Replacer, Value, encode,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use proptest::sample::Index;

/// Some secrets of a run.
struct Run {
    values: Vec<Value>,
    handles: Vec<Handle>,
    masks: Arc<Patterns>,
}

impl Run {
    fn new(values: &[Vec<u8>]) -> Self {
        let values: Vec<Value> = values
            .iter()
            .map(|value| Value::new(value.clone()).unwrap())
            .collect();
        let handles = Handles::new().unwrap();
        Self {
            handles: values.iter().map(|_| handles.next().unwrap()).collect(),
            masks: patterns(values.iter(), PatternsBuilder::value),
            values,
        }
    }

    fn out(&self, context: Context) -> Replacer {
        let handles = self.handles.iter().map(|handle| handle.as_str().as_bytes());
        let texts: Replacements = self
            .values
            .iter()
            .map(|value| encode(value.expose(), context).unwrap())
            .collect();
        Replacer::new(patterns(handles, PatternsBuilder::text), texts)
    }

    fn back(&self) -> Replacer {
        Replacer::steady(Arc::clone(&self.masks), self.handles_as_texts())
    }

    fn handles_as_texts(&self) -> Replacements {
        let handles = self.handles.iter();
        handles
            .map(|handle| handle.as_str().as_bytes().to_vec().into())
            .collect()
    }
}

/// Each one is identified by its number.
fn patterns<T>(
    texts: impl Iterator<Item = T>,
    add: impl Fn(PatternsBuilder, usize, T) -> PatternsBuilder,
) -> Arc<Patterns> {
    let builder = texts
        .enumerate()
        .fold(Patterns::builder(), |builder, (owner, text)| {
            add(builder, owner, text)
        });
    Arc::new(builder.build().unwrap())
}

/// Feed it in pieces of these lengths, repeated.
fn in_pieces(mut replacer: Replacer, mut stream: &[u8], lengths: &[usize]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut lengths = lengths.iter().cycle();
    while !stream.is_empty() {
        let length = lengths.next().map_or(stream.len(), |length| *length);
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        result.extend(replacer.feed(piece));
        stream = rest;
    }
    result.extend(replacer.finish());
    result
}

/// Values that are valid in a header, and so everywhere. Their first byte differs from the others,
/// so that no value starts within its surroundings.
fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let value = ("[A-Z0-9]", "[!-~é ]{10,40}[a-z]{4}")
        .prop_map(|(first, rest)| format!("{first}{rest}").into_bytes());
    prop::collection::vec(value, 1..4)
}

/// The text around values. It has no letter of them, so that no byte of it can be taken for an end
/// of one.
fn around() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(0x80..=0xa0_u8, 0..40), 2..6)
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..50_usize, 1..6)
}

fn context() -> impl Strategy<Value = Context> {
    prop::sample::select(vec![
        Context::Header,
        Context::Url,
        Context::Form,
        Context::Json,
        Context::Xml,
        Context::Plain,
    ])
}

/// The texts, with another between any two.
fn joined<'t>(texts: &'t [Vec<u8>], between: impl Fn(usize) -> &'t [u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            whole.extend_from_slice(between(at - 1));
        }
        whole.extend_from_slice(text);
    }
    whole
}

proptest! {
    #[test]
    fn out_and_back_is_the_identity(
        values in values(),
        around in around(),
        which in prop::collection::vec(any::<Index>(), 6),
        context in context(),
        (out, back) in (lengths(), lengths()),
    ) {
        let run = Run::new(&values);
        let sent = joined(&around, |at| {
            run.handles[which[at].index(run.handles.len())].as_str().as_bytes()
        });
        let encoded: Vec<_> = run.values.iter().map(|value| encode(value.expose(), context).unwrap()).collect();
        let expected = joined(&around, |at| &encoded[which[at].index(encoded.len())]);

        let on_the_wire = in_pieces(run.out(context), &sent, &out);
        prop_assert_eq!(&on_the_wire, &expected);
        prop_assert_eq!(in_pieces(run.back(), &on_the_wire, &back), sent);
    }

    #[test]
    fn text_without_secrets_stays(
        values in values(),
        body in prop::collection::vec(any::<u8>(), 0..2000),
        pieces in lengths(),
    ) {
        let run = Run::new(&values);
        prop_assert_eq!(in_pieces(run.back(), &body, &pieces), body.clone());
        prop_assert_eq!(in_pieces(run.out(Context::Json), &body, &pieces), body);
    }

    #[test]
    fn no_form_is_left(
        values in values(),
        (before, after) in ("[ -~]{0,20}", "[ -~]{0,20}"),
        form in 0..12_usize,
        pieces in lengths(),
    ) {
        let run = Run::new(&values[..1]);
        let value = &values[0];
        let whole = [before.as_bytes(), value, after.as_bytes()].concat();
        let hex = |upper: bool| whole.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect::<String>();
        let stream = match form {
            0 => whole.clone(),
            1 => BASE64_STANDARD.encode(&whole).into_bytes(),
            2 => BASE64_URL_SAFE_NO_PAD.encode(&whole).into_bytes(),
            3 => hex(true).into_bytes(),
            4 => hex(false).into_bytes(),
            5 => percent_encode(&whole, NON_ALPHANUMERIC).to_string().into_bytes(),
            6 => percent_encode(&whole, NON_ALPHANUMERIC).to_string().to_ascii_lowercase().into_bytes(),
            7 => whole.to_ascii_uppercase(),
            8 => whole.to_ascii_lowercase(),
            9 => encode(&whole, Context::Form).unwrap().to_vec(),
            10 => encode(&whole, Context::Json).unwrap().to_vec(),
            _ => encode(&whole, Context::Xml).unwrap().to_vec(),
        };
        let seen = in_pieces(run.back(), &stream, &pieces);
        let seen_text = String::from_utf8_lossy(&seen).into_owned();
        // The lower-case form of a percent-encoded text is not one of them.
        if form != 6 {
            prop_assert!(seen_text.contains(run.handles[0].as_str()), "{}", seen_text);
        }
        // Decoding what is left does not reveal it.
        if form == 1 {
            let around = seen_text.replace(run.handles[0].as_str(), "");
            prop_assert!(around.len() <= 4 * (before.len() + after.len()).div_ceil(3) + 8);
        }
        // However it is cut, the result is the same.
        prop_assert_eq!(in_pieces(run.back(), &stream, &[stream.len()]), seen);
    }

    #[test]
    fn no_more_is_held_than_the_longest_form(values in values(), body in prop::collection::vec(any::<u8>(), 1..500)) {
        let run = Run::new(&values);
        // Of a byte no form has more than eight: the Base64 of `\u0026`.
        let longest = values.iter().map(|value| value.len() * 8).max().unwrap();
        let mut replacer = run.back();
        let (mut fed, mut given) = (0, 0);
        for byte in &body {
            fed += 1;
            given += replacer.feed(&[*byte]).len();
            prop_assert!(fed - given <= longest + 2);
        }
    }
}

#[test]
fn secrets_that_overlap_are_hidden_together() {
    let run = Run::new(&[
        b"0123abcdefgh".to_vec(),
        b"efghijkl4567".to_vec(),
        b"0123abcdefgh+more".to_vec(),
    ]);
    let [first, second, third] = [0, 1, 2].map(|at| run.handles[at].as_str());
    for (text, seen) in [
        ("-0123abcdefghijkl4567-", format!("-{first}-")),
        ("-0123abcdefgh+more-", format!("-{third}-")),
        ("-0123abcdefgh+mor-", format!("-{first}+mor-")),
        ("0123abcdefgh0123abcdefgh", format!("{first}{first}")),
        ("0123abcdefghefghijkl4567", format!("{first}{second}")),
    ] {
        for length in 1..text.len() {
            let result = in_pieces(run.back(), text.as_bytes(), &[length]);
            assert_eq!(String::from_utf8(result).unwrap(), seen, "{length}");
        }
    }
}

/// One match may go on where another one ends.
#[test]
fn the_owners_of_overlapping_matches() {
    let values = [
        b"0123abcdefgh".to_vec(),
        b"efghijkl4567".to_vec(),
        b"3abcdefg".to_vec(),
    ];
    let run = Run::new(&values);
    for (text, found) in [
        ("0123abcdefgh", vec![0]),
        ("0123abcdefghijkl4567", vec![0, 1]),
        ("3abcdefghijkl4567", vec![2, 1]),
        ("efghijkl4567-0123abcdefgh", vec![1, 0]),
    ] {
        let mut replacer = run.back();
        replacer.feed(text.as_bytes());
        replacer.finish();
        assert_eq!(replacer.found(), found, "{text}");
    }
}

#[test]
fn bits_beside_base64_are_hidden_too() {
    let value = b"correct horse battery staple";
    let run = Run::new(&[value.to_vec()]);
    let handle = run.handles[0].as_str();
    for (before, after) in [
        ("", ""),
        ("u", ""),
        ("us", ""),
        ("use", ""),
        ("u", "r"),
        ("us", "er"),
        ("use", "r"),
        ("", "ser"),
    ] {
        let text = BASE64_STANDARD.encode([before.as_bytes(), value, after.as_bytes()].concat());
        let seen = String::from_utf8(in_pieces(run.back(), text.as_bytes(), &[7])).unwrap();
        let (start, end) = seen.split_once(handle).expect(&seen);
        // The characters that are left contain nothing of it.
        assert_eq!(start.len(), before.len() * 8 / 6, "{text} {seen}");
        let whole = (before.len() + value.len() + after.len()).div_ceil(3) * 4;
        assert_eq!(
            end.len(),
            whole - ((before.len() + value.len()) * 8).div_ceil(6),
            "{text} {seen}"
        );
    }
}

#[test]
fn nothing_is_held_where_no_value_starts() {
    let run = Run::new(&[b"a secret to keep".to_vec()]);
    let mut replacer = Replacer::new(Arc::clone(&run.masks), run.handles_as_texts());
    assert_eq!(replacer.feed(b"<<<<"), b"<<<<");
    assert_eq!(replacer.feed(b"<a secr"), b"<");
    assert_eq!(replacer.feed(b"<"), b"a secr<");
    assert_eq!(replacer.feed(b"a secret to keep"), b"");
    assert_eq!(
        replacer.feed(b" it "),
        format!("{} it ", run.handles[0]).into_bytes()
    );
    // This may contain bits of what follows.
    assert_eq!(replacer.feed(b"now"), b"no");
    assert_eq!(replacer.finish(), b"w");
    assert_eq!(replacer.found(), [0]);
}

/// What a step writes before a handle is sent unchanged.
#[test]
fn text_before_a_handle_stays() {
    let run = Run::new(&[b"correct horse".to_vec()]);
    for before in ["\\", "%4", "&#", "\\u00", "%26#"] {
        let text = format!("<{before}{}>", run.handles[0]);
        let seen = in_pieces(run.out(Context::Plain), text.as_bytes(), &[5]);
        assert_eq!(
            String::from_utf8(seen).unwrap(),
            format!("<{before}correct horse>")
        );
    }
}

#[test]
fn owners_without_a_replacement_are_left() {
    let values = [
        b"correct horse".to_vec(),
        b"battery staple, battery".to_vec(),
    ];
    let run = Run::new(&values);
    let first: Replacements = [b"<first>".to_vec().into()].into();
    for length in 1..40 {
        let replacer = Replacer::steady(Arc::clone(&run.masks), Arc::clone(&first));
        let text = b"battery staple, battery correct horse battery staple, battery";
        let seen = String::from_utf8(in_pieces(replacer, text, &[length])).unwrap();
        assert_eq!(
            seen,
            "battery staple, battery <first> battery staple, battery"
        );
    }
}

#[test]
fn very_short_values_are_left() {
    let run = Run::new(&[b"1234567".to_vec()]);
    assert!(run.masks.is_empty());
    assert_eq!(in_pieces(run.back(), b"1234567", &[3]), b"1234567");
}

/// If the released bytes depended on whether a value starts with them, a server that sends a guess
/// and waits would learn the value byte by byte.
#[test]
fn the_release_of_bytes_reveals_nothing_of_a_value() {
    let value = b"correct horse battery staple";
    let run = Run::new(&[value.to_vec()]);
    let given = |stream: &[u8]| -> Vec<usize> {
        let mut replacer = run.back();
        let bytes = stream.iter();
        bytes.map(|byte| replacer.feed(&[*byte]).len()).collect()
    };
    let mut guess = b"xx".repeat(200);
    let nothing = given(&guess);
    for at in [0, 100, 300] {
        for length in 1..value.len() {
            guess.fill(b'x');
            guess[at..at + length].copy_from_slice(&value[..length]);
            assert_eq!(given(&guess), nothing, "{length} bytes at {at}");
        }
    }
}

/// In Base64 a value shares a character with the next, so that all of them are one.
#[test]
fn endless_values_are_released() {
    let value = b"correct horse battery staple";
    let run = Run::new(&[value.to_vec()]);
    let stream = BASE64_STANDARD.encode(value.repeat(20_000)).into_bytes();
    let mut replacer = run.back();
    let mut given = 0;
    for piece in stream.chunks(1000) {
        given += replacer.feed(piece).len();
    }
    let handle = run.handles[0].as_str();
    let rest = replacer.finish();
    assert!(rest.len() <= 10 * handle.len(), "{}", rest.len());
    // The last bits of the last value are with the padding.
    assert_eq!(given + rest.len(), 20_000 * handle.len() + 1);
}

/// By their common prefix: one is searched for as many are.
#[test]
fn all_handles_of_a_run_are_found_by_one_of_them() {
    let handles = Handles::new().unwrap();
    let (one, other) = (handles.next().unwrap(), handles.next().unwrap());
    let patterns = Patterns::builder().handles(0, &one).build().unwrap();
    let hidden: Replacements = [b"(hidden)".to_vec().into()].into();
    let patterns = Arc::new(patterns);
    let other = other.as_str();
    let mut texts = vec![
        (format!("<{one}{other}>"), "<(hidden)(hidden)>".to_owned()),
        (
            format!("<{}>", other.to_uppercase()),
            "<(hidden)>".to_owned(),
        ),
        (format!("<{}>!", &other[..25]), "<(hidden)".to_owned()),
        (other[..21].to_owned(), other[..21].to_owned()),
    ];
    for (user, password) in [("u", "p"), ("uu", "pp"), ("uuu", "ppp"), ("", "")] {
        let text = BASE64_STANDARD.encode(format!("{user}{other}{password}"));
        let start = user.len() * 8 / 6;
        let end = ((user.len() + other.len()) * 8).div_ceil(6);
        let seen = format!("Basic {}(hidden){}", &text[..start], &text[end..]);
        texts.push((format!("Basic {text}"), seen));
    }
    for (text, expected) in texts {
        for length in 1..text.len() {
            let replacer = Replacer::new(Arc::clone(&patterns), Arc::clone(&hidden));
            let seen = in_pieces(replacer, text.as_bytes(), &[length]);
            assert_eq!(String::from_utf8(seen).unwrap(), expected, "{text}");
        }
    }
    // A match in one text does not affect the next.
    let mut replacer = Replacer::new(patterns, hidden);
    let first = [replacer.feed(&other.as_bytes()[..22]), replacer.finish()].concat();
    let second = [replacer.feed(b"0123456789 and more"), replacer.finish()].concat();
    assert_eq!(first, b"(hidden)");
    assert_eq!(second, b"0123456789 and more");
}
