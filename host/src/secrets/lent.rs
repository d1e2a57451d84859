//! What one run is lent: its loans, and what of them is hidden from whom.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_step_policy::Policy;
use http_step_secrets::{HANDLE_BYTES, Handle, Patterns, Replacements, Replacer, Value};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use thiserror::Error;
use tokio::task::spawn_blocking;

use super::loan::{Loan, Unavailable};
use super::shroud::{Shroud, Shrouds};
use super::source::Sources;
use super::veil::{HIDDEN, Veil};

/// The most bytes of [echoes](Echo): they are looked for anew in each response.
const MOST_REMEMBERED: usize = 16 << 10;

/// The most signatures of the latest that are hidden; a run makes fewer requests, unless
/// its limits say more.
const MOST_SIGNATURES: usize = 256;

/// The most tokens of a run.
const MOST_TOKENS: usize = 8;

/// The secrets of one run.
pub(crate) struct Lent {
    loans: Vec<Loan>,
    /// The handles, by the loan's number.
    handles: Arc<Patterns>,
    /// The forms of the handles, for people.
    of_handles: Shroud,
    hidden: Mutex<Hidden>,
    /// How many tokens are hidden, and how many signatures were.
    tokens: AtomicUsize,
    signatures: AtomicUsize,
    shrouds: Arc<Shrouds>,
    /// Whether the component holds a handle.
    is_used: AtomicBool,
    /// Whether people were told what secrets there are.
    told: AtomicBool,
}

/// What is hidden from a component by now, in the order in which it is looked for.
///
/// The order is what keeps a component from breaking what hides a value: before the
/// values nothing is looked for that does not hold all of one, and all values are
/// looked for at once.
#[derive(Default)]
struct Hidden {
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

/// A signature in the forms of a text, what stands for it, and both to be looked for.
struct Signature {
    texts: Vec<String>,
    by: String,
    masked: Masked,
}

/// Texts to be hidden, and what stands in for each.
#[derive(Clone)]
struct Masked {
    shroud: Arc<Shroud>,
    masks: Replacements,
}

impl Masked {
    fn mask(&self) -> Replacer {
        self.shroud.mask(&self.masks)
    }

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

/// What a stream that a component reads is scrubbed of.
pub(crate) struct Masks {
    pub(crate) passes: Vec<Replacer>,
    /// As of so many tokens and signatures.
    pub(crate) tokens: usize,
    pub(crate) signatures: usize,
}

/// What went out in place of what a component wrote.
pub(crate) struct Echo {
    pub(crate) sent: Vec<u8>,
    pub(crate) written: Vec<u8>,
}

/// The secrets can't be lent at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets of the policy can't be lent: {0}")]
pub(crate) struct LendError(String);

impl LendError {
    fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

impl Lent {
    /// Read what a policy lends. A value that can't be read is missed when it is
    /// asked for: one policy serves steps that use one secret each.
    pub(crate) async fn by(
        policy: &Policy,
        sources: &Sources,
        shrouds: &Arc<Shrouds>,
    ) -> Result<Self, LendError> {
        let mut loans = Vec::new();
        for terms in policy.secrets() {
            let value = sources.read(terms.source()).await;
            let handle = Handle::random().map_err(LendError::new)?;
            loans.push(Loan::new(terms.clone(), handle, value));
        }
        if loans.is_empty() {
            return Self::new(loans, shrouds);
        }
        // For ten tokens it takes milliseconds, for a long key half a second.
        let shrouds = Arc::clone(shrouds);
        let made = spawn_blocking(move || Self::new(loans, &shrouds)).await;
        made.map_err(|_| LendError::new("the host is about to end"))?
    }

    pub(super) fn new(loans: Vec<Loan>, shrouds: &Arc<Shrouds>) -> Result<Self, LendError> {
        let (mut handles, mut of_handles) = (Patterns::builder(), Patterns::builder());
        for (number, loan) in loans.iter().enumerate() {
            handles = handles.text(number, loan.handle.as_str().as_bytes());
            of_handles = of_handles.handle(number, &loan.handle);
        }
        let given_away: Vec<Vec<Value>> = loans.iter().map(Loan::given_away).collect();
        let of_loans = Masked {
            shroud: shrouds.over(&given_away).map_err(LendError::new)?,
            masks: loans.iter().map(|loan| mask_of(&loan.handle)).collect(),
        };
        let of_handles = of_handles.build_for_once().map_err(LendError::new)?;
        Ok(Self {
            handles: Arc::new(handles.build_for_once().map_err(LendError::new)?),
            of_handles: Shroud::of(of_handles, loans.len()),
            hidden: Mutex::new(Hidden {
                values: (!loans.is_empty()).then_some(of_loans),
                ..Hidden::default()
            }),
            tokens: AtomicUsize::new(0),
            signatures: AtomicUsize::new(0),
            shrouds: Arc::clone(shrouds),
            loans,
            is_used: AtomicBool::new(false),
            told: AtomicBool::new(false),
        })
    }

