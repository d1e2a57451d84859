//! What one run is lent: its loans, and what of them is hidden from whom.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_step_policy::Policy;
use http_step_secrets::{HANDLE_BYTES, Handle, Patterns, Replacements, Replacer, Value};
use thiserror::Error;
use tokio::task::spawn_blocking;

use super::loan::{Loan, Unavailable};
use super::shroud::{Shroud, Shrouds};
use super::source::Sources;
use super::veil::{HIDDEN, Veil};

/// The most bytes of [echoes](Echo): they are looked for anew in each response.
const MOST_REMEMBERED: usize = 16 << 10;

/// The secrets of one run.
pub(crate) struct Lent {
    loans: Vec<Loan>,
    /// The handles, by the loan's number.
    handles: Arc<Patterns>,
    /// The forms of the handles, for people.
    of_handles: Shroud,
    hidden: Mutex<Hidden>,
    /// How many times there came to be more that is hidden.
    changes: AtomicU64,
    /// Whether the component holds a handle.
    is_used: AtomicBool,
    /// Whether people were told what secrets there are.
    told: AtomicBool,
}

/// What is hidden from a component by now. It becomes more while streams flow.
#[derive(Default)]
struct Hidden {
    /// The values of the loans, and then those that the host came by itself.
    values: Vec<(u64, Masked)>,
    /// The latest, each with the number of the change that brought it.
    echoes: Vec<(u64, Echo)>,
}

/// Values, and what stands in for each.
#[derive(Clone)]
struct Masked {
    shroud: Arc<Shroud>,
    masks: Replacements,
}

/// What went out in place of what a component wrote.
#[derive(Clone)]
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

    pub(super) fn new(loans: Vec<Loan>, shrouds: &Shrouds) -> Result<Self, LendError> {
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
        let of_handles = of_handles.build().map_err(LendError::new)?;
        Ok(Self {
            handles: Arc::new(handles.build().map_err(LendError::new)?),
            of_handles: Shroud::of(of_handles, loans.len()),
            hidden: Mutex::new(Hidden {
                values: if loans.is_empty() {
                    Vec::new()
                } else {
                    vec![(0, of_loans)]
                },
                echoes: Vec::new(),
            }),
            changes: AtomicU64::new(0),
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
        self.loans.is_empty() && self.changes() == 0
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

    /// How many times there came to be more that is hidden.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// What takes out of a stream that a component reads what came to be hidden since
    /// a change, in this order; and the number of changes that this is as of.
    ///
    /// Within what the component encoded itself it gets its own words back, so that
    /// goes first.
    pub(crate) fn masks_since(&self, change: u64) -> (u64, Vec<Replacer>) {
        let hidden = self.hidden();
        let echoes = hidden.echoes.iter().filter(|(at, _)| *at >= change);
        let (mut patterns, mut written) = (Patterns::builder(), Vec::new());
        for (number, (_, echo)) in echoes.enumerate() {
            patterns = patterns.text(number, &echo.sent);
            written.push(echo.written.clone().into());
        }
        // What they are made of is hidden in any case.
        let echoes = patterns.build().ok();
        let echoes = echoes.map(|echoes| Shroud::of(echoes, written.len()));
        let echoes = echoes.filter(|echoes| !echoes.is_empty());
        let written = written.into();
        let masks = echoes.iter().map(|echoes| echoes.mask(&written));
        let values = hidden.values.iter().filter(|(at, _)| *at >= change);
        let values = values.map(|(_, values)| values.shroud.mask(&values.masks));
        (self.changes(), masks.chain(values).collect())
    }

    /// What takes out of a stream for people what came to be hidden since a change;
    /// and the number of changes that this is as of.
    pub(super) fn hides_since(&self, change: u64) -> (u64, Vec<Replacer>) {
        let hidden = self.hidden();
        let values = hidden.values.iter().filter(|(at, _)| *at >= change);
        let values = values.map(|(_, values)| values.shroud.hide(HIDDEN));
        let handles = (change == 0 && !self.of_handles.is_empty()).then_some(&self.of_handles);
        let handles = handles.map(|handles| handles.hide(HIDDEN));
        (self.changes(), handles.into_iter().chain(values).collect())
    }

    /// Remember what went out for what the component wrote, so that it gets its own
    /// words back. The oldest are forgotten: a value is hidden in them all the same.
    pub(crate) fn remember(&self, echo: Echo) {
        let mut hidden = self.hidden();
        let echoes = &mut hidden.echoes;
        if echoes.iter().any(|(_, other)| other.sent == echo.sent) {
            return;
        }
        echoes.push((self.changes() + 1, echo));
        let mut bytes: usize = echoes.iter().map(|(_, echo)| echo.sent.len()).sum();
        while bytes > MOST_REMEMBERED {
            bytes -= echoes.remove(0).1.sent.len();
        }
        self.changed();
    }

    /// Put a text in the place of a value that is no loan, from now on, in streams that
    /// flow already, too.
    pub(crate) fn conceal(&self, shroud: &Arc<Shroud>, by: &str) {
        let mut hidden = self.hidden();
        let values = &mut hidden.values;
        if values
            .iter()
            .any(|(_, one)| Arc::ptr_eq(&one.shroud, shroud))
        {
            return;
        }
        let masked = Masked {
            shroud: Arc::clone(shroud),
            masks: [by.as_bytes().to_vec().into()].into(),
        };
        values.push((self.changes() + 1, masked));
        self.changed();
    }

    /// Told while `hidden` is held, so that who asks after it has the change with
    /// its number.
    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// What is between the run and people.
    pub(crate) fn veil(&self) -> Veil<'_> {
        let values = self.hidden().values.clone().into_iter();
        Veil::new(
            &self.of_handles,
            values.map(|(_, values)| values.shroud).collect(),
        )
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
