//! What one run is lent: for each secret of its policy a handle, and the value that
//! the handle stands for.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http_step_policy::{Place, Policy, Secret};
use http_step_secrets::{
    HANDLE_BYTES, Handle, Patterns, PatternsBuilder, Replacements, Replacer, Value,
};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio::task::spawn_blocking;
use url::Url;

use super::source::Sources;
use super::veil::Veil;

/// The most bytes of [echoes](Echo): they are looked for anew in each response.
const MOST_REMEMBERED: usize = 16 << 10;

/// A part of a URL this long is the secret in it, and not a word of its service: the
/// tokens of chat webhooks, and no `webhooks`.
const SHORTEST_PART: usize = 16;

/// The secrets of one run.
pub(crate) struct Lent {
    loans: Vec<Loan>,
    /// The handles, by the loan's number.
    handles: Arc<Patterns>,
    /// All forms of the values, by the loan's number, and then those of the handles.
    /// They are many, and looked for on the way back and before people alike.
    forms: Arc<Patterns>,
    /// What stands in for a form: its handle.
    masks: Replacements,
    veil: Arc<Veil>,
    /// Whether the component holds a handle.
    is_used: AtomicBool,
    /// Whether people were told what secrets there are.
    told: AtomicBool,
    /// What values made of a text that the component had written in an encoding of
    /// its own, and that text.
    echoes: Mutex<Vec<Echo>>,
}

/// A secret, and its handle.
pub(crate) struct Loan {
    pub(crate) terms: Secret,
    pub(crate) handle: Handle,
    /// The value, if its source gives one.
    value: Result<Value, String>,
    /// The value as a URL, if it is one and lent as one.
    pub(crate) url: Option<Url>,
    /// Whether people were told that it can't be hidden.
    told: AtomicBool,
}

/// What went out in place of what a component wrote.
#[derive(Clone)]
pub(crate) struct Echo {
    pub(crate) sent: Vec<u8>,
    pub(crate) written: Vec<u8>,
}

/// A secret that can't be lent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secret `{name}` can't be read: {reason}")]
pub(crate) struct Unavailable {
    name: String,
    reason: String,
}

/// The secrets can't be lent at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secrets of the policy can't be lent: {0}")]
pub(crate) struct LendError(String);

impl Lent {
    /// Read what a policy lends. A value that can't be read is missed when it is
    /// asked for: one policy serves steps that use one secret each.
    pub(crate) async fn by(policy: &Policy, sources: &Sources) -> Result<Self, LendError> {
        let mut loans = Vec::new();
        for terms in policy.secrets() {
            let value = sources.read(terms.source()).await;
            let handle = Handle::random().map_err(|error| LendError(error.to_string()))?;
            loans.push(Loan::new(terms.clone(), handle, value));
        }
        if loans.is_empty() {
            return Self::new(loans);
        }
        // For ten tokens it takes milliseconds, for a long key half a second.
        let made = spawn_blocking(|| Self::new(loans)).await;
        made.map_err(|_| LendError("the host is about to end".to_owned()))?
    }

    fn new(loans: Vec<Loan>) -> Result<Self, LendError> {
        let build = |patterns: PatternsBuilder| {
            let patterns = patterns.build().map(Arc::new);
            patterns.map_err(|error| LendError(error.to_string()))
        };
        let numbered = || loans.iter().enumerate();
        let handles = numbered().fold(Patterns::builder(), |patterns, (number, loan)| {
            patterns.text(number, loan.handle.as_str().as_bytes())
        });
        let forms = numbered().fold(Patterns::builder(), |patterns, (number, loan)| {
            loan.look_for(patterns, number)
        });
        let forms = numbered().fold(forms, |patterns, (number, loan)| {
            patterns.handle(loans.len() + number, &loan.handle)
        });
        let forms = build(forms)?;
        let masks = loans
            .iter()
            .map(|loan| loan.handle.as_str().as_bytes().to_vec().into())
            .collect();
        Ok(Self {
            handles: build(handles)?,
            masks,
            veil: Arc::new(Veil::new(Arc::clone(&forms), 2 * loans.len())),
            forms,
            loans,
            is_used: AtomicBool::new(false),
            told: AtomicBool::new(false),
            echoes: Mutex::default(),
        })
    }

