//! What a body counts, what it holds and until when, and its timeouts.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use http_step_policy::{Amount, Budget, Exceeded, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

use super::content::{Content, MAX_HELD};
use super::outgoing::{Outgoing, Progress};
use super::received::Received;
use super::*;
use crate::connect::connection::Connection;
use crate::error::{ErrorKind, Stage, TransportError};
use crate::exchange::answer;
use crate::fair_semaphore::FairSemaphore;
use crate::secrets::Redactor;
use crate::usage::RunUsage;
use crate::usage::audit::AuditEntry;
use crate::usage::facts::ConnectionFacts;

const ORIGIN: &str = "http://one.test";
const WITHIN: Duration = Duration::from_secs(10);
/// Shorter than the timeout.
const PAUSE: Duration = Duration::from_secs(8);

/// A run that may make one request at a time.
struct Run {
    usage: Arc<RunUsage>,
    permits: FairSemaphore,
}

impl Run {
    fn new(limits: Limits) -> Self {
        Self {
            usage: Arc::new(RunUsage::new(limits)),
            permits: FairSemaphore::new(1),
        }
    }

    async fn begin(&self) -> (Arc<AuditEntry>, Arc<ActiveRequest>) {
        let (entry, in_flight) = self.usage.start_request("POST").unwrap();
        let permit = self
            .permits
            .acquire_queued(self.usage.run_queue(), &"".into())
            .await;
        let held = ActiveRequest {
            _permit: permit,
            _in_flight: in_flight.into(),
        };
        (entry, Arc::new(held))
    }

    async fn outgoing(
        &self,
        frames: impl Into<VecDeque<Frame<Bytes>>>,
        length: Option<u64>,
    ) -> Outgoing {
        let (entry, held) = self.begin().await;
        let body = Frames(frames.into())
            .map_err(|never| match never {})
            .boxed_unsync();
        let body = Content::Written(body);
        Outgoing::new(body, length, Arc::clone(&self.usage), entry, held)
    }

    /// The body of a response with this head, and the server's end.
    async fn received(&self, head: &str) -> (Received, DuplexStream) {
        let (io, mut server) = duplex(1 << 10);
        let mut connection = Connection::start(io, ConnectionFacts::empty(), None)
            .await
            .unwrap();
        let outgoing = self.outgoing([], None).await;
        let upload = outgoing.upload();
        let (entry, held) = (Arc::clone(&upload.entry), Arc::clone(&upload.held));
        drop(upload);
        let request = Request::get(ORIGIN).body(outgoing).unwrap();
        let (response, ()) = tokio::join!(connection.send(request), async {
            let mut requested = [0; 1 << 10];
            assert!(server.read(&mut requested).await.unwrap() > 0);
            server.write_all(head.as_bytes()).await.unwrap();
        });
        let body = response.ok().unwrap().into_body();
        let usage = Arc::clone(&self.usage);
        let received = Received::new(body, usage, entry, ORIGIN.to_owned(), WITHIN, held, None);
        (received, server)
    }
}

