//! Finds secrets in text. A matcher is built once for all runs with the same secrets, since that
//! takes milliseconds and megabytes.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

use http_step_redact::{Patterns, PatternsBuilder, Replacements, Replacer, TooMuch, Value};
use parking_lot::{Mutex, MutexGuard};

use super::fingerprint::{Fingerprint, Fingerprints};

/// The maximum number of cached matchers, and of their bytes in total.
const MAX_KEPT_MATCHERS: usize = 16;
const MAX_KEPT_MEMORY: usize = 128 << 20;

/// The maximum table of a matcher for a token.
const MAX_TOKEN_TABLE: usize = 12 << 20;

/// A reservation of a run's memory, which ends when this is dropped.
pub(crate) type Room = Box<dyn Any + Send + Sync>;

/// The forms of values, by the index of their owner.
pub(crate) struct SecretMatcher {
    patterns: Arc<Patterns>,
    owners: usize,
    /// The run's memory that it takes, if it belongs to one run.
    _room: Option<Room>,
}

impl SecretMatcher {
    /// A matcher for the values that reveal each owner.
    fn from_values(owners: &[Vec<Value>]) -> Result<Self, TooMuch> {
        let mut patterns = Patterns::builder();
        for (number, values) in owners.iter().enumerate() {
            // The first is the value itself, of which parts are also matched.
            let (value, derived) = values.split_at(1.min(values.len()));
            for value in value {
                patterns = patterns.value(number, value);
            }
            for value in derived {
                patterns = patterns.derived(number, value);
            }
        }
        Ok(Self::from_patterns(patterns.build()?, owners.len()))
    }

    /// A matcher for a fetched token, of which earlier passes may leave something else, if it has values
    /// in it. A value directly before or after it may take one of its characters.
    fn for_token(
        token: &Value,
        left: impl Fn(PatternsBuilder) -> PatternsBuilder,
    ) -> Result<Self, TooMuch> {
        let patterns = Patterns::builder().value(0, token);
        let patterns = left(patterns.without_ends(0, token, 1));
        let patterns = patterns.build_within(MAX_TOKEN_TABLE)?;
        Ok(Self::from_patterns(patterns, 1))
    }

    /// A matcher for a fetched token with values in it. It depends on the run, so it is not cached.
    pub(super) fn for_token_with_values(
        token: &Value,
        left: impl Fn(&[u8]) -> Vec<Vec<u8>>,
    ) -> Result<Self, TooMuch> {
        Self::for_token(token, |patterns| patterns.left_of(0, token, &left))
    }

    /// A matcher for other patterns.
    pub(super) fn from_patterns(patterns: Patterns, owners: usize) -> Self {
        Self {
            patterns: Arc::new(patterns),
            owners,
            _room: None,
        }
    }

    /// Keep a reservation of a run's memory with it.
    pub(super) fn with_room(self, room: Room) -> Self {
        Self {
            _room: Some(room),
            ..self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Its approximate memory in bytes.
    pub(super) fn memory(&self) -> usize {
        self.patterns.memory()
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        !self.patterns.owners_in(text).is_empty()
    }

    /// Replaces all matches, in a stream for a component. Its timing does not reveal where a value
    /// starts.
    pub(super) fn replacer(&self, replacements: &Replacements) -> Replacer {
        Replacer::steady(Arc::clone(&self.patterns), Arc::clone(replacements))
    }

    /// Replaces all matches with one text, in a stream for users. Its timing does not reveal where
    /// a value starts: the component chose the text.
    pub(super) fn replacer_with(&self, by: &str) -> Replacer {
        Replacer::steady(Arc::clone(&self.patterns), self.all(by))
    }

    /// The same for text that is not secret: it only holds back possible starts of a match.
    pub(super) fn eager_replacer_with(&self, by: &str) -> Replacer {
        Replacer::new(Arc::clone(&self.patterns), self.all(by))
    }

    /// Whether a match can span lines.
    pub(super) fn spans_lines(&self) -> bool {
        self.patterns.spans_lines()
    }

    fn all(&self, by: &str) -> Replacements {
        let hidden = (0..self.owners).map(|_| by.as_bytes().to_vec().into());
        hidden.collect()
    }
}

/// The matchers of earlier runs.
pub struct MatcherCache {
    fingerprints: Fingerprints,
    /// The most recently used one is first.
    kept: Mutex<VecDeque<(Fingerprint, Arc<SecretMatcher>)>>,
}

impl Default for MatcherCache {
    /// An empty cache.
    fn default() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            kept: Mutex::default(),
        }
    }
}

