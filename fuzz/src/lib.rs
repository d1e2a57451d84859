//! Checks that the targets for both kinds of files share: their errors.

use http_step_policy::Diagnostics;

/// Every error has a place in the file, the errors are in order, and a message is one line that
/// leaves a terminal alone.
pub fn check_diagnostics(file: &[u8], diagnostics: &Diagnostics) {
    let text = String::from_utf8_lossy(file);
    let lines = lines(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let mut last = (1, 1);
    assert!(
        diagnostics.iter().count() > 0,
        "an error without a diagnostic"
    );
    for diagnostic in diagnostics {
        let place = (diagnostic.line, diagnostic.column);
        assert!(last <= place, "not in order: {diagnostics}");
        last = place;
        let length = usize::try_from(diagnostic.line - 1)
            .ok()
            .and_then(|line| lines.get(line));
        // One beyond the end, where something is missing.
        assert!(
            length.is_some_and(|length| diagnostic.column <= length + 1),
            "outside of the file: {diagnostic}"
        );
        check_line(&diagnostic.message);
    }
}

/// What is shown to people is one line without control characters.
pub fn check_line(shown: &str) {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    assert!(!shown.contains(breaks), "not a line: {shown:?}");
}

/// The lengths of the lines in characters, by the line breaks of YAML 1.2.
fn lines(text: &str) -> Vec<u64> {
    text.replace("\r\n", "\n")
        .split(['\n', '\r'])
        .map(|line| line.chars().map(|_| 1).sum())
        .collect()
}
