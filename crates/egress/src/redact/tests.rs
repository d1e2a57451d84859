//! Redacted bodies, and responses that are withheld.

use std::sync::atomic::{AtomicUsize, Ordering};

use http_step_policy::{Limits, Secret};

use super::*;

/// A body of a number of equal pieces.
struct Pieces(Bytes, usize);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let more = self.1.checked_sub(1);
        Poll::Ready(more.map(|more| {
            self.1 = more;
            Ok(Frame::data(self.0.clone()))
        }))
    }
}

/// A redacted body of pieces, and the memory of the run after it.
async fn read(piece: &str, pieces: usize, memory: usize) -> (bool, Arc<RunUsage>) {
    let limits = Limits {
        memory: memory as u64,
        ..Limits::default()
    };
    let usage = Arc::new(RunUsage::new(limits));
    let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
    let value = "0123456789abcdef".repeat(1024);
    let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, &value)]));
    let body = Pieces(Bytes::copy_from_slice(piece.as_bytes()), pieces).boxed_unsync();
    let response = Unredacted::new(Response::new(body), None, None);
    let redacted = response.redacted(&secrets, &usage).unwrap();
    let read = redacted.into_body().collect().await.is_ok();
    (read, usage)
}

/// A server that writes escapes makes the host hold more.
#[tokio::test]
async fn held_text_counts_as_memory_of_the_run() {
    let escapes = "&#92;u005c".repeat(1000);
    let (is_read, usage) = read(&escapes, 50, 64 << 20).await;
    let peak = usage.memory().peak();
    assert!(is_read && peak >= STEP, "{peak}");
    assert_eq!(usage.memory().used(), 0);
    let (is_read, usage) = read(&escapes, 50, peak / 2).await;
    assert!(!is_read && usage.signal().exceeded().is_some());
    assert_eq!(usage.memory().used(), 0);
}

/// Escapes take time: other tasks run between the pieces of a long frame.
#[tokio::test]
async fn a_long_frame_is_redacted_in_pieces() {
    let usage = Arc::new(RunUsage::new(Limits::default()));
    let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
    let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, value)]));
    let handle = secrets.secrets()[0].handle.to_string();
    let text = format!("{}{value}", "a ".repeat(BYTES_PER_POLL));
    let body = Pieces(text.clone().into(), 2).boxed_unsync();
    let redacted = Unredacted::new(Response::new(body), None, None);
    let mut body = redacted.redacted(&secrets, &usage).unwrap().into_body();
    let mut seen = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert!(data.len() <= BYTES_PER_POLL);
        seen.extend_from_slice(&data);
    }
    let expected = text.replace(value, &handle).repeat(2);
    assert!(String::from_utf8(seen).unwrap() == expected);
}

/// How much of a body of equal frames is redacted in one poll, in frames.
fn frames_per_poll(frame: &str, value: &str, signatures: usize, has_parts: bool) -> usize {
    let origin: Origin = "http://a.test".parse().unwrap();
    let usage = Arc::new(RunUsage::new(Limits::default()));
    let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
    let secret = secret.origin(origin.to_string().parse().unwrap());
    let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, value)]));
    for number in 0..signatures {
        let signature = format!("a-signature-{number:04}");
        let added = secrets.add_signature(&signature, "<hmac>", |_| Ok(Box::new(())));
        assert!(added.is_ok());
    }
    let (entry, _in_flight) = usage.start_request("GET").unwrap();
    let echo_watch = has_parts.then(|| EchoWatch {
        origin: origin.clone(),
        parts: secrets.parts_at(&origin, true),
        entry,
        usage: Arc::clone(&usage),
        on_partial_echo: PartialEcho::Report,
    });
    let polls = Arc::new(AtomicUsize::new(0));
    let pieces = Pieces(Bytes::copy_from_slice(frame.as_bytes()), usize::MAX);
    let body = Counted(pieces, Arc::clone(&polls)).boxed_unsync();
    let redacted = Unredacted::new(Response::new(body), None, echo_watch);
    let mut body = redacted.redacted(&secrets, &usage).unwrap().into_body();
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(&mut body).poll_frame(&mut context).is_pending());
    polls.load(Ordering::Relaxed)
}

/// A body, and how often it was polled.
struct Counted(Pieces, Arc<AtomicUsize>);

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

/// The work in one poll is limited, for the number of passes and for reports, too.
#[test]
fn the_work_of_a_poll_is_limited() {
    // Without a random piece it is looked for as a whole, so much of a stream is held back.
    let long = "a long text of words ".repeat(2000);
    let frame = "x".repeat(8 << 10);
    assert_eq!(frames_per_poll(&frame, &long, 0, false), 8);
    // With 4 more passes.
    assert_eq!(frames_per_poll(&frame, &long, 15, false), 2);
    let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    assert_eq!(frames_per_poll("%", value, 0, true), FRAMES);
    assert_eq!(
        frames_per_poll(value, &format!("{value}{value}!"), 0, true),
        1
    );
}

/// A body of one piece, after which it fails or says nothing.
struct First(Option<Bytes>, Option<Error>);

impl Body for First {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(first) = self.0.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match self.1.take() {
            Some(error) => Poll::Ready(Some(Err(error))),
            None => Poll::Pending,
        }
    }
}

