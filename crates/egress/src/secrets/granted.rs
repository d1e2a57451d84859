//! The secrets that are granted to a run, and their redaction for the component and for users.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http_step_policy::{Exceeded, Origin, Policy};
use http_step_redact::{HANDLE_BYTES, Handles, Patterns, Replacements, Replacer, Value};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::spawn_blocking;

use super::files::SecretFiles;
use super::grant_error::GrantError;
use super::matcher::{MatcherCache, Room, SecretMatcher};
use super::redactions::{AddError, PartsOf, Passes, Reader, RedactedToken, Redaction, Redactions};
use super::redactor::{REDACTED, Redactor};
use super::secret::{GrantedSecret, UnavailableSecret};
use super::source::Sources;

/// For up to this many handles, building the matcher takes a fraction of a millisecond, which needs
/// no other thread.
const FEW: usize = 16;

/// The secrets of one run.
pub struct GrantedSecrets {
    secrets: Vec<GrantedSecret>,
    files: SecretFiles,
    /// The handles, by the index of the secret.
    handles: Arc<Patterns>,
    /// The forms of the handles, which are redacted for users.
    handles_matcher: SecretMatcher,
    redactions: Mutex<Redactions>,
    /// Locked while a token or signature is added.
    adding: Mutex<()>,
    /// Locked while a request builds a matcher.
    building: AsyncMutex<()>,
    /// The number of tokens and signatures that are redacted besides the values.
    derived: AtomicUsize,
    matchers: Arc<MatcherCache>,
    /// Whether the component holds a handle.
    is_used: AtomicBool,
    /// Whether the list of secrets was shown in a notice.
    is_noticed: AtomicBool,
}

/// The values that reveal each secret.
fn revealing_values(secrets: &[GrantedSecret]) -> Vec<Vec<Value>> {
    secrets
        .iter()
        .map(GrantedSecret::revealing_values)
        .collect()
}

impl GrantedSecrets {
    /// Read the secrets that a policy grants. A value that can't be read is an error only when it
    /// is requested: a policy may serve several steps that use different secrets.
    pub async fn read(
        policy: &Policy,
        sources: &Sources,
        matchers: &Arc<MatcherCache>,
    ) -> Result<Self, GrantError> {
        let handles = Handles::new().map_err(GrantError::new)?;
        let (mut secrets, mut files) = (Vec::new(), SecretFiles::default());
        for grant in policy.secrets() {
            let value = sources.read(grant.source(), &mut files).await;
            let handle = handles.next().map_err(GrantError::new)?;
            secrets.push(GrantedSecret::new(grant.clone(), handle, value));
        }
        let values = revealing_values(&secrets);
        if secrets.is_empty() || secrets.len() <= FEW && matchers.contains(&values) {
            return Self::new(secrets, &values, files, matchers);
        }
        // For ten tokens it takes milliseconds, for a long key half a second.
        let matchers = Arc::clone(matchers);
        let made = spawn_blocking(move || Self::new(secrets, &values, files, &matchers)).await;
        made.map_err(|_| GrantError::new("the host is about to end"))?
    }

    /// The files that values are read from.
    pub fn files(&self) -> &SecretFiles {
        &self.files
    }

    pub(super) fn new(
        secrets: Vec<GrantedSecret>,
        values: &[Vec<Value>],
        files: SecretFiles,
        matchers: &Arc<MatcherCache>,
    ) -> Result<Self, GrantError> {
        let (mut handles, mut handles_matcher) = (Patterns::builder(), Patterns::builder());
        for (number, secret) in secrets.iter().enumerate() {
            handles = handles.text(number, secret.handle.as_str().as_bytes());
        }
        if let Some(one) = secrets.first() {
            handles_matcher = handles_matcher.handles(0, &one.handle);
        }
        let handles_matcher = handles_matcher.build_for_once().map_err(GrantError::new)?;
        Ok(Self {
            handles: Arc::new(handles.build_for_once().map_err(GrantError::new)?),
            handles_matcher: SecretMatcher::from_patterns(handles_matcher, 1),
            redactions: Mutex::new(Redactions::new(&secrets, values, matchers)?),
            adding: Mutex::default(),
            building: AsyncMutex::default(),
            derived: AtomicUsize::new(0),
            matchers: Arc::clone(matchers),
            secrets,
            files,
            is_used: AtomicBool::new(false),
            is_noticed: AtomicBool::new(false),
        })
    }

