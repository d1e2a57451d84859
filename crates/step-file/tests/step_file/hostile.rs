//! Whatever the bytes are, there is a result, and each error has a position in the file.

use http_step_file::StepFile;
use proptest::prelude::*;

fn check(bytes: &[u8]) {
    let Err(diagnostics) = StepFile::parse(bytes) else {
        return;
    };
    let text = String::from_utf8_lossy(bytes);
    // YAML has its own line breaks; there are at most as many as these characters.
    let lines = 1 + text.matches(['\n', '\r']).count() as u64;
    assert!(diagnostics.iter().count() > 0);
    let mut last = (0, 0);
    for diagnostic in &diagnostics {
        let place = (diagnostic.line, diagnostic.column);
        assert!(last <= place, "{diagnostics}");
        assert!((1..=lines).contains(&diagnostic.line), "{diagnostics}");
        assert!(diagnostic.column >= 1, "{diagnostics}");
        assert!(
            !diagnostic.message.contains(['\n', '\r', '\0', '\u{1b}']),
            "{diagnostics:?}"
        );
        last = place;
    }
}

/// Text that resembles a step file.
fn nearly() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("url: https://a/\n"),
        Just("headers:\n"),
        Just("json: "),
        Just("files: "),
        Just("auth: "),
        Just("timeout: "),
        Just("proxies: "),
        Just("tls: "),
        Just("<<: "),
        Just("${{ property.a }}"),
        Just("${{"),
        Just("&a "),
        Just("*a"),
        Just("!t "),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(", "),
        Just(": "),
        Just("? "),
        Just("- "),
        Just("\n"),
        Just("\r"),
        Just("  "),
        Just("\t"),
        Just("\""),
        Just("'"),
        Just("|\n "),
        Just("# "),
        Just("---\n"),
        Just("\u{feff}"),
        Just("\u{85}"),
        Just("é"),
        Just("0"),
        Just("-1.5"),
        Just(".nan"),
        Just("1e999"),
        Just("a"),
        Just("null"),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes);
    }

    #[test]
    fn text(text in "\\PC{0,100}") {
        check(text.as_bytes());
    }

    #[test]
    fn nearly_a_step_file(text in nearly()) {
        check(text.as_bytes());
    }
}
