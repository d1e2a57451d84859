//! What the host sees of the response that a step is judged by: the one to the component's last request,
//! as the component gets it, without a content coding and with handles in place of secrets.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_step_egress::{Error, Reservation, RunUsage, header_bytes};
use http_step_file::Subject;
use http_step_json::Value;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::time::Instant;

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// Observes the requests of one attempt.
pub(crate) struct Observer {
    /// The header fields to keep.
    headers: Arc<[HeaderName]>,
    is_hashed: bool,
    usage: Arc<RunUsage>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    first_started: Option<Instant>,
    /// How many redirects led to the last request.
    redirects: u64,
    last: Option<Arc<Mutex<Seen>>>,
}

/// What is seen of a request and its response.
struct Seen {
    url: String,
    /// The status code; none before the head of the response.
    status: Option<u16>,
    headers: HeaderMap,
    size: u64,
    hash: Option<Sha256>,
    /// When the response ended, if it was read to its end.
    ended: Option<Instant>,
    /// For the headers.
    room: Reservation,
}

/// Why something that is expected was not seen.
#[derive(Debug, Error)]
pub(crate) enum NotSeen {
    #[error("the component has no response to its last request")]
    NoResponse,
    #[error("the component did not read the response to its end")]
    NotRead,
}

/// A request that is observed.
pub(crate) struct ObservedRequest {
    headers: Arc<[HeaderName]>,
    usage: Arc<RunUsage>,
    seen: Arc<Mutex<Seen>>,
}

impl Observer {
    pub(crate) fn new<'s>(
        subjects: impl Iterator<Item = &'s Subject> + Clone,
        usage: &Arc<RunUsage>,
    ) -> Self {
        let headers = subjects.clone().filter_map(|subject| match subject {
            Subject::Header(name) => HeaderName::try_from(name).ok(),
            _ => None,
        });
        Self {
            headers: headers.collect(),
            is_hashed: subjects.clone().any(|subject| *subject == Subject::Sha256),
            usage: Arc::clone(usage),
            state: Mutex::default(),
        }
    }

    /// The component makes a request.
    pub(crate) fn started<B>(&self, request: &Request<B>) -> ObservedRequest {
        let mut state = self.state.lock();
        state.first_started.get_or_insert_with(Instant::now);
        let is_redirect = state.last.take().is_some_and(|last| {
            let status = last.lock().status;
            matches!(status, Some(301 | 302 | 303 | 307 | 308))
        });
        state.redirects = match is_redirect {
            true => state.redirects + 1,
            false => 0,
        };
        let seen = Arc::new(Mutex::new(Seen {
            url: request.uri().to_string(),
            status: None,
            headers: HeaderMap::new(),
            size: 0,
            hash: self.is_hashed.then(Sha256::new),
            ended: None,
            room: Reservation::new(self.usage.memory()),
        }));
        state.last = Some(Arc::clone(&seen));
        ObservedRequest {
            headers: Arc::clone(&self.headers),
            usage: Arc::clone(&self.usage),
            seen,
        }
    }

    /// The value of a subject in what was observed so far; none if there is none.
    pub(crate) fn found(
        &self,
        subject: &Subject,
        certificate_expires: Option<SystemTime>,
        now: SystemTime,
    ) -> Result<Option<Value>, NotSeen> {
        let state = self.state.lock();
        let seen = state.last.as_ref().map(|last| last.lock());
        let seen = seen.ok_or(NotSeen::NoResponse)?;
        let status = seen.status.ok_or(NotSeen::NoResponse)?;
        let ended = seen.ended.ok_or(NotSeen::NotRead);
        Ok(match subject {
            Subject::Status => Some(status.into()),
            Subject::Header(name) => seen.header(name).map(Value::String),
            Subject::Duration => {
                let started = state.first_started.ok_or(NotSeen::NoResponse)?;
                let seconds = ended?.duration_since(started).as_secs_f64();
                format!("{seconds:.3}").parse().ok().map(Value::Number)
            }
            Subject::Size => ended.map(|_| Some(seen.size.into()))?,
            Subject::Sha256 => {
                ended?;
                let hash = seen.hash.clone().unwrap_or_default().finalize();
                let digits = hash.iter().map(|byte| format!("{byte:02x}"));
                Some(Value::String(digits.collect()))
            }
            Subject::Redirects => Some(state.redirects.into()),
            Subject::Url => Some(seen.url.as_str().into()),
            Subject::CertificateDaysLeft => {
                certificate_expires.map(|expires| days_left(expires, now).into())
            }
        })
    }
}

/// Full days until then, less than 0 after it.
fn days_left(expires: SystemTime, now: SystemTime) -> i64 {
    let days = |time: Duration| (time.as_secs() / SECONDS_PER_DAY) as i64;
    match expires.duration_since(now) {
        Ok(left) => days(left),
        Err(expired) => -1 - days(expired.duration()),
    }
}

impl ObservedRequest {
    /// Its response has arrived.
    ///
    /// # Errors
    ///
    /// There is no memory for the header fields that are to be checked.
    pub(crate) fn answered<B: Body>(
        self,
        response: Response<B>,
    ) -> Result<Response<ObservedBody<B>>, Error> {
        {
            let mut seen = self.seen.lock();
            seen.status = Some(response.status().as_u16());
            for name in self.headers.iter() {
                for value in response.headers().get_all(name) {
                    seen.headers.append(name, value.clone());
                }
            }
            let bytes = header_bytes(&seen.headers);
            seen.room.resize(bytes).map_err(|exceeded| {
                self.usage.exceed(exceeded);
                Error::LimitReached
            })?;
            if response.body().is_end_stream() {
                seen.ended = Some(Instant::now());
            }
        }
        Ok(response.map(|inner| ObservedBody {
            inner,
            seen: self.seen,
        }))
    }
}

impl Seen {
    /// The values of all fields with a name (RFC 9110, section 5.2).
    fn header(&self, name: &str) -> Option<String> {
        let values: Vec<String> = self.headers.get_all(name).iter().map(text).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// A field's value. Bytes that are not UTF-8 are read as ISO 8859-1.
fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// A body of which size and hash are observed.
pub(crate) struct ObservedBody<B> {
    inner: B,
    seen: Arc<Mutex<Seen>>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for ObservedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        let mut seen = this.seen.lock();
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            seen.size += data.len() as u64;
            if let Some(hash) = &mut seen.hash {
                hash.update(data);
            }
        }
        // A reader need not ask for the end if the body says that it has ended.
        if frame.is_none() || this.inner.is_end_stream() && !matches!(frame, Some(Err(_))) {
            seen.ended.get_or_insert_with(Instant::now);
        }
        drop(seen);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
