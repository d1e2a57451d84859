//! What one run is lent: its loans, and what of them is hidden from whom.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_step_policy::{Origin, Policy};
use http_step_redact::{HANDLE_BYTES, Handles, Patterns, Replacements, Replacer};
use thiserror::Error;
use tokio::task::spawn_blocking;

use super::hidden::{Hidden, HiddenToken, Masked, Masks, Signature};
use super::loan::{Loan, Unavailable};
use super::shroud::{Shroud, Shrouds};
use super::source::Sources;
use super::veil::{HIDDEN, Veil};

/// What finds the handles of so many is made in a fraction of a millisecond: no work for
/// another thread.
const FEW: usize = 16;

/// The secrets of one run.
pub struct Lent {
    loans: Vec<Loan>,
    /// The handles, by the loan's number.
    handles: Arc<Patterns>,
    /// The forms of the handles, for people.
    of_handles: Shroud,
    hidden: Mutex<Hidden>,
    /// How many tokens and signatures were hidden beside the values.
    derived: AtomicUsize,
    shrouds: Arc<Shrouds>,
    /// Whether the component holds a handle.
    is_used: AtomicBool,
    /// Whether people were told what secrets there are.
    told: AtomicBool,
}

/// The secrets can't be lent at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets of the policy can't be lent: {0}")]
pub struct LendError(String);

impl LendError {
    pub(super) fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }

    /// Why, where it is told of what.
    pub(crate) fn into_reason(self) -> String {
        self.0
    }
}