    /// What the component is given for a name; none if there is no such secret.
    pub(crate) fn handle(&self, name: &str) -> Result<Option<String>, Unavailable> {
        let Some(loan) = self.loans.iter().find(|loan| loan.terms.name() == name) else {
            return Ok(None);
        };
        let handle = loan.handed_out()?;
        self.is_used.store(true, Ordering::Relaxed);
        Ok(Some(handle))
    }

    /// What is to be said to people of a name, once: that there is none, or that its
    /// value can't be hidden.
    pub(crate) fn remark(&self, name: &str) -> Option<String> {
        if let Some(loan) = self.loans.iter().find(|loan| loan.terms.name() == name) {
            return loan.remark();
        }
        let remark = if self.loans.is_empty() {
            "This run is lent no secrets.".to_owned()
        } else {
            let name = |loan: &Loan| format!("`{}`", loan.terms.name());
            let names: Vec<String> = self.loans.iter().map(name).collect();
            format!("The secrets of this run are {}.", names.join(", "))
        };
        (!self.told.swap(true, Ordering::Relaxed)).then_some(remark)
    }

    /// Whether there is nothing to hide, by now.
    pub(crate) fn is_nothing(&self) -> bool {
        self.loans.is_empty() && self.tokens() == 0 && self.signatures() == 0
    }

    /// Whether the component may hold a handle.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// The loans whose handles are in a text, in order.
    pub(crate) fn in_text(&self, text: &[u8]) -> impl Iterator<Item = &Loan> {
        let numbers = self.handles.owners_in(text).into_iter();
        numbers.filter_map(|number| self.loans.get(number))
    }

    /// The loan whose handle a text is.
    pub(crate) fn of_handle(&self, text: &str) -> Option<&Loan> {
        self.loans.iter().find(|loan| loan.handle.as_str() == text)
    }

    /// What puts values in the place of handles: for each loan, in order, how its
    /// value is written there; nothing for one that is not to stand there.
    pub(crate) fn filler(&self, values: Replacements) -> Replacer {
        Replacer::new(Arc::clone(&self.handles), values)
    }

    /// How long a text is with values in the place of handles: a handle may stand
    /// there many times, and a value be long.
    pub(crate) fn filled_length(&self, text: &[u8], values: &Replacements) -> usize {
        let mut length = text.len();
        self.handles.each_in(text, |number| {
            let value = values.get(number).map_or(0, |value| value.len());
            length = length.saturating_sub(HANDLE_BYTES).saturating_add(value);
        });
        length
    }

    /// How many handles are in a text.
    pub(crate) fn count_in(&self, text: &[u8]) -> usize {
        let mut count = 0;
        self.handles.each_in(text, |_| count += 1);
        count
    }

    /// The loans, in the order that [`filler`](Self::filler) has them.
    pub(crate) fn loans(&self) -> &[Loan] {
        &self.loans
    }

    /// How many tokens are hidden by now.
    pub(crate) fn tokens(&self) -> usize {
        self.tokens.load(Ordering::Acquire)
    }

    /// How many signatures were hidden by now.
    pub(crate) fn signatures(&self) -> usize {
        self.signatures.load(Ordering::Acquire)
    }

    /// What scrubs a stream that begins.
    pub(crate) fn masks(&self) -> Masks {
        let mut hidden = self.hidden();
        let hidden = &mut *hidden;
        if hidden.of_signatures.is_none() {
            let all = hidden.signatures.iter().flat_map(Signature::masks);
            hidden.of_signatures = Masked::of(all);
        }
        let in_order = [&hidden.of_echoes, &hidden.values, &hidden.of_signatures];
        Masks {
            passes: in_order.into_iter().flatten().map(Masked::mask).collect(),
            tokens: self.tokens(),
            signatures: self.signatures(),
        }
    }

