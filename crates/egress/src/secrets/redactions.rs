//! What is redacted in a run by now, in the order in which it is looked for.
//!
//! The order is what keeps a component from reading a value. The values of the granted
//! secrets come first, in a pass over them alone: nothing that a component or a server
//! chose is looked for beside them, or before them. What derives from a secret comes
//! after: tokens, then signatures. What derives from none is not looked for at all.

use std::collections::VecDeque;
use std::iter::once;
use std::sync::Arc;

use http_step_redact::{Patterns, Replacements, Replacer, TooMuch, Value};

use super::grant_error::GrantError;
use super::matcher::{MatcherCache, SecretMatcher};
use super::secret::GrantedSecret;

/// How many of the latest signatures are redacted; a run makes fewer requests, unless its
/// limits allow more.
const MAX_SIGNATURES: usize = 256;

/// The most tokens of a run. Each has a pass of its own.
const MAX_TOKENS: usize = 8;

/// What is redacted, and what replaces it.
pub(super) struct Redactions {
    values: Option<Redaction>,
    tokens: Vec<Numbered<RedactedToken>>,
    /// The latest.
    signatures: VecDeque<Numbered<Signature>>,
    /// All of them in one, if that was made since the last came.
    combined_signatures: Option<Redaction>,
    /// How many tokens and signatures there ever were.
    derived: usize,
}

/// What a stream that a component reads is redacted of.
pub(crate) struct Passes {
    pub(crate) passes: Vec<Replacer>,
    /// As of so many tokens and signatures.
    pub(crate) derived: usize,
}

impl Passes {
    /// The values of which parts were let through, by number of their secret: the first pass is
    /// over values.
    pub(crate) fn parts(&self) -> &[usize] {
        self.passes.first().map(Replacer::parts).unwrap_or_default()
    }

    /// Look for what came since, after all else.
    pub(crate) fn add(&mut self, since: Self) {
        self.passes.extend(since.passes);
        self.derived = since.derived;
    }
}

/// The how-manieth of all that derives from secrets it is.
struct Numbered<T> {
    number: usize,
    it: T,
}

/// A token that the host fetched.
pub(super) struct RedactedToken {
    token: Value,
    /// The URL of the endpoint that gave it.
    endpoint: Box<str>,
    redaction: Redaction,
}

/// A signature, and what stands for it.
pub(super) struct Signature {
    value: Arc<Value>,
    by: Arc<str>,
    redaction: Redaction,
}

/// Texts to be redacted, and what replaces each.
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

    /// How many tokens and signatures there ever were.
    pub(super) fn derived(&self) -> usize {
        self.derived
    }

    /// All that is looked for, in order.
    pub(super) fn in_order(&self) -> Vec<&Redaction> {
        let of_tokens = self.tokens.iter().map(|token| &token.it.redaction);
        let mut in_order: Vec<&Redaction> = self.values.iter().chain(of_tokens).collect();
        match &self.combined_signatures {
            Some(all) => in_order.push(all),
            None => in_order.extend(self.signatures.iter().map(|one| &one.it.redaction)),
        }
        in_order
    }

    /// What came since there were so many tokens and signatures. A stream that flows is
    /// looked through for it after all else.
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

    /// What finds values alone.
    pub(super) fn values_matcher(&self) -> Option<&Arc<SecretMatcher>> {
        self.values.as_ref().map(Redaction::matcher)
    }

    /// All signatures, if they are to be combined anew.
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

    /// All signatures in one, unless another one came meanwhile.
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

    /// Whether a token of an endpoint is redacted already; or why it can't be.
    pub(super) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, GrantError> {
        if self
            .tokens
            .iter()
            .any(|known| known.it.token.expose() == token.as_bytes())
        {
            return Ok(true);
        }
        // Of two tokens that overlap in a text one is found first. Were one of them of the
        // component's choosing, by an endpoint that gives what it is asked for, the other
        // could be guessed by it, byte by byte.
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

    /// Redact a token, unless it is redacted already.
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
    /// A token, and what stands for it. It takes a moment: what finds it is made.
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

    /// Bytes of what finds it.
    pub(super) fn memory(&self) -> usize {
        self.redaction.matcher.memory()
    }
}

impl Signature {
    /// None: it can't be looked for.
    pub(super) fn new(signature: &str, by: &str) -> Option<Self> {
        let value = Value::new(signature.as_bytes().to_vec()).ok()?;
        Some(Self {
            redaction: Redaction::from_derived([(&value, by)].into_iter()).ok()??,
            by: by.into(),
            value: Arc::new(value),
        })
    }
}

/// All signatures, each with what stands in for it.
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
    /// Those that derive from secrets, each with what stands in for it; none if none can
    /// be told from text.
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

    /// What puts in its place what stands for it, in a stream that a component reads.
    pub(super) fn replacer(&self) -> Replacer {
        self.matcher.replacer(&self.replacements)
    }

    pub(super) fn matcher(&self) -> &Arc<SecretMatcher> {
        &self.matcher
    }
}
