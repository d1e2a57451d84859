//! Bodies that are small to send and large to decode.

use std::io::{self, Write};
use std::mem::take;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http_step_host::{ErrorKind, RunResult};
use http_step_tests::Guest;

use super::{ask, raw};
use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, ended_by, report};

pub const THEME: Theme = Theme {
    name: "Bombs",
    about: "Content codings: bodies that are small on the wire and large when decoded.",
    attacks: &[
        Attack::by_server(
            "gzip bomb",
            "respond with a gzip stream that decodes without end",
            || Box::pin(bomb("gzip", gzip())),
        ),
        Attack::by_server("deflate bomb", "the same with deflate", || {
            Box::pin(bomb("deflate", deflate()))
        }),
        Attack::by_server("brotli bomb", "the same with brotli", || {
            Box::pin(bomb("br", brotli()))
        }),
        Attack::by_server("zstd bomb", "the same with zstd", || {
            Box::pin(bomb("zstd", zstd()))
        }),
        Attack::by_server(
            "a bomb in a bomb",
            "respond with gzip within gzip, which decodes to a million times its size",
            || Box::pin(bomb_in_a_bomb()),
        ),
        Attack::by_server(
            "a hundred codings",
            "declare a hundred content codings",
            || Box::pin(hundred_codings()),
        ),
        Attack::by_server(
            "an enormous window",
            "make the decoder allocate a window of terabytes",
            || Box::pin(enormous_window()),
        ),
        Attack::by_component(
            Guest::HoardsWindows,
            "many large windows",
            "start reading sixteen bodies and keep them, each with a decoder window of 4 MiB",
            || Box::pin(many_windows()),
        ),
        Attack::by_server(
            "an invalid coding",
            "declare gzip and send something else",
            || Box::pin(answers_coded("gzip", "hello, this is no gzip")),
        ),
        Attack::by_server(
            "a truncated coding",
            "end a gzip stream in the middle",
            || Box::pin(answers_coded("gzip", gzip().0)),
        ),
        Attack::by_server(
            "data after the coding",
            "send data after the end of a gzip stream",
            || Box::pin(trailing()),
        ),
    ],
};

/// How much a decoder may produce, and how much a server may send for it.
const DECODED: u64 = 8 << 20;
const WIRE: u64 = 1 << 20;

/// The start of a stream, and what repeats endlessly after it.
type Stream = (Vec<u8>, Vec<u8>);

/// An encoder whose output can be taken incrementally.
trait Encoder: Write {
    fn taken(&mut self) -> Vec<u8>;
}

impl Encoder for GzEncoder<Vec<u8>> {
    fn taken(&mut self) -> Vec<u8> {
        take(self.get_mut())
    }
}

impl Encoder for ZlibEncoder<Vec<u8>> {
    fn taken(&mut self) -> Vec<u8> {
        take(self.get_mut())
    }
}

impl Encoder for brotli::CompressorWriter<Vec<u8>> {
    fn taken(&mut self) -> Vec<u8> {
        take(self.get_mut())
    }
}

impl Encoder for zstd::Encoder<'_, Vec<u8>> {
    fn taken(&mut self) -> Vec<u8> {
        take(self.get_mut())
    }
}

/// Encode the same piece repeatedly until the output of the encoder repeats: then it can be
/// repeated endlessly.
fn without_end(mut encoder: impl Encoder, piece: &[u8]) -> io::Result<Stream> {
    let mut first = Vec::new();
    let mut last = Vec::new();
    for _ in 0..8 {
        encoder.write_all(piece)?;
        encoder.flush()?;
        let now = encoder.taken();
        if now == last {
            return Ok((first, now));
        }
        first.extend(&last);
        last = now;
    }
    panic!("the encoder says something new each time");
}

const ZEROES: &[u8] = &[0; 1 << 20];

fn gzip() -> Stream {
    without_end(GzEncoder::new(Vec::new(), Compression::best()), ZEROES).unwrap()
}

fn deflate() -> Stream {
    without_end(ZlibEncoder::new(Vec::new(), Compression::best()), ZEROES).unwrap()
}

fn brotli() -> Stream {
    let encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
    without_end(encoder, ZEROES).unwrap()
}

