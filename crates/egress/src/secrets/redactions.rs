//! What is redacted in a run so far, in the order of matching.
//!
//! The order prevents a component from reading a value. The values of the granted secrets come
//! first, in a separate pass: nothing that a component or a server chose is matched together with
//! them, or before them. What derives from a secret comes after: tokens, then signatures. What
//! derives from no secret is not matched.

use std::iter::once;
use std::sync::Arc;

use http_step_policy::Exceeded;
use http_step_redact::{Patterns, Replacements, Replacer, Value, through};

use super::grant_error::GrantError;
use super::matcher::{MatcherCache, Room, SecretMatcher};
use super::redactor::REDACTED;
use super::secret::GrantedSecret;

/// The maximum number of signatures of a run; none is dropped before the run ends. The default
/// limits allow no more: 64 requests with 16 signatures each.
const MAX_SIGNATURES: usize = 1024;

/// The maximum number of signatures in one pass: their table takes some MiB.
const MAX_GROUP: usize = 64;

/// How many first characters of a signature an earlier pass may have taken, with a value that ends
/// with them: a component chooses what it signs, and the text before.
const MAX_TAKEN: usize = 4;

/// The maximum number of tokens of a run. Each has a separate pass.
const MAX_TOKENS: usize = 8;

/// What is redacted, and the replacements.
pub(super) struct Redactions {
    values: Option<Redaction>,
    tokens: Vec<RedactedToken>,
    signatures: Signatures,
    /// The total number of tokens and signatures.
    derived: usize,
}

/// The passes over a stream.
pub(crate) struct Passes {
    pub(crate) passes: Vec<Replacer>,
    /// What each pass matches.
    targets: Vec<PassTarget>,
    reader: Reader,
    /// The number of tokens and signatures that they include.
    derived: usize,
}

/// What a pass matches.
struct PassTarget {
    /// Counts as the run's memory while the pass uses it. None for handles.
    matcher: Option<Arc<SecretMatcher>>,
    /// The placeholder, if it is a token.
    token: Option<Arc<str>>,
}

/// The secrets and tokens of which parts are looked for in a text. All that are found are reported.
#[derive(Clone)]
pub(crate) struct PartsOf {
    /// By the index of the secret.
    pub(super) values: Arc<[bool]>,
    pub(super) tokens: bool,
}

/// Who reads a stream.
pub(super) enum Reader {
    /// The component, who gets placeholders. The passes also find some parts.
    Component(PartsOf),
    /// Users, who get one text in place of all.
    People(&'static str),
}

impl PartsOf {
    /// Nothing.
    pub(crate) fn nothing() -> Self {
        Self {
            values: Arc::default(),
            tokens: false,
        }
    }

    /// Let a pass find them.
    fn in_pass(&self, pass: Replacer, redaction: &Redaction) -> Replacer {
        match &redaction.token {
            Some(_) if self.tokens => pass.finding_parts(),
            Some(_) => pass,
            // Signatures have no parts.
            None => {
                pass.finding_parts_of(|number| self.values.get(number).copied().unwrap_or_default())
            }
        }
    }
}

impl Reader {
    fn pass(&self, redaction: &Redaction) -> Option<Replacer> {
        match self {
            Self::Component(parts) => Some(parts.in_pass(redaction.replacer(), redaction)),
            Self::People(_) if redaction.matcher.is_empty() => None,
            Self::People(by) => Some(redaction.matcher.replacer_with(by)),
        }
    }
}

impl Passes {
    /// The passes over a new stream.
    pub(super) fn of(redactions: &Redactions, reader: Reader) -> Self {
        let each = redactions.in_order().into_iter();
        let each = each.filter_map(|it| Some((reader.pass(it)?, it.target())));
        let (passes, targets) = each.unzip();
        Self {
            passes,
            targets,
            reader,
            derived: redactions.derived(),
        }
    }

