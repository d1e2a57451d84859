//! What is redacted in a run so far, in the order of matching.
//!
//! The order prevents a component from reading a value. The values of the granted secrets come
//! first, in a separate pass: nothing that a component or a server chose is matched together with
//! them, or before them. What derives from a secret comes after: tokens, then signatures. What
//! derives from no secret is not matched.

use std::collections::VecDeque;
use std::iter::once;
use std::sync::Arc;

use http_step_redact::{Patterns, Replacements, Replacer, TooMuch, Value};

use super::grant_error::GrantError;
use super::matcher::{MatcherCache, SecretMatcher};
use super::secret::GrantedSecret;

/// The number of latest signatures that are redacted; a run sends fewer requests, unless its limits
/// allow more.
const MAX_SIGNATURES: usize = 256;

/// The maximum number of tokens of a run. Each has a separate pass.
const MAX_TOKENS: usize = 8;

/// What is redacted, and the replacements.
pub(super) struct Redactions {
    values: Option<Redaction>,
    tokens: Vec<Numbered<RedactedToken>>,
    /// The latest ones.
    signatures: VecDeque<Numbered<Signature>>,
    /// All signatures combined, if that was done after the latest one was added.
    combined_signatures: Option<Redaction>,
    /// The total number of tokens and signatures.
    derived: usize,
}

/// The passes over a stream for a component.
pub(crate) struct Passes {
    pub(crate) passes: Vec<Replacer>,
    /// The number of tokens and signatures that they include.
    pub(crate) derived: usize,
}

impl Passes {
    /// The secrets of which parts were released, by index: the first pass is for values.
    pub(crate) fn parts(&self) -> &[usize] {
        self.passes.first().map(Replacer::parts).unwrap_or_default()
    }

    /// Add passes for what was added since, after all others.
    pub(crate) fn add(&mut self, since: Self) {
        self.passes.extend(since.passes);
        self.derived = since.derived;
    }
}

/// With its number among all that derive from secrets.
struct Numbered<T> {
    number: usize,
    it: T,
}

/// A token that the host fetched.
pub(super) struct RedactedToken {
    token: Value,
    /// The URL of the endpoint that issued it.
    endpoint: Box<str>,
    redaction: Redaction,
}

/// A signature, and its replacement.
pub(super) struct Signature {
    value: Arc<Value>,
    by: Arc<str>,
    redaction: Redaction,
}

/// Texts to redact, and their replacements.
pub(super) struct Redaction {
    matcher: Arc<SecretMatcher>,
    replacements: Replacements,
}

impl Redactions {
    /// The values of secrets.
    pub(super) fn new(
        secrets: &[GrantedSecret],
        matchers: &MatcherCache,
    ) -> Result<Self, GrantError> {
        let values = if secrets.is_empty() {
            None
        } else {
            let owners: Vec<Vec<Value>> = secrets
                .iter()
                .map(GrantedSecret::revealing_values)
                .collect();
            let replacements = secrets.iter().map(|secret| secret.handle.as_str());
            Some(Redaction {
                matcher: matchers.get_or_build(&owners).map_err(GrantError::new)?,
                replacements: replacements
                    .map(|replacement| replacement.as_bytes().to_vec().into())
                    .collect(),
            })
        };
        Ok(Self {
            values,
            tokens: Vec::new(),
            signatures: VecDeque::new(),
            combined_signatures: None,
            derived: 0,
        })
    }

    /// The total number of tokens and signatures.
    pub(super) fn derived(&self) -> usize {
        self.derived
    }

    /// Everything that is matched, in order.
    pub(super) fn in_order(&self) -> Vec<&Redaction> {
        let of_tokens = self.tokens.iter().map(|token| &token.it.redaction);
        let mut in_order: Vec<&Redaction> = self.values.iter().chain(of_tokens).collect();
        match &self.combined_signatures {
            Some(all) => in_order.push(all),
            None => in_order.extend(self.signatures.iter().map(|one| &one.it.redaction)),
        }
        in_order
    }

    /// What was added after a number of tokens and signatures. In a stream that has started it is
    /// matched after everything else.
    pub(super) fn since(&self, derived: usize) -> impl Iterator<Item = &Redaction> {
        let of_tokens = self
            .tokens
            .iter()
            .map(|token| (token.number, &token.it.redaction));
        let combined_signatures = self
            .signatures
            .iter()
            .map(|one| (one.number, &one.it.redaction));
        let all = of_tokens.chain(combined_signatures);
        all.filter_map(move |(number, redaction)| (number >= derived).then_some(redaction))
    }

