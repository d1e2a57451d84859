//! Files that are not YAML, or not one document: one error, since there is nothing else to read.

use http_step_file::{MAX_LEN, StepFile};

#[track_caller]
fn report(file: &[u8], diagnostic: &str) {
    let found = StepFile::parse(file).expect_err(diagnostic).to_string();
    let start: String = String::from_utf8_lossy(file).chars().take(80).collect();
    assert_eq!(found, diagnostic, "\n{start}");
}

#[test]
fn empty() {
    for file in ["", " \n", "# comment\n", "---\n", "null", "\u{feff}"] {
        report(
            file.as_bytes(),
            "1:1: the file is empty; a minimal step file is `url: https://…`",
        );
    }
}

#[test]
fn not_a_mapping() {
    for (file, kind) in [
        ("[]", "a list"),
        ("text", "a string"),
        ("5", "a number"),
        ("true", "a boolean"),
    ] {
        report(
            file.as_bytes(),
            &format!("1:1: expected a mapping, as in `url: https://example.com/`, not {kind}"),
        );
    }
}

#[test]
fn bytes() {
    report(
        b"url: https://a/\nx: \xc3\xa9\xff",
        "2:5: invalid UTF-8; save the file as UTF-8",
    );
    report(
        b"\xff\xfeu\0r\0l\0",
        "1:1: invalid UTF-8; save the file as UTF-8",
    );
    report(
        b"url: https://a/\n# \0",
        "2:3: a step file can't contain a NUL byte",
    );
    report(
        &vec![b'x'; 10 * MAX_LEN],
        "1:1: the file is too large; the limit for a step file is 1048576 bytes",
    );
}

#[test]
fn syntax() {
    let quotes = "; quote text that contains an expression";
    let another = "expected a key; all keys of a mapping must start in the same column";
    let key = "unexpected key; check the indentation, and quote text that contains a colon";
    for (file, diagnostic) in [
        ("headers:\n\tA: b", "2:2: YAML can't be indented with tabs; use spaces".to_owned()),
        ("headers:\n  A: b\n\tB: c", "2:6: YAML can't be indented with tabs; use spaces".to_owned()),
        ("headers:\n    A: b\n  B: c", format!("3:3: {another}")),
        ("data: 'it's'", "1:11: text after the closing quote; inside single quotes, write `''` for `'`".to_owned()),
        ("data: \"say \"hi\"\"", "1:13: text after the closing quote; is a `,` or `:` missing, or a `\\` before a `\"`?".to_owned()),
        ("json: {\"a\": \"b\" \"c\": \"d\"}", "1:17: text after the closing quote; is a `,` or `:` missing, or a `\\` before a `\"`?".to_owned()),
        ("url: 'https://a/", "1:6: this quote is never closed".to_owned()),
        ("json: {a: [1", "1:11: this `[` is never closed".to_owned()),
        ("json: [a b: c]\n d", format!("2:2: {another}")),
        ("json: {a: ${{ property.x }}}", format!("1:12: expected `,` or `}}`{quotes}")),
        ("json: [${{ property.x }}]", format!("1:9: expected `,` or `]`{quotes}")),
        ("json: ${{ property.x | default(\"a: b\") }}", format!("1:34: {key}{quotes}")),
        ("url: https://a/\n  method: GET", format!("2:9: {key}")),
        ("url: @a", "1:6: quote text that starts with `@`".to_owned()),
        ("url: *a", "1:6: unknown alias (`*name`): no anchor (`&name`) precedes it; quote text that starts with `*`".to_owned()),
        ("json: &a [*a]", "1:11: an alias (`*name`) refers to a value that contains it".to_owned()),
        ("json: !env HOME", "1:12: unknown tag `!env`; quote text that starts with `!`".to_owned()),
        ("json: !!int x", "1:13: the value does not match its tag".to_owned()),
        ("json: {<<: 5}", "1:12: the value of the merge key `<<` must be a mapping or a list of mappings".to_owned()),
        ("url: https://a/\n---\nurl: https://b/", "2:1: a second document starts here; a step file must be a single document".to_owned()),
        ("json: \"\\q\"", "1:7: invalid escape; inside double quotes, write `\\\\` for `\\`, or use single quotes".to_owned()),
    ] {
        report(file.as_bytes(), &diagnostic);
    }
}

#[test]
fn nesting() {
    let nested = |depth| {
        format!(
            "url: https://a/\njson: {}{}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(StepFile::parse(nested(31).as_bytes()).is_ok());
    report(
        nested(32).as_bytes(),
        "2:38: lists and mappings are nested more than 32 deep",
    );
    // The parser looks ahead, and has the limit, too.
    report(
        nested(500_000).as_bytes(),
        "2:39: lists and mappings are nested more than 32 deep",
    );
    report(
        "- ".repeat(500_000).as_bytes(),
        "1:65: lists and mappings are nested more than 32 deep",
    );
    // Each level is a key of the next.
    report(
        "? ".repeat(500_000).as_bytes(),
        "1:65: lists and mappings are nested more than 32 deep",
    );
    // Not deep as it is written, but with its aliases.
    let by_alias = format!(
        "json:\n  a: &a {0}{1}\n  b: &b {0}*a{1}\n",
        "[".repeat(20),
        "]".repeat(20)
    );
    report(
        by_alias.as_bytes(),
        "3:29: lists and mappings are nested more than 32 deep",
    );
}

#[test]
fn alias_bombs() {
    let mut laughs = "json:\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        let aliases = [alias.as_str(); 9].join(", ");
        laughs.push_str(&format!("  a{level}: &a{level} [{aliases}]\n"));
    }
    report(
        laughs.as_bytes(),
        "7:12: the file has more than 100000 values, with aliases (`*name`) expanded",
    );
    let text = format!(
        "json:\n  a: &a {}\n  b: [{}]",
        "x".repeat(500_000),
        ["*a"; 50_000].join(", ")
    );
    report(
        text.as_bytes(),
        "3:35: the file has more than 4194304 bytes of text, with aliases (`*name`) expanded",
    );
    let merges = format!(
        "json:\n  a: &a {{{}}}\n{}",
        "k: v, ".repeat(100),
        "  <<: *a\n".repeat(50_000)
    );
    report(
        merges.as_bytes(),
        "497:7: the file has more than 100000 values, with aliases (`*name`) expanded",
    );
}

#[test]
fn the_limits_can_be_reached() {
    let long = |length: usize| {
        let start = "url: https://a/\n#";
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    assert!(StepFile::parse(long(MAX_LEN).as_bytes()).is_ok());
    report(
        long(MAX_LEN + 1).as_bytes(),
        "1:1: the file is too large; the limit for a step file is 1048576 bytes",
    );
    // The mapping, its two keys, the URL and the list are values, too.
    let many = |items: usize| format!("url: https://a/\njson: [{}]", "1,".repeat(items));
    assert!(StepFile::parse(many(99_995).as_bytes()).is_ok());
    report(
        many(99_996).as_bytes(),
        "2:199998: the file has more than 100000 values, with aliases (`*name`) expanded",
    );
    // Fifteen times the text, and 19 bytes in the other keys and values.
    let text = |key: &str| {
        format!(
            "url: https://a/\njson: {{a: &a [{}], {key}: [{}]}}",
            "x".repeat(279_619),
            ["*a"; 14].join(",")
        )
    };
    assert!(StepFile::parse(text("b").as_bytes()).is_ok());
    report(
        text("bb").as_bytes(),
        "2:279681: the file has more than 4194304 bytes of text, with aliases (`*name`) expanded",
    );
}
