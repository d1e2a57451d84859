//! What is looked for in texts, to be hidden there: made once for all runs that have
//! the same to hide, since it takes milliseconds to make, and megabytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_step_redact::{Patterns, Replacements, Replacer, TooMuch, Value};

use super::fingerprint::{Fingerprint, Fingerprints};

/// How many are kept for later runs.
const MOST_KEPT: usize = 16;

/// Of longer values none is kept: what looks for them is many times as long.
const LONGEST_KEPT: usize = 8 << 10;

/// The forms of values, by number of their owner.
pub(crate) struct Shroud {
    patterns: Arc<Patterns>,
    owners: usize,
}

impl Shroud {
    /// Over the values that give each owner away.
    pub(crate) fn over(owners: &[Vec<Value>]) -> Result<Self, TooMuch> {
        let mut patterns = Patterns::builder();
        for (number, values) in owners.iter().enumerate() {
            // The first is the value itself, of which parts are looked for, too.
            let (value, derived) = values.split_at(1.min(values.len()));
            for value in value {
                patterns = patterns.value(number, value);
            }
            for value in derived {
                patterns = patterns.derived(number, value);
            }
        }
        Ok(Self {
            patterns: Arc::new(patterns.build()?),
            owners: owners.len(),
        })
    }

    /// Over other texts.
    pub(super) fn of(patterns: Patterns, owners: usize) -> Self {
        Self {
            patterns: Arc::new(patterns),
            owners,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Bytes of memory that it takes, about.
    pub(super) fn memory(&self) -> usize {
        self.patterns.memory()
    }

    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        !self.patterns.owners_in(text).is_empty()
    }

    /// Puts these in the place of what is hidden, in a stream that a component reads:
    /// its pace does not tell where something begins.
    pub(super) fn mask(&self, masks: &Replacements) -> Replacer {
        Replacer::steady(Arc::clone(&self.patterns), Arc::clone(masks))
    }

    /// Puts one text in the place of all that is hidden, in a stream for people. Whoever
    /// sees it grow is not to see what is a beginning: what a component writes, it chose.
    pub(super) fn hide(&self, by: &str) -> Replacer {
        Replacer::steady(Arc::clone(&self.patterns), self.all(by))
    }

    /// The same of what is no secret: it holds back no more than what may be the beginning
    /// of it.
    pub(super) fn hide_at_once(&self, by: &str) -> Replacer {
        Replacer::new(Arc::clone(&self.patterns), self.all(by))
    }

    /// Whether a text can have a line break in it that is hidden.
    pub(super) fn spans_lines(&self) -> bool {
        self.patterns.spans_lines()
    }

    fn all(&self, by: &str) -> Replacements {
        let hidden = (0..self.owners).map(|_| by.as_bytes().to_vec().into());
        hidden.collect()
    }
}

/// Those of the runs before.
pub struct Shrouds {
    fingerprints: Fingerprints,
    /// What was used last stands first.
    kept: Mutex<VecDeque<(Fingerprint, Arc<Shroud>)>>,
}

impl Default for Shrouds {
    /// None yet.
    fn default() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            kept: Mutex::default(),
        }
    }
}

impl Shrouds {
    /// The one over these values, from a run before or made now.
    pub(crate) fn over(&self, owners: &[Vec<Value>]) -> Result<Arc<Shroud>, TooMuch> {
        let name = self.name(owners);
        if let Some(kept) = self.find(name) {
            return Ok(kept);
        }
        let made = Arc::new(Shroud::over(owners)?);
        let bytes: usize = owners.iter().flatten().map(|v| v.expose().len()).sum();
        if bytes <= LONGEST_KEPT {
            let mut kept = self.kept();
            kept.truncate(MOST_KEPT - 1);
            kept.push_front((name, Arc::clone(&made)));
        }
        Ok(made)
    }

    /// Whether there is one over these values.
    pub(crate) fn has(&self, owners: &[Vec<Value>]) -> bool {
        self.find(self.name(owners)).is_some()
    }

    fn find(&self, name: Fingerprint) -> Option<Arc<Shroud>> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(other, _)| *other == name)?;
        let found = kept.remove(at)?;
        let shroud = Arc::clone(&found.1);
        kept.push_front(found);
        Some(shroud)
    }

    fn name(&self, owners: &[Vec<Value>]) -> Fingerprint {
        let counts: Vec<_> = owners.iter().map(|it| it.len().to_be_bytes()).collect();
        let parts = counts.iter().zip(owners).flat_map(|(count, values)| {
            let values = values.iter().map(Value::expose);
            [&count[..]].into_iter().chain(values)
        });
        self.fingerprints.of(parts)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Fingerprint, Arc<Shroud>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&[&str]]) -> Vec<Vec<Value>> {
        let value = |text: &&str| Value::new(text.as_bytes().to_vec()).unwrap();
        let owner = |texts: &&[&str]| texts.iter().map(value).collect();
        texts.iter().map(owner).collect()
    }

    #[test]
    fn runs_share_what_hides_the_same() {
        let shrouds = Shrouds::default();
        let over = |texts: &[&[&str]]| shrouds.over(&values(texts)).unwrap();
        let one = over(&[&["value-one"], &["value-two"]]);
        assert!(Arc::ptr_eq(&one, &over(&[&["value-one"], &["value-two"]])));
        // Whose a value is makes a difference.
        for other in [
            &[&["value-two"][..], &["value-one"]][..],
            &[&["value-one", "value-two"], &[]],
            &[&["value-one"]],
            &[&["value-onevalue-two"]],
        ] {
            assert!(!Arc::ptr_eq(&one, &over(other)));
        }
    }

    #[test]
    fn those_of_long_ago_and_long_ones_are_let_go() {
        let shrouds = Shrouds::default();
        let over = |text: &str| shrouds.over(&values(&[&[text]])).unwrap();
        let first = over("value-first");
        for number in 1..MOST_KEPT {
            over(&format!("value-{number}"));
        }
        assert!(Arc::ptr_eq(&first, &over("value-first")));
        for number in 0..MOST_KEPT {
            over(&format!("other-value-{number}"));
        }
        assert!(!Arc::ptr_eq(&first, &over("value-first")));
        assert_eq!(shrouds.kept().len(), MOST_KEPT);
        let long = "long".repeat(LONGEST_KEPT / 4) + "er";
        assert!(!Arc::ptr_eq(&over(&long), &over(&long)));
    }
}
