//! A run as text, so that a test compares all of it.

use http_step_host::{LogEntry, RunResult, Stream};

/// The log with a letter a stream, as in Buildbot's documents (`h`, `o`, `e`),
/// and the summary, the outcome and the error after it. `origin` reads `ORIGIN`.
///
/// A letter stands wherever the stream changes and at every line's beginning; a
/// text that does not end with a line's end is marked with `¶`.
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
