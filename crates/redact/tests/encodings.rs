//! However a server writes a value, character by character, in one encoding or in nested ones, it
//! is found; a part of one is reported, and changes nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http_step_redact::{Patterns, Replacements, Replacer, Value, through};
use proptest::prelude::*;

const MARK: &str = "(hidden)";

fn patterns(value: &[u8]) -> Arc<Patterns> {
    let value = Value::new(value.to_vec()).unwrap();
    Arc::new(Patterns::builder().value(0, &value).build().unwrap())
}

fn replacer(patterns: &Arc<Patterns>) -> Replacer {
    let mark: Replacements = [MARK.as_bytes().to_vec().into()].into();
    Replacer::steady(Arc::clone(patterns), mark).finding_parts()
}

/// The result for a stream in pieces of a length, and whether there is a part of the value in the whole
/// stream, which is then also found in pieces.
fn seen(patterns: &Arc<Patterns>, stream: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let mut whole = replacer(patterns);
    let mut replacer = replacer(patterns);
    let mut seen = Vec::new();
    for piece in stream.chunks(piece) {
        seen.extend(replacer.feed(piece));
    }
    seen.extend(replacer.finish());
    assert_eq!(
        through(std::slice::from_mut(&mut whole), stream, true),
        seen
    );
    let is_in_whole = !whole.parts().is_empty();
    assert!(!replacer.parts().is_empty() || !is_in_whole);
    (seen, is_in_whole)
}

/// The texts of the length of a part that contain the first or the last digit of a value in Base64,
/// after some other bytes, if that digit also has other bits.
fn with_shared_digits(base64: &[u8], before: usize) -> Vec<Vec<u8>> {
    const PART: usize = 10;
    let digits = base64.split(|byte| *byte == b'=').next().unwrap();
    let bits = [before * 8, digits.len() * 6 / 8 * 8];
    let shared = bits.into_iter().filter(|bits| !bits.is_multiple_of(6));
    let shared: Vec<usize> = shared.map(|bits| bits / 6).collect();
    let windows = digits.windows(PART).enumerate();
    windows
        .filter(|(at, _)| shared.iter().any(|digit| (*at..at + PART).contains(digit)))
        .map(|(_, window)| window.to_vec())
        .collect()
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Percent,
    Html,
    Backslash,
    Latin1,
}

/// Write a text, each character in its own way.
fn written(text: &[u8], encoding: Encoding, ways: &[u8]) -> Vec<u8> {
    let mut ways = ways.iter().copied().cycle();
    let mut way = || ways.next().unwrap_or_default();
    if let Encoding::Latin1 = encoding {
        let characters = text.iter().map(|byte| char::from(*byte));
        return characters.collect::<String>().into_bytes();
    }
    if let Encoding::Percent = encoding {
        let bytes = text.iter().map(|byte| match (byte, way() % 3) {
            (b'%', 0) => "%25".to_owned().into_bytes(),
            (byte, 0) if byte.is_ascii() => vec![*byte],
            (byte, 1) => format!("%{byte:02X}").into_bytes(),
            (byte, _) => format!("%{byte:02x}").into_bytes(),
        });
        return bytes.flatten().collect();
    }
    let text = String::from_utf8_lossy(text);
    let mut written = String::new();
    for c in text.chars() {
        let code = u32::from(c);
        let unicode = |upper: bool| -> String {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            let units = units.into_iter();
            units
                .map(|unit| match upper {
                    true => format!("\\u{unit:04X}"),
                    false => format!("\\u{unit:04x}"),
                })
                .collect()
        };
        written += &match (encoding, c, way() % 7) {
            (Encoding::Html, '&', 0) => "&amp;".to_owned(),
            (Encoding::Html, '+', 1) => "&plus;".to_owned(),
            (Encoding::Html, '/', 1) => "&sol;".to_owned(),
            (Encoding::Html, '=', 1) => "&equals;".to_owned(),
            (Encoding::Html, 'ä', 1) => "&auml;".to_owned(),
            (Encoding::Html, '"', 1) => "&quot;".to_owned(),
            (Encoding::Html, _, 2) => format!("&#{code};"),
            (Encoding::Html, _, 3) => format!("&#x{code:x};"),
            (Encoding::Html, _, 4) => format!("&#X{code:04X};"),
            (Encoding::Html, '&', _) => "&#38;".to_owned(),
            (Encoding::Backslash, '"' | '\\' | '\'' | '/', 0) => format!("\\{c}"),
            (Encoding::Backslash, '\n', 0) => "\\n".to_owned(),
            (Encoding::Backslash, '\t', 0) => "\\t".to_owned(),
            (Encoding::Backslash, _, 1) => unicode(true),
            (Encoding::Backslash, _, 2) => unicode(false),
            (Encoding::Backslash, c, 3) if c.is_ascii() => format!("\\x{code:02X}"),
            (Encoding::Backslash, c, 4) if c.is_ascii() => format!("\\{code:03o}"),
            (Encoding::Backslash, _, 5) => format!("\\u{{{code:x}}}"),
            (Encoding::Backslash, '\\', _) => "\\\\".to_owned(),
            _ => c.to_string(),
        };
    }
    written.into_bytes()
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(vec![
        Encoding::Percent,
        Encoding::Html,
        Encoding::Backslash,
        Encoding::Latin1,
    ])
}

