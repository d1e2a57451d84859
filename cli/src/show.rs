//! What people and programs see: the one file that writes to the terminal.
//!
//! Log text comes from servers, so it may hold sequences that move the cursor
//! or set the window's title. In text they are made visible; JSON escapes them.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstyle::{AnsiColor, Style};
use http_step_host::{Outcome, RunResult, Sink, Stream};
use serde_json::json;

use crate::args::Format;
use crate::exit::Exit;

const HEADER: Style = AnsiColor::Cyan.on_default();
const STDERR: Style = AnsiColor::Red.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Write to standard output. A reader who has gone away has seen enough.
pub(crate) fn stdout(text: &str) -> Result<Exit, String> {
    let mut stdout = anstream::stdout().lock();
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    Ok(Exit::Success)
}

/// A line for people, beside the output.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// An error that ends the program.
pub(crate) fn error(text: impl Display) {
    note(format_args!("{BAD}error:{BAD:#} {text}"));
}

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
                let event = json!({"event": "log", "stream": stream, "text": text});
                let _ = stdout(&format!("{event}\n"));
            }
            Format::Text => {
                let _ = styled(stream, &printable(text));
                *at_line_start.lock().unwrap_or_else(PoisonError::into_inner) =
                    text.ends_with('\n');
            }
        }
    }

    /// Show how it ended.
    pub(crate) fn result(&self, mut result: RunResult) -> Result<Exit, String> {
        let exit = Exit::of(&result);
        match self.format {
            Format::Json => stdout(&format!("{:#}\n", json!(result)))?,
            Format::Ndjson => {
                // Each of its entries is an event already.
                result.log.clear();
                let mut event = json!({"event": "result"});
                if let (Some(event), serde_json::Value::Object(mut fields)) =
                    (event.as_object_mut(), json!(result))
                {
                    fields.remove("log");
                    event.append(&mut fields);
                }
                stdout(&format!("{event}\n"))?
            }
            Format::Text => {
                let at_line_start = *self
                    .at_line_start
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                if !at_line_start {
                    stdout("\n")?;
                }
                let style = match result.outcome {
                    Outcome::Success | Outcome::Warnings => GOOD,
                    _ => BAD,
                };
                let summary = printable(&result.summary);
                note(format_args!("{style}{summary}{style:#}"));
                if let Some(error) = &result.error {
                    self::error(printable(&error.message));
                }
                Exit::Success
            }
        };
        Ok(exit)
    }
}

fn styled(stream: Stream, text: &str) -> io::Result<()> {
    let style = match stream {
        Stream::Header => HEADER,
        Stream::Stdout => Style::new(),
        Stream::Stderr => STDERR,
    };
    let mut stdout = anstream::stdout().lock();
    write!(stdout, "{style}{text}{style:#}")?;
    stdout.flush()
}

/// Text with its control characters made visible, but for tabs and line ends.
fn printable(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|c| {
            if !hostile(c) {
                return Cow::Owned(c.to_string());
            }
            // The control pictures stand in the order of the characters.
            let picture = char::from_u32(0x2400 + u32::from(c)).filter(|_| u32::from(c) < 0x20);
            match (c, picture) {
                ('\x7f', _) => Cow::Borrowed("\u{2421}"),
                (_, Some(picture)) => Cow::Owned(picture.to_string()),
                (c, None) => Cow::Owned(c.escape_unicode().to_string()),
            }
        })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_not_sent() {
        assert_eq!(printable("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(
            printable("a\r\nb\x1b[2J\x07\x7f\u{9b}31m\r"),
            "a\nb\u{241b}[2J\u{2407}\u{2421}\\u{9b}31m\u{240d}"
        );
    }
}
