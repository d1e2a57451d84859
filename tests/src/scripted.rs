//! A server that writes given bytes, whether they are HTTP or not.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on loopback that reads a request's head and writes fixed bytes.
pub struct Scripted {
    /// Its origin.
    pub origin: String,
}

impl Scripted {
    /// Answer each connection with these bytes, then close it.
    pub async fn closes_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), false).await
    }

    /// Answer each connection with these bytes, then stay silent until the client disconnects.
    pub async fn hangs_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), true).await
    }

    /// Send nothing, and keep what the first connection receives until it ends.
    pub async fn keeps_all() -> (Self, JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let kept = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut kept = Vec::new();
            // A reset ends it, too.
            let _ = stream.read_to_end(&mut kept).await;
            kept
        });
        (Self { origin }, kept)
    }

    /// Answer each request on the first connection with the first answer, and those on later
    /// connections with the second. The first connection ends on its second request, after the
    /// start of a response. Keeps the requests, each after the number of its connection.
    pub async fn ends_once(
        first: &'static str,
        beginning: &'static str,
        second: &'static str,
    ) -> (Self, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                number += 1;
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let mut count = 0;
                    while let Some(request) = request(&mut stream).await {
                        let request = format!("{number} {request}");
                        kept.lock().expect("no panic").push(request);
                        count += 1;
                        let answer = match (number, count) {
                            (1, 1) => first,
                            (1, _) => beginning,
                            _ => second,
                        };
                        let written = stream.write_all(answer.as_bytes()).await;
                        if written.is_err() || (number, count) == (1, 2) {
                            return;
                        }
                    }
                });
            }
        });
        (Self { origin }, requests)
    }

    /// React to each connection in turn, to those after the last reaction as to that one. Keeps the
    /// requests that were read.
    pub async fn reacts(reactions: &[Reaction]) -> (Self, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&requests);
        let reactions = reactions.to_vec();
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let reaction = reactions[number.min(reactions.len() - 1)].clone();
                number += 1;
                tokio::spawn(react(stream, reaction, Arc::clone(&kept)));
            }
        });
        (Self { origin }, requests)
    }

    /// The origin of a port that nothing listens on.
    pub async fn closed_port() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    }

    async fn start(answer: Vec<u8>, hang: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_one(stream, answer.clone(), hang));
            }
        });
        Self { origin }
    }
}

/// How a server reacts to a connection.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// It reads a request, writes these bytes, and closes the connection.
    Answers(String),
    /// It reads a request and closes the connection.
    Closes,
    /// It reads a request and sends nothing.
    Hangs,
}

impl Reaction {
    /// An empty response with a status code, and header fields that each end with a line break.
    pub fn status(status: u16, header: &str) -> Self {
        Self::Answers(format!(
            "HTTP/1.1 {status} \r\n{header}Connection: close\r\nContent-Length: 0\r\n\r\n"
        ))
    }
}

async fn react(mut stream: TcpStream, reaction: Reaction, kept: Arc<Mutex<Vec<String>>>) {
    let Some(request) = request(&mut stream).await else {
        return;
    };
    kept.lock().expect("no panic").push(request);
    match reaction {
        Reaction::Answers(answer) => _ = stream.write_all(answer.as_bytes()).await,
        Reaction::Closes => {}
        // Until the client disconnects.
        Reaction::Hangs => _ = stream.read(&mut [0]).await,
    }
}

/// A whole request: its method and target, and its body. `None` at the end.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let end = read.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let (head, body) = read.split_at(end + 4);
            if body.len() == length {
                let line = String::from_utf8_lossy(head);
                let line = line.split(" HTTP/").next().unwrap_or_default();
                return Some(format!("{line} {}", String::from_utf8_lossy(body)));
            }
        }
        let mut chunk = [0; 16 << 10];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend(chunk.iter().take(count)),
        }
    }
}

async fn answer_one(mut stream: TcpStream, answer: Vec<u8>, hang: bool) {
    let mut read = Vec::new();
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut chunk = [0; 1024];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(count) => read.extend(chunk.iter().take(count)),
        }
    }
    if stream.write_all(&answer).await.is_err() {
        return;
    }
    if hang {
        // Until the client disconnects.
        let _ = stream.read_to_end(&mut read).await;
    }
}