fn zstd() -> Stream {
    without_end(zstd::Encoder::new(Vec::new(), 3).unwrap(), ZEROES).unwrap()
}

fn coded(coding: &str, first: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nConnection: close\r\n\r\n")
            .into_bytes();
    answer.extend(first);
    answer
}

async fn endless(coding: &str, (first, piece): Stream) -> (RunResult, String) {
    let server = raw::serve(raw::repeats(coded(coding, &first), piece, Duration::ZERO)).await;
    let result = Attacker::none(&server.origin)
        .limits(|limits| {
            limits.bytes_decoded = DECODED;
            limits.bytes_received = WIRE;
        })
        .run()
        .await;
    let report = report(&result, &server.origin);
    (result, report)
}

/// The decoded size has to end it, and not much more is decoded.
async fn bomb(coding: &str, stream: Stream) -> String {
    let (result, report) = endless(coding, stream).await;
    ended_by(&result, ErrorKind::Limit);
    assert!(result.usage.bytes_received < WIRE, "{result:#?}");
    assert!(result.usage.bytes_decoded < 2 * DECODED, "{result:#?}");
    // The excess depends on the size of the last piece.
    report.rsplit_once(": ").unwrap().0.to_owned()
}

/// The inner stream is repetitive, so the outer one is small.
async fn bomb_in_a_bomb() -> String {
    let (first, piece) = gzip();
    let mut outer = GzEncoder::new(Vec::new(), Compression::best());
    outer.write_all(&first).unwrap();
    outer.flush().unwrap();
    let mut beginning = outer.taken();
    let (first, piece) = without_end(outer, &piece.repeat(64)).unwrap();
    beginning.extend(first);
    bomb("gzip, gzip", (beginning, piece)).await
}

/// More than the host decodes: the body stays as it is, for the component to judge.
async fn hundred_codings() -> String {
    let codings = vec!["gzip"; 100].join(", ");
    let server = raw::serve(raw::closes_after(coded(&codings, &gzip().0))).await;
    let result = ask(&server.origin).await;
    assert_eq!(result.usage.bytes_decoded, result.usage.bytes_received);
    format!("{}; nothing is decoded", report(&result, &server.origin))
}

/// A frame's header (RFC 8878, section 3.1.1.1): no content size, no checksum, no
/// dictionary, and a window of 2⁴¹ bytes.
async fn enormous_window() -> String {
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8];
    // Blocks of one byte repeated 2¹⁷ times (section 3.1.1.2).
    let block = [0x02, 0x00, 0x10, b'x'];
    let (result, report) = endless("zstd", (header.to_vec(), block.to_vec())).await;
    ended_by(&result, ErrorKind::Protocol);
    report
}

/// The memory of a step whose decoders need windows.
const MEMORY: usize = 16 << 20;

/// They count against the budget of the component's memory.
async fn many_windows() -> String {
    let (first, piece) = brotli();
    let server = raw::serve(raw::repeats(coded("br", &first), piece, Duration::ZERO)).await;
    let result = Attacker::new(Guest::HoardsWindows, &server.origin)
        .limits(|limits| limits.memory = MEMORY as u64)
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    let peak = result.usage.peak_memory_bytes;
    assert!((MEMORY / 2..=MEMORY).contains(&peak), "{result:#?}");
    let report = report(&result, &server.origin);
    // The excess depends on what the component takes.
    report.rsplit_once(": ").unwrap().0.to_owned()
}

async fn answers_coded(coding: &str, bytes: impl AsRef<[u8]>) -> String {
    let server = raw::serve(raw::closes_after(coded(coding, bytes.as_ref()))).await;
    let result = ask(&server.origin).await;
    ended_by(&result, ErrorKind::Protocol);
    report(&result, &server.origin)
}

/// Ignored, as in browsers; an error for a step that has secrets.
async fn trailing() -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"hello").unwrap();
    let mut bytes = encoder.finish().unwrap();
    bytes.extend(b"and more");
    let server = raw::serve(raw::closes_after(coded("gzip", &bytes))).await;
    let result = ask(&server.origin).await;
    assert_eq!(result.usage.bytes_decoded, 5);
    format!("{}; the rest is ignored", report(&result, &server.origin))
}