    /// What a stream that flows is scrubbed of after all else: the signatures since
    /// so many.
    pub(crate) fn masks_since(&self, signatures: usize) -> (usize, Vec<Replacer>) {
        let hidden = self.hidden();
        let now = self.signatures();
        let new = (now - signatures).min(hidden.signatures.len());
        let latest = hidden.signatures.iter().rev().take(new);
        (now, latest.map(|one| one.masked.mask()).collect())
    }

    /// What takes values and handles out of a stream for people; and as of how many
    /// tokens.
    pub(super) fn hides(&self) -> (usize, Vec<Replacer>) {
        let hidden = self.hidden();
        let values = hidden.values.iter().map(|values| &*values.shroud);
        let shrouds = [&self.of_handles].into_iter().chain(values);
        let shrouds = shrouds.filter(|shroud| !shroud.is_empty());
        (
            self.tokens(),
            shrouds.map(|shroud| shroud.hide(HIDDEN)).collect(),
        )
    }

    /// Remember what went out for what the component wrote, with all of a value in it,
    /// so that it gets its own words back. The oldest are forgotten: a value is hidden
    /// in them all the same.
    pub(crate) fn remember(&self, echo: Echo) {
        let mut hidden = self.hidden();
        let echoes = &mut hidden.echoes;
        if echoes.iter().any(|other| other.sent == echo.sent) {
            return;
        }
        echoes.push(echo);
        let mut bytes: usize = echoes.iter().map(|echo| echo.sent.len()).sum();
        while bytes > MOST_REMEMBERED {
            bytes -= echoes.remove(0).sent.len();
        }
        let texts = echoes.iter();
        let of_echoes = Masked::of(texts.map(|echo| (&*echo.sent, &*echo.written)));
        hidden.of_echoes = of_echoes;
    }

    /// Put a text in the place of a signature, as it stands in texts: also in streams
    /// that flow already. The component has no part in what it looks like.
    pub(crate) fn seal(&self, signature: &str, by: &str) {
        let Some(signature) = Signature::new(signature, by) else {
            return;
        };
        let mut hidden = self.hidden();
        hidden.signatures.push_back(signature);
        if hidden.signatures.len() > MOST_SIGNATURES {
            hidden.signatures.pop_front();
        }
        hidden.of_signatures = None;
        // Told while `hidden` is held, so that who asks after it has it.
        self.signatures.fetch_add(1, Ordering::Release);
    }

    /// Put a text in the place of a token, from now on. It takes a moment.
    pub(crate) fn conceal(&self, token: &str, by: &str) -> Result<(), LendError> {
        let mut hidden = self.hidden();
        let value = Value::new(token.as_bytes().to_vec()).map_err(LendError::new)?;
        if hidden
            .tokens
            .iter()
            .any(|(known, _)| known.expose() == value.expose())
        {
            return Ok(());
        }
        if hidden.tokens.len() >= MOST_TOKENS {
            return Err(LendError(format!("a step can have {MOST_TOKENS} tokens")));
        }
        hidden.tokens.push((value, by.to_owned()));
        let loans = self.loans.iter().map(Loan::given_away);
        let tokens = hidden.tokens.iter();
        let tokens =
            tokens.map(|(token, _)| Value::new(token.expose().to_vec()).into_iter().collect());
        let owners: Vec<Vec<Value>> = loans.chain(tokens).collect();
        let of_loans = self.loans.iter().map(|loan| mask_of(&loan.handle));
        let of_tokens = hidden.tokens.iter();
        let of_tokens = of_tokens.map(|(_, by)| by.as_bytes().to_vec().into());
        let values = Masked {
            shroud: self.shrouds.over(&owners).map_err(LendError::new)?,
            masks: of_loans.chain(of_tokens).collect(),
        };
        hidden.values = Some(values);
        self.tokens.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// What is between the run and people.
    pub(crate) fn veil(&self) -> Veil<'_> {
        let values = self.hidden().values.clone();
        Veil::new(&self.of_handles, values.map(|values| values.shroud))
    }

    fn hidden(&self) -> MutexGuard<'_, Hidden> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mask_of(handle: &Handle) -> zeroize::Zeroizing<Vec<u8>> {
    handle.as_str().as_bytes().to_vec().into()
}

#[cfg(test)]
mod tests;
