//! A server that writes bytes as told, whether they are HTTP or not.

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

    /// Answer each connection with these bytes, then say nothing more until the
    /// client goes away.
    pub async fn hangs_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(answer.into(), true).await
    }

    /// Say nothing, and keep what the first connection sends until it ends.
    pub async fn keeps_all() -> (Self, JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let kept = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut kept = Vec::new();
            // A reset is an end, too.
            let _ = stream.read_to_end(&mut kept).await;
            kept
        });
        (Self { origin }, kept)
    }

    /// The origin of a port that nothing listens on.
    pub async fn nobody() -> String {
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
        // Until the client has had enough of it.
        let _ = stream.read_to_end(&mut read).await;
    }
}
