//! The files that a step file may name: those in its directory that a glob matches.
//!
//! | glob | matches |
//! |---|---|
//! | `report.xml` | that file |
//! | `reports/*.xml` | files of that directory |
//! | `reports/**` | files at any depth below it |
//! | `**` | every file that is not hidden |
//! | `.env`, `.config/*.json` | hidden ones, by their dots |
//!
//! `*` and `?` match characters of one name, `**` any number of directories, and `[ab]` and
//! `{a,b}` one of several. As in shells, none of them matches a dot at the start of a name: the
//! glob must contain it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use http_step_yaml::excerpt;
use thiserror::Error;

/// A set of files, by their paths relative to the step file's directory.
///
/// ```
/// use http_step_policy::FileGlob;
///
/// let glob: FileGlob = "reports/**/*.xml".parse()?;
/// assert!(glob.matches("reports/unit/one.xml"));
/// assert!(!glob.matches("reports/.cache/one.xml"));
/// # Ok::<(), http_step_policy::FileGlobError>(())
/// ```
#[derive(Clone)]
pub struct FileGlob {
    text: Arc<str>,
    parts: Arc<[Part]>,
}

/// The part between two slashes.
enum Part {
    /// `**`: any number of directories that are not hidden.
    Directories,
    /// One name that is not hidden.
    Visible,
    Name {
        glob: GlobMatcher,
        /// Whether it starts with a dot.
        is_hidden: bool,
    },
}

/// The maximum length of a glob, in bytes.
const MAX_LEN: usize = 1024;

/// The maximum number of names between the slashes of a glob: each with a wildcard is compiled.
const MAX_NAMES: usize = 64;

impl FileGlob {
    /// Every file that is not hidden: `**`.
    #[must_use]
    pub fn visible() -> Self {
        Self {
            text: "**".into(),
            parts: [Part::Directories, Part::Visible].into(),
        }
    }

    /// The glob with escapes for line breaks and other invisible characters.
    pub(crate) fn in_a_line(&self) -> String {
        let shown = |c: char| match is_invisible(c) {
            true => c.escape_default().to_string(),
            false => c.to_string(),
        };
        self.text.chars().map(shown).collect()
    }

    /// Whether it matches a file. The path must be relative, without links, and with `/` as the
    /// separator.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        // Whether the parts so far can match each number of names.
        let mut counts = vec![false; names.len() + 1];
        if let Some(none) = counts.first_mut() {
            *none = true;
        }
        for part in self.parts.iter() {
            counts = part.after(&counts, &names);
        }
        counts.last().is_some_and(|all| *all) && !names.iter().any(|name| is_no_name(name))
    }
}

impl Part {
    fn after(&self, counts: &[bool], names: &[&str]) -> Vec<bool> {
        match self {
            Self::Directories => {
                let mut is_reached = false;
                let visible = [true]
                    .into_iter()
                    .chain(names.iter().map(|name| !is_hidden(name)));
                counts
                    .iter()
                    .zip(visible)
                    .map(|(before, visible)| {
                        is_reached = *before || (is_reached && visible);
                        is_reached
                    })
                    .collect()
            }
            Self::Visible | Self::Name { .. } => {
                let after = counts.iter().zip(names);
                let after = after.map(|(before, name)| *before && self.fits(name));
                [false].into_iter().chain(after).collect()
            }
        }
    }

    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Directories | Self::Visible => !is_hidden(name),
            Self::Name { glob, is_hidden } => {
                (*is_hidden || !self::is_hidden(name)) && glob.is_match(name)
            }
        }
    }
}

/// Whether a file or directory is hidden.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Whether a character is invisible or a line break.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_no_name(name: &str) -> bool {
    matches!(name, "" | "." | "..")
}

/// The glob that matches one file only.
pub(crate) fn literal_glob(path: &str) -> String {
    path.chars()
        .map(|c| match c {
            '?' | '*' | '[' | ']' | '{' | '}' | '\\' => format!("[{c}]"),
            c => c.to_string(),
        })
        .collect()
}

impl FromStr for FileGlob {
    type Err = FileGlobError;

    fn from_str(text: &str) -> Result<Self, FileGlobError> {
        let parts = parts(text).map_err(|reason| FileGlobError {
            text: excerpt(text),
            reason,
        })?;
        Ok(Self {
            text: text.into(),
            parts: parts.into(),
        })
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > MAX_LEN {
        return Err(format!("it is longer than {MAX_LEN} bytes"));
    }
    if text.starts_with('/') {
        return Err("it starts with `/`; remove that".to_owned());
    }
    if let Some(directory) = text.strip_suffix('/') {
        return Err(format!(
            "it names a directory; for the files in it, use `{}/**`",
            excerpt(directory)
        ));
    }
    if text.split('/').count() > MAX_NAMES {
        return Err(format!("it has more than {MAX_NAMES} names"));
    }
    let text = text.strip_prefix("./").unwrap_or(text);
    let mut parts = text.split('/').map(part).collect::<Result<Vec<_>, _>>()?;
    if let Some(Part::Directories) = parts.last() {
        parts.push(Part::Visible);
    }
    Ok(parts)
}

fn part(text: &str) -> Result<Part, String> {
    match text {
        "**" => return Ok(Part::Directories),
        "" => return Err("it has an empty name between two slashes".to_owned()),
        "." | ".." => return Err(format!("it contains `{text}`; remove that")),
        _ if text.contains("**") => {
            return Err("`**` must be between slashes, as in `reports/**/*.xml`".to_owned());
        }
        _ => {}
    }
    let glob = GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    Ok(Part::Name {
        glob: glob.compile_matcher(),
        is_hidden: is_hidden(text),
    })
}

impl PartialEq for FileGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for FileGlob {}

impl Hash for FileGlob {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for FileGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileGlob({:?})", self.text)
    }
}

impl fmt::Display for FileGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is not a valid [`FileGlob`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: {reason}"
)]
pub struct FileGlobError {
    text: String,
    reason: String,
}
