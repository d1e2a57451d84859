//! Patterns: many texts that are matched at once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use aho_corasick::BuildError;
use aho_corasick::automaton::StateID;
use thiserror::Error;

use crate::automaton::Automaton;
use crate::forms::{Form, forms, forms_left, forms_of_handles, forms_without_ends};
use crate::handle::Handle;
use crate::inside::Inside;
use crate::partial::{Parts, PartsBuilder};
use crate::text::Text;
use crate::value::Value;

/// The maximum memory of the table of all transitions, in bytes. With a table each byte takes the
/// same time, whatever the texts are.
const MAX_TABLE: usize = 64 << 20;

/// Texts to match, each with an owner: the index of its value.
pub struct Patterns {
    automaton: Automaton,
    /// By the automaton's index of the text.
    texts: Vec<Text>,
    /// For each state, the length of the longest prefix of a text that ends there. Built on
    /// first use.
    depths: OnceLock<Depths>,
    /// The texts that are needed for it.
    bytes: Vec<Box<[u8]>>,
    parts: Option<Parts>,
    inside: Inside,
    /// Whether they are also matched in the output of decoders.
    is_decoding: bool,
    spans_lines: bool,
}

/// Collects the texts to match.
#[derive(Default)]
pub struct PatternsBuilder {
    forms: Vec<(usize, Form)>,
    parts: PartsBuilder,
    /// Whether matching is case-sensitive.
    is_exact: bool,
    is_decoding: bool,
}

impl PatternsBuilder {
    /// Match a text exactly; then all others are matched exactly, too.
    #[must_use]
    pub fn text(mut self, owner: usize, text: &[u8]) -> Self {
        self.is_exact = true;
        if !text.is_empty() {
            let form = Form {
                bytes: text.to_vec(),
                ..Form::default()
            };
            self.forms.push((owner, form));
        }
        self
    }

    /// Match all forms of a value, and its parts, if it is
    /// [distinctive](Value::is_distinctive).
    #[must_use]
    pub fn value(mut self, owner: usize, value: &Value) -> Self {
        if value.is_distinctive() {
            self.parts.add(owner, value.expose());
        }
        self.derived(owner, value)
    }

    /// Match what is left of each form of a value by passes that come before and replace other values
    /// in it. A form that they don't change is [matched](Self::value) already.
    #[must_use]
    pub fn left_of(
        mut self,
        owner: usize,
        value: &Value,
        left: impl Fn(&[u8]) -> Vec<Vec<u8>>,
    ) -> Self {
        let forms = forms_left(value.expose(), left).into_iter();
        self.forms.extend(forms.map(|form| (owner, form)));
        self
    }

    /// Match all forms of a text that reveals a value, such as a part of a URL.
    #[must_use]
    pub fn derived(mut self, owner: usize, value: &Value) -> Self {
        self.is_decoding = true;
        if value.is_distinctive() {
            let forms = forms(value.expose()).into_iter();
            self.forms.extend(forms.map(|form| (owner, form)));
        }
        self
    }

    /// Match a text also without up to `starts` characters at its start, or without the last one. A
    /// pass that comes before may have taken them: a value that it replaces can end, or seem to end,
    /// with the first characters of what follows it in a text.
    #[must_use]
    pub fn without_ends(mut self, owner: usize, value: &Value, starts: usize) -> Self {
        if value.is_distinctive() {
            let forms = forms_without_ends(value.expose(), starts).into_iter();
            self.forms.extend(forms.map(|form| (owner, form)));
        }
        self
    }

    /// Match all handles of this handle's run: plain, in any case, and in Base64. Handles are
    /// not secret; other encodings are not worth the time. A truncated handle is replaced
    /// together with as many following bytes as it lacks.
    #[must_use]
    pub fn handles(mut self, owner: usize, one: &Handle) -> Self {
        let forms = forms_of_handles(one.shared()).into_iter();
        self.forms.extend(forms.map(|form| (owner, form)));
        self
    }

    /// Build patterns that are used often.
    ///
    /// # Errors
    ///
    /// The texts are too large.
    pub fn build(self) -> Result<Patterns, TooMuch> {
        Patterns::new(self, MAX_TABLE)
    }

    /// Build patterns that are used often, whose table takes at most `max_table` bytes. Larger ones
    /// are matched without a table, in a time that depends on how much of a text is matched.
    ///
    /// # Errors
    ///
    /// The texts are too large.
    pub fn build_within(self, max_table: usize) -> Result<Patterns, TooMuch> {
        Patterns::new(self, max_table.min(MAX_TABLE))
    }

    /// Build patterns that are used once: building takes a tenth of the time, and matching
    /// twice the time.
    ///
    /// # Errors
    ///
    /// The texts are too large.
    pub fn build_for_once(self) -> Result<Patterns, TooMuch> {
        Patterns::new(self, 0)
    }
}

type Depths = HashMap<StateID, usize, BuildHasherDefault<StateHasher>>;

/// A fast hasher for state IDs, which attackers can't choose.
#[derive(Default)]
struct StateHasher(u64);

