//! The only file that writes to the terminal.
//!
//! Texts of a run come from servers and components, so they may contain sequences that move the
//! cursor, set the window's title or answer in the user's name, and lines that command a CI system.
//! They are made visible instead ([`Printable`]), and in JSON they are escaped.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::sync::{LazyLock, OnceLock};

use anstyle::{AnsiColor, Style};
use parking_lot::Mutex;

use crate::printable::Printable;
use crate::{ci, json};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Why output was lost, if any was.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Standard output, and its state.
static OUTPUT: LazyLock<Mutex<Output>> = LazyLock::new(|| {
    Mutex::new(Output {
        text: Printable::log(),
        line_has_text: false,
    })
});

struct Output {
    text: Printable,
    /// Whether the current line contains text.
    line_has_text: bool,
}

/// Write text to standard output.
pub(crate) fn output(text: &str) {
    styled_output(Style::new(), text);
}

/// Write text to standard output, in a style if the terminal supports it.
pub(crate) fn styled_output(style: Style, text: &str) {
    with_output(|output| {
        let shown = output.text.feed(text);
        output.write(style, &shown);
    });
}

/// Write JSON text to standard output: an object on one line, or an indented one for people. It is
/// text, so that numbers keep their digits.
pub(crate) fn json(text: &str) {
    own(&format!("{}\n", json::printable(text)));
}

/// Write the program's own text to standard output, without untrusted parts: help, scripts for
/// shells.
pub(crate) fn own(text: &str) {
    with_output(|_| keep(write_all(anstream::stdout().lock(), text)));
}

/// Write a line for people to standard error, beside the output.
pub(crate) fn note(text: &str) {
    styled_note(Style::new(), text);
}

/// As [`note`], in a style.
pub(crate) fn styled_note(style: Style, text: &str) {
    end_line();
    // There is no other way to report that this failed.
    let _ = writeln!(
        anstream::stderr().lock(),
        "{style}{}{style:#}",
        Printable::message("", text)
    );
}

/// Write an event on a line of standard error, while a run may be in the middle of a line of
/// standard output.
pub(crate) fn event(text: &str) {
    let text = Printable::message("", &text.replace('\n', " "));
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Write an error that ends the program to standard error.
pub(crate) fn error(text: impl Display) {
    labelled(ERROR, "error", text);
}

/// Write a warning to standard error.
pub(crate) fn warning(text: impl Display) {
    labelled(WARNING, "warning", text);
}

/// Write an internal error to standard error. The code that failed may be writing.
pub(crate) fn bug(text: impl Display) {
    let text = Printable::message("", &format!("\nerror: this is a bug of http-step: {text}"));
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn labelled(style: Style, label: &str, text: impl Display) {
    end_line();
    let text = Printable::message(&format!("{label}: "), &text.to_string());
    let _ = writeln!(anstream::stderr().lock(), "{style}{label}:{style:#} {text}");
}

/// While it exists, GitHub's runner takes no commands from standard output, if it is the reader;
/// the output is plain text. Only this program knows the word that ends it.
///
/// Standard error is read concurrently, and not in order: no command is ever written there.
pub(crate) struct Fence {
    word: Option<String>,
}

impl Fence {
    pub(crate) fn new() -> Self {
        let word = if ci::is_github() { ci::token() } else { None };
        if let Some(word) = &word {
            with_output(|output| {
                // The line may be unfinished.
                output.write(Style::new(), &format!("\n::stop-commands::{word}\n"));
                output.text = Printable::log_without(word);
            });
        }
        Self { word }
    }

    /// End it, and write annotations.
    pub(crate) fn annotate(mut self, level: &str, text: &str) {
        if self.end() {
            annotation(level, text);
        }
    }

    fn end(&mut self) -> bool {
        let Some(word) = self.word.take() else {
            return false;
        };
        end_line();
        with_output(|output| {
            output.write(Style::new(), &format!("::{word}::\n"));
            output.text = Printable::log();
        });
        true
    }
}

/// Write annotations, without a fence.
pub(crate) fn annotate(level: &str, text: &str) {
    if ci::is_github() {
        end_line();
        annotation(level, text);
    }
}

fn annotation(level: &str, text: &str) {
    let annotation = ci::annotation(level, &Printable::message("::", text));
    with_output(|output| output.write(Style::new(), &format!("{annotation}\n")));
}

impl Drop for Fence {
    fn drop(&mut self) {
        self.end();
    }
}

/// Start a new line of standard output, unless one has just started.
fn end_line() {
    with_output(|output| {
        let rest = output.text.finish();
        output.write(Style::new(), &rest);
        if output.line_has_text {
            output.text.feed("\n");
            output.write(Style::new(), "\n");
        }
    });
}

/// Why output was lost, if any was.
pub(crate) fn lost_output() -> Option<&'static io::Error> {
    LOST.get()
}

impl Output {
    /// Write text that may be written.
    fn write(&mut self, style: Style, shown: &str) {
        if shown.is_empty() {
            return;
        }
        self.line_has_text = !shown.ends_with('\n');
        // A line that a CI system has to obey must not start with a style.
        let (text, end) = match shown.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (shown, ""),
        };
        keep(write_all(
            anstream::stdout().lock(),
            &format!("{style}{text}{style:#}{end}"),
        ));
    }
}

fn with_output(write: impl FnOnce(&mut Output)) {
    write(&mut OUTPUT.lock());
}

fn write_all(mut to: impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Remember the first error. If the reader has gone away, that is no error.
fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error);
    }
}