    /// The text that the component gets for a name; none if there is no such secret.
    pub fn handle(&self, name: &str) -> Result<Option<String>, UnavailableSecret> {
        let Some(secret) = self
            .secrets
            .iter()
            .find(|secret| secret.grant.name() == name)
        else {
            return Ok(None);
        };
        let handle = secret.component_text()?;
        self.is_used.store(true, Ordering::Relaxed);
        Ok(Some(handle))
    }

    /// A notice about a name, once: that there is no such secret, or that its value can't be
    /// redacted.
    pub fn notice(&self, name: &str) -> Option<String> {
        if let Some(secret) = self
            .secrets
            .iter()
            .find(|secret| secret.grant.name() == name)
        {
            return secret.notice();
        }
        let notice = if self.secrets.is_empty() {
            "No secrets are granted to this run.".to_owned()
        } else {
            let name = |secret: &GrantedSecret| format!("`{}`", secret.grant.name());
            let names: Vec<String> = self.secrets.iter().map(name).collect();
            format!("The secrets of this run are {}.", names.join(", "))
        };
        (!self.is_noticed.swap(true, Ordering::Relaxed)).then_some(notice)
    }

    /// Whether no secret is granted. What derives from other secrets is not redacted.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Whether a secret is bound to an origin, whatever a request contains.
    pub(crate) fn is_bound_to(&self, origin: &Origin) -> bool {
        self.secrets.iter().any(|secret| secret.is_bound_to(origin))
    }

    /// What parts are looked for and reported in text from an origin: those of the secrets that are
    /// bound to it, and of tokens, if wanted. None for other origins: otherwise a server could try
    /// guesses.
    pub(crate) fn parts_at(&self, origin: &Origin, of_tokens: bool) -> PartsOf {
        let is_bound = |secret: &GrantedSecret| secret.is_bound_to(origin);
        let values: Arc<[bool]> = self.secrets.iter().map(is_bound).collect();
        PartsOf {
            tokens: of_tokens && values.contains(&true),
            values,
        }
    }

    /// What parts are looked for in a token from an origin. In one of a client with a granted secret,
    /// those of that client's secrets are not, nor are those of tokens: its next token may start as
    /// the last one.
    pub(crate) fn parts_in_token(&self, origin: &Origin, own: &[&str]) -> PartsOf {
        let parts = self.parts_at(origin, own.is_empty());
        let values = parts.values.iter().enumerate();
        PartsOf {
            values: values
                .map(|(number, is_wanted)| *is_wanted && !self.is_one_of(number, own))
                .collect(),
            ..parts
        }
    }

    /// Whether texts contain the handle of a secret, or of another one with the same value.
    fn is_one_of(&self, number: usize, texts: &[&str]) -> bool {
        let value = self.secrets.get(number).map(GrantedSecret::value);
        let mut own = texts.iter().flat_map(|text| self.found_in(text.as_bytes()));
        own.any(|secret| Some(secret.value()) == value)
    }

    /// Whether all values are ASCII.
    pub(crate) fn are_ascii(&self) -> bool {
        self.secrets.iter().all(|secret| secret.value().is_ascii())
    }

    /// Whether the component may hold a handle.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// The secrets whose handles are in a text, in order.
    pub(crate) fn found_in(&self, text: &[u8]) -> impl Iterator<Item = &GrantedSecret> {
        let numbers = self.handles.owners_in(text).into_iter();
        numbers.filter_map(|number| self.secrets.get(number))
    }

    /// The secret of a handle.
    pub(crate) fn by_handle(&self, text: &str) -> Option<&GrantedSecret> {
        self.secrets
            .iter()
            .find(|secret| secret.handle.as_str() == text)
    }

    /// Replaces handles with values: for each secret, in order, its encoded value; nothing for one
    /// that is not allowed there.
    pub(crate) fn injector(&self, values: Replacements) -> Replacer {
        Replacer::new(Arc::clone(&self.handles), values)
    }

    /// The length of a text with values in place of the handles in a part of it: a handle can occur
    /// many times, and a value can be long.
    pub(crate) fn injected_length(
        &self,
        mut length: usize,
        part: &[u8],
        values: &Replacements,
    ) -> usize {
        self.handles.each_in(part, |number| {
            let value = values.get(number).map_or(0, |value| value.len());
            length = length.saturating_sub(HANDLE_BYTES).saturating_add(value);
        });
        length
    }

    /// The number of handles in a text.
    pub(crate) fn count_in(&self, text: &[u8]) -> usize {
        let mut count = 0;
        self.handles.each_in(text, |_| count += 1);
        count
    }

    /// The secrets, in the order of [`injector`](Self::injector).
    pub(crate) fn secrets(&self) -> &[GrantedSecret] {
        &self.secrets
    }

