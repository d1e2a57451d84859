//! Keys by which a server recognizes a request that it has received before
//! (draft-ietf-httpapi-idempotency-key-header), and with which a step may run again.
//!
//! A key helps only if the next attempt sends the same requests with the same keys. A component may
//! do otherwise, so this is checked for each request before it is sent.

use std::collections::HashSet;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::error::TransportError;
use crate::headers::{is_spelled, remove_other_spellings};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Who gives requests their keys.
#[derive(Clone, Copy, Debug, Default)]
pub enum KeySource {
    /// Nobody. A component may, but it may choose another key in each attempt.
    #[default]
    None,
    /// The step file has the header field.
    StepFile,
    /// The host, from a random seed for the run.
    Host([u8; 16]),
}

/// A request with a key: a hash of its method, URL and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyedRequest([u8; 16]);

/// The keys of an attempt's requests.
#[derive(Debug, Default)]
pub struct Idempotency {
    source: KeySource,
    /// The requests that may have reached a server in earlier attempts.
    sent: HashSet<KeyedRequest>,
    is_first: bool,
    made: Mutex<Made>,
}

/// The requests of the attempt.
#[derive(Debug, Default)]
struct Made {
    requests: HashSet<KeyedRequest>,
    /// By method and URL.
    targets: HashSet<KeyedRequest>,
    /// Whether two of them have the same method and URL.
    is_ambiguous: bool,
}

/// A request's key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) request: KeyedRequest,
    /// The key, if the host has made it.
    pub(crate) generated: Option<String>,
}

impl Idempotency {
    /// The keys of the first attempt.
    #[must_use]
    pub fn new(source: KeySource) -> Self {
        Self {
            source,
            is_first: true,
            ..Self::default()
        }
    }

    /// The keys of the next attempt, after requests that may have reached a server in this one.
    #[must_use]
    pub fn next_attempt(&self, sent: impl IntoIterator<Item = KeyedRequest>) -> Self {
        Self {
            source: self.source,
            sent: self.sent.iter().copied().chain(sent).collect(),
            is_first: false,
            made: Mutex::default(),
        }
    }

    /// Whether two requests of the attempt have the same method and URL. The next attempt may make
    /// them in another order, so their keys could be exchanged.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.made.lock().is_ambiguous
    }

    /// Set the key of a request that is not idempotent. None if it has none that is the same in every
    /// attempt.
    ///
    /// # Errors
    ///
    /// The request is not one of an earlier attempt, and could be another one in place of it.
    pub(crate) fn set<B>(&self, request: &mut Request<B>) -> Result<Option<Key>, TransportError> {
        if request.method().is_idempotent() || matches!(self.source, KeySource::None) {
            return Ok(None);
        }
        let (method, url) = (request.method().clone(), canonical(request.uri()));
        let header = request.headers_mut();
        let mut made = self.made.lock();
        let is_second = !made.targets.insert(hash(&[method.as_str(), &url]));
        let generated = match self.source {
            KeySource::None | KeySource::StepFile => None,
            KeySource::Host(seed) => {
                let count = if is_second { made.requests.len() } else { 0 };
                let key = uuid(seed, &method, &url, count);
                let value = HeaderValue::from_str(&key)
                    .map_err(|error| TransportError::Refused(error.to_string()))?;
                remove_other_spellings(header, &IDEMPOTENCY_KEY);
                header.insert(IDEMPOTENCY_KEY, value);
                Some(key)
            }
        };
        let keyed = only_value(header).map(|key| hash(&[method.as_str(), &url, &key]));
        if let Some(request) = keyed {
            made.is_ambiguous |= is_second;
            made.requests.insert(request);
            if !self.is_first && is_second {
                return Err(TransportError::Refused(format!(
                    "it is the second {method} request to its URL, which can't be told from the first in another attempt"
                )));
            }
        }
        let is_repeated = keyed.is_some_and(|request| self.sent.contains(&request));
        if !is_repeated && !self.sent.is_subset(&made.requests) {
            return Err(TransportError::Refused(format!(
                "this {method} request differs from those of the attempt before, which may have had an effect"
            )));
        }
        Ok(keyed.map(|request| Key { request, generated }))
    }
}

/// The field's value, if it is the only one by that name and not empty.
fn only_value(header: &HeaderMap) -> Option<String> {
    let mut fields = header
        .iter()
        .filter(|(name, _)| is_spelled(name, &IDEMPOTENCY_KEY));
    let (_, value) = fields.next()?;
    let value = value.to_str().ok().filter(|value| !value.is_empty())?;
    fields.next().is_none().then(|| value.to_owned())
}

/// A URL in one spelling of its scheme and host.
fn canonical(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let authority = uri.authority().map_or("", |it| it.as_str());
    let path = uri.path_and_query().map_or("", |it| it.as_str());
    format!("{scheme}://{}{path}", authority.to_ascii_lowercase())
}

/// Texts without spaces, but for the last.
fn hash(texts: &[&str]) -> KeyedRequest {
    KeyedRequest(digest(&[], &texts.join(" ")))
}

fn digest(seed: &[u8], text: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(text);
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    bytes
}