    /// The matcher of the values.
    pub(super) fn values_matcher(&self) -> Option<&Arc<SecretMatcher>> {
        self.values.as_ref().map(Redaction::matcher)
    }

    /// All signatures, if they should be combined again.
    pub(super) fn uncombined(&self) -> Option<Uncombined> {
        if self.combined_signatures.is_some() || self.signatures.is_empty() {
            return None;
        }
        let each = |one: &Numbered<Signature>| (Arc::clone(&one.it.value), Arc::clone(&one.it.by));
        Some(Uncombined {
            signatures: self.signatures.iter().map(each).collect(),
            derived: self.derived,
        })
    }

    /// Set the combined signatures, unless another one was added in the meantime.
    pub(super) fn combine(&mut self, all: Redaction, derived: usize) {
        if self.derived == derived {
            self.combined_signatures = Some(all);
        }
    }

    /// Redact a signature.
    pub(super) fn add_signature(&mut self, signature: Signature) {
        let number = self.next_number();
        let it = signature;
        self.signatures.push_back(Numbered { number, it });
        if self.signatures.len() > MAX_SIGNATURES {
            self.signatures.pop_front();
        }
        self.combined_signatures = None;
    }

    /// Whether a token of an endpoint is already redacted; or why it can't be.
    pub(super) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, GrantError> {
        if self
            .tokens
            .iter()
            .any(|known| known.it.token.expose() == token.as_bytes())
        {
            return Ok(true);
        }
        // Of two tokens that overlap in a text, one is matched first. If the component could choose
        // one of them, with an endpoint that issues what it is asked for, it could guess the other
        // byte by byte.
        if self
            .tokens
            .iter()
            .any(|known| *known.it.endpoint != *endpoint)
        {
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
        let number = self.next_number();
        self.tokens.push(Numbered { number, it: token });
        Ok(())
    }

    fn next_number(&mut self) -> usize {
        let number = self.derived;
        self.derived += 1;
        number
    }
}

impl RedactedToken {
    /// A token, and its replacement. Building its matcher takes time.
    pub(super) fn new(
        token: &str,
        endpoint: &str,
        by: &str,
        matchers: &MatcherCache,
    ) -> Result<Self, GrantError> {
        let value = || Value::new(token.as_bytes().to_vec()).map_err(GrantError::new);
        let matcher = matchers
            .get_or_build_for_token(value()?)
            .map_err(GrantError::new)?;
        Ok(Self {
            token: value()?,
            endpoint: endpoint.into(),
            redaction: Redaction {
                matcher,
                replacements: once(by.as_bytes().to_vec().into()).collect(),
            },
        })
    }

    /// The memory of its matcher in bytes.
    pub(super) fn memory(&self) -> usize {
        self.redaction.matcher.memory()
    }
}

impl Signature {
    /// None: it can't be matched.
    pub(super) fn new(signature: &str, by: &str) -> Option<Self> {
        let value = Value::new(signature.as_bytes().to_vec()).ok()?;
        Some(Self {
            redaction: Redaction::from_derived([(&value, by)].into_iter()).ok()??,
            by: by.into(),
            value: Arc::new(value),
        })
    }
}

/// All signatures, each with its replacement.
pub(super) struct Uncombined {
    signatures: Vec<(Arc<Value>, Arc<str>)>,
    pub(super) derived: usize,
}

impl Uncombined {
    pub(super) fn combined(&self) -> Option<Redaction> {
        let pairs = self.signatures.iter();
        Redaction::from_derived(pairs.map(|(value, by)| (&**value, &**by))).ok()?
    }
}

impl Redaction {
    /// A redaction of texts that derive from secrets, each with its replacement; none if no text is
    /// distinctive.
    fn from_derived<'t>(
        derived: impl Iterator<Item = (&'t Value, &'t str)>,
    ) -> Result<Option<Self>, TooMuch> {
        let (mut patterns, mut replacements) = (Patterns::builder(), Vec::new());
        for (number, (value, replacement)) in derived.enumerate() {
            patterns = patterns.derived(number, value);
            replacements.push(replacement.as_bytes().to_vec().into());
        }
        let matcher = SecretMatcher::from_patterns(patterns.build_for_once()?, replacements.len());
        Ok((!matcher.is_empty()).then(|| Self {
            matcher: Arc::new(matcher),
            replacements: replacements.into(),
        }))
    }

    /// The replacer of the texts, in a stream for a component.
    pub(super) fn replacer(&self) -> Replacer {
        self.matcher.replacer(&self.replacements)
    }

    pub(super) fn matcher(&self) -> &Arc<SecretMatcher> {
        &self.matcher
    }
}