/// How a list of bytes is written.
#[derive(Clone, Copy, Debug)]
struct List {
    number: fn(u8) -> String,
    separator: &'static str,
}

/// The formats of S3, Node, Go, Rust, Java, .NET, `xxd` and others.
const LISTS: [List; 14] = [
    list(|byte| format!("{byte:x}"), " "),
    list(|byte| format!("{byte:02x}"), " "),
    list(|byte| format!("{byte:02X}"), ":"),
    list(|byte| format!("{byte:02x}"), "-"),
    list(|byte| format!("{byte:02x}"), ", "),
    list(|byte| format!("0x{byte:02x}"), ", "),
    list(|byte| format!("0x{byte:X}"), ",\r\n\t"),
    list(|byte| byte.to_string(), ","),
    list(|byte| byte.to_string(), ", "),
    list(|byte| byte.to_string(), " "),
    list(|byte| byte.to_string(), "\n"),
    list(|byte| byte.to_string(), ",\n                "),
    list(|byte| (byte as i8).to_string(), ", "),
    list(|byte| (byte as i8).to_string(), ","),
];

const fn list(number: fn(u8) -> String, separator: &'static str) -> List {
    List { number, separator }
}

impl List {
    fn write(self, bytes: &[u8]) -> String {
        let numbers: Vec<String> = bytes.iter().copied().map(self.number).collect();
        numbers.join(self.separator)
    }
}

fn ways() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..60)
}

/// Starts of escapes.
const OPEN_ESCAPES: [&str; 19] = [
    "%",
    "%4",
    "%3",
    "%u",
    "%u003",
    "%uD83D%uDE0",
    "&",
    "&#",
    "&#4",
    "&#x3",
    "&am",
    "\\",
    "\\x",
    "\\x3",
    "\\06",
    "\\u003",
    "\\u{3",
    "\\U0000003",
    "\\ud83d\\u00",
];