    /// Whether passes over a whole text found values or what derives from them, other than the
    /// values of secrets whose handles are in `own`.
    pub(crate) fn are_found(&self, passes: &Passes, own: &[&str]) -> bool {
        let mut passes = passes.passes.iter();
        // The first pass is over values.
        let values = passes.next().into_iter().flat_map(Replacer::found);
        let mut others = values.filter(|number| !self.is_one_of(**number, own));
        others.next().is_some() || passes.any(|pass| pass.replaced() > 0)
    }

    /// The number of tokens and signatures that are redacted so far, besides the values.
    pub(crate) fn derived(&self) -> usize {
        self.derived.load(Ordering::Acquire)
    }

    /// The passes for a new stream, which also find some parts.
    pub(crate) fn passes(&self, parts: &PartsOf) -> Passes {
        Passes::of(&self.redactions(), Reader::Component(parts.clone()))
    }

    /// The passes that redact a stream for users: values, what derives from them, and handles.
    pub(super) fn people_passes(&self) -> Passes {
        let passes = Passes::of(&self.redactions(), Reader::People(REDACTED));
        // Handles are not secret: they are redacted after values.
        passes.with_handles(&self.handles_matcher)
    }

    /// Add passes for tokens and signatures that were created since to a stream that has started.
    /// Returns the text that this releases.
    ///
    /// They can't be in what was received before, unless a server has a token from another run,
    /// which is not part of this run yet. The existing passes must continue, since they may be inside
    /// a value. So new ones are added after them, for their output.
    pub(crate) fn catch_up(&self, passes: &mut Passes) -> Vec<u8> {
        if passes.derived() == self.derived() {
            return Vec::new();
        }
        passes.catch_up(&self.redactions())
    }

    /// Whether a value can continue after the end of a line.
    pub(super) fn spans_lines(&self) -> bool {
        self.redactions()
            .values_matcher()
            .is_some_and(|matcher| matcher.spans_lines())
    }

    /// Whether data made from these texts derives from a granted secret: one of them contains a
    /// handle.
    pub(crate) fn is_source_of<'t>(&self, mut texts: impl Iterator<Item = &'t str>) -> bool {
        texts.any(|text| self.count_in(text.as_bytes()) > 0)
    }

    /// Redact a signature in all its forms, also in streams that have started. It derives from a
    /// secret, so the component can't choose it. After an error it must not be sent. Building its
    /// matcher takes time, in which streams don't wait.
    pub(crate) fn add_signature(
        &self,
        signature: &str,
        by: &str,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<(), AddError> {
        let _adding = self.adding.lock();
        let mut signatures = self.redactions().signatures();
        if signatures.add(signature, by, reserve)? {
            let mut redactions = self.redactions();
            redactions.set_signatures(signatures);
            // Updated while `redactions` is locked, so that readers of the count also see the
            // signature.
            self.derived.store(redactions.derived(), Ordering::Release);
        }
        Ok(())
    }

    /// Wait until no other request builds a matcher: each would take a thread.
    pub(crate) async fn turn_to_build(&self) -> impl Drop {
        self.building.lock().await
    }

    /// Whether a token of an endpoint is already redacted.
    pub(crate) fn has_token(&self, token: &str, endpoint: &str) -> Result<bool, GrantError> {
        self.redactions().has_token(token, endpoint)
    }

    /// Redact a token from now on. After an error it must not be sent. Building its matcher takes
    /// time, in which streams don't wait; requests that need one token at once build one.
    pub(crate) fn add_token(
        &self,
        token: &str,
        endpoint: &str,
        by: &str,
        reserve: impl Fn(usize) -> Result<Room, Exceeded>,
    ) -> Result<(), AddError> {
        let _adding = self.adding.lock();
        if self.has_token(token, endpoint)? {
            return Ok(());
        }
        let values = self.redactions().values();
        let matchers = &self.matchers;
        let token = RedactedToken::new(token, endpoint, by, values.as_ref(), matchers, reserve)?;
        let mut redactions = self.redactions();
        redactions.add_token(token)?;
        self.derived.store(redactions.derived(), Ordering::Release);
        Ok(())
    }

    /// The redactor for users.
    pub fn redactor(&self) -> Redactor<'_> {
        let redactions = self.redactions();
        let in_order = redactions.in_order().into_iter().map(Redaction::matcher);
        Redactor::new(
            redactions.values_matcher().cloned(),
            in_order.cloned().collect(),
            &self.handles_matcher,
        )
    }

    fn redactions(&self) -> MutexGuard<'_, Redactions> {
        self.redactions.lock()
    }
}

#[cfg(test)]
mod tests;
