//! What one run is lent: its loans, and what of them is hidden from whom.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_step_policy::Policy;
use http_step_secrets::{HANDLE_BYTES, Handles, Patterns, Replacements, Replacer};
use thiserror::Error;
use tokio::task::spawn_blocking;

use super::hidden::{Echo, Hidden, Masks};
use super::loan::{Loan, Unavailable};
use super::shroud::{Shroud, Shrouds};
use super::source::Sources;
use super::veil::{HIDDEN, Veil};

/// What finds the handles of so many is made in a fraction of a millisecond: no work for
/// another thread.
const FEW: usize = 16;

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

/// The secrets can't be lent at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets of the policy can't be lent: {0}")]
pub(crate) struct LendError(String);

impl LendError {
    pub(super) fn new(error: impl ToString) -> Self {
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
        let handles = Handles::new().map_err(LendError::new)?;
        let mut loans = Vec::new();
        for terms in policy.secrets() {
            let value = sources.read(terms.source()).await;
            let handle = handles.next().map_err(LendError::new)?;
            loans.push(Loan::new(terms.clone(), handle, value));
        }
        let given_away: Vec<_> = loans.iter().map(Loan::given_away).collect();
        if loans.is_empty() || loans.len() <= FEW && shrouds.has(&given_away) {
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
        let of_handles = of_handles.build_for_once().map_err(LendError::new)?;
        Ok(Self {
            handles: Arc::new(handles.build_for_once().map_err(LendError::new)?),
            of_handles: Shroud::of(of_handles, loans.len()),
            hidden: Mutex::new(Hidden::new(&loans, shrouds)?),
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
        Masks {
            passes: hidden.passes(),
            tokens: self.tokens(),
            signatures: self.signatures(),
        }
    }

    /// What a stream that flows is scrubbed of after all else: the signatures since
    /// so many.
    pub(crate) fn masks_since(&self, signatures: usize) -> (usize, Vec<Replacer>) {
        let hidden = self.hidden();
        let now = self.signatures();
        (now, hidden.passes_of_latest(now - signatures))
    }

    /// What takes values and handles out of a stream for people; and as of how many
    /// tokens.
    pub(super) fn hides(&self) -> (usize, Vec<Replacer>) {
        let hidden = self.hidden();
        let values = hidden.values().map(AsRef::as_ref);
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
        self.hidden().remember(echo);
    }

    /// Put a text in the place of a signature, as it stands in texts: also in streams
    /// that flow already. The component has no part in what it looks like.
    pub(crate) fn seal(&self, signature: &str, by: &str) {
        let mut hidden = self.hidden();
        if hidden.seal(signature, by) {
            // Told while `hidden` is held, so that who asks after it has it.
            self.signatures.fetch_add(1, Ordering::Release);
        }
    }

    /// Put a text in the place of a token, from now on. It takes a moment.
    pub(crate) fn conceal(&self, token: &str, by: &str) -> Result<(), LendError> {
        let mut hidden = self.hidden();
        if hidden.conceal(token, by, &self.loans, &self.shrouds)? {
            self.tokens.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// What is between the run and people.
    pub(crate) fn veil(&self) -> Veil<'_> {
        Veil::new(&self.of_handles, self.hidden().values().cloned())
    }

    fn hidden(&self) -> MutexGuard<'_, Hidden> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
