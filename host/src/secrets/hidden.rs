//! What is hidden from a component by now, in the order in which it is looked for.
//!
//! The order is what keeps a component from breaking what hides a value: before the
//! values nothing is looked for that does not hold all of one, and all values are
//! looked for at once.

use std::collections::VecDeque;
use std::sync::Arc;

use http_step_secrets::{Patterns, Replacements, Replacer, Value};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use super::lent::LendError;
use super::loan::Loan;
use super::shroud::{Shroud, Shrouds};

/// The most bytes of [echoes](Echo): what finds them is made anew for each.
const MOST_REMEMBERED: usize = 16 << 10;

/// The most signatures of the latest that are hidden; a run makes fewer requests, unless
/// its limits say more.
const MOST_SIGNATURES: usize = 256;

/// The most tokens of a run.
const MOST_TOKENS: usize = 8;

/// What is hidden, and what stands in for each.
pub(super) struct Hidden {
    echoes: Vec<Echo>,
    of_echoes: Option<Masked>,
    /// Of the loans and of the tokens.
    values: Option<Masked>,
    /// Tokens that the host fetched, and what stands for each.
    tokens: Vec<(Value, String)>,
    /// What the host computed, the latest: each by itself, and all in one.
    signatures: VecDeque<Signature>,
    of_signatures: Option<Masked>,
}

/// What went out in place of what a component wrote.
pub(crate) struct Echo {
    pub(crate) sent: Vec<u8>,
    pub(crate) written: Vec<u8>,
}

/// What a stream that a component reads is scrubbed of.
pub(crate) struct Masks {
    pub(crate) passes: Vec<Replacer>,
    /// As of so many tokens and signatures.
    pub(crate) tokens: usize,
    pub(crate) signatures: usize,
}

/// A signature in the forms of a text, what stands for it, and both to be looked for.
struct Signature {
    texts: Vec<String>,
    by: String,
    masked: Masked,
}

/// Texts to be hidden, and what stands in for each.
struct Masked {
    shroud: Arc<Shroud>,
    masks: Replacements,
}

impl Hidden {
    /// The values of loans.
    pub(super) fn new(loans: &[Loan], shrouds: &Shrouds) -> Result<Self, LendError> {
        let mut hidden = Self {
            echoes: Vec::new(),
            of_echoes: None,
            values: None,
            tokens: Vec::new(),
            signatures: VecDeque::new(),
            of_signatures: None,
        };
        if !loans.is_empty() {
            hidden.look_for_values(loans, shrouds)?;
        }
        Ok(hidden)
    }

    /// What takes all of it out of a stream, one pass after the other.
    pub(super) fn passes(&mut self) -> Vec<Replacer> {
        if self.of_signatures.is_none() {
            let all = self.signatures.iter().flat_map(Signature::masks);
            self.of_signatures = Masked::of(all);
        }
        let in_order = [&self.of_echoes, &self.values, &self.of_signatures];
        in_order.into_iter().flatten().map(Masked::mask).collect()
    }

    /// What takes so many of the latest signatures out of a stream.
    pub(super) fn passes_of_latest(&self, signatures: usize) -> Vec<Replacer> {
        let latest = self.signatures.iter().rev().take(signatures);
        latest.map(|one| one.masked.mask()).collect()
    }

    /// What finds values and tokens.
    pub(super) fn values(&self) -> Option<&Arc<Shroud>> {
        self.values.as_ref().map(|values| &values.shroud)
    }

    /// The oldest are forgotten: a value is hidden in them all the same.
    pub(super) fn remember(&mut self, echo: Echo) {
        let echoes = &mut self.echoes;
        if echoes.iter().any(|other| other.sent == echo.sent) {
            return;
        }
        echoes.push(echo);
        let mut bytes: usize = echoes.iter().map(|echo| echo.sent.len()).sum();
        while bytes > MOST_REMEMBERED {
            bytes -= echoes.remove(0).sent.len();
        }
        let texts = echoes.iter();
        self.of_echoes = Masked::of(texts.map(|echo| (&*echo.sent, &*echo.written)));
    }

