//! What is redacted in a run so far, in the order of matching.
//!
//! The order prevents a component from reading a value. The values of the granted secrets come
//! first, in a separate pass: nothing that a component or a server chose is matched together with
//! them, or before them. What derives from a secret comes after: tokens, then signatures. What
//! derives from no secret is not matched.

use std::iter::once;
use std::sync::Arc;

use http_step_policy::Exceeded;
use http_step_redact::{Patterns, Replacements, Replacer, Value};

use super::grant_error::GrantError;
use super::matcher::{MatcherCache, Room, SecretMatcher};
use super::secret::GrantedSecret;

/// The most signatures of a run, none of which is ever forgotten. The default limits allow no
/// more: 64 requests, with 16 signatures each.
const MAX_SIGNATURES: usize = 1024;

/// The most signatures that one pass looks for: so many fit into a table.
const MAX_GROUP: usize = 64;

/// The most tokens of a run. Each has a pass of its own.
const MAX_TOKENS: usize = 8;

/// What is redacted, and the replacements.
pub(super) struct Redactions {
    values: Option<Redaction>,
    tokens: Vec<Numbered<RedactedToken>>,
    /// In the order in which they were added, each full or larger than the next.
    signatures: Vec<SignatureGroup>,
    /// How many tokens and signatures there ever were.
    derived: usize,
}

/// The passes over a stream for a component.
pub(crate) struct Passes {
    pub(crate) passes: Vec<Replacer>,
    /// What each looks for.
    redactions: Vec<Redacted>,
    /// As of so many tokens and signatures.
    pub(crate) derived: usize,
}

/// What a pass looks for.
struct Redacted {
    /// Counts as memory of the run as long as the pass reads it.
    _matcher: Arc<SecretMatcher>,
    /// What stands for the token, if it is one.
    token: Option<Arc<str>>,
}