    /// Match handles after everything else.
    pub(super) fn with_handles(mut self, handles: &SecretMatcher) -> Self {
        if let Reader::People(by) = self.reader
            && !handles.is_empty()
        {
            self.passes.push(handles.eager_replacer_with(by));
            self.targets.push(PassTarget {
                matcher: None,
                token: None,
            });
        }
        self
    }

    /// The secrets of which parts were released, by index: the first pass is for values.
    pub(crate) fn parts(&self) -> &[usize] {
        self.passes.first().map(Replacer::parts).unwrap_or_default()
    }

    /// The placeholders of the tokens of which parts were released.
    pub(crate) fn parts_of_tokens(&self) -> impl Iterator<Item = &str> {
        let each = self.passes.iter().zip(&self.targets);
        each.filter(|(pass, _)| !pass.parts().is_empty())
            .filter_map(|(_, target)| target.token.as_deref())
    }

    /// Whether parts were found.
    pub(crate) fn has_parts(&self) -> bool {
        self.passes.iter().any(|pass| !pass.parts().is_empty())
    }

    /// The number of tokens and signatures that they include.
    pub(super) fn derived(&self) -> usize {
        self.derived
    }

    /// Add passes for what was added since, after all others, and remove those that it includes: a
    /// stream can outlast many signatures. What they held flows on, through the passes after them.
    /// Returns what comes out.
    pub(super) fn catch_up(&mut self, redactions: &Redactions) -> Vec<u8> {
        let in_order = redactions.in_order();
        for redaction in &in_order {
            let mut targets = self.targets.iter();
            if !targets.any(|target| target.is_of(redaction))
                && let Some(pass) = self.reader.pass(redaction)
            {
                self.passes.push(pass);
                self.targets.push(redaction.target());
            }
        }
        self.derived = redactions.derived();
        let mut flowing = Vec::new();
        let mut keeps = Vec::with_capacity(self.passes.len());
        for (pass, target) in self.passes.iter_mut().zip(&self.targets) {
            if !flowing.is_empty() {
                flowing = pass.feed(&flowing);
            }
            let is_kept = target.matcher.is_none()
                || in_order.iter().any(|redaction| target.is_of(redaction));
            if !is_kept {
                flowing.extend(pass.finish());
            }
            keeps.push(is_kept);
        }
        let mut kept = keeps.iter();
        self.passes.retain(|_| kept.next().is_none_or(|kept| *kept));
        let mut kept = keeps.iter();
        self.targets
            .retain(|_| kept.next().is_none_or(|kept| *kept));
        flowing
    }
}

impl PassTarget {
    fn is_of(&self, redaction: &Redaction) -> bool {
        let matcher = self.matcher.as_ref();
        matcher.is_some_and(|matcher| Arc::ptr_eq(matcher, &redaction.matcher))
    }
}

/// A token that the host fetched.
pub(super) struct RedactedToken {
    token: Value,
    /// The URL of the endpoint that issued it.
    endpoint: Box<str>,
    redaction: Redaction,
    /// The run's memory for its matcher, which other runs may share.
    _room: Room,
}

/// The signatures of a run in groups, in the order of adding. Each group is full or larger than the
/// next.
#[derive(Clone, Default)]
pub(super) struct Signatures(Vec<SignatureGroup>);

/// Signatures that one pass matches.
#[derive(Clone)]
struct SignatureGroup {
    signatures: Vec<Arc<Signature>>,
    redaction: Redaction,
}

/// A signature, and its replacement.
struct Signature {
    value: Value,
    by: Box<str>,
}

/// The reason why a token or signature can't be redacted, and must not be sent.
#[derive(Debug)]
pub(crate) enum AddError {
    Refused(GrantError),
    Exceeded(Exceeded),
}

/// Texts to redact, and their replacements.
#[derive(Clone)]
pub(super) struct Redaction {
    matcher: Arc<SecretMatcher>,
    replacements: Replacements,
    /// The placeholder, if it is a token.
    token: Option<Arc<str>>,
}

impl Redactions {
    /// The values of secrets.
    pub(super) fn new(
        secrets: &[GrantedSecret],
        revealing_values: &[Vec<Value>],
        matchers: &MatcherCache,
    ) -> Result<Self, GrantError> {
        let values = if secrets.is_empty() {
            None
        } else {
            let replacements = secrets.iter().map(|secret| secret.handle.as_str());
            Some(Redaction {
                matcher: matchers
                    .get_or_build(revealing_values)
                    .map_err(GrantError::new)?,
                replacements: replacements
                    .map(|replacement| replacement.as_bytes().to_vec().into())
                    .collect(),
                token: None,
            })
        };
        Ok(Self {
            values,
            tokens: Vec::new(),
            signatures: Signatures::default(),
            derived: 0,
        })
    }

