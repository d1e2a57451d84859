//! The one file that writes to the terminal.
//!
//! Texts of a run come from servers and components, so they may hold sequences
//! that move the cursor, set the window's title or answer in the user's name.
//! They are made visible instead.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Why output was lost, if any was.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Write to standard output.
pub(crate) fn output(text: &str) {
    keep(write_all(io::stdout().lock(), text));
}

/// Write text of a run to standard output, in a style if that shows any.
pub(crate) fn styled_output(style: Style, text: &str) {
    let text = format!("{style}{}{style:#}", printable(text));
    keep(write_all(anstream::stdout().lock(), &text));
}

/// Write a line for people to standard error, beside the output.
pub(crate) fn note(text: &str) {
    styled_note(Style::new(), text);
}

/// As [`note`], in a style.
pub(crate) fn styled_note(style: Style, text: &str) {
    // There is nobody left to tell that this could not be told.
    let _ = writeln!(
        anstream::stderr().lock(),
        "{style}{}{style:#}",
        printable(text)
    );
}

/// Write an error that ends the program to standard error.
pub(crate) fn error(text: impl Display) {
    labelled(ERROR, "error", text);
}

/// Write to standard error what the program goes on without.
pub(crate) fn warning(text: impl Display) {
    labelled(WARNING, "warning", text);
}

fn labelled(style: Style, label: &str, text: impl Display) {
    let text = text.to_string();
    let _ = writeln!(
        anstream::stderr().lock(),
        "{style}{label}:{style:#} {}",
        printable(&text)
    );
}

/// Why output was lost, if any was.
pub(crate) fn lost_output() -> Option<&'static io::Error> {
    LOST.get()
}

fn write_all(mut to: impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

/// Remember the first error. A reader who has gone away has seen enough.
fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error);
    }
}

/// Text with its control characters made visible, but for tabs and line ends.
fn printable(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match u32::from(c) {
            _ if !hostile(c) => shown.push(c),
            // The control pictures stand in the order of the characters.
            code @ 0..0x20 => shown.extend(char::from_u32(0x2400 + code)),
            0x7f => shown.push('\u{2421}'),
            code => {
                let _ = write!(shown, "\\u{{{code:x}}}");
            }
        }
    }
    Cow::Owned(shown)
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
