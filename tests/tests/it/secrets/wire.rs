//! A server that writes bytes, piece by piece, for each request.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is written, in pieces, for a request's head.
type Answering = dyn Fn(&str) -> Vec<Vec<u8>> + Send + Sync;

/// A server on loopback. It closes each connection after its answer.
pub struct Wire {
    pub origin: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    pub async fn start(answer: impl Fn(&str) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let keeping = Arc::clone(&heads);
        let answer: Arc<Answering> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, heads) = (Arc::clone(&answer), Arc::clone(&keeping));
                tokio::spawn(answer_one(stream, answer, heads));
            }
        });
        Self { origin, heads }
    }

    /// The heads of the requests, in order.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn answer_one(mut stream: TcpStream, answer: Arc<Answering>, heads: Arc<Mutex<Vec<String>>>) {
    stream.set_nodelay(true).unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => read.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&read).into_owned();
    let pieces = answer(&head);
    heads.lock().unwrap().push(head);
    for piece in pieces {
        // A server ignores a client that disconnects.
        if stream.write_all(&piece).await.is_err() {
            return;
        }
    }
}