    /// The total number of tokens and signatures.
    pub(super) fn derived(&self) -> usize {
        self.derived
    }

    /// Everything that is matched, in order.
    pub(super) fn in_order(&self) -> Vec<&Redaction> {
        let of_tokens = self.tokens.iter().map(|token| &token.redaction);
        let of_signatures = self.signatures.0.iter().map(|group| &group.redaction);
        let values = self.values.iter();
        values.chain(of_tokens).chain(of_signatures).collect()
    }

    /// The values of secrets.
    pub(super) fn values(&self) -> Option<Redaction> {
        self.values.clone()
    }

    /// The matcher of the values.
    pub(super) fn values_matcher(&self) -> Option<&Arc<SecretMatcher>> {
        self.values.as_ref().map(Redaction::matcher)
    }

    /// All signatures.
    pub(super) fn signatures(&self) -> Signatures {
        self.signatures.clone()
    }

    /// Redact signatures: those so far, with one more.
    pub(super) fn set_signatures(&mut self, signatures: Signatures) {
        self.signatures = signatures;
        self.derived += 1;
    }

    /// Whether a token of an endpoint is already redacted; or why it can't be.
    pub(super) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, GrantError> {
        if self
            .tokens
            .iter()
            .any(|known| known.token.expose() == token.as_bytes())
        {
            return Ok(true);
        }
        // Of two tokens that overlap in a text, one is matched first. If the component could choose
        // one of them, with an endpoint that issues what it is asked for, it could guess the other
        // byte by byte.
        if self.tokens.iter().any(|known| *known.endpoint != *endpoint) {
            return Err(GrantError::new(
                "a step can have tokens of one token endpoint; those of another are for a step of its own",
            ));
        }
        if self.tokens.len() >= MAX_TOKENS {
            let reason = format!("a step can have {MAX_TOKENS} tokens");
            return Err(GrantError::new(reason));
        }
        Ok(false)
    }

