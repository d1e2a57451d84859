//! A body with scripted polls, and a reader that records what it gets.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};

/// The result of a poll of the source.
pub(crate) enum Event {
    Data(Vec<u8>),
    /// The same, endlessly.
    Endless(Vec<u8>),
    Trailer(&'static str, &'static str),
    Error,
    Pending,
}

/// A body of events, which ends after the last.
pub(crate) struct Source(pub(crate) VecDeque<Event>);

impl Source {
    pub(crate) fn new(events: impl IntoIterator<Item = Event>) -> Self {
        Self(events.into_iter().collect())
    }
}

impl Body for Source {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.0.pop_front() {
            None => None,
            Some(Event::Data(data)) => Some(Ok(Frame::data(Bytes::from(data)))),
            Some(Event::Endless(data)) => {
                let frame = Frame::data(Bytes::from(data.clone()));
                self.0.push_front(Event::Endless(data));
                Some(Ok(frame))
            }
            Some(Event::Trailer(name, value)) => {
                let name = HeaderName::from_static(name);
                let value = HeaderValue::from_static(value);
                Some(Ok(Frame::trailers(HeaderMap::from_iter([(name, value)]))))
            }
            Some(Event::Error) => Some(Err(io::Error::other("connection reset"))),
            Some(Event::Pending) => return Poll::Pending,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

/// How often a task was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The results of this many polls of a body, one per line.
pub(crate) fn polls<B>(body: B, times: usize) -> String
where
    B: Body<Data = Bytes>,
    B::Error: std::error::Error,
{
    let mut body = pin!(body);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut report = String::new();
    for _ in 0..times {
        let line = match body.as_mut().poll_frame(&mut Context::from_waker(&waker)) {
            Poll::Pending => match wakes.0.swap(0, Ordering::Relaxed) {
                0 => "pending".to_owned(),
                _ => "pending, and woken".to_owned(),
            },
            Poll::Ready(None) => "end".to_owned(),
            Poll::Ready(Some(Err(error))) => format!("error: {error}"),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) if data.len() < 100 => format!("data {data:?}"),
                Ok(data) => format!("data of {} bytes", data.len()),
                Err(frame) => format!("trailers {:?}", frame.into_trailers().unwrap()),
            },
        };
        writeln!(report, "{line}").unwrap();
    }
    report
}
