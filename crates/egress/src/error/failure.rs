//! Makes the texts of errors, and redacts them. An error may quote the network, which may echo
//! a value, or name a host that only a secret reveals, so nothing else makes texts of errors.

use http_step_policy::Grant;

use super::{Error, ErrorKind, Sent, Stage, TransportError};
use crate::secrets::{Redacted, Redactor};

/// Why a request failed, and what may be shown of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    error: TransportError,
    /// Whether the URL of the request is a secret.
    is_in_secret: bool,
}

impl Failure {
    pub(crate) fn new(error: TransportError, is_in_secret: bool) -> Self {
        Self {
            error,
            is_in_secret,
        }
    }

    /// The failure of a request that was not started.
    pub(crate) fn at_once(error: TransportError) -> Self {
        Self::new(error, false)
    }

    /// The kind, as in the result.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// The stage of the request.
    pub fn stage(&self) -> Stage {
        self.error.stage()
    }

    /// Whether the request may have reached its server.
    pub fn sent(&self) -> Sent {
        self.error.sent()
    }

    /// A sentence for users.
    pub fn message(&self, redactor: &Redactor<'_>) -> String {
        self.redacted(redactor).into_string()
    }

    /// [`message`](Self::message), in a type that shows that it was redacted.
    pub(crate) fn redacted(&self, redactor: &Redactor<'_>) -> Redacted {
        redactor.redacted(self.error.words(self.is_in_secret))
    }

    /// The permission that would have allowed it; none if no permission would, or if it contains a
    /// secret.
    pub fn grant(&self, redactor: &Redactor<'_>) -> Option<Grant> {
        let TransportError::Denied(denial) = &self.error else {
            return None;
        };
        let grant = match self.is_in_secret {
            true => denial.clone().without_target().grant(),
            false => denial.grant(),
        }?;
        let shown = serde_json::to_string(&grant).ok()?;
        let mut redacted = shown.clone();
        redactor.redact(&mut redacted);
        (redacted == shown).then_some(grant)
    }

    /// The error that the client gets.
    pub(crate) fn code(&self, redactor: &Redactor<'_>) -> Error {
        self.error.code(|text| {
            let mut text = text.to_owned();
            redactor.redact(&mut text);
            (!self.is_in_secret).then_some(text)
        })
    }
}
