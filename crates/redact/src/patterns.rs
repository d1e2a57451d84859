//! Many texts to look for at once.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use aho_corasick::BuildError;
use aho_corasick::automaton::StateID;
use thiserror::Error;

use crate::automaton::Automaton;
use crate::forms::{Form, forms, forms_of_handles};
use crate::handle::Handle;
use crate::inside::Inside;
use crate::partial::{Parts, PartsBuilder};
use crate::scan::Scan;
use crate::value::Value;

/// Up to so many bytes of memory the automaton is a table of all transitions: it takes the same
/// time for each byte, whatever is looked for.
const LARGEST_TABLE: usize = 64 << 20;

/// Texts to look for, each somebody's.
pub struct Patterns {
    automaton: Automaton,
    /// By the automaton's number of the text.
    texts: Vec<Text>,
    /// How many bytes of a text each state has seen: the longest beginning of any
    /// text that ends here. Made when it is asked for.
    depths: OnceLock<Depths>,
    /// The texts, as far as that needs them.
    bytes: Vec<Box<[u8]>>,
    parts: Option<Parts>,
    inside: Inside,
    /// Whether they are looked for in what decoders make of a text, too.
    is_decoding: bool,
    spans_lines: bool,
}

/// Collects what is to be looked for.
#[derive(Default)]
pub struct PatternsBuilder {
    forms: Vec<(usize, Form)>,
    parts: PartsBuilder,
    /// Whether the case of letters makes a difference.
    is_exact: bool,
    is_decoding: bool,
}

impl PatternsBuilder {
    /// Look for a text as it is; then all others are, too.
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

    /// Look for all forms of a value, and for its parts, unless it is not
    /// [distinctive](Value::is_distinctive).
    #[must_use]
    pub fn value(mut self, owner: usize, value: &Value) -> Self {
        if value.is_distinctive() {
            self.parts.add(owner, value.expose());
        }
        self.derived(owner, value)
    }

    /// Look for all forms of what gives a value away, as a part of a URL does.
    #[must_use]
    pub fn derived(mut self, owner: usize, value: &Value) -> Self {
        self.is_decoding = true;
        if value.is_distinctive() {
            let forms = forms(value.expose()).into_iter();
            self.forms.extend(forms.map(|form| (owner, form)));
        }
        self
    }

    /// Look for all handles of the run that has this one: as they are, in any case, and in
    /// Base64. They are no secrets, and whoever hides them wants to have it short. One that is
    /// cut is replaced with as many bytes behind it as it lacks.
    #[must_use]
    pub fn handles(mut self, owner: usize, one: &Handle) -> Self {
        let forms = forms_of_handles(one.shared()).into_iter();
        self.forms.extend(forms.map(|form| (owner, form)));
        self
    }

    /// Make what looks for all of it, to be used often.
    ///
    /// # Errors
    ///
    /// It is too much.
    pub fn build(self) -> Result<Patterns, TooMuch> {
        Patterns::new(self, LARGEST_TABLE)
    }

    /// Make what looks for all of it, to be used for a moment: it is made at a tenth of
    /// the cost, and looks at half the speed.
    ///
    /// # Errors
    ///
    /// It is too much.
    pub fn build_for_once(self) -> Result<Patterns, TooMuch> {
        Patterns::new(self, 0)
    }
}

type Depths = HashMap<StateID, usize, BuildHasherDefault<StateHasher>>;

/// Hashes the numbers of states. Nobody from outside chooses them, and there are many for
/// each run.
#[derive(Default)]
struct StateHasher(u64);

impl Hasher for StateHasher {
    fn write_u32(&mut self, number: u32) {
        // By the golden ratio, after Knuth: what is close together comes apart.
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

/// There is more to look for than there are numbers.
#[derive(Clone, Debug, Error)]
#[error("the secrets are too many or too long to look for: {0}")]
pub struct TooMuch(#[from] BuildError);

/// A text, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    pub(crate) length: usize,
    /// Whose it is: the number of its value.
    pub(crate) owner: usize,
    /// Whether an open escape before it may take its first bytes.
    pub(crate) begins: bool,
    /// How many bytes behind it belong to it, whatever they are; only of what is not decoded.
    pub(crate) rest: usize,
    /// Whether it goes on from another of its owner.
    pub(crate) continues: bool,
    /// Whether the characters before and after it hold bits of it.
    pub(crate) before: bool,
    pub(crate) after: bool,
}

impl Patterns {
    /// Nothing to look for, to begin with.
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
            parts: builder.parts.build(),
            is_decoding: builder.is_decoding,
            spans_lines,
        })
    }

    /// Whose texts are in a text, by number, each once.
    #[must_use]
    pub fn owners_in(&self, text: &[u8]) -> BTreeSet<usize> {
        let mut found = Vec::new();
        if !self.is_empty() {
            let mut scan = Scan::new(self, false);
            scan.read(self, text, 0, 0, true, &mut found);
        }
        found.into_iter().map(|found| found.owner).collect()
    }

    /// Tell of each text that is in a text as it is whose it is, by number.
    pub fn each_in(&self, text: &[u8], mut found: impl FnMut(usize)) {
        if !self.is_empty() {
            self.read(self.start(), text, |_, text| found(text.owner));
        }
    }

    /// Bytes of memory that it takes, about.
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

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a text has a line feed in it: no other one goes on behind the end of a line.
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

    /// What finds texts that begin inside an escape.
    pub(crate) fn inside(&self) -> &Inside {
        &self.inside
    }

    /// The text with a number.
    pub(crate) fn text(&self, number: usize) -> Option<&Text> {
        self.texts.get(number)
    }

    /// The state before anything was read.
    pub(crate) fn start(&self) -> StateID {
        self.automaton.start()
    }

    /// How many of the bytes that were read last may belong to a text that is not
    /// at its end.
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

    /// Read on, and tell of each byte at which texts end, and which.
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

    /// In a table each byte costs the same, so that no time tells how far a guess is right.
    #[test]
    fn secrets_are_looked_for_by_a_table() {
        let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let tokens = |count: u64| {
            (1..=count)
                .map(|seed| letters(40, seed, &base64[..62]))
                .collect()
        };
        // As long as a key of RSA-4096.
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
}