/// A UUID of version 8 (RFC 9562, section 5.8), since servers expect UUIDs.
fn uuid(seed: [u8; 16], method: &Method, url: &str, count: usize) -> String {
    let bytes = digest(&seed, &format!("{method} {url} {count}"));
    let key = Builder::from_custom_bytes(bytes).into_uuid();
    key.hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: KeySource = KeySource::Host([1; 16]);
    const A: &str = "http://a.test/";
    const B: &str = "http://a.test/?b";

    fn set(keys: &Idempotency, method: &str, uri: &str) -> Result<Option<Key>, TransportError> {
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("idempotency_key", "of the component");
        let mut request = request.body(()).unwrap();
        let set = keys.set(&mut request);
        let header = request.headers();
        if let Ok(Some(key)) = &set {
            let sent = header[IDEMPOTENCY_KEY].to_str().ok();
            assert_eq!((sent, header.len()), (key.generated.as_deref(), 1));
        }
        set
    }

    fn post(keys: &Idempotency, uri: &str) -> Key {
        set(keys, "POST", uri).unwrap().unwrap()
    }

    fn refusal(keys: &Idempotency, uri: &str) -> String {
        match set(keys, "POST", uri).unwrap_err() {
            TransportError::Refused(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_request_has_the_same_key_in_every_attempt() {
        let first = Idempotency::new(HOST);
        let (a, b) = (post(&first, A), post(&first, B));
        let patch = set(&first, "PATCH", A).unwrap().unwrap();
        let second = first.next_attempt([a.request, b.request, patch.request]);
        assert_eq!(post(&second, B), b);
        assert_eq!(set(&second, "PATCH", A).unwrap().unwrap(), patch);
        assert_eq!(post(&second, "HTTP://A.test/"), a);
        let other = post(&Idempotency::new(KeySource::Host([2; 16])), A);
        let mut all: Vec<String> = [a, b, patch, other]
            .into_iter()
            .filter_map(|key| key.generated)
            .collect();
        for key in &all {
            let shape: String = key
                .chars()
                .map(|it| if it == '-' { '-' } else { 'x' })
                .collect();
            assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
            assert_eq!(&key[14..15], "8");
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn idempotent_requests_have_none() {
        for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            assert_eq!(set(&Idempotency::new(HOST), method, A).unwrap(), None);
        }
    }

    #[test]
    fn two_requests_to_one_url_are_ambiguous() {
        let first = Idempotency::new(HOST);
        let one = post(&first, A);
        set(&first, "PATCH", A).unwrap();
        post(&first, B);
        assert!(!first.is_ambiguous());
        let other = post(&first, A);
        assert_ne!(one.generated, other.generated);
        assert!(first.is_ambiguous());
    }

    /// What was posted first may have had an effect, and comes second now, as another one.
    #[test]
    fn a_second_request_to_one_url_is_refused_in_a_later_attempt() {
        let first = Idempotency::new(HOST);
        let second = first.next_attempt([post(&first, A).request]);
        post(&second, A);
        assert!(refusal(&second, A).contains("it is the second POST request to its URL"));
    }

    /// A server that redirects to a URL with a signature gives another one in each attempt.
    #[test]
    fn a_request_in_place_of_another_one_is_refused() {
        let first = Idempotency::new(HOST);
        let (a, b) = (post(&first, A), post(&first, B));
        let second = first.next_attempt([a.request, b.request]);
        post(&second, A);
        let other = refusal(&second, "http://a.test/?c");
        assert!(other.contains("this POST request differs from those of the attempt before"));

        // What was not sent has had no effect.
        let second = first.next_attempt([a.request]);
        post(&second, A);
        post(&second, "http://a.test/?c");
        // And what was done may be followed by more.
        let second = first.next_attempt([a.request, b.request]);
        post(&second, A);
        post(&second, B);
        post(&second, "http://a.test/?c");
        // It counts in all later attempts.
        let third = second.next_attempt([]);
        assert!(refusal(&third, "http://a.test/?c").contains("differs"));
    }

    #[test]
    fn whose_key_it_is() {
        let keyed = |keys: &Idempotency, fields: &[(&'static str, &'static str)]| {
            let mut request = Request::post(A);
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            keys.set(&mut request.body(()).unwrap())
        };
        let key = ("idempotency-key", "a");
        // A component may make up another key in each attempt.
        assert_eq!(
            keyed(&Idempotency::new(KeySource::None), &[key]).unwrap(),
            None
        );
        let first = Idempotency::new(KeySource::StepFile);
        for fields in [
            &[][..],
            &[("idempotency-key", "")],
            &[key, key],
            &[key, ("idempotency_key", "b")],
        ] {
            assert_eq!(keyed(&first, fields).unwrap(), None);
        }
        let first = Idempotency::new(KeySource::StepFile);
        let sent = keyed(&first, &[key]).unwrap().unwrap();
        assert_eq!(sent.generated, None);
        let second = || first.next_attempt([sent.request]);
        assert_eq!(keyed(&second(), &[key]).unwrap(), Some(sent.clone()));
        assert!(keyed(&second(), &[("idempotency-key", "b")]).is_err());
    }

    /// One without a key could be another one in place of it.
    #[test]
    fn a_later_attempt_first_repeats_what_may_have_had_an_effect() {
        let post = |keys: &Idempotency, key: Option<&str>| {
            let request = Request::builder().method("POST").uri(A);
            let request = match key {
                Some(key) => request.header("idempotency-key", key),
                None => request,
            };
            keys.set(&mut request.body(()).unwrap())
        };
        let first = Idempotency::new(KeySource::StepFile);
        assert_eq!(post(&first, None).unwrap(), None);
        let key = post(&first, Some("1")).unwrap().unwrap();
        let refused = "this POST request differs from those of the attempt before, which may have had an effect";
        for other in [None, Some("2"), Some("")] {
            match post(&first.next_attempt([key.request]), other) {
                Err(TransportError::Refused(reason)) => assert_eq!(reason, refused),
                other => panic!("{other:?}"),
            }
        }
        let second = first.next_attempt([key.request]);
        assert_eq!(post(&second, Some("1")).unwrap(), Some(key));
    }
}
