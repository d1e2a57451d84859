//! What is hidden in a run by now, in the order in which it is looked for.
//!
//! The order is what keeps a component from reading a value. The values of the granted
//! secrets come first, in a pass over them alone: nothing that a component or a server
//! chose is looked for beside them, or before them. What derives from a secret comes
//! after: tokens, then signatures. What derives from none is not looked for at all.

use std::collections::VecDeque;
use std::iter::once;
use std::sync::Arc;

use http_step_redact::{Patterns, Replacements, Replacer, TooMuch, Value};

use super::lent::LendError;
use super::loan::Loan;
use super::shroud::{Shroud, Shrouds};

/// The most signatures of the latest that are hidden; a run makes fewer requests, unless
/// its limits say more.
const MOST_SIGNATURES: usize = 256;

/// The most tokens of a run. Each has a pass of its own.
const MOST_TOKENS: usize = 8;

/// What is hidden, and what stands in for each.
pub(super) struct Hidden {
    values: Option<Masked>,
    tokens: Vec<Numbered<HiddenToken>>,
    /// The latest.
    signatures: VecDeque<Numbered<Signature>>,
    /// All of them in one, if that was made since the last came.
    of_signatures: Option<Masked>,
    /// How many tokens and signatures there ever were.
    derived: usize,
}

/// What a stream that a component reads is redacted of.
pub(crate) struct Masks {
    pub(crate) passes: Vec<Replacer>,
    /// As of so many tokens and signatures.
    pub(crate) derived: usize,
}

impl Masks {
    /// The values of which parts were let go, by number of their loan: the first pass is
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
pub(super) struct HiddenToken {
    token: Value,
    /// The URL of the endpoint that gave it.
    endpoint: Box<str>,
    masked: Masked,
}

/// A signature, and what stands for it.
pub(super) struct Signature {
    value: Arc<Value>,
    by: Arc<str>,
    masked: Masked,
}

/// Texts to be hidden, and what stands in for each.
pub(super) struct Masked {
    shroud: Arc<Shroud>,
    masks: Replacements,
}

impl Hidden {
    /// The values of loans.
    pub(super) fn new(loans: &[Loan], shrouds: &Shrouds) -> Result<Self, LendError> {
        let values = if loans.is_empty() {
            None
        } else {
            let owners: Vec<Vec<Value>> = loans.iter().map(Loan::given_away).collect();
            let masks = loans.iter().map(|loan| loan.handle.as_str());
            Some(Masked {
                shroud: shrouds.over(&owners).map_err(LendError::new)?,
                masks: masks.map(|mask| mask.as_bytes().to_vec().into()).collect(),
            })
        };
        Ok(Self {
            values,
            tokens: Vec::new(),
            signatures: VecDeque::new(),
            of_signatures: None,
            derived: 0,
        })
    }

    /// How many tokens and signatures there ever were.
    pub(super) fn derived(&self) -> usize {
        self.derived
    }

    /// All that is looked for, in order.
    pub(super) fn in_order(&self) -> Vec<&Masked> {
        let of_tokens = self.tokens.iter().map(|token| &token.it.masked);
        let mut in_order: Vec<&Masked> = self.values.iter().chain(of_tokens).collect();
        match &self.of_signatures {
            Some(all) => in_order.push(all),
            None => in_order.extend(self.signatures.iter().map(|one| &one.it.masked)),
        }
        in_order
    }

    /// What came since there were so many tokens and signatures. A stream that flows is
    /// looked through for it after all else.
    pub(super) fn since(&self, derived: usize) -> impl Iterator<Item = &Masked> {
        let of_tokens = self
            .tokens
            .iter()
            .map(|token| (token.number, &token.it.masked));
        let of_signatures = self
            .signatures
            .iter()
            .map(|one| (one.number, &one.it.masked));
        let all = of_tokens.chain(of_signatures);
        all.filter_map(move |(number, masked)| (number >= derived).then_some(masked))
    }