impl MatcherCache {
    /// The matcher of these values, cached or built now.
    pub(crate) fn get_or_build(
        &self,
        owners: &[Vec<Value>],
    ) -> Result<Arc<SecretMatcher>, TooMuch> {
        self.get_or_build_with(self.name(owners), || SecretMatcher::from_values(owners))
    }

    /// The matcher of a fetched token. It counts toward the run's memory, so only common tokens, of
    /// some 2 KiB, get a table.
    pub(crate) fn get_or_build_for_token(
        &self,
        token: &Value,
    ) -> Result<Arc<SecretMatcher>, TooMuch> {
        // Not that of a secret with the same value.
        let name = self.fingerprints.fingerprint([b"token", token.expose()]);
        self.get_or_build_with(name, || {
            SecretMatcher::for_token(token, |patterns| patterns)
        })
    }

    fn get_or_build_with(
        &self,
        name: Fingerprint,
        build: impl FnOnce() -> Result<SecretMatcher, TooMuch>,
    ) -> Result<Arc<SecretMatcher>, TooMuch> {
        if let Some(kept) = self.find(name) {
            return Ok(kept);
        }
        let made = Arc::new(build()?);
        let mut kept = self.kept();
        kept.push_front((name, Arc::clone(&made)));
        let mut memory = 0;
        let fits = kept.iter().take(MAX_KEPT_MATCHERS);
        let fits = fits.take_while(|(_, matcher)| {
            memory += matcher.memory();
            memory <= MAX_KEPT_MEMORY
        });
        let fits = fits.count();
        kept.truncate(fits);
        drop(kept);
        Ok(made)
    }

    /// Whether the matcher of these values is cached.
    pub(crate) fn contains(&self, owners: &[Vec<Value>]) -> bool {
        self.find(self.name(owners)).is_some()
    }

    fn find(&self, name: Fingerprint) -> Option<Arc<SecretMatcher>> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(other, _)| *other == name)?;
        let found = kept.remove(at)?;
        let matcher = Arc::clone(&found.1);
        kept.push_front(found);
        Some(matcher)
    }

    fn name(&self, owners: &[Vec<Value>]) -> Fingerprint {
        let counts: Vec<_> = owners.iter().map(|it| it.len().to_be_bytes()).collect();
        let parts = counts.iter().zip(owners).flat_map(|(count, values)| {
            let values = values.iter().map(Value::expose);
            [&count[..]].into_iter().chain(values)
        });
        self.fingerprints.fingerprint(parts)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Fingerprint, Arc<SecretMatcher>)>> {
        self.kept.lock()
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
    fn runs_with_the_same_secrets_share_a_matcher() {
        let matchers = MatcherCache::default();
        let over = |texts: &[&[&str]]| matchers.get_or_build(&values(texts)).unwrap();
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
    fn old_and_large_matchers_are_dropped() {
        let matchers = MatcherCache::default();
        let over = |text: &str| matchers.get_or_build(&values(&[&[text]])).unwrap();
        let first = over("value-first");
        for number in 1..MAX_KEPT_MATCHERS {
            over(&format!("value-{number}"));
        }
        assert!(Arc::ptr_eq(&first, &over("value-first")));
        for number in 0..MAX_KEPT_MATCHERS {
            over(&format!("other-value-{number}"));
        }
        assert!(!Arc::ptr_eq(&first, &over("value-first")));
        assert_eq!(matchers.kept().len(), MAX_KEPT_MATCHERS);
        let long = |number: usize| {
            let words = (0..1000).map(|word| format!("{number}-{word:04}-"));
            words.collect::<String>()
        };
        for number in 0..MAX_KEPT_MATCHERS {
            over(&long(number));
        }
        let memory: usize = matchers.kept().iter().map(|(_, it)| it.memory()).sum();
        assert!((1..=MAX_KEPT_MEMORY).contains(&memory), "{memory}");
        assert!(matchers.kept().len() < MAX_KEPT_MATCHERS);
    }
}
