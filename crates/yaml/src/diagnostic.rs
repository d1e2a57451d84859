//! Errors in a document, with their positions.

use std::fmt;

/// A position in a document. Lines and columns start at 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Position {
    /// The start of a document.
    pub const START: Self = Self { line: 1, column: 1 };

    /// A position from the parser's numbers.
    pub(crate) fn new(line: usize, column: usize) -> Self {
        let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            line: number(line).max(1),
            column: number(column).max(1),
        }
    }

    /// The end of a text. YAML has three line breaks (YAML 1.2.2, section 5.4): LF, CR and
    /// CRLF.
    pub(crate) fn after(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let mut lines = text.rsplit(['\n', '\r']);
        let last_line = lines.next().unwrap_or_default();
        Self::new(1 + lines.count(), 1 + last_line.chars().count())
    }
}

/// An error in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line, starting at 1.
    pub line: u64,
    /// The column in characters, starting at 1.
    pub column: u64,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// All errors in a document, at least one, in order of position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The only error of a file that can't be read further.
    pub(crate) fn sole(at: Position, message: impl Into<String>) -> Self {
        Self(vec![Diagnostic {
            line: at.line,
            column: at.column,
            message: message.into(),
        }])
    }

    /// The errors, in order of position.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Proof that an error was reported. Reading a value can only fail with one, so no error is
/// dropped silently.
#[derive(Clone, Copy, Debug)]
pub struct Reported(());

/// Collects errors while a document is read.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// The path of keys to the value being read.
    path: Vec<String>,
}

impl Report {
    /// Read a value below a key, which the diagnostics include in their path.
    pub fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(excerpt(key));
        let value = read(self);
        self.path.pop();
        value
    }

    /// Report an error in the value being read.
    pub fn add(&mut self, at: Position, message: impl fmt::Display) -> Reported {
        if self.path.is_empty() {
            self.add_bare(at, message.to_string())
        } else {
            let path = self.path.join(".");
            self.add_bare(at, format!("`{path}`: {message}"))
        }
    }

    /// Report an error whose message names the value itself.
    pub fn add_bare(&mut self, at: Position, message: impl Into<String>) -> Reported {
        self.diagnostics.push(Diagnostic {
            line: at.line,
            column: at.column,
            message: message.into(),
        });
        Reported(())
    }

    /// Fails with all errors, if there are any.
    pub(crate) fn finish(mut self) -> Result<(), Diagnostics> {
        if self.diagnostics.is_empty() {
            return Ok(());
        }
        self.diagnostics
            .sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        // An error in an anchored value is found again for each alias.
        self.diagnostics.dedup();
        Err(Diagnostics(self.diagnostics))
    }
}

/// The start of a text from a file, on one line, for diagnostics.
pub fn excerpt(text: &str) -> String {
    const MAX_LEN: usize = 40;
    let mut shown: String = text
        .chars()
        .take(MAX_LEN)
        .flat_map(|c| {
            let escaped = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            escaped
                .then(|| c.escape_default())
                .into_iter()
                .flatten()
                .chain((!escaped).then_some(c))
        })
        .collect();
    if text.chars().nth(MAX_LEN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        for (text, line, column) in [
            ("", 1, 1),
            ("é", 1, 2),
            ("a\n", 2, 1),
            ("a\r\nßb", 2, 3),
            ("a\rb", 2, 2),
            ("a\n\r\r\n", 4, 1),
        ] {
            assert_eq!(Position::after(text), Position { line, column }, "{text:?}");
        }
    }

    #[test]
    fn excerpts_are_one_short_line() {
        assert_eq!(excerpt("größe"), "größe");
        assert_eq!(excerpt("a\n\u{1b}[31m"), "a\\n\\u{1b}[31m");
        assert_eq!(excerpt(&"a".repeat(41)), format!("{}…", "a".repeat(40)));
    }

    #[test]
    fn diagnostics_are_sorted_and_unique() {
        let mut report = Report::default();
        let at = |line, column| Position { line, column };
        report.add(at(2, 1), "second");
        report.within("files", |report| {
            report.within("a", |report| report.add(at(1, 5), "first"))
        });
        report.add(at(2, 1), "second");
        let diagnostics = report.finish().unwrap_err();
        assert_eq!(
            diagnostics.to_string(),
            "1:5: `files.a`: first\n2:1: second"
        );
        assert_eq!(diagnostics.iter().count(), 2);
    }
}