    /// What finds values alone.
    pub(super) fn of_values(&self) -> Option<&Arc<Shroud>> {
        self.values.as_ref().map(Masked::shroud)
    }

    /// All signatures, if they are to be combined anew.
    pub(super) fn uncombined(&self) -> Option<Uncombined> {
        if self.of_signatures.is_some() || self.signatures.is_empty() {
            return None;
        }
        let each = |one: &Numbered<Signature>| (Arc::clone(&one.it.value), Arc::clone(&one.it.by));
        Some(Uncombined {
            signatures: self.signatures.iter().map(each).collect(),
            derived: self.derived,
        })
    }

    /// All signatures in one, unless another one came meanwhile.
    pub(super) fn combine(&mut self, all: Masked, derived: usize) {
        if self.derived == derived {
            self.of_signatures = Some(all);
        }
    }

    /// Hide a signature.
    pub(super) fn seal(&mut self, signature: Signature) {
        let number = self.next_number();
        let it = signature;
        self.signatures.push_back(Numbered { number, it });
        if self.signatures.len() > MOST_SIGNATURES {
            self.signatures.pop_front();
        }
        self.of_signatures = None;
    }

    /// Whether a token of an endpoint is hidden already; or why it can't be.
    pub(super) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, LendError> {
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
            return Err(LendError::new(
                "a step can have tokens of one token endpoint; those of another are for a step of its own",
            ));
        }
        if self.tokens.len() >= MOST_TOKENS {
            let reason = format!("a step can have {MOST_TOKENS} tokens");
            return Err(LendError::new(reason));
        }
        Ok(false)
    }

    /// Hide a token, unless it is hidden already.
    pub(super) fn conceal(&mut self, token: HiddenToken) -> Result<(), LendError> {
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

impl HiddenToken {
    /// A token, and what stands for it. It takes a moment: what finds it is made.
    pub(super) fn new(
        token: &str,
        endpoint: &str,
        by: &str,
        shrouds: &Shrouds,
    ) -> Result<Self, LendError> {
        let value = || Value::new(token.as_bytes().to_vec()).map_err(LendError::new);
        let shroud = shrouds.over(&[vec![value()?]]).map_err(LendError::new)?;
        Ok(Self {
            token: value()?,
            endpoint: endpoint.into(),
            masked: Masked {
                shroud,
                masks: once(by.as_bytes().to_vec().into()).collect(),
            },
        })
    }

    /// Bytes of what finds it.
    pub(super) fn memory(&self) -> usize {
        self.masked.shroud.memory()
    }
}

impl Signature {
    /// None: it can't be looked for.
    pub(super) fn new(signature: &str, by: &str) -> Option<Self> {
        let value = Value::new(signature.as_bytes().to_vec()).ok()?;
        Some(Self {
            masked: Masked::of([(&value, by)].into_iter()).ok()??,
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
    pub(super) fn combined(&self) -> Option<Masked> {
        let pairs = self.signatures.iter();
        Masked::of(pairs.map(|(value, by)| (&**value, &**by))).ok()?
    }
}

impl Masked {
    /// Those that derive from secrets, each with what stands in for it; none if none can
    /// be told from text.
    fn of<'t>(
        derived: impl Iterator<Item = (&'t Value, &'t str)>,
    ) -> Result<Option<Self>, TooMuch> {
        let (mut patterns, mut masks) = (Patterns::builder(), Vec::new());
        for (number, (value, mask)) in derived.enumerate() {
            patterns = patterns.derived(number, value);
            masks.push(mask.as_bytes().to_vec().into());
        }
        let shroud = Shroud::of(patterns.build_for_once()?, masks.len());
        Ok((!shroud.is_empty()).then(|| Self {
            shroud: Arc::new(shroud),
            masks: masks.into(),
        }))
    }

    /// What puts in its place what stands for it, in a stream that a component reads.
    pub(super) fn mask(&self) -> Replacer {
        self.shroud.mask(&self.masks)
    }

    pub(super) fn shroud(&self) -> &Arc<Shroud> {
        &self.shroud
    }
}
