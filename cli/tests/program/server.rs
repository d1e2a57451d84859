//! Servers on loopback, kept so simple that they have no errors of their own.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A response without anything that changes.
pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nhello\n";

/// The response of a server that rejects the request.
pub(crate) const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

/// A port that nothing listens on.
pub(crate) const CLOSED_PORT: &str = "http://127.0.0.1:1";

/// A server that records its requests.
pub(crate) struct Server {
    pub(crate) origin: String,
    requests: Receiver<String>,
}

impl Server {
    /// Give each request the same response.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::on("127.0.0.1:0", answer).unwrap()
    }

    /// Give each request the next response, and the last one from then on.
    pub(crate) fn answering_in_order(answers: &'static [&'static str]) -> Self {
        let turn = AtomicUsize::new(0);
        Self::start("127.0.0.1:0", move |mut stream| {
            let turn = turn.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
            let _ = stream.write_all(answers[turn].as_bytes());
        })
        .unwrap()
    }

    /// As [`Server::answering`], at an address that the machine may not have.
    pub(crate) fn on(address: &str, answer: impl Into<Vec<u8>>) -> io::Result<Self> {
        let answer = answer.into();
        Self::start(address, move |mut stream| {
            // A server ignores a client that disconnects.
            let _ = stream.write_all(&answer);
        })
    }

    /// Start a response, and never end it.
    pub(crate) fn hanging_after(answer: &'static str) -> Self {
        Self::start("127.0.0.1:0", move |mut stream| {
            let _ = stream.write_all(answer.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
        })
        .unwrap()
    }

    /// Its address and port.
    pub(crate) fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    fn start(address: &str, answer: impl Fn(TcpStream) + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (sender, requests) = channel();
        // It ends with the test program.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if receive(&mut stream, &sender).is_ok() {
                    answer(stream);
                }
            }
        });
        Ok(Self { origin, requests })
    }

    /// The next request, once it has arrived.
    pub(crate) fn request(&self) -> String {
        self.in_words(&self.requests.recv().unwrap())
    }

    /// The next request, if it has arrived.
    pub(crate) fn request_so_far(&self) -> Option<String> {
        let request = self.requests.try_recv().ok()?;
        Some(self.in_words(&request))
    }

    fn in_words(&self, request: &str) -> String {
        request.replace(self.address(), "HOST").replace('\r', "")
    }

    /// Whether a request has arrived that [`Server::request`] has not returned.
    pub(crate) fn was_requested(&self) -> bool {
        self.requests.try_recv().is_ok()
    }
}

/// Read a request, head and body.
fn receive(stream: &mut TcpStream, requests: &Sender<String>) -> io::Result<()> {
    let mut received = Vec::new();
    let head = loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&chunk[..count]);
        if let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let length: usize = String::from_utf8_lossy(&received[..head])
        .to_ascii_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or_default();
    let missing = (head + length).saturating_sub(received.len());
    stream.take(missing as u64).read_to_end(&mut received)?;
    let _ = requests.send(String::from_utf8_lossy(&received).into_owned());
    Ok(())
}
