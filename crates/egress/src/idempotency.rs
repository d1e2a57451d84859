//! Keys by which a server recognizes a request that it has received before
//! (draft-ietf-httpapi-idempotency-key-header).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use sha2::{Digest, Sha256};
use uuid::Builder;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The keys of a run's requests.
#[derive(Clone, Debug, Default)]
pub enum Idempotency {
    /// A component may set the field; whether it sets the same key again, nobody knows.
    #[default]
    None,
    /// The step file sets the field, so it is the same in every attempt.
    OfStepFile,
    /// The host sets it.
    Generated(Arc<IdempotencyKeys>),
}

/// Gives each request of a run that is not idempotent a key, which is the same in every attempt at
/// the run.
#[derive(Debug)]
pub struct IdempotencyKeys {
    seed: [u8; 16],
    /// How many requests there were with a method and URL. Requests in parallel may come in another
    /// order in the next attempt, and must not get the key of one another.
    seen: Mutex<HashMap<(Method, Uri), u32>>,
}

impl IdempotencyKeys {
    /// The keys of one attempt. Other attempts at the same run have the same seed, which is random.
    #[must_use]
    pub fn new(seed: [u8; 16]) -> Self {
        Self {
            seed,
            seen: Mutex::default(),
        }
    }

    /// Set the key of a request, instead of one that a component has set. Returns the key.
    fn set(&self, method: &Method, uri: &Uri, header: &mut HeaderMap) -> Option<String> {
        if method.is_idempotent() {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.entry((method.clone(), uri.clone())).or_default();
        *count += 1;
        let key = self.key(method, uri, *count);
        header.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(&key).ok()?);
        Some(key)
    }

    /// A UUID of version 8 (RFC 9562, section 5.8), since servers expect UUIDs.
    fn key(&self, method: &Method, uri: &Uri, count: u32) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(format!("{method} {uri} {count}"));
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = hashed;
        }
        let key = Builder::from_custom_bytes(bytes).into_uuid();
        key.hyphenated().to_string()
    }
}

impl Idempotency {
    /// For the next attempt at the run.
    #[must_use]
    pub fn next_attempt(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::OfStepFile => Self::OfStepFile,
            Self::Generated(keys) => Self::Generated(Arc::new(IdempotencyKeys::new(keys.seed))),
        }
    }

    /// Set the key of a request. Returns whether it has one that is the same in every attempt, and
    /// the key if it was generated.
    pub(crate) fn set(
        &self,
        method: &Method,
        uri: &Uri,
        header: &mut HeaderMap,
    ) -> (bool, Option<String>) {
        match self {
            Self::None => (false, None),
            Self::OfStepFile => (header.contains_key(IDEMPOTENCY_KEY), None),
            Self::Generated(keys) => {
                let key = keys.set(method, uri, header);
                (key.is_some(), key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(seed: u8, requests: &[(&str, &str)]) -> Vec<Option<String>> {
        let keys = IdempotencyKeys::new([seed; 16]);
        let key = |(method, uri): &(&str, &str)| {
            let mut header = HeaderMap::new();
            header.insert(
                IDEMPOTENCY_KEY,
                HeaderValue::from_static("of the component"),
            );
            let method = method.parse().unwrap();
            let key = keys.set(&method, &uri.parse().unwrap(), &mut header);
            let sent = header[IDEMPOTENCY_KEY].to_str().unwrap().to_owned();
            assert_eq!(sent, key.as_deref().unwrap_or("of the component"));
            key
        };
        requests.iter().map(key).collect()
    }

    #[test]
    fn the_same_request_has_the_same_key_in_every_attempt() {
        let (a, b) = (("POST", "http://a.test/"), ("POST", "http://a.test/?b"));
        let first = keys(1, &[a, b, a, ("PATCH", "http://a.test/")]);
        let second = keys(1, &[b, a, ("PATCH", "http://a.test/"), a]);
        let [one, two, three, four] = first.try_into().unwrap();
        assert_eq!(
            second,
            [two.clone(), one.clone(), four.clone(), three.clone()]
        );
        let mut all: Vec<String> = [one, two, three, four].into_iter().flatten().collect();
        all.extend(keys(2, &[a]).into_iter().flatten());
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
        for key in all {
            let shape: String = key
                .chars()
                .map(|it| if it == '-' { '-' } else { 'x' })
                .collect();
            assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
            assert_eq!(&key[14..15], "8");
            assert!(["8", "9", "a", "b"].contains(&&key[19..20]), "{key}");
        }
    }

    /// A component may make up another key in each attempt, so its own keys prove nothing.
    #[test]
    fn whose_key_it_is() {
        let generated = Idempotency::Generated(Arc::new(IdempotencyKeys::new([1; 16])));
        for (idempotency, has_key) in [
            (Idempotency::None, false),
            (Idempotency::OfStepFile, true),
            (generated, true),
        ] {
            let mut header = HeaderMap::new();
            header.insert(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
            let uri = "http://a.test/".parse().unwrap();
            let (has, _) = idempotency.set(&Method::POST, &uri, &mut header);
            assert_eq!(has, has_key, "{idempotency:?}");
        }
        let uri = "http://a.test/".parse().unwrap();
        let unset = Idempotency::OfStepFile.set(&Method::POST, &uri, &mut HeaderMap::new());
        assert_eq!(unset, (false, None));
    }

    #[test]
    fn idempotent_requests_have_none() {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            assert_eq!(keys(1, &[(method, "http://a.test/")]), [None]);
        }
    }
}