impl Hasher for StateHasher {
    fn write_u32(&mut self, number: u32) {
        // The golden ratio, after Knuth, which spreads close numbers.
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(self.0 as u32 ^ u32::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The automaton would have more states than there are IDs.
#[derive(Clone, Debug, Error)]
#[error("too many secrets, or too long ones, to redact: {0}")]
pub struct TooMuch(#[from] BuildError);

impl Patterns {
    /// An empty builder.
    #[must_use]
    pub fn builder() -> PatternsBuilder {
        PatternsBuilder::default()
    }

    fn new(builder: PatternsBuilder, largest_table: usize) -> Result<Self, TooMuch> {
        let forms = builder.forms;
        let texts = forms.iter().map(|(_, form)| form.bytes.as_slice());
        let spans_lines = texts.clone().any(|text| text.contains(&b'\n'));
        let automaton = Automaton::new(texts, largest_table, builder.is_exact)?;
        let (bytes, texts): (Vec<Box<[u8]>>, Vec<Text>) = forms
            .into_iter()
            .map(|(owner, form)| {
                let text = Text {
                    length: form.bytes.len(),
                    owner,
                    begins: form.begins,
                    rest: form.rest,
                    continues: form.continues,
                    before: form.before,
                    after: form.after,
                };
                (form.bytes.into(), text)
            })
            .unzip();
        let all = texts.iter().zip(bytes.iter().map(AsRef::as_ref));
        Ok(Self {
            inside: Inside::new(all),
            automaton,
            texts,
            depths: OnceLock::new(),
            bytes,
            parts: Parts::new(builder.parts),
            is_decoding: builder.is_decoding,
            spans_lines,
        })
    }

    /// Report the owner of each match in a text, without decoding it.
    pub fn each_in(&self, text: &[u8], mut found: impl FnMut(usize)) {
        if !self.is_empty() {
            self.read(self.start(), text, |_, text| found(text.owner));
        }
    }

    /// Its approximate memory in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let texts: usize = self.texts.iter().map(|text| text.length).sum();
        let parts = self.parts.as_ref().map_or(0, Parts::memory);
        let found = self.automaton.memory() + self.inside.memory();
        found + texts + self.texts.len() * size_of::<Text>() + parts
    }

    /// The length of the longest text of the first owners.
    pub(crate) fn longest(&self, owners: usize) -> usize {
        let theirs = self.texts.iter().filter(|text| text.owner < owners);
        theirs
            .map(|text| text.length + text.rest)
            .max()
            .unwrap_or_default()
    }

    pub(crate) fn longest_of_all(&self) -> usize {
        self.automaton.longest()
    }

    /// Whether there is nothing to match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a text contains a line feed. If not, no match continues after the end of a line.
    #[must_use]
    pub fn spans_lines(&self) -> bool {
        self.spans_lines
    }

    pub(crate) fn is_decoding(&self) -> bool {
        self.is_decoding
    }

    pub(crate) fn parts(&self) -> Option<&Parts> {
        self.parts.as_ref()
    }

    /// The texts that may start inside an escape.
    pub(crate) fn inside(&self) -> &Inside {
        &self.inside
    }

    /// The text with an index.
    pub(crate) fn text(&self, number: usize) -> Option<&Text> {
        self.texts.get(number)
    }

    /// The start state.
    pub(crate) fn start(&self) -> StateID {
        self.automaton.start()
    }

    /// How many of the last bytes may belong to a match that has not ended.
    pub(crate) fn depth(&self, state: StateID) -> usize {
        let depths = self.depths.get_or_init(|| {
            let mut depths = Depths::default();
            for text in &self.bytes {
                let mut depth = 0;
                self.automaton.path(text, |state| {
                    depth += 1;
                    depths.insert(state, depth);
                });
            }
            depths
        });
        depths.get(&state).copied().unwrap_or_default()
    }

    /// Read on, and report each byte at which matches end, and their texts.
    pub(crate) fn read(
        &self,
        state: StateID,
        bytes: &[u8],
        mut ended: impl FnMut(usize, &Text),
    ) -> StateID {
        self.automaton.read(state, bytes, |at, number| {
            if let Some(text) = self.texts.get(number) {
                ended(at, text);
            }
        })
    }
}

impl Drop for Patterns {
    fn drop(&mut self) {
        for text in &mut self.bytes {
            zeroize::Zeroize::zeroize(text.as_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(count: usize, mut seed: u64, alphabet: &[u8]) -> Vec<u8> {
        let next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            alphabet[seed as usize % alphabet.len()]
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    /// With a table each byte takes the same time, so the time does not reveal how much of a guess
    /// is right.
    #[test]
    fn common_secrets_get_a_table() {
        let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let tokens = |count: u64| {
            (1..=count)
                .map(|seed| letters(40, seed, &base64[..62]))
                .collect()
        };
        // The length of an RSA-4096 key.
        let lines: Vec<_> = (1..51).map(|seed| letters(64, seed, base64)).collect();
        let key = [
            b"-----BEGIN PRIVATE KEY-----",
            &*lines.join(&b'\n'),
            b"-----END PRIVATE KEY-----",
        ];
        for values in [
            tokens(1),
            tokens(40),
            tokens(100),
            vec![key.join(&b'\n')],
            vec![letters(8 << 10, 1, base64)],
        ] {
            let numbered = values.iter().enumerate();
            let patterns = numbered.fold(Patterns::builder(), |patterns, (owner, value)| {
                patterns.value(owner, &Value::new(value.clone()).unwrap())
            });
            let patterns = patterns.build().unwrap();
            assert!(
                patterns.automaton.is_table(),
                "{} of {}",
                values.len(),
                values[0].len()
            );
            assert!(patterns.memory() > patterns.automaton.memory());
        }
    }

    /// So many are looked for in one pass.
    #[test]
    fn signatures_are_looked_for_by_a_table() {
        let signatures = (1..=64).map(|seed| letters(64, seed, b"0123456789abcdef"));
        let numbered = signatures.enumerate();
        let patterns = numbered.fold(Patterns::builder(), |patterns, (owner, signature)| {
            let signature = Value::new(signature).unwrap();
            let patterns = patterns.derived(owner, &signature);
            patterns.without_ends(owner, &signature, 4)
        });
        let patterns = patterns.build().unwrap();
        assert!(patterns.automaton.is_table());
        // A run's memory has room for them.
        assert!(patterns.memory() < 10 << 20, "{}", patterns.memory());
    }
}