/// No value starts within the text before it.
fn value() -> impl Strategy<Value = String> {
    "[A-Z0-9][!-~äé \u{20ac}😀]{8,40}[a-z]{4}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn character_by_character(
        value in value(),
        (first, second) in (encoding(), encoding()),
        (ways, other_ways) in (ways(), ways()),
        is_twice in any::<bool>(),
        piece in 1..80_usize,
    ) {
        let patterns = patterns(value.as_bytes());
        let mut stream = written(value.as_bytes(), first, &ways);
        if is_twice {
            stream = written(&stream, second, &other_ways);
        }
        let stream = [b"|<".as_slice(), &stream, b">|"].concat();
        let (seen, has_part) = seen(&patterns, &stream, piece);
        prop_assert_eq!(String::from_utf8_lossy(&seen), format!("|<{MARK}>|"), "{}", String::from_utf8_lossy(&stream));
        prop_assert!(!has_part);
    }

    /// An escape that the text before a value leaves open is redacted with the value, whatever the
    /// first characters of the value make of it.
    #[test]
    fn after_an_open_escape(
        value in "[!-~]{2}[!-~äé \u{20ac}😀]{6,30}[a-z]{4}",
        open in prop::sample::select(OPEN_ESCAPES.to_vec()),
        more in prop::sample::select(OPEN_ESCAPES.to_vec()),
        (encoding, ways) in (encoding(), ways()),
        piece in 1..80_usize,
    ) {
        let patterns = patterns(value.as_bytes());
        let value = written(value.as_bytes(), encoding, &ways);
        for open in [open.to_owned(), format!("{more}{open}")] {
            let stream = [b"|<", open.as_bytes(), &value, b">|"].concat();
            let (seen, has_part) = seen(&patterns, &stream, piece);
            prop_assert_eq!(String::from_utf8_lossy(&seen), format!("|<{MARK}>|"), "{}", String::from_utf8_lossy(&stream));
            prop_assert!(!has_part);
        }
    }

    /// A truncated value is not changed: a guess of less than the whole does not change the result.
    #[test]
    fn a_part_is_reported_and_left(
        value in value(),
        (from, length) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        kind in 0..8_usize,
        list in prop::sample::select(LISTS.to_vec()),
        (encoding, ways) in (encoding(), ways()),
        (before, after) in ("[a-z <>]{0,20}", "[a-z <>]{0,20}"),
        piece in 1..80_usize,
    ) {
        let characters: Vec<char> = value.chars().collect();
        let from = from.index(characters.len());
        let length = length.index(characters.len() - from) + 1;
        prop_assume!(length < characters.len());
        let part: String = characters[from..from + length].iter().collect();
        let stream = match kind {
            0 => [before.as_bytes(), part.as_bytes(), after.as_bytes()].concat(),
            1 => BASE64_STANDARD.encode(format!("{before}{part}")).into_bytes(),
            2 => BASE64_URL_SAFE_NO_PAD.encode(format!("{before}{part}")).into_bytes(),
            3 => part.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
            4 => part.to_ascii_uppercase().into_bytes(),
            5 => format!("{before}[{}]{after}", list.write(part.as_bytes())).into_bytes(),
            _ => [before.as_bytes(), &written(part.as_bytes(), encoding, &ways), after.as_bytes()].concat(),
        };
        let patterns = patterns(value.as_bytes());
        let (seen, has_part) = seen(&patterns, &stream, piece);
        prop_assert_eq!(String::from_utf8_lossy(&seen), String::from_utf8_lossy(&stream));
        if part.len() >= 8 {
            prop_assert!(has_part, "{} of {}: {}", part, value, String::from_utf8_lossy(&stream));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Spaces, line breaks, the charset and doubled signs, as a whole or in Base64, hexadecimal
    /// or percent-encoding.
    #[test]
    fn in_several_spellings(
        value in "[A-Z0-9][!-~äé +\n\"'%/&]{8,20}[a-z]{4}",
        (has_plus, has_crlf, is_latin1) in (any::<bool>(), any::<bool>(), any::<bool>()),
        doubled in prop::sample::select(vec!["", "\"", "'", "%"]),
        encoding in 0..5_usize,
        before in "[a-z]{0,3}",
        piece in 1..80_usize,
    ) {
        let patterns = patterns(value.as_bytes());
        let mut text = value;
        // Base64 and hexadecimal encode the value with its spaces, and doubled characters, too.
        if has_plus && (encoding == 1 || encoding == 0 && doubled.is_empty()) {
            text = text.replace(' ', "+");
        }
        if has_crlf {
            text = text.replace('\n', "\r\n");
        }
        if encoding == 0 && !doubled.is_empty() {
            text = text.replace(doubled, &doubled.repeat(2));
        }
        let bytes = match is_latin1 {
            true => text.chars().map(|c| c as u8).collect(),
            false => text.into_bytes(),
        };
        let percent = |bytes: &[u8]| bytes.iter().map(|byte| match byte {
            b'+' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        }).collect::<String>();
        let stream = match encoding {
            0 => bytes.clone(),
            1 => percent(&bytes).into_bytes(),
            2 => BASE64_STANDARD.encode([before.as_bytes(), &bytes].concat()).into_bytes(),
            3 => BASE64_URL_SAFE_NO_PAD.encode([before.as_bytes(), percent(&bytes).as_bytes()].concat()).into_bytes(),
            _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
        };
        // A form writes its spaces as `+`, and escapes none of these.
        prop_assume!(encoding != 3 || !bytes.iter().any(|byte| b" +*".contains(byte)));
        let shared = match encoding {
            2 | 3 => with_shared_digits(&stream, before.len()),
            _ => Vec::new(),
        };
        let stream = [b"|<".as_slice(), &stream, b">|"].concat();
        let (seen, has_part) = seen(&patterns, &stream, piece);
        let seen = String::from_utf8_lossy(&seen);
        prop_assert!(seen.starts_with("|<") && seen.contains(MARK) && seen.len() < MARK.len() + 12, "{}", seen);
        // A digit of Base64 with bits of the value and of the text beside it can be the first or the last one
        // of a part that is elsewhere in the value. Such a part is reported, and no other one.
        prop_assert_eq!(has_part, shared.iter().any(|text| self::seen(&patterns, text, piece).1));
    }

    #[test]
    fn in_a_list_of_bytes(
        value in value(),
        list in prop::sample::select(LISTS.to_vec()),
        (encoding, ways) in (prop::option::of(encoding()), ways()),
        (before, after) in ("[a-z :\n]{0,12}", "[a-z :\n]{0,12}"),
        piece in 1..300_usize,
    ) {
        let patterns = patterns(value.as_bytes());
        let value = match encoding {
            None => value.into_bytes(),
            Some(encoding) => written(value.as_bytes(), encoding, &ways),
        };
        let bytes = [before.as_bytes(), &value, after.as_bytes()].concat();
        let stream = format!("|<{}>|", list.write(&bytes));
        let (seen, has_part) = seen(&patterns, stream.as_bytes(), piece);
        let sides = [before, after].map(|side| list.write(side.as_bytes()));
        let [before, after] = sides.map(|side| if side.is_empty() { (side, "") } else { (side, list.separator) });
        let expected = format!("|<{}{}{MARK}{}{}>|", before.0, before.1, after.1, after.0);
        prop_assert_eq!(String::from_utf8_lossy(&seen), expected, "{}", stream);
        prop_assert!(!has_part);
    }
}

#[test]
fn nested() {
    let value = "k3y/with+chars=and\\quotes\"ä";
    let patterns = patterns(value.as_bytes());
    for (name, text) in [
        (
            "Go's html/template",
            value.replace('+', "&#43;").replace('"', "&#34;"),
        ),
        (
            "mustache",
            value
                .replace('/', "&#x2F;")
                .replace('=', "&#x3D;")
                .replace('"', "&quot;"),
        ),
        (
            ".NET's JSON",
            value
                .replace('\\', "\\\\")
                .replace('+', "\\u002B")
                .replace('"', "\\u0022")
                .replace('ä', "\\u00E4"),
        ),
        (
            "Gson",
            value
                .replace('\\', "\\\\")
                .replace('=', "\\u003d")
                .replace('"', "\\\""),
        ),
        (
            "JSON in JSON",
            serde_json::to_string(&serde_json::to_string(value).unwrap())
                .unwrap()
                .trim_matches(['"', '\\'])
                .to_owned(),
        ),
        (
            "Python's repr of bytes",
            value.replace('\\', "\\\\").replace('ä', "\\xc3\\xa4"),
        ),
        ("Latin-1", value.replace('ä', "Ã¤")),
        ("Latin-1 in HTML", value.replace('ä', "&#195;&#164;")),
        (
            "UTF-16",
            value
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .map(char::from)
                .collect(),
        ),
    ] {
        let stream = format!("<{text}>");
        let stream = if name == "UTF-16" {
            stream.chars().map(|c| c as u8).collect()
        } else {
            stream.into_bytes()
        };
        let (seen, has_part) = seen(&patterns, &stream, 7);
        assert_eq!(
            String::from_utf8_lossy(&seen),
            format!("<{MARK}>"),
            "{name}"
        );
        assert!(!has_part, "{name}");
    }
}

/// As servers write them, cut at each position.
#[test]
fn lists_of_bytes() {
    let value = "kQ9m/Lx2V t0Pz7wYb";
    let patterns = patterns(value.as_bytes());
    let plain = list(|byte| format!("{byte:x}"), " ");
    let decimal = list(|byte| byte.to_string(), ",");
    let lines = list(|byte| byte.to_string(), ",\n      ");
    for (before, list, after) in [
        (
            "<StringToSignBytes>50 55 54 a ",
            plain,
            " a</StringToSignBytes>",
        ),
        ("<Buffer ", plain, ">"),
        ("<Buffer ", plain, " ... 20 more bytes>"),
        ("{\"type\":\"Buffer\",\"data\":[", decimal, "]}"),
        ("{\"type\":\"Buffer\",\"data\":[7,255,", decimal, ",0]}"),
        ("{\n  \"data\": [\n      ", lines, "\n  ]\n}"),
        ("dead beef 12345678 ", decimal, " 12345678"),
        ("", plain, ""),
        ("1 2 ", plain, "\n3 4\n"),
        ("&lt;Buffer ", plain, "&gt; %41 "),
    ] {
        let stream = format!("{before}{}{after}", list.write(value.as_bytes()));
        let expected = format!("{before}{MARK}{after}");
        for piece in 1..=stream.len() {
            let (seen, has_part) = seen(&patterns, stream.as_bytes(), piece);
            assert_eq!(String::from_utf8_lossy(&seen), expected, "{piece}");
            assert!(!has_part);
        }
        for cut in 0..stream.len() {
            let mut replacer = replacer(&patterns);
            let (first, second) = stream.as_bytes().split_at(cut);
            let mut seen = replacer.feed(first);
            seen.extend(replacer.feed(second));
            seen.extend(replacer.finish());
            assert_eq!(String::from_utf8_lossy(&seen), expected, "{cut}");
        }
    }
    // The end of one list and the start of another are not one list.
    let (first, second) = value.as_bytes().split_at(9);
    let stream = format!("[{}] [{}]", decimal.write(first), decimal.write(second));
    let (seen, _) = seen(&patterns, stream.as_bytes(), 7);
    assert_eq!(String::from_utf8_lossy(&seen), stream);
}

#[test]
fn base64_with_escapes() {
    let value = "k3y???and>>>more!!";
    let patterns = patterns(value.as_bytes());
    let base64 = BASE64_STANDARD.encode(value);
    assert_eq!(base64, "azN5Pz8/YW5kPj4+bW9yZSEh");
    for (name, text) in [
        ("as it is", base64.clone()),
        ("in JSON", base64.replace('/', "\\/")),
        ("in a query", base64.replace('+', "%2B").replace('/', "%2F")),
        (
            "in HTML",
            base64.replace('+', "&#43;").replace('/', "&#x2F;"),
        ),
    ] {
        let (seen, has_part) = seen(&patterns, format!("<{text}>").as_bytes(), 5);
        assert_eq!(
            String::from_utf8_lossy(&seen),
            format!("<{MARK}>"),
            "{name}"
        );
        assert!(!has_part, "{name}");
    }
}

#[test]
fn base64_of_json() {
    let value = "kQ9/mL+x2V&t\"0Pz=ä<";
    let patterns = patterns(value.as_bytes());
    for json in [
        r#"kQ9/mL+x2V&t\"0Pz=ä<"#,
        r#"kQ9/mL+x2V&t\"0Pz=\u00e4<"#,
        r#"kQ9\/mL+x2V&t\"0Pz=\u00e4<"#,
        r#"kQ9/mL+x2V\u0026t\"0Pz=ä\u003c"#,
        r"kQ9/mL\u002Bx2V\u0026t\u00220Pz=\u00E4\u003C",
    ] {
        for before in ["", "{", "{\"", "{\"a\":\""] {
            let base64 = BASE64_STANDARD.encode(format!("{before}{json}"));
            let (seen, has_part) = seen(&patterns, format!("<{base64}>").as_bytes(), 5);
            let seen = String::from_utf8_lossy(&seen);
            let left = before.len() * 8 / 6;
            assert!(
                seen.starts_with(&format!("<{}{MARK}", &base64[..left])),
                "{json}: {seen}"
            );
            assert!(!has_part);
        }
    }
}

#[test]
fn outer_blanks_and_line_breaks() {
    let value = " kQ9mLx2Vt0Pz7wYb\nRv5nkQ9mZx8yT0pLw2\t";
    let patterns = patterns(value.as_bytes());
    for (text, expected) in [
        (value.trim().to_owned(), MARK.to_owned()),
        (value.replace('\n', "\r\n"), format!(" {MARK}\t")),
        ("kQ9mLx2Vt0Pz7wYb".to_owned(), MARK.to_owned()),
        (">Rv5nkQ9mZx8yT0pLw2<".to_owned(), format!(">{MARK}<")),
    ] {
        let (seen, has_part) = seen(&patterns, text.as_bytes(), 3);
        assert_eq!(String::from_utf8_lossy(&seen), expected, "{text:?}");
        assert!(!has_part);
    }
}

/// A backslash before a value escapes its first character or not, depending on that character,
/// which must not be revealed.
#[test]
fn text_before_a_value_does_not_reveal_how_it_starts() {
    for before in [
        "\\", "\\\\", "\\\\\\", "%5C", "%5c\\", "&#92;", "\\u005c", "\\x", "%", "&#", "\\u00",
        "x\\",
    ] {
        let seen = [
            "net-value-1234!",
            "Set-value-1234!",
            "/et-value-1234!",
            "0et-value-1234!",
            "u0041-value-1234!",
        ]
        .map(|value| {
            let stream = format!("<{before}{value}>");
            let once = seen(&patterns(value.as_bytes()), stream.as_bytes(), 100).0;
            for piece in 1..stream.len() {
                assert_eq!(
                    seen(&patterns(value.as_bytes()), stream.as_bytes(), piece).0,
                    once
                );
            }
            String::from_utf8(once).unwrap()
        });
        for other in &seen {
            assert_eq!(*other, seen[0], "{before}");
        }
    }
}

#[test]
fn a_long_value_is_found() {
    let value: Vec<u8> = (0..6000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect();
    // Short enough for encoded parts, in one line.
    let line = BASE64_STANDARD.encode(&value[..5000]).into_bytes();
    for value in [value, line] {
        let patterns = patterns(&value);
        let base64 = BASE64_STANDARD.encode(&value);
        for text in [value.as_slice(), base64.as_bytes()] {
            let stream = [b"<", text, b"> <", text, b">"].concat();
            let (seen, has_part) = seen(&patterns, &stream, 1000);
            let seen = String::from_utf8_lossy(&seen);
            assert_eq!(seen.matches(MARK).count(), 2);
            assert!(seen.len() < 2 * MARK.len() + 10, "{seen}");
            assert!(!has_part);
        }
    }
}

/// A server that sends endless escapes makes the decoders work, but not hold more.
#[test]
fn memory_is_bounded() {
    let patterns = patterns(&b"0123456789abcdef".repeat(64));
    for text in [
        "%25",
        "\\\\",
        "&amp;",
        "%5C%5C",
        "&#92;u005c",
        "\u{c3}\u{a4}",
        "\\",
        "25 ",
        "25,                                       ",
    ] {
        let mut replacer = replacer(&patterns);
        // As much as the longest form takes in these escapes, several times.
        let round = text.repeat(((32 << 10) / text.len()).max(4 << 10));
        let [_, _, third, rest @ ..] = [(); 8].map(|()| {
            replacer.feed(round.as_bytes());
            replacer.memory()
        });
        assert!(third < 8 << 20, "{text}: {third}");
        // Where a decoder pauses and resumes differs from round to round.
        let most = third + third / 8;
        assert!(
            rest.iter().all(|memory| *memory <= most),
            "{text}: {third}, {rest:?}"
        );
    }
}

/// Redacting some thousand echoed texts takes time in proportion, and the memory of one block.
#[test]
fn many_texts_are_not_compared_in_pairs() {
    let value = "correct-horse/battery\"staple&0123456789";
    let patterns = patterns(value.as_bytes());
    let held = |text: &str, times: usize| {
        let mut replacer = replacer(&patterns);
        let stream = text.repeat(times);
        let given = replacer.feed(stream.as_bytes());
        assert!(replacer.memory() < 8 << 20, "{}", replacer.memory());
        String::from_utf8([given, replacer.finish()].concat()).unwrap()
    };
    let escapes = "%41&amp;\\nÃ¤";
    let seen = held(&format!("{value}{escapes}"), 5_000);
    assert_eq!(seen, format!("{MARK}{escapes}").repeat(5_000));
    let part = &value[..20];
    assert_eq!(held(part, 5_000), part.repeat(5_000));
}

/// When bytes are released reveals nothing, whatever the escapes are.
#[test]
fn the_pace_reveals_nothing() {
    let value = "correct%horse\\battery&staple;";
    let paces = [value, "0123456789012345678901234567!"].map(|other| {
        let patterns = patterns(other.as_bytes());
        let mut replacer = replacer(&patterns);
        let stream = format!(
            "%63orrect%25horse\\\\battery&amp;staple{}",
            "x%20\\\\&amp;".repeat(40)
        );
        let bytes = stream.into_bytes();
        bytes
            .iter()
            .map(|byte| replacer.feed(&[*byte]).len())
            .collect::<Vec<_>>()
    });
    assert_eq!(paces[0], paces[1]);
}

/// Each reported part takes time, which could reveal that a guess is right: after some parts of one
/// value no more of it are reported, but those of other values are.
#[test]
fn parts_of_one_value_hide_no_part_of_another() {
    let values = ["correct horse battery", "STAPLE-0123456789-abc"];
    let patterns = values.iter().enumerate();
    let patterns = patterns.fold(Patterns::builder(), |patterns, (owner, value)| {
        patterns.value(owner, &Value::new(value.as_bytes().to_vec()).unwrap())
    });
    let patterns = Arc::new(patterns.build().unwrap());
    let marks: Replacements = values.map(|_| MARK.as_bytes().to_vec().into()).into();
    for times in [10, 10_000] {
        let mut replacer = Replacer::steady(Arc::clone(&patterns), Arc::clone(&marks));
        replacer = replacer.finding_parts();
        // Parts of a whole value are not reported.
        let stream = values[0].repeat(times)
            + &"correct |".repeat(times)
            + &" ".repeat(1 << 13)
            + &values[1][..10];
        for piece in stream.as_bytes().chunks(1000) {
            replacer.feed(piece);
        }
        replacer.finish();
        assert_eq!(replacer.parts(), [0, 1], "{times}");
    }
}

/// A component can know a text that is redacted: the host of a secret URL, a line of a document.
/// Characters beside it that may contain bits of it hide no part of another value.
#[test]
fn a_part_beside_a_known_text_is_reported() {
    let (token, host) = ("kQ9mLx2Vt0Pz7wYbRr4TnE8s", "hooks.slack.com");
    let builder = Patterns::builder().value(0, &Value::new(token.into()).unwrap());
    let builder = builder.derived(1, &Value::new(host.into()).unwrap());
    let patterns = Arc::new(builder.build().unwrap());
    let marks: Replacements = [b"(0)".to_vec().into(), b"(1)".to_vec().into()].into();
    // The digits that only contain bits of the host, after one that also contains others.
    let before = &BASE64_STANDARD.encode(format!("x{host}"))[2..(host.len() + 1) * 8 / 6];
    // The same before such a digit.
    let after = &BASE64_STANDARD.encode(format!("xx{host}"))[3..(host.len() + 2) * 8 / 6];
    let seen_whole = |stream: &str| {
        let mut replacer = Replacer::steady(Arc::clone(&patterns), Arc::clone(&marks));
        replacer.feed(stream.as_bytes());
        replacer.finish();
        replacer.found().contains(&0)
    };
    for (stream, parts) in [
        (format!("|mLx2Vt0P{before} "), vec![0]),
        (format!("|mLx2Vt0Q{before} "), vec![]),
        (format!("|Lx2Vt0P{before} "), vec![]),
        (format!(" {after}mLx2Vt0P|"), vec![0]),
        (format!(" {after}mLx2Vt0Q|"), vec![]),
        (format!("%4mLx2Vt0P{before}"), vec![0]),
        // Inside of whole values there is none.
        (format!("|{token}{token} {before}"), vec![]),
        (
            format!("|{}|", BASE64_STANDARD.encode(format!("x{token}"))),
            vec![],
        ),
    ] {
        for length in [1, 7, 1000] {
            let marks = Arc::clone(&marks);
            let mut replacer = Replacer::steady(Arc::clone(&patterns), marks).finding_parts();
            for piece in stream.as_bytes().chunks(length) {
                replacer.feed(piece);
            }
            replacer.finish();
            // In pieces, the start of a whole value is a part.
            let is_cut = seen_whole(&stream) && length < stream.len();
            let parts = if is_cut { &[0][..] } else { &parts };
            assert_eq!(replacer.parts(), parts, "{stream} {length}");
        }
    }
}

/// Nothing may depend on a part that is found and not reported: it is reported with the piece that it
/// ends in, even if its text is held back.
#[test]
fn a_part_is_reported_at_once() {
    let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    let patterns = patterns(value.as_bytes());
    let escapes = "%41&amp;\\u0041%2541";
    for (pieces, reported) in [
        (vec!["|mLx2Vt0P"], vec![true]),
        (vec!["|mLx2Vt0Q"], vec![false]),
        (vec!["|mLx2Vt", "0", "P"], vec![false, false, true]),
        (vec!["|mLx2Vt%30P"], vec![true]),
        (vec!["|mLx2Vt%3", "0P"], vec![false, true]),
        (vec!["6d4c78325674305", "0"], vec![false, true]),
        // A whole value, in one piece and in two.
        (vec!["|kQ9mLx2Vt0Pz7wYbRr4TnE8s"], vec![false]),
        (vec!["|kQ9mLx2", "Vt0Pz7wYbRr4TnE8s|"], vec![false, false]),
        (vec!["|kQ9mLx2V", "t0Pz7wYbRr4TnE8s|"], vec![true, true]),
        // The next digit may have bits of it.
        (vec!["eGtROW1MeDJWdDBQejd3WWJScjRUbkU4cw"], vec![false]),
    ] {
        let mut replacer = replacer(&patterns);
        let found = pieces.iter().map(|piece| {
            replacer.feed(piece.as_bytes());
            !replacer.parts().is_empty()
        });
        assert_eq!(found.collect::<Vec<_>>(), reported, "{pieces:?}");
    }
    // A long piece is read in blocks.
    for before in (1 << 12) - 30..=1 << 12 {
        let mut replacer = replacer(&patterns);
        replacer.feed(format!("{}{value}|", "x".repeat(before)).as_bytes());
        assert!(replacer.parts().is_empty(), "{before}");
    }
    // What an earlier pass holds back counts, too.
    let other = self::patterns(b"STAPLE-0123456789-abc");
    for (text, is_part) in [(value, false), (&value[..20], true), (&value[..7], false)] {
        for after in 0..400 {
            let mut passes = [&other, &patterns].map(replacer);
            let piece = format!("|{text}|{}", "-".repeat(after));
            through(&mut passes, piece.as_bytes(), false);
            assert!(is_part || passes[1].parts().is_empty(), "{piece}");
            through(&mut passes, b"", true);
            assert_eq!(!passes[1].parts().is_empty(), is_part, "{piece}");
        }
    }
    // The memory is that of a wrong guess.
    let memory = |guess: &str| {
        let mut replacer = replacer(&patterns);
        let text = format!("{escapes}{}", format!("|{guess}").repeat(100));
        replacer.feed(text.as_bytes());
        replacer.memory()
    };
    assert_eq!(memory("mLx2Vt0P"), memory("mLx2Vt0Q"));
}

/// Parts of values of other owners are not looked for.
#[test]
fn parts_of_some_owners() {
    let values = ["kQ9mLx2Vt0Pz7wYb", "STAPLE-0123456789-abc"];
    let patterns = values.iter().enumerate();
    let patterns = patterns.fold(Patterns::builder(), |patterns, (owner, value)| {
        patterns.value(owner, &Value::new(value.as_bytes().to_vec()).unwrap())
    });
    let patterns = Arc::new(patterns.build().unwrap());
    let marks: Replacements = values.map(|_| MARK.as_bytes().to_vec().into()).into();
    for owners in [&[][..], &[0], &[1], &[0, 1]] {
        let replacer = Replacer::steady(Arc::clone(&patterns), Arc::clone(&marks));
        let mut replacer = replacer.finding_parts_of(|owner| owners.contains(&owner));
        let stream = "|mLx2Vt0P|STAPLE-012|".repeat(100);
        let seen = [replacer.feed(stream.as_bytes()), replacer.finish()].concat();
        assert_eq!(String::from_utf8(seen).unwrap(), stream);
        assert_eq!(replacer.parts(), owners);
    }
}
