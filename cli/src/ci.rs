//! Commands to CI systems.
//!
//! A CI system reads what a build prints, and some of what is printed commands it: to
//! mark an error, set a variable, close a section. Whoever writes into a log would
//! command it, too. `docs/output.md` has the commands that are known, and who obeys
//! them.

use std::env;

/// Commands that agents find anywhere in a line, in lower case.
const ANYWHERE: [&str; 5] = [
    "##[",
    "##vso[",
    "##teamcity[",
    "section_start:",
    "section_end:",
];

/// What [`ANYWHERE`] has in it at the most.
const MAX_LEN: usize = "section_start:".len();

/// What begins a group of Buildkite's, three times and before a blank.
const GROUPS: [char; 4] = ['-', '+', '~', '^'];

/// Finds commands in text, one character after the other.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    /// The latest characters, in lower case.
    recent: String,
    line: Line,
}

/// The line so far.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// It begins.
    Start,
    /// It is blank.
    Blank,
    /// It is blank but for a colon.
    Colon,
    /// It is so many of one character.
    Group(char, usize),
    /// No command begins its line so.
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

    /// Take in the next character. If a command is complete with it, the answer is how
    /// many characters begin that command, this one included; then the character is to
    /// be written in some other way.
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

/// Whether GitHub's runner, or one that takes its commands, reads the output.
pub(crate) fn is_github() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// A token that nobody guesses; none if the system has no randomness.
pub(crate) fn token() -> Option<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).ok()?;
    Some(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A command of GitHub's that shows a line of text beside the build. The text may be
/// anybody's, but has no control characters.
pub(crate) fn annotation(level: &str, text: &str) -> String {
    let text = text.replace('%', "%25").replace('\n', "%0A");
    format!("::{level} title=http-step::{text}")
}
