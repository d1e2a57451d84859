//! Lines in the log of a run that are not from the component.

use std::collections::BTreeMap;

use http_step_policy::Origin;
use parking_lot::Mutex;

/// The maximum number of notices per run.
const MAX_NOTICES: usize = 64;

#[derive(Debug, Default)]
struct Lines {
    all: Vec<String>,
    /// How many were taken.
    taken: usize,
}

/// The notices of the egress gate about a run.
#[derive(Debug, Default)]
pub struct Notices {
    lines: Mutex<Lines>,
    /// The secrets and tokens of which a part was echoed, and the first origin that did.
    partial_echoes: Mutex<BTreeMap<String, String>>,
}

impl Notices {
    /// Add a line, unless it exists or there are too many.
    pub(crate) fn add(&self, line: String) {
        let Lines { all, .. } = &mut *self.lines.lock();
        if all.len() < MAX_NOTICES && !all.contains(&line) {
            all.push(line);
        }
    }

    /// The lines that were added since the last call.
    #[must_use]
    pub fn take_new(&self) -> Vec<String> {
        let Lines { all, taken } = &mut *self.lines.lock();
        let first = std::mem::replace(taken, all.len());
        all.get(first..).unwrap_or_default().to_vec()
    }

    /// A part of a secret or token was echoed.
    pub(super) fn add_partial_echo(&self, what: &str, by: &Origin) {
        let mut echoes = self.partial_echoes.lock();
        if !echoes.contains_key(what) {
            echoes.insert(what.to_owned(), by.to_string());
        }
    }

    /// A notice for each secret and token of which a part was echoed.
    #[must_use]
    pub fn partial_echoes(&self) -> Vec<String> {
        let echoes = self.partial_echoes.lock();
        let line = |(what, by): (&String, &String)| {
            format!(
                "Warning: a part of {what} was echoed by {by}. A step that has a value cut can read it piece by piece; `--partial-echo stop`, or `partial_echo: stop` in the policy, ends a run before it sees one."
            )
        };
        echoes.iter().map(line).collect()
    }
}