/// A body as a component gives it.
struct Frames(VecDeque<Frame<Bytes>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn trailers_of_a_request_count_as_a_header() {
    let limits = Limits {
        header_fields: 1,
        ..Limits::default()
    };
    let mut trailers = HeaderMap::new();
    for number in 0..2 {
        trailers.append("x-number", HeaderValue::from(number));
    }
    let run = Run::new(limits.clone());
    let frames = [data("x"), Frame::trailers(trailers)];
    let mut outgoing = run.outgoing(frames, None).await;
    assert!(outgoing.frame().await.unwrap().is_ok());
    let error = TransportError::Exceeded {
        exceeded: Exceeded::new(Budget::HeaderFields, &limits, Amount::Count(2)),
        stage: Stage::Send,
    };
    assert_eq!(outgoing.frame().await.unwrap().unwrap_err(), error);
    assert!(run.usage.signal().exceeded().is_some());
}

#[tokio::test]
async fn a_body_is_sent_when_its_announced_length_is_reached() {
    for (length, is_done) in [
        (None, [false, false, true]),
        (Some(3), [false, false, true]),
        (Some(2), [false, true, true]),
        (Some(0), [true, true, true]),
    ] {
        let run = Run::new(Limits::default());
        let mut outgoing = run.outgoing([data("ok")], length).await;
        let progress = outgoing.progress();
        for expected in is_done {
            assert_eq!(progress.is_done(), expected, "{length:?}");
            outgoing.frame().await;
        }
    }
}

/// The remaining data of a body.
async fn rest(mut outgoing: Outgoing) -> Vec<u8> {
    let mut rest = Vec::new();
    while let Some(frame) = outgoing.frame().await {
        rest.extend_from_slice(&frame.unwrap().into_data().unwrap());
    }
    rest
}

#[tokio::test]
async fn a_body_is_replayed_from_its_start() {
    for sent in 0..=3 {
        let run = Run::new(Limits::default());
        let pieces = [data("one"), data("two"), data("three")];
        let mut first = run.outgoing(pieces, Some(11)).await;
        let upload = first.upload();
        upload.keep();
        for _ in 0..sent {
            first.frame().await;
        }
        let mut second = upload.replay().unwrap();
        assert!(!second.progress().is_done(), "{sent}");
        // The earlier attempt must not consume data of the later one.
        let late = first.frame().await.unwrap().unwrap_err();
        assert_eq!(late, TransportError::RequestBody, "{sent}");
        let _ = second.frame().await;
        let third = upload.replay().unwrap();
        drop((first, second));
        assert_eq!(rest(third).await, b"onetwothree", "{sent}");
        upload.settle();
        assert!(upload.replay().is_none());
    }
}

#[tokio::test]
async fn a_body_that_was_not_kept_is_not_replayed() {
    let run = Run::new(Limits::default());
    let upload = run.outgoing([data("x")], None).await.upload();
    // Nothing of it was sent yet.
    let mut outgoing = upload.replay().unwrap();
    outgoing.frame().await.unwrap().unwrap();
    upload.keep();
    assert!(upload.replay().is_none());
}

#[tokio::test]
async fn a_body_is_kept_within_its_limit_and_the_memory_of_the_run() {
    let half = || Frame::data(Bytes::from(vec![b'x'; MAX_HELD / 2]));
    let budget = |bytes| Limits {
        memory: bytes,
        ..Limits::default()
    };
    for (limits, more, is_kept) in [
        (Limits::default(), None, true),
        (Limits::default(), Some(data("y")), false),
        (budget(64 << 10), None, false),
    ] {
        let run = Run::new(limits);
        let frames: Vec<_> = [half(), half()].into_iter().chain(more).collect();
        let mut outgoing = run.outgoing(frames, None).await;
        let upload = outgoing.upload();
        upload.keep();
        while let Some(frame) = outgoing.frame().await {
            frame.unwrap();
        }
        let is_large = run.usage.memory().peak() >= MAX_HELD;
        let replayed = upload.replay();
        assert_eq!(replayed.is_some(), is_kept);
        if let Some(replayed) = replayed {
            assert!(is_large);
            assert_eq!(rest(replayed).await.len(), MAX_HELD);
        }
        // A run does not end because its requests can't be repeated.
        assert_eq!(run.usage.signal().exceeded(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn each_sent_piece_is_progress() {
    let run = Run::new(Limits::default());
    let mut outgoing = run.outgoing([data("one"), data("two")], None).await;
    let progress = outgoing.progress();
    for _ in 0..2 {
        sleep(PAUSE).await;
        assert_eq!(progress.silence(), PAUSE);
        outgoing.frame().await;
        assert_eq!(progress.silence(), Duration::ZERO);
    }
}

#[tokio::test]
async fn a_request_keeps_its_permit_until_its_body_is_sent() {
    let run = Run::new(Limits::default());
    let outgoing = run.outgoing([data("x")], None).await;
    assert_eq!(run.permits.available(), 0);
    drop(outgoing);
    assert_eq!(run.permits.available(), 1);
}

#[tokio::test]
async fn a_permit_is_released_when_the_response_was_read() {
    const OK: &str = "HTTP/1.1 200 OK\r\n";
    for (fields, rest, is_whole) in [
        ("content-length: 2\r\n", "ok", true),
        (
            "transfer-encoding: chunked\r\n",
            "2\r\nok\r\n0\r\n\r\n",
            true,
        ),
        ("", "ok", true),
        ("content-length: 3\r\n", "ok", false),
    ] {
        let run = Run::new(Limits::default());
        let (mut received, mut server) = run.received(&format!("{OK}{fields}\r\n")).await;
        assert_eq!(run.permits.available(), 0, "{fields}");
        server.write_all(rest.as_bytes()).await.unwrap();
        drop(server);
        let mut last = None;
        while !received.is_end_stream()
            && let Some(frame) = received.frame().await
        {
            let is_error = frame.is_err();
            last = Some(frame);
            if is_error {
                break;
            }
        }
        assert_eq!(last.unwrap().is_ok(), is_whole, "{fields}");
        assert_eq!(run.permits.available(), 1, "{fields}");
        // The end of the run has no effect on it either.
        run.usage.audit().abort(ErrorKind::Cancelled, "stopped");
        assert_eq!(
            run.usage.audit().rows(&Redactor::empty())[0].error,
            None,
            "{fields}"
        );
    }
    let run = Run::new(Limits::default());
    let (_empty, _server) = run
        .received(&format!("{OK}content-length: 0\r\n\r\n"))
        .await;
    assert_eq!(run.permits.available(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_response_is_read_and_a_stopped_one_times_out() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    let run = Run::new(Limits::default());
    let (mut received, mut server) = run.received(head).await;
    let slow = async {
        for _ in 0..4 {
            sleep(PAUSE).await;
            server.write_all(b"x").await.unwrap();
        }
    };
    let read = async {
        for _ in 0..4 {
            assert!(received.frame().await.unwrap().is_ok());
        }
    };
    tokio::join!(slow, read);
    let stopped = Instant::now();
    let error = TransportError::BodyTimeout {
        from: ORIGIN.to_owned(),
        within: WITHIN,
    };
    assert_eq!(received.frame().await.unwrap().unwrap_err(), error);
    assert!(stopped.elapsed() < WITHIN + PAUSE);
}

#[tokio::test(start_paused = true)]
async fn a_response_does_not_time_out_while_the_body_is_sent() {
    let progress = Progress::new(false);
    let upload = async {
        for _ in 0..4 {
            sleep(PAUSE).await;
            progress.step();
        }
    };
    let answered = answer(pin!(upload), &progress, WITHIN, ORIGIN).await;
    assert_eq!(answered, Ok(()));

    let stands_still = TransportError::UploadTimeout {
        to: ORIGIN.to_owned(),
        within: WITHIN,
    };
    let is_silent = TransportError::ReadTimeout {
        from: ORIGIN.to_owned(),
        within: WITHIN,
    };
    for (is_done, error) in [(false, stands_still), (true, is_silent)] {
        let progress = Progress::new(is_done);
        let answered = answer(pin!(pending::<()>()), &progress, WITHIN, ORIGIN).await;
        assert_eq!(answered, Err(error));
        assert_eq!(progress.silence(), WITHIN);
    }
}
