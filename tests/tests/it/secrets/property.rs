//! Random values, echoes, encodings, truncation and guesses, through a component that keeps all
//! that it sees: it has no whole value, a part is reported, and a guess changes nothing.

use std::io::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::HeaderValue;
use http_step_host::policy::Secret;
use http_step_tests::{Answer, Recorded, Service, forms};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;

use crate::secrets::thief::{Loot, Thief};

/// How a server writes what it was sent.
#[derive(Clone, Debug)]
enum Writing {
    /// As a whole, in one of the forms that the tests know.
    Form(Index),
    /// Each character in its own way, of one encoding.
    Mixed(Mix, Vec<u8>),
    /// The same within another encoding.
    Nested(Mix, Mix, Vec<u8>),
    Base64 {
        before: String,
        is_url_safe: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Mix {
    Percent,
    Html,
    Backslash,
    Latin1,
}

fn writing() -> impl Strategy<Value = Writing> {
    let mix = || prop::sample::select(vec![Mix::Percent, Mix::Html, Mix::Backslash, Mix::Latin1]);
    let ways = || prop::collection::vec(any::<u8>(), 1..20);
    prop_oneof![
        any::<Index>().prop_map(Writing::Form),
        (mix(), ways()).prop_map(|(mix, ways)| Writing::Mixed(mix, ways)),
        (mix(), mix(), ways()).prop_map(|(outer, inner, ways)| Writing::Nested(outer, inner, ways)),
        ("[ -~]{0,4}", any::<bool>()).prop_map(|(before, is_url_safe)| Writing::Base64 {
            before,
            is_url_safe
        }),
    ]
}

impl Writing {
    fn write(&self, text: &str) -> String {
        match self {
            Self::Form(index) => {
                let mut forms = forms(text);
                forms.swap_remove(index.index(forms.len())).1
            }
            Self::Mixed(mix, ways) => mix.write(text, ways),
            Self::Nested(outer, inner, ways) => outer.write(&inner.write(text, ways), ways),
            Self::Base64 {
                before,
                is_url_safe,
            } => {
                let text = format!("{before}{text}");
                if *is_url_safe {
                    BASE64_URL_SAFE_NO_PAD.encode(text)
                } else {
                    BASE64_STANDARD.encode(text)
                }
            }
        }
    }
}

impl Mix {
    fn write(self, text: &str, ways: &[u8]) -> String {
        let mut ways = ways.iter().copied().cycle();
        let mut written = String::new();
        for c in text.chars() {
            let code = u32::from(c);
            let is_escaped = ways.next().unwrap() % 2 == 0;
            written += &match self {
                Self::Latin1 => {
                    let bytes = c.to_string().into_bytes();
                    bytes.into_iter().map(char::from).collect()
                }
                Self::Percent if is_escaped || c == '%' || !c.is_ascii() => {
                    let bytes = c.to_string().into_bytes();
                    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
                }
                Self::Html if is_escaped => format!("&#{code};"),
                Self::Html if c == '&' => "&amp;".to_owned(),
                Self::Backslash if is_escaped => format!("\\u{code:04X}"),
                Self::Backslash if c == '\\' || c == '"' => format!("\\{c}"),
                _ => c.to_string(),
            };
        }
        written
    }
}

/// A value that can stand in a header.
fn value() -> impl Strategy<Value = String> {
    "[A-Z0-9][!-z~éß]{10,30}[a-z]{3}[G-Z]"
}

/// A secret whose value is in a file, for a service.
fn secret(value: &str, origin: &str) -> (Secret, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(value.as_bytes()).unwrap();
    let source = format!("file:{}", file.path().display());
    let secret = Secret::new("S", source.parse().unwrap()).origin(origin.parse().unwrap());
    (secret, file)
}

/// A thief that sends the value to a service in one header, and a text in another.
async fn robbed(
    value: &str,
    says: &str,
    answer: impl Fn(&Recorded) -> String + Send + Sync + 'static,
) -> (Loot, String) {
    let service = Service::start(move |request| {
        let text = answer(request);
        let mut answer = Answer::new(format!("<{text}>").into());
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            answer.headers_mut().insert("x-echo", value);
        }
        answer
    })
    .await;
    let origin = service.origin.clone();
    let (secret, _file) = secret(value, &origin);
    let loot = Thief::granted(secret.header("X-Says".parse().unwrap()))
        .reaches(&origin)
        .tries(format!(
            "GET {origin}/ | header api-key: {{S}} | header x-says: {says}"
        ))
        .run()
        .await;
    assert_eq!(service.requests()[0].header("api-key"), Some(value));
    (loot, origin)
}

fn check<S: Strategy>(strategy: S, test: impl Fn(&Runtime, S::Value)) {
    let runtime = Runtime::new().unwrap();
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let checked = runner.run(&strategy, |input| {
        test(&runtime, input);
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn no_whole_value_is_seen() {
    check((value(), writing()), |runtime, (value, writing)| {
        let written = writing.write(&value);
        let (loot, _) = runtime.block_on(robbed(&value, "-", move |_| written.clone()));
        loot.has_nothing_of(&[&value]);
        assert!(loot.result.ledger[0].partial_echoes.is_empty());
    });
}

#[test]
fn a_part_is_reported() {
    let cut = (any::<Index>(), any::<Index>());
    check(
        (value(), writing(), cut),
        |runtime, (value, writing, (from, length))| {
            let characters: Vec<char> = value.chars().collect();
            let from = from.index(characters.len());
            let length = 1 + length.index(characters.len() - from);
            let part: String = characters[from..from + length].iter().collect();
            let written = writing.write(&part);
            let (loot, _) = runtime.block_on(robbed(&value, "-", move |_| written.clone()));
            let reported = &loot.result.ledger[0].partial_echoes;
            let is_whole = length == characters.len();
            // `forms` has parts of Base64 in which less than all of a text is whole.
            let is_long = part.len()
                >= if matches!(writing, Writing::Form(_)) {
                    10
                } else {
                    8
                };
            if is_long && !is_whole {
                assert_eq!(reported, &["S"], "{part} of {value}");
            }
            if is_whole {
                assert!(reported.is_empty());
            }
        },
    );
}

#[test]
fn a_guess_changes_nothing() {
    // An escape that is open before a value is redacted with it, whatever the value is.
    let value = value().prop_filter("escape", |value| !value.contains(['\\', '%', '&']));
    let guess = (any::<Index>(), "[!-$'-Z^-z]");
    check((value, guess), |runtime, (value, (length, wrong))| {
        let characters: Vec<char> = value.chars().filter(char::is_ascii).collect();
        let right: String = characters[..8 + length.index(characters.len() - 8)]
            .iter()
            .collect();
        let last = right.chars().last().unwrap();
        let wrong = match wrong.chars().next().unwrap() {
            other if other != last => other,
            _ => '#',
        };
        let mut guessed = right.clone();
        guessed.pop();
        guessed.push(wrong);
        // An echo of the guess alone, and beside the value.
        let answer = |request: &Recorded| {
            let says = request.header("x-says").unwrap();
            let token = request.header("api-key").unwrap();
            format!("{says}{token}{says}")
        };
        let report = |says: &str| {
            let (loot, origin) = runtime.block_on(robbed(&value, says, answer));
            loot.report(&origin).replace(says, "GUESS")
        };
        let echoed = "GUESS<HIDDEN>GUESS";
        let expected = format!("o|status 200\no|x-echo: {echoed}\no|\no|<{echoed}>\n");
        assert_eq!(
            [report(&right), report(&guessed)],
            [expected.clone(), expected]
        );
    });
}
