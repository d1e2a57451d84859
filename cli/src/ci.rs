//! Commands to CI systems.
//!
//! A CI system reads the output of a build, and obeys some of it as commands: to mark an error, set
//! a variable, close a section. Without this module, any text in a log could contain such commands.
//! `docs/output.md` lists the known commands, and which systems obey them.

use std::env;

/// Commands that agents find anywhere in a line, in lower case.
const ANYWHERE: [&str; 5] = [
    "##[",
    "##vso[",
    "##teamcity[",
    "section_start:",
    "section_end:",
];

/// The maximum length of [`ANYWHERE`].
const MAX_LEN: usize = "section_start:".len();

/// The start of a Buildkite group: one of these three times, and a blank.
const GROUPS: [char; 4] = ['-', '+', '~', '^'];

/// Finds commands in text, character by character.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    /// The latest characters, in lower case.
    recent: String,
    line: Line,
}

/// The current line.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// It is empty.
    Start,
    /// It is blank.
    Blank,
    /// It is blank but for a colon.
    Colon,
    /// It is this number of one character.
    Group(char, usize),
    /// No command starts like this line.
    Other,
}

impl Commands {
    /// At the start of a line.
    pub(crate) fn new() -> Self {
        Self {
            recent: String::with_capacity(MAX_LEN),
            line: Line::Start,
        }
    }

    /// Process the next character. If it completes a command, returns how many characters this
    /// command has so far; the character then has to be written in another form.
    pub(crate) fn completed_by(&mut self, next: char) -> Option<usize> {
        let length = self.anywhere(next).or(self.at_line_start(next));
        if length.is_some() {
            self.recent.clear();
            self.line = Line::Other;
        }
        length
    }

    fn anywhere(&mut self, next: char) -> Option<usize> {
        if !next.is_ascii() {
            self.recent.clear();
            return None;
        }
        if self.recent.len() == MAX_LEN {
            self.recent.remove(0);
        }
        self.recent.push(next.to_ascii_lowercase());
        if !matches!(next, '[' | ':') {
            return None;
        }
        let is_here = |command: &&&str| self.recent.ends_with(**command);
        ANYWHERE.iter().find(is_here).map(|command| command.len())
    }

    fn at_line_start(&mut self, next: char) -> Option<usize> {
        let mut length = None;
        self.line = match (self.line, next) {
            (_, '\n') => Line::Start,
            (Line::Start | Line::Blank, ':') => Line::Colon,
            (Line::Colon, ':') => {
                length = Some("::".len());
                Line::Other
            }
            (Line::Group(_, 3), blank) if blank.is_whitespace() => {
                length = Some("--- ".len());
                Line::Other
            }
            (Line::Group(begun, count), next) if begun == next => Line::Group(begun, count + 1),
            (Line::Start, next) if GROUPS.contains(&next) => Line::Group(next, 1),
            (Line::Start | Line::Blank, next) if next.is_whitespace() => Line::Blank,
            _ => Line::Other,
        };
        length
    }
}

/// Whether GitHub's runner, or a compatible one, reads the output.
pub(crate) fn is_github() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A token that can't be guessed; none if the system has no randomness.
pub(crate) fn token() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A GitHub command that shows a line of text as an annotation. The text may be untrusted, but has
/// no control characters.
pub(crate) fn annotation(level: &str, text: &str) -> String {
    let text = text.replace('%', "%25").replace('\n', "%0A");
    format!("::{level} title=http-step::{text}")
}