impl Lent {
    /// Read what a policy lends. A value that can't be read is missed when it is
    /// asked for: one policy serves steps that use one secret each.
    pub async fn by(
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
        }
        if let Some(one) = loans.first() {
            of_handles = of_handles.handles(0, &one.handle);
        }
        let of_handles = of_handles.build_for_once().map_err(LendError::new)?;
        Ok(Self {
            handles: Arc::new(handles.build_for_once().map_err(LendError::new)?),
            of_handles: Shroud::of(of_handles, 1),
            hidden: Mutex::new(Hidden::new(&loans, shrouds)?),
            derived: AtomicUsize::new(0),
            shrouds: Arc::clone(shrouds),
            loans,
            is_used: AtomicBool::new(false),
            told: AtomicBool::new(false),
        })
    }

    /// What the component is given for a name; none if there is no such secret.
    pub fn handle(&self, name: &str) -> Result<Option<String>, Unavailable> {
        let Some(loan) = self.loans.iter().find(|loan| loan.terms.name() == name) else {
            return Ok(None);
        };
        let handle = loan.handed_out()?;
        self.is_used.store(true, Ordering::Relaxed);
        Ok(Some(handle))
    }

    /// What is to be said to people of a name, once: that there is none, or that its
    /// value can't be hidden.
    pub fn remark(&self, name: &str) -> Option<String> {
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

    /// Whether there is nothing to hide: what derives from no secret is not hidden.
    pub fn is_nothing(&self) -> bool {
        self.loans.is_empty()
    }

    /// Whether a secret is bound to an origin, whatever a request there carries.
    pub(crate) fn is_bound_to(&self, origin: &Origin) -> bool {
        self.loans.iter().any(|loan| loan.is_bound_to(origin))
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

    /// How many tokens and signatures were hidden by now, beside the values.
    pub(crate) fn derived(&self) -> usize {
        self.derived.load(Ordering::Acquire)
    }

    /// What redacts a stream that begins, and notices parts of values in it, if it is to.
    pub(crate) fn masks(&self, finds_parts: bool) -> Masks {
        self.combine_signatures();
        let hidden = self.hidden();
        let passes = hidden.in_order().into_iter().enumerate();
        let mask = |(number, masked): (usize, &Masked)| match masked.mask() {
            // That of the values.
            pass if finds_parts && number == 0 => pass.finding_parts(),
            pass => pass,
        };
        Masks {
            passes: passes.map(mask).collect(),
            derived: hidden.derived(),
        }
    }

    /// What a stream that flows is redacted of after all else: what was hidden since so
    /// many.
    pub(crate) fn masks_since(&self, derived: usize) -> Masks {
        let hidden = self.hidden();
        Masks {
            passes: hidden.since(derived).map(Masked::mask).collect(),
            derived: hidden.derived(),
        }
    }

    /// What takes values, what derives from them, and handles out of a stream for people.
    pub(super) fn hides(&self) -> Masks {
        self.combine_signatures();
        let hidden = self.hidden();
        let in_order = hidden.in_order();
        let shrouds = in_order.iter().map(|masked| &**masked.shroud());
        let shrouds = shrouds.filter(|shroud| !shroud.is_empty());
        let mut passes: Vec<Replacer> = shrouds.map(|shroud| shroud.hide(HIDDEN)).collect();
        // A handle is no secret: what hides it comes after what hides values.
        if !self.of_handles.is_empty() {
            passes.push(self.of_handles.hide_at_once(HIDDEN));
        }
        Masks {
            passes,
            derived: hidden.derived(),
        }
    }

    /// Whether a value can go on behind the end of a line.
    pub(super) fn spans_lines(&self) -> bool {
        self.hidden()
            .of_values()
            .is_some_and(|shroud| shroud.spans_lines())
    }

    /// As [`masks_since`](Self::masks_since), in a stream for people.
    pub(super) fn hides_since(&self, derived: usize) -> Masks {
        let hidden = self.hidden();
        let since = hidden.since(derived).map(Masked::shroud);
        Masks {
            passes: since.map(|shroud| shroud.hide(HIDDEN)).collect(),
            derived: hidden.derived(),
        }
    }

    /// Whether what is made of these texts derives from a granted secret: there is a
    /// handle in one.
    pub(crate) fn is_source_of<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> bool {
        texts.any(|text| self.count_in(text.as_bytes()) > 0)
    }

    /// Put a text in the place of a signature, in all its forms: also in streams that flow
    /// already. It is made of a secret, so that the component has no part in
    /// what it looks like.
    pub(crate) fn seal(&self, signature: &str, by: &str) {
        if let Some(signature) = Signature::new(signature, by) {
            let mut hidden = self.hidden();
            hidden.seal(signature);
            // Told while `hidden` is held, so that who asks after it has it.
            self.derived.store(hidden.derived(), Ordering::Release);
        }
    }

    /// Whether a token of an endpoint is hidden already.
    pub(crate) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, LendError> {
        self.hidden().has_token(token, endpoint)
    }

    /// Put a text in the place of a token, from now on. What finds it takes a moment to
    /// make, in which nobody has to wait for it, and as many bytes as it says.
    pub(crate) fn conceal(
        &self,
        token: &str,
        endpoint: &str,
        by: &str,
    ) -> Result<usize, LendError> {
        let token = HiddenToken::new(token, endpoint, by, &self.shrouds)?;
        let bytes = token.memory();
        let mut hidden = self.hidden();
        hidden.conceal(token)?;
        self.derived.store(hidden.derived(), Ordering::Release);
        Ok(bytes)
    }

    /// What is between the run and people.
    pub fn veil(&self) -> Veil<'_> {
        self.combine_signatures();
        let hidden = self.hidden();
        let in_order = hidden.in_order().into_iter().map(Masked::shroud);
        Veil::new(
            hidden.of_values().cloned(),
            in_order.cloned().collect(),
            &self.of_handles,
        )
    }

    /// Have one pass for all signatures. It is made while nobody has to wait for it.
    fn combine_signatures(&self) {
        let uncombined = self.hidden().uncombined();
        if let Some(signatures) = uncombined
            && let Some(all) = signatures.combined()
        {
            self.hidden().combine(all, signatures.derived);
        }
    }

    fn hidden(&self) -> MutexGuard<'_, Hidden> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
