//! A run as text, so that a test compares all of it.

use http_step_host::{LogEntry, RunResult, Stream};

/// The log with one letter per stream, as in Buildbot's documents (`h`, `o`, `e`), then the
/// summary, the outcome and the error. The origin is shown as `ORIGIN`.
///
/// A letter marks each change of stream and the start of each line; `¶` marks a text that does not
/// end with a line break.
pub fn transcript(result: &RunResult, origin: &str) -> String {
    let mut text = String::new();
    let letter = |entry: &LogEntry| match entry.stream {
        Stream::Header => 'h',
        Stream::Stdout | Stream::Content => 'o',
        Stream::Stderr => 'e',
    };
    for run in result.log.chunk_by(|a, b| letter(a) == letter(b)) {
        let written: String = run.iter().map(|entry| entry.text.as_str()).collect();
        for line in written.split_inclusive('\n') {
            text.push(letter(&run[0]));
            text.push('|');
            match line.strip_suffix('\n') {
                Some(line) => text.push_str(line),
                None => {
                    text.push_str(line);
                    text.push('¶');
                }
            }
            text.push('\n');
        }
    }
    text.push_str(&format!("{:?}: {}\n", result.outcome, result.summary));
    if let Some(error) = &result.error {
        text.push_str(&format!(
            "{:?}, sent {:?}: {}\n",
            error.kind, error.sent, error.message
        ));
    }
    text.replace(origin, "ORIGIN")
}

/// The error of a run in one line; the origin is shown as `ORIGIN`.
pub fn error(result: &RunResult, origin: &str) -> String {
    let Some(error) = &result.error else {
        return format!("{:?}: no error", result.outcome);
    };
    let line = format!(
        "{:?}, {:?}, sent {:?}: {}",
        result.outcome, error.kind, error.sent, error.message
    );
    line.replace(origin, "ORIGIN")
}

/// The audit log as text. What differs from run to run is replaced: times that are not zero by
/// `TIME`, the rest as `words` say.
pub fn ledger(result: &RunResult, words: &[(&str, &str)]) -> String {
    let mut rows = serde_json::to_value(&result.ledger).expect("rows are JSON");
    for row in rows.as_array_mut().into_iter().flatten() {
        for time in row["seconds"].as_object_mut().into_iter().flatten() {
            if time.1.as_f64() != Some(0.0) {
                *time.1 = "TIME".into();
            }
        }
    }
    let mut text = serde_json::to_string_pretty(&rows).expect("rows are JSON");
    for (value, word) in words {
        text = text.replace(value, word);
    }
    text
}