impl Passes {
    /// Over a stream that a component reads. Parts are found of values and of tokens.
    pub(super) fn of<'r>(
        redactions: impl IntoIterator<Item = &'r Redaction>,
        finds_parts: bool,
        derived: usize,
    ) -> Self {
        let pass_of = |redaction: &Redaction| match redaction.replacer() {
            pass if finds_parts => pass.finding_parts(),
            pass => pass,
        };
        let each = redactions.into_iter();
        let (passes, redactions) = each.map(|it| (pass_of(it), it.redacted())).unzip();
        Self {
            passes,
            redactions,
            derived,
        }
    }

    /// Over a stream for people, who see one text in place of all.
    pub(super) fn for_people<'r>(
        redactions: impl IntoIterator<Item = &'r Redaction>,
        by: &str,
        derived: usize,
    ) -> Self {
        let each = redactions.into_iter().filter(|it| !it.matcher.is_empty());
        let each = each.map(|it| (it.matcher.replacer_with(by), it.redacted()));
        let (passes, redactions) = each.unzip();
        Self {
            passes,
            redactions,
            derived,
        }
    }

    /// The values of which parts were let through, by number of their secret: the first pass is
    /// over values.
    pub(crate) fn parts(&self) -> &[usize] {
        self.passes.first().map(Replacer::parts).unwrap_or_default()
    }

    /// What stands for the tokens of which parts were let through.
    pub(crate) fn parts_of_tokens(&self) -> impl Iterator<Item = &str> {
        let each = self.passes.iter().zip(&self.redactions);
        each.filter(|(pass, _)| !pass.parts().is_empty())
            .filter_map(|(_, redacted)| redacted.token.as_deref())
    }

    /// Look for what came since, after all else.
    pub(crate) fn add(&mut self, since: Self) {
        self.passes.extend(since.passes);
        self.redactions.extend(since.redactions);
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

/// Signatures that one pass looks for.
struct SignatureGroup {
    signatures: Vec<Signature>,
    /// The number of the last.
    last: usize,
    redaction: Redaction,
}

/// A signature, and what stands for it.
struct Signature {
    value: Value,
    by: Box<str>,
}

/// Why a signature can't be redacted, so that it must not be sent.
#[derive(Debug)]
pub(crate) enum SignatureError {
    Refused(GrantError),
    Exceeded(Exceeded),
}

/// Texts to be redacted, and what replaces each.
pub(super) struct Redaction {
    matcher: Arc<SecretMatcher>,
    replacements: Replacements,
    /// What stands for the token, if it is one.
    token: Option<Arc<str>>,
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
                token: None,
            })
        };
        Ok(Self {
            values,
            tokens: Vec::new(),
            signatures: Vec::new(),
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
        let of_signatures = self.signatures.iter().map(|group| &group.redaction);
        let values = self.values.iter();
        values.chain(of_tokens).chain(of_signatures).collect()
    }

    /// What was added after a number of tokens and signatures. In a stream that has started it is
    /// matched after everything else.
    pub(super) fn since(&self, derived: usize) -> impl Iterator<Item = &Redaction> {
        let of_tokens = self
            .tokens
            .iter()
            .map(|token| (token.number, &token.it.redaction));
        let of_signatures = self
            .signatures
            .iter()
            .map(|group| (group.last, &group.redaction));
        let all = of_tokens.chain(of_signatures);
        all.filter_map(move |(number, redaction)| (number >= derived).then_some(redaction))
    }

    /// The values alone.
    pub(super) fn values(&self) -> Option<&Redaction> {
        self.values.as_ref()
    }

    /// What finds values alone.
    pub(super) fn values_matcher(&self) -> Option<&Arc<SecretMatcher>> {
        self.values.as_ref().map(Redaction::matcher)
    }

    /// Redact a signature, if there is memory for what finds it.
    pub(super) fn add_signature(
        &mut self,
        signature: &str,
        by: &str,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<(), SignatureError> {
        let mut known = self.signatures.iter().flat_map(|group| &group.signatures);
        if known.any(|known| known.value.expose() == signature.as_bytes()) {
            return Ok(());
        }
        let count: usize = self.signatures.iter().map(|it| it.signatures.len()).sum();
        if count >= MAX_SIGNATURES {
            let reason = format!("a step can have {MAX_SIGNATURES} signatures");
            return Err(SignatureError::Refused(GrantError::new(reason)));
        }
        let value = Value::new(signature.as_bytes().to_vec()).map_err(GrantError::new)?;
        let by = by.into();
        let mut signatures = vec![Signature { value, by }];
        let mut redaction = Redaction::of_signatures(&signatures, &reserve)?;
        let last = self.next_number();
        // Few passes look for many signatures, and each is put into a larger group only now
        // and then.
        while signatures.len() < MAX_GROUP
            && let Some(group) = self
                .signatures
                .pop_if(|group| group.signatures.len() <= signatures.len())
        {
            let SignatureGroup {
                signatures: mut all,
                last: last_of_group,
                redaction: of_group,
            } = group;
            let own = all.len();
            all.append(&mut signatures);
            match Redaction::of_signatures(&all, &reserve) {
                Ok(of_all) => (signatures, redaction) = (all, of_all),
                // Without room for both in one, they stay apart.
                Err(_) => {
                    signatures = all.split_off(own);
                    self.signatures.push(SignatureGroup {
                        signatures: all,
                        last: last_of_group,
                        redaction: of_group,
                    });
                    break;
                }
            }
        }
        self.signatures.push(SignatureGroup {
            signatures,
            last,
            redaction,
        });
        Ok(())
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
                token: Some(by.into()),
            },
        })
    }

    /// The memory of its matcher in bytes.
    pub(super) fn memory(&self) -> usize {
        self.redaction.matcher.memory()
    }
}

impl From<GrantError> for SignatureError {
    fn from(error: GrantError) -> Self {
        Self::Refused(error)
    }
}

impl Redaction {
    /// Of signatures: few enough for a table, in which each byte takes the same time. It counts
    /// as memory of the run.
    fn of_signatures(
        signatures: &[Signature],
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<Self, SignatureError> {
        let (mut patterns, mut replacements) = (Patterns::builder(), Vec::new());
        for (number, Signature { value, by }) in signatures.iter().enumerate() {
            patterns = patterns.derived(number, value);
            replacements.push(by.as_bytes().to_vec().into());
        }
        let patterns = patterns.build().map_err(GrantError::new)?;
        let matcher = SecretMatcher::from_patterns(patterns, replacements.len());
        let room = reserve(matcher.memory()).map_err(SignatureError::Exceeded)?;
        Ok(Self {
            matcher: Arc::new(matcher.with_room(room)),
            replacements: replacements.into(),
            token: None,
        })
    }

    fn redacted(&self) -> Redacted {
        Redacted {
            _matcher: Arc::clone(&self.matcher),
            token: self.token.clone(),
        }
    }

    /// What puts in its place what stands for it, in a stream that a component reads.
    pub(super) fn replacer(&self) -> Replacer {
        self.matcher.replacer(&self.replacements)
    }

    pub(super) fn matcher(&self) -> &Arc<SecretMatcher> {
        &self.matcher
    }
}
