//! An HTTP/2 server (RFC 9113) that sends given frames in any order, and reads no more than one
//! request.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink, split};
use tokio::try_join;

use super::certificates::AUTHORITY;
use super::raw::{self, Server};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;
/// A type without a meaning.
pub const UNKNOWN: u8 = 0xbb;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// The first stream that a client opens.
pub const FIRST: u32 = 1;

/// `:status: 200`, from HPACK's static table (RFC 7541, appendix A).
pub const OK: u8 = 0x88;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame (RFC 9113, section 4.1).
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A setting (section 6.5.1).
pub fn setting(name: u16, value: u32) -> Vec<u8> {
    let mut payload = name.to_be_bytes().to_vec();
    payload.extend(value.to_be_bytes());
    frame(SETTINGS, 0, 0, &payload)
}

/// A header field that HPACK's tables do not have (RFC 7541, section 6.2.2).
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        // Longer ones need more than one byte for their length.
        assert!(text.len() < 127, "{text}");
        field.push(u8::try_from(text.len()).unwrap());
        field.extend(text.as_bytes());
    }
    field
}

/// What a server does.
#[derive(Clone, Default)]
pub struct Script {
    /// What it sends at once, including its settings.
    pub greeting: Vec<u8>,
    /// What it sends once a request has arrived.
    pub answer: Vec<u8>,
    /// What it repeats endlessly after that, if anything.
    pub forever: Vec<u8>,
    /// The error with which it resets every stream, instead of all this.
    pub resets: Option<u8>,
    /// Whether it reads while it does so.
    pub listens: bool,
    /// How many bytes of that it has sent.
    pub sent: Arc<AtomicUsize>,
    /// How many requests it received.
    pub requests: Arc<AtomicUsize>,
}

/// A server that plays a script on each connection.
pub async fn serve(script: Script) -> Server {
    let acceptor = AUTHORITY.sign(|_| ()).acceptor_for(&[b"h2"]);
    let script = Arc::new(script);
    let mut server = raw::serve(move |stream| {
        let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
        Box::pin(async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                // A server ignores a client that disconnects.
                _ = play(&mut stream, &script).await;
            }
        })
    })
    .await;
    server.origin = server
        .origin
        .replace("http://127.0.0.1", "https://localhost");
    server
}

async fn play(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: &Script,
) -> io::Result<()> {
    stream.write_all(&script.greeting).await?;
    stream.flush().await?;
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).await?;
    loop {
        let id = request(stream, script).await?;
        match script.resets {
            Some(code) => {
                let reset = frame(RST_STREAM, 0, id, &[0, 0, 0, code]);
                stream.write_all(&reset).await?;
            }
            None => break,
        }
        stream.flush().await?;
    }
    stream.write_all(&script.answer).await?;
    stream.flush().await?;
    let (mut reading, mut writing) = split(&mut *stream);
    let talks = async {
        while !script.forever.is_empty() {
            writing.write_all(&script.forever).await?;
            script
                .sent
                .fetch_add(script.forever.len(), Ordering::Relaxed);
        }
        io::Result::Ok(())
    };
    if script.listens {
        let mut nowhere = sink();
        try_join!(talks, copy(&mut reading, &mut nowhere))?;
    } else {
        talks.await?;
    }
    loop {
        request(stream, script).await?;
    }
}

/// Read up to the next request, and return its stream.
async fn request(stream: &mut (impl AsyncRead + Unpin), script: &Script) -> io::Result<u32> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [a, b, c, kind, _, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await?;
        if kind == HEADERS {
            script.requests.fetch_add(1, Ordering::Relaxed);
            return Ok(u32::from_be_bytes(id));
        }
    }
}