    /// Whether it is one that can be looked for.
    pub(super) fn seal(&mut self, signature: &str, by: &str) -> bool {
        let Some(signature) = Signature::new(signature, by) else {
            return false;
        };
        self.signatures.push_back(signature);
        if self.signatures.len() > MOST_SIGNATURES {
            self.signatures.pop_front();
        }
        self.of_signatures = None;
        true
    }

    /// Whether it is one that was not hidden before.
    pub(super) fn conceal(
        &mut self,
        token: &str,
        by: &str,
        loans: &[Loan],
        shrouds: &Shrouds,
    ) -> Result<bool, LendError> {
        let token = Value::new(token.as_bytes().to_vec()).map_err(LendError::new)?;
        let is_token = |(known, _): &(Value, String)| known.expose() == token.expose();
        if self.tokens.iter().any(is_token) {
            return Ok(false);
        }
        if self.tokens.len() >= MOST_TOKENS {
            let reason = format!("a step can have {MOST_TOKENS} tokens");
            return Err(LendError::new(reason));
        }
        self.tokens.push((token, by.to_owned()));
        if let Err(error) = self.look_for_values(loans, shrouds) {
            // Asked for again, it is not hidden any more than now.
            self.tokens.pop();
            return Err(error);
        }
        Ok(true)
    }

    fn look_for_values(&mut self, loans: &[Loan], shrouds: &Shrouds) -> Result<(), LendError> {
        let of_tokens = self.tokens.iter().map(|(token, _)| {
            let token = Value::new(token.expose().to_vec());
            token.into_iter().collect()
        });
        let given_away = loans.iter().map(Loan::given_away);
        let owners: Vec<Vec<Value>> = given_away.chain(of_tokens).collect();
        let of_loans = loans.iter().map(|loan| loan.handle.as_str());
        let of_tokens = self.tokens.iter().map(|(_, by)| by.as_str());
        let masks = of_loans.chain(of_tokens);
        self.values = Some(Masked {
            shroud: shrouds.over(&owners).map_err(LendError::new)?,
            masks: masks.map(|mask| mask.as_bytes().to_vec().into()).collect(),
        });
        Ok(())
    }
}

impl Signature {
    fn new(signature: &str, by: &str) -> Option<Self> {
        let mut texts = vec![
            signature.to_owned(),
            signature.to_ascii_uppercase(),
            // As JSON may have Base64, and URLs do.
            signature.replace('/', "\\/"),
            percent_encode(signature.as_bytes(), NON_ALPHANUMERIC).to_string(),
        ];
        texts.sort();
        texts.dedup();
        let masks = texts.iter().map(|text| (text.as_bytes(), by.as_bytes()));
        Some(Self {
            masked: Masked::of(masks)?,
            by: by.to_owned(),
            texts,
        })
    }

    fn masks(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let texts = self.texts.iter();
        texts.map(|text| (text.as_bytes(), self.by.as_bytes()))
    }
}

impl Masked {
    /// Those whose texts these are, each with what stands in for it; none if there
    /// are none.
    fn of<'t>(texts: impl Iterator<Item = (&'t [u8], &'t [u8])>) -> Option<Self> {
        let (mut patterns, mut masks) = (Patterns::builder(), Vec::new());
        for (number, (text, mask)) in texts.enumerate() {
            patterns = patterns.text(number, text);
            masks.push(mask.to_vec().into());
        }
        let shroud = Shroud::of(patterns.build_for_once().ok()?, masks.len());
        (!shroud.is_empty()).then(|| Self {
            shroud: Arc::new(shroud),
            masks: masks.into(),
        })
    }

    fn mask(&self) -> Replacer {
        self.shroud.mask(&self.masks)
    }
}