/// A part in text that is held back is reported before the component can learn anything from it:
/// it may drop the body next, the body may fail, or the run's memory may end.
#[test]
fn a_part_that_is_held_back_is_reported() {
    let origin: Origin = "http://a.test".parse().unwrap();
    let value = "kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    for (memory, error) in [
        (64 << 20, None),
        (64 << 20, Some(Error::Denied)),
        (32 << 10, None),
    ] {
        for (guess, is_reported) in [("mLx2Vt0P", true), ("mLx2Vt0Q", false)] {
            let limits = Limits {
                memory,
                ..Limits::default()
            };
            let usage = Arc::new(RunUsage::new(limits));
            let secret = Secret::new("KEY", "env:KEY".parse().unwrap());
            let secret = secret.origin(origin.to_string().parse().unwrap());
            let secrets = Arc::new(GrantedSecrets::with_values(&[(secret, value)]));
            let (entry, _in_flight) = usage.start_request("GET").unwrap();
            let echo_watch = EchoWatch {
                origin: origin.clone(),
                parts: secrets.parts_at(&origin, true),
                entry,
                usage: Arc::clone(&usage),
                on_partial_echo: PartialEcho::Stop,
            };
            let escapes = "&#92;u005c".repeat(1000);
            let body = First(Some(format!("{escapes}|{guess}").into()), error.clone());
            let response = Response::new(body.boxed_unsync());
            let unredacted = Unredacted::new(response, None, Some(echo_watch));
            let redacted = unredacted.redacted(&secrets, &usage).unwrap();
            let mut body = redacted.into_body();
            let mut context = Context::from_waker(std::task::Waker::noop());
            let seen = Pin::new(&mut body).poll_frame(&mut context);
            drop(body);
            assert_eq!(usage.signal().is_stopped(), is_reported, "{guess}");
            assert!(!is_reported || seen.is_pending(), "{guess}");
            let rows = usage.audit().rows(&secrets.redactor());
            let echoes: &[String] = &rows[0].partial_echoes;
            assert_eq!(echoes == ["KEY"], is_reported, "{guess}");
        }
    }
}

/// The result for a response from an origin that a secret is bound to, and from another one.
fn withheld(status: u16, name: &str, value: &str, has_body: bool) -> [Option<String>; 2] {
    let response = Response::builder().status(status).header(name, value);
    let (head, ()) = response.body(()).unwrap().into_parts();
    [true, false].map(|is_bound| {
        let arrival = ArrivedHead {
            origin: "http://a.test",
            is_bound,
            are_ascii: true,
            has_body,
        };
        arrival.withheld(&head).map(|error| error.words(false))
    })
}

#[test]
fn bodies_that_can_not_be_redacted_are_withheld() {
    let part = Some(
        "http://a.test answered with something that is not HTTP: it sends a part, which nobody asked for",
    );
    let unknown = Some(
        "the response of http://a.test can't be decoded: it has a coding that is not known, in which no secret could be hidden",
    );
    let coded = Some(
        "the response of http://a.test can't be decoded: it is compressed, though `Accept-Encoding: identity` asks for no compression, as a secret is bound to this origin; have the server, or the proxy before it, send it uncompressed",
    );
    let charset = Some(
        "the response of http://a.test can't be decoded: it is in a charset in which no secret could be recognized",
    );
    for (status, name, value, has_body, bound, other) in [
        (200, "content-encoding", "br, gzip", true, coded, None),
        (200, "content-encoding", "gzip", false, None, None),
        (200, "content-encoding", "identity", true, None, None),
        (200, "content-encoding", "compress", true, unknown, unknown),
        (
            200,
            "content-encoding",
            "gzip, gzip, gzip",
            true,
            unknown,
            unknown,
        ),
        (200, "content-encoding", "compress", false, None, None),
        (200, "transfer-encoding", "Chunked", true, None, None),
        (
            200,
            "transfer-encoding",
            "gzip, chunked",
            true,
            unknown,
            unknown,
        ),
        (206, "content-range", "bytes 0-0/9", true, part, part),
        (
            200,
            "content-type",
            "text/plain; charset=utf-32",
            true,
            charset,
            None,
        ),
        (
            200,
            "content-type",
            "text/plain; charset=utf-32",
            false,
            None,
            None,
        ),
        (
            200,
            "content-type",
            "text/plain; charset=koi8-r",
            true,
            None,
            None,
        ),
    ] {
        let found = withheld(status, name, value, has_body);
        let found = found.each_ref().map(Option::as_deref);
        assert_eq!(found, [bound, other], "{status} {name}: {value}");
    }
}

#[test]
fn a_compressed_length_is_removed() {
    for (coding, is_bound, is_reported) in [
        ("gzip", true, None),
        ("rot13", true, None),
        ("identity", true, Some("9")),
        ("gzip", false, Some("9")),
    ] {
        let mut header = HeaderMap::new();
        header.insert(CONTENT_LENGTH, HeaderValue::from_static("9"));
        header.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        let arrival = ArrivedHead {
            origin: "http://a.test",
            is_bound,
            are_ascii: true,
            has_body: false,
        };
        arrival.forget_length(&mut header);
        let found = header.get(CONTENT_LENGTH).map(|it| it.to_str().unwrap());
        assert_eq!(found, is_reported, "{coding} {is_bound}");
    }
}
