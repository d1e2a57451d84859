//! Why a step file may not name a file, in words, and what would let it.

use std::sync::Arc;

use http_step_yaml::excerpt;

use super::{is_hidden, is_invisible, literally};
use crate::denial::{Wanted, in_shell};

/// A file that a step file may not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    /// As the step file has it.
    asked: String,
    /// Where that leads.
    path: String,
    file: Option<Arc<str>>,
}

impl Denied {
    pub(crate) fn new(asked: &str, path: &str, file: Option<&Arc<str>>) -> Self {
        Self {
            asked: asked.to_owned(),
            path: path.to_owned(),
            file: file.cloned(),
        }
    }

    /// The policy file.
    pub(crate) fn file(&self) -> Option<&Arc<str>> {
        self.file.as_ref()
    }

    pub(crate) fn subject(&self) -> String {
        format!("the file `{}`", excerpt(&self.asked))
    }

    pub(crate) fn reason(&self) -> String {
        let leads = if self.asked == self.path {
            String::new()
        } else {
            format!("it leads to `{}`, and ", excerpt(&self.path))
        };
        match self.path.split('/').find(|name| is_hidden(name)) {
            Some(name) => format!("{leads}`{}` is hidden, and no glob names it", excerpt(name)),
            None => format!("{leads}no glob matches it"),
        }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        let glob = literally(&self.path);
        Wanted {
            argument: format!("--allow-file {}", in_command(&glob)),
            line: format!("- {}", in_list(&glob)),
            place: "under `files: read:`".to_owned(),
        }
    }
}

/// A text as an item of a YAML list: quoted, unless it reads as a path and nothing else.
fn in_list(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let begins = text.trim_start_matches('.');
    let is_path = begins.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.contains(['/', '.', '-'])
        && ![".inf", ".nan"].contains(&text.to_ascii_lowercase().as_str());
    if is_path && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        let quoted = serde_json::Value::from(text).to_string();
        escaped(&quoted)
    }
}

/// A text as one word of a shell's command, in one line.
fn in_command(text: &str) -> String {
    if !text.contains(is_invisible) {
        return in_shell(text);
    }
    let text = text.replace('\\', r"\\").replace('\'', r"\'");
    format!("$'{}'", escaped(&text))
}

/// A text with escapes that JSON, YAML and shells share for what is invisible in it.
fn escaped(text: &str) -> String {
    let shown = |c: char| match is_invisible(c) {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    text.chars().map(shown).collect()
}
