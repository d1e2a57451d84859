//! How a run is shown, in each format.
//!
//! `text` is for people: the log goes to standard output while it is written, then the summary, and
//! the error if there is one, to standard error.
//!
//! `json` is for programs: one object on standard output when the run is over. It is the program's
//! stable contract: fields may be added, none is removed or changes its meaning.
//!
//! | field | value |
//! |---|---|
//! | `outcome` | `success`, `warnings`, `failure`, `exception`, `denied` or `cancelled` |
//! | `summary` | one line for people: `Status code: 200` |
//! | `exchanges` | a list with one `{request, response}` per request, including redirects |
//! | `exchanges[].request` | `{method, url, headers, body}` |
//! | `exchanges[].response` | `{status, headers, body}`, or null if none came |
//! | `….headers` | a list of `{name, value}`; a hidden value is `<HIDDEN>` |
//! | `….body` | `{size, sha256}`; null for a request without one |
//! | `outputs` | an object: values for the build, by name |
//! | `ledger` | a list with one row per request: what the host saw of it |
//! | `log` | a list of `{stream, text}`; the stream is `header`, `stdout`, `content` or `stderr` |
//! | `error` | `{kind, message, stage, sent, exceeded, grant}`, or null if there was a response to
//! judge |
//! | `usage` | a number for each budget |
//!
//! `docs/result.md` describes each field.
//!
//! `ndjson` is the same as a stream, one object per line. Each piece of the log is `{"event":
//! "log", "stream", "text"}`; the last line is `{"event": "result"}` with the fields above except
//! `log`.
//!
//! Without a run there is no object: invalid arguments, a step file with errors or a component that
//! is not a step end with a message on standard error and exit code 2; a component that takes too
//! much to compile, with exit code 4.

use anstyle::{AnsiColor, Style};
use http_step_host::{Outcome, RunResult, Sink, Stream};
use indexmap::IndexMap;
use serde_json::json;
use serde_json::value::RawValue;

use crate::args::Format;
use crate::exit::Exit;
use crate::terminal::{self, Fence};

const HEADER: Style = AnsiColor::Cyan.on_default();
const STDERR: Style = AnsiColor::Red.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Shows a run in a format: its log while it runs, then its result.
pub(crate) struct Show {
    format: Format,
    /// Around a log that is shown as text.
    fence: Option<Fence>,
}

impl Show {
    /// The log may arrive from now on.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            fence: (format == Format::Text).then(Fence::new),
        }
    }

    /// Receives the log.
    pub(crate) fn sink(&self) -> impl Sink + use<> {
        let format = self.format;
        move |stream: Stream, text: &str| match format {
            Format::Json => {}
            Format::Ndjson => {
                let event = json!({"event": "log", "stream": stream, "text": text});
                terminal::json(&event.to_string());
            }
            Format::Text => {
                let style = match stream {
                    Stream::Header => HEADER,
                    Stream::Stdout | Stream::Content => Style::new(),
                    Stream::Stderr => STDERR,
                };
                terminal::styled_output(style, text);
            }
        }
    }

    /// Show how the run ended.
    pub(crate) fn result(self, result: &RunResult) -> Exit {
        match self.format {
            Format::Json => {
                terminal::json(&serde_json::to_string_pretty(result).unwrap_or_default())
            }
            Format::Ndjson => terminal::json(&result_event(result)),
            Format::Text => {
                if let Some(fence) = self.fence {
                    annotate(fence, result);
                }
                text(result);
            }
        }
        Exit::from_result(result)
    }
}

fn text(result: &RunResult) {
    let style = match result.outcome {
        Outcome::Success | Outcome::Warnings => GOOD,
        Outcome::Failure | Outcome::Exception | Outcome::Denied | Outcome::Cancelled => BAD,
    };
    terminal::styled_note(style, &result.summary);
    if let Some(error) = &result.error {
        terminal::error(&error.message);
    }
}

/// Show a result that is not a success as an annotation.
fn annotate(fence: Fence, result: &RunResult) {
    let level = match result.outcome {
        Outcome::Success => return,
        Outcome::Warnings => "warning",
        Outcome::Failure | Outcome::Exception | Outcome::Denied | Outcome::Cancelled => "error",
    };
    match &result.error {
        Some(error) => fence.annotate(level, &format!("{}: {}", result.summary, error.message)),
        None => fence.annotate(level, &result.summary),
    }
}

/// The result without its log, each entry of which was an event. Its fields stay text, so that
/// numbers keep their digits.
fn result_event(result: &RunResult) -> String {
    let result = serde_json::to_string(result).unwrap_or_default();
    let mut fields: IndexMap<&str, &RawValue> = serde_json::from_str(&result).unwrap_or_default();
    fields.shift_remove("log");
    let fields = serde_json::to_string(&fields).unwrap_or_default();
    let fields = fields.trim_start_matches('{');
    format!("{{\"event\":\"result\",{fields}")
}