    /// Redact a token, unless it is already redacted.
    pub(super) fn add_token(&mut self, token: RedactedToken) -> Result<(), GrantError> {
        let text = String::from_utf8_lossy(token.token.expose());
        if self.has_token(&text, &token.endpoint)? {
            return Ok(());
        }
        self.tokens.push(token);
        self.derived += 1;
        Ok(())
    }
}

impl RedactedToken {
    /// A token, and its replacement, if the run has memory for its matcher. Building the matcher
    /// takes time. The token of a client may contain the client's own values, which are replaced first.
    pub(super) fn new(
        token: &str,
        endpoint: &str,
        by: &str,
        values: Option<&Redaction>,
        matchers: &MatcherCache,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<Self, AddError> {
        let value = || Value::new(token.as_bytes().to_vec()).map_err(GrantError::new);
        let own = values.filter(|values| values.matcher.matches(token.as_bytes()));
        let matcher = match own {
            None => matchers.get_or_build_for_token(&value()?),
            Some(values) => {
                SecretMatcher::for_token_with_values(&value()?, |form| values.left_of(form))
                    .map(Arc::new)
            }
        };
        let matcher = matcher.map_err(GrantError::new)?;
        Ok(Self {
            _room: reserve(matcher.memory()).map_err(AddError::Exceeded)?,
            token: value()?,
            endpoint: endpoint.into(),
            redaction: Redaction {
                matcher,
                replacements: once(by.as_bytes().to_vec().into()).collect(),
                token: Some(by.into()),
            },
        })
    }
}

impl Signatures {
    /// Add a signature, if the run has memory for the matcher of its group. Building that takes time.
    /// Returns false for one that is known.
    pub(super) fn add(
        &mut self,
        signature: &str,
        by: &str,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<bool, AddError> {
        let mut known = self.0.iter().flat_map(|group| &group.signatures);
        if known.any(|known| known.value.expose() == signature.as_bytes()) {
            return Ok(false);
        }
        let count: usize = self.0.iter().map(|group| group.signatures.len()).sum();
        if count >= MAX_SIGNATURES {
            let reason = format!("a step can have {MAX_SIGNATURES} signatures");
            return Err(AddError::Refused(GrantError::new(reason)));
        }
        let value = Value::new(signature.as_bytes().to_vec()).map_err(GrantError::new)?;
        let by = by.into();
        let mut merged = vec![Arc::new(Signature { value, by })];
        // Merging groups of equal size keeps both the passes and the rebuilt matchers few. Without
        // memory for that, the signature is refused: passes take time, and a component chooses how
        // much memory is left.
        let mut kept = self.0.len();
        while let Some(group) = kept.checked_sub(1).and_then(|last| self.0.get(last))
            && group.signatures.len() <= merged.len()
            && merged.len() < MAX_GROUP
        {
            merged.splice(..0, group.signatures.iter().cloned());
            kept -= 1;
        }
        let added = SignatureGroup::new(merged, reserve)?;
        self.0.truncate(kept);
        self.0.push(added);
        Ok(true)
    }
}

impl SignatureGroup {
    /// A group of up to [`MAX_GROUP`] signatures. Its matcher is a table, in which each byte takes
    /// the same time, and counts as the run's memory.
    fn new(
        signatures: Vec<Arc<Signature>>,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<Self, AddError> {
        let (mut patterns, mut replacements) = (Patterns::builder(), Vec::new());
        for (number, signature) in signatures.iter().enumerate() {
            let value = &signature.value;
            patterns = patterns.derived(number, value);
            patterns = patterns.without_ends(number, value, MAX_TAKEN);
            replacements.push(signature.by.as_bytes().to_vec().into());
        }
        let patterns = patterns.build().map_err(GrantError::new)?;
        let matcher = SecretMatcher::from_patterns(patterns, replacements.len());
        let room = reserve(matcher.memory()).map_err(AddError::Exceeded)?;
        Ok(Self {
            signatures,
            redaction: Redaction {
                matcher: Arc::new(matcher.with_room(room)),
                replacements: replacements.into(),
                token: None,
            },
        })
    }
}

impl From<GrantError> for AddError {
    fn from(error: GrantError) -> Self {
        Self::Refused(error)
    }
}

impl Redaction {
    fn target(&self) -> PassTarget {
        PassTarget {
            matcher: Some(Arc::clone(&self.matcher)),
            token: self.token.clone(),
        }
    }

    /// The replacer of the texts, in a stream for a component.
    pub(super) fn replacer(&self) -> Replacer {
        self.matcher.replacer(&self.replacements)
    }

    /// What its pass leaves of a text, for a component and for users, if that changes the text. Not what
    /// consists of replacements only.
    fn left_of(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let mut left = Vec::new();
        for mut pass in [self.replacer(), self.matcher.replacer_with(REDACTED)] {
            let seen = through(std::slice::from_mut(&mut pass), text, true);
            let replacements = self.replacements.iter().map(|it| it.as_slice());
            let mut replacements = replacements.chain([REDACTED.as_bytes()]);
            if seen != text && !replacements.any(|it| it == seen) {
                left.push(seen);
            }
        }
        left
    }

    pub(super) fn matcher(&self) -> &Arc<SecretMatcher> {
        &self.matcher
    }
}