    /// What the component is given for a name; none if there is no such secret.
    pub(crate) fn handle(&self, name: &str) -> Result<Option<String>, Unavailable> {
        let Some(loan) = self.loans.iter().find(|loan| loan.terms.name() == name) else {
            return Ok(None);
        };
        if let Err(reason) = &loan.value {
            return Err(Unavailable {
                name: name.to_owned(),
                reason: reason.clone(),
            });
        }
        self.is_used.store(true, Ordering::Relaxed);
        Ok(Some(match &loan.url {
            Some(url) => format!("{}://{}", url.scheme(), loan.handle),
            None => loan.handle.to_string(),
        }))
    }

    /// What is to be said to people of a name, once: that there is none, or that its
    /// value can't be hidden.
    pub(crate) fn remark(&self, name: &str) -> Option<String> {
        let loan = self.loans.iter().find(|loan| loan.terms.name() == name);
        let (told, remark) = match loan {
            Some(loan) if loan.is_masked() => return None,
            Some(loan) => (
                &loan.told,
                format!(
                    "The secret `{name}` is too short or too plain to be told from other text: it is used, but not hidden in what comes back."
                ),
            ),
            None if self.is_nothing() => (&self.told, "This run is lent no secrets.".to_owned()),
            None => {
                let name = |loan: &Loan| format!("`{}`", loan.terms.name());
                let names: Vec<String> = self.loans.iter().map(name).collect();
                let remark = format!("The secrets of this run are {}.", names.join(", "));
                (&self.told, remark)
            }
        };
        (!told.swap(true, Ordering::Relaxed)).then_some(remark)
    }

    /// Whether the run is lent nothing, so that there is nothing to hide from it.
    pub(crate) fn is_nothing(&self) -> bool {
        self.loans.is_empty()
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

    /// What takes all forms of values out of a stream that the component reads, and
    /// does not tell it by its pace where one begins.
    pub(crate) fn mask(&self) -> Replacer {
        Replacer::steady(Arc::clone(&self.forms), Arc::clone(&self.masks))
    }

    /// Remember what went out for what the component wrote, so that it gets its own
    /// words back. The oldest are forgotten: a value is hidden in them all the same.
    pub(crate) fn remember(&self, echo: Echo) {
        let mut echoes = self.echoes.lock().unwrap_or_else(PoisonError::into_inner);
        if echoes.iter().any(|other| other.sent == echo.sent) {
            return;
        }
        echoes.push(echo);
        let mut bytes: usize = echoes.iter().map(|echo| echo.sent.len()).sum();
        while bytes > MOST_REMEMBERED {
            bytes -= echoes.remove(0).sent.len();
        }
    }

    pub(crate) fn echoes(&self) -> Vec<Echo> {
        let echoes = self.echoes.lock().unwrap_or_else(PoisonError::into_inner);
        echoes.clone()
    }

    /// What is between the run and people.
    pub(crate) fn veil(&self) -> &Arc<Veil> {
        &self.veil
    }
}

impl Loan {
    fn new(terms: Secret, handle: Handle, value: Result<Value, String>) -> Self {
        let url = value
            .as_ref()
            .ok()
            .filter(|_| terms.is_lent_for(Place::Url))
            .and_then(|value| std::str::from_utf8(value.expose()).ok())
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        Self {
            terms,
            handle,
            value,
            url,
            told: AtomicBool::new(false),
        }
    }

    /// The value; of one that can't be read nobody has the handle.
    pub(crate) fn value(&self) -> &[u8] {
        self.value.as_ref().map_or(&[], Value::expose)
    }

    /// Whether it is hidden in what comes back.
    pub(crate) fn is_masked(&self) -> bool {
        self.value.as_ref().is_ok_and(Value::is_distinctive)
    }

    /// All that gives it away. Of a URL that is a secret, so do its parts.
    fn look_for(&self, patterns: PatternsBuilder, number: usize) -> PatternsBuilder {
        let Ok(value) = &self.value else {
            return patterns;
        };
        let patterns = patterns.value(number, value);
        let Some(url) = &self.url else {
            return patterns;
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterPath];
        let with_query = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let segments = url.path_segments().into_iter().flatten();
        let parameters = url.query_pairs();
        [
            url.as_str(),
            &url.origin().ascii_serialization(),
            url.authority(),
            url.host_str().unwrap_or_default(),
            path,
            with_query,
            url.query().unwrap_or_default(),
        ]
        .into_iter()
        .map(Cow::from)
        // Services tell of a webhook by its parts.
        .chain(
            segments
                .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
                .chain(parameters.map(|(_, value)| value))
                .filter(|part| part.len() >= SHORTEST_PART),
        )
        .map(Cow::into_owned)
        .filter_map(|part| Value::new(part.into()).ok())
        .fold(patterns, |patterns, part| patterns.value(number, &part))
    }
}

#[cfg(test)]
mod tests;
