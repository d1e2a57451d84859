//! A secret of a run: its handle and its value.

use std::sync::atomic::{AtomicBool, Ordering};

use http_step_policy::{Origin, Place, Secret};
use http_step_redact::{Handle, Value, inner_values, random_pieces};
use thiserror::Error;
use url::{Position, Url};

/// A secret and its handle.
pub(crate) struct GrantedSecret {
    pub(crate) grant: Secret,
    pub(crate) handle: Handle,
    /// The value, if its source has one.
    value: Result<Value, String>,
    /// The value as a URL, if it is one and is granted as one.
    pub(crate) url: Option<Url>,
    /// Whether a notice said that it can't be redacted.
    is_noticed: AtomicBool,
}

/// A secret that can't be granted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the secret `{name}` can't be read: {reason}")]
pub struct UnavailableSecret {
    name: String,
    reason: String,
}

impl GrantedSecret {
    pub(super) fn new(grant: Secret, handle: Handle, value: Result<Value, String>) -> Self {
        let url = value
            .as_ref()
            .ok()
            .filter(|_| grant.is_granted_for(Place::Url))
            .and_then(|value| std::str::from_utf8(value.expose()).ok())
            .and_then(|text| Url::parse(text).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        Self {
            grant,
            handle,
            value,
            url,
            is_noticed: AtomicBool::new(false),
        }
    }

    /// The text that the component gets.
    pub(super) fn component_text(&self) -> Result<String, UnavailableSecret> {
        if let Err(reason) = &self.value {
            return Err(UnavailableSecret {
                name: self.grant.name().to_owned(),
                reason: reason.clone(),
            });
        }
        Ok(match &self.url {
            Some(url) => format!("{}://{}", url.scheme(), self.handle),
            None => self.handle.to_string(),
        })
    }

    /// A notice, once, about a value that can't be redacted.
    pub(super) fn notice(&self) -> Option<String> {
        if self.value.as_ref().is_ok_and(Value::is_distinctive) {
            return None;
        }
        let notice = format!(
            "Warning: the secret `{}` has fewer than 8 bytes, or fewer than 4 different ones: it is used, but not hidden in what comes back. A longer one would be.",
            self.grant.name()
        );
        (!self.is_noticed.swap(true, Ordering::Relaxed)).then_some(notice)
    }

    /// Whether it is bound to an origin.
    pub(crate) fn is_bound_to(&self, origin: &Origin) -> bool {
        let mut patterns = self.grant.origins().iter();
        patterns.any(|pattern| pattern.matches(origin))
    }

    /// The value. If it could not be read, its handle is never given out.
    pub(crate) fn value(&self) -> &[u8] {
        self.value.as_ref().map_or(&[], Value::expose)
    }

    /// All values that reveal it: also the parts of a URL that is a secret, and the secrets in a
    /// document.
    pub(super) fn revealing_values(&self) -> Vec<Value> {
        let Ok(value) = &self.value else {
            return Vec::new();
        };
        let url_parts = self.url.iter().flat_map(parts);
        let inner = inner_values(value.expose());
        let texts = [value.expose().to_vec()].into_iter();
        let texts = texts.chain(url_parts).chain(inner);
        texts.filter_map(|text| Value::new(text).ok()).collect()
    }
}

/// The parts of a URL that a service may reveal, each separately: where it leads, and the random pieces
/// in it. Any other text in it could be guessed.
fn parts(url: &Url) -> Vec<Vec<u8>> {
    let whole = [
        url.as_str(),
        &url.origin().ascii_serialization(),
        &url[Position::BeforeHost..Position::AfterPort],
        url.host_str().unwrap_or_default(),
    ];
    let whole = whole.map(|part| part.as_bytes().to_vec());
    let credentials = [url.username(), url.password().unwrap_or_default()];
    let rest = &url[Position::BeforePath..];
    let texts = credentials.into_iter().chain([rest]);
    let pieces = texts.flat_map(|text| random_pieces(text.as_bytes()));
    whole.into_iter().chain(pieces).collect()
}
