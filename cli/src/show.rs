//! How a run is shown, in each format.
//!
//! `text` is for people: the log goes to standard output while it is written,
//! then the summary, and the error if there is one, to standard error.
//!
//! `json` is for programs: one object on standard output when the run is over.
//! It is the program's stable contract: fields may be added, none is taken away
//! or changes its meaning.
//!
//! | field | value |
//! |---|---|
//! | `outcome` | `success`, `warnings`, `failure`, `exception`, `denied` or `cancelled` |
//! | `summary` | one line for people: `Status code: 200` |
//! | `exchanges` | a list with one `{request, response}` a request, redirects included |
//! | `exchanges[].request` | `{method, url, headers, body}` |
//! | `exchanges[].response` | `{status, headers, body}`, or null if none came |
//! | `….headers` | a list of `{name, value}`; a hidden value reads `<HIDDEN>` |
//! | `….body` | `{size, sha256}`; null for a request without one |
//! | `outputs` | an object: values for the build, by name |
//! | `ledger` | a list with one row a request: what the host saw of it |
//! | `log` | a list of `{stream, text}`, the stream being `header`, `stdout`, `content` or `stderr` |
//! | `error` | `{kind, message, stage, sent, exceeded}`, or null if there was an answer to judge |
//! | `usage` | a number for each budget |
//!
//! `docs/result.md` tells of each field.
//!
//! `ndjson` is the same as it happens, one object a line. Each piece of the log
//! is `{"event": "log", "stream", "text"}`; the last line is `{"event":
//! "result"}` with the fields above but `log`.
//!
//! Where there is no run there is no object: bad arguments, a step file with
//! mistakes or a component that is no step end in words on standard error and
//! exit code 2; a component that is too much to compile, with exit code 4.

use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use http_step_host::{Outcome, RunResult, Sink, Stream};
use serde_json::{Value, json};

use crate::args::Format;
use crate::exit::Exit;
use crate::terminal;

const HEADER: Style = AnsiColor::Cyan.on_default();
const STDERR: Style = AnsiColor::Red.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Shows a run in a format: its log while it runs, then its result.
pub(crate) struct Show {
    format: Format,
    /// Whether the log's text stands at the beginning of a line.
    at_line_start: Arc<Mutex<bool>>,
}

impl Show {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            at_line_start: Arc::new(Mutex::new(true)),
        }
    }

    /// Takes the log in.
    pub(crate) fn sink(&self) -> impl Sink + use<> {
        let format = self.format;
        let at_line_start = Arc::clone(&self.at_line_start);
        move |stream: Stream, text: &str| match format {
            Format::Json => {}
            Format::Ndjson => {
                line(&json!({"event": "log", "stream": stream, "text": text}));
            }
            Format::Text => {
                let style = match stream {
                    Stream::Header => HEADER,
                    Stream::Stdout | Stream::Content => Style::new(),
                    Stream::Stderr => STDERR,
                };
                terminal::styled_output(style, text);
                *at_line_start.lock().unwrap_or_else(PoisonError::into_inner) =
                    text.ends_with('\n');
            }
        }
    }

    /// Show how it ended.
    pub(crate) fn result(&self, result: &RunResult) -> Exit {
        match self.format {
            Format::Json => {
                terminal::output(&format!("{}\n", plain(&format!("{:#}", json!(result)))))
            }
            Format::Ndjson => line(&result_event(result)),
            Format::Text => self.text(result),
        }
        Exit::of(result)
    }

    fn text(&self, result: &RunResult) {
        let at_line_start = *self
            .at_line_start
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !at_line_start {
            terminal::output("\n");
        }
        let style = match result.outcome {
            Outcome::Success | Outcome::Warnings => GOOD,
            Outcome::Failure | Outcome::Exception | Outcome::Denied | Outcome::Cancelled => BAD,
        };
        terminal::styled_note(style, &result.summary);
        if let Some(error) = &result.error {
            terminal::error(&error.message);
        }
    }
}

/// The result without its log, each entry of which was an event.
fn result_event(result: &RunResult) -> Value {
    let mut event = json!({"event": "result"});
    if let (Some(event), Value::Object(mut fields)) = (event.as_object_mut(), json!(result)) {
        fields.shift_remove("log");
        event.append(&mut fields);
    }
    event
}

fn line(event: &Value) {
    terminal::output(&format!("{}\n", plain(&event.to_string())));
}

/// JSON with the control characters escaped that JSON lets stand, and terminals
/// obey: all of them are in strings.
fn plain(json: &str) -> String {
    let hostile = |c: char| c.is_control() && c != '\n';
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        if hostile(c) {
            plain.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_left_in_json() {
        let text = "\u{1b}[2J\u{7f}\u{9b}31m\né";
        let json = plain(&json!([text]).to_string());
        assert_eq!(json, r#"["\u001b[2J\u007f\u009b31m\né"]"#);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), json!([text]));
    }
}
