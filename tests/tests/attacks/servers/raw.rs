//! Servers that are a function of a connection, whether they speak HTTP or not. They end with their
//! runtime.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// A server on loopback.
pub struct Server {
    /// Its origin.
    pub origin: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// How many connections it accepted.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// On loopback, a connection that takes longer will not be made.
const QUEUED: Duration = Duration::from_millis(200);

type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serve each connection by a function.
pub async fn serve(each: impl Fn(TcpStream) -> Serving + Send + 'static) -> Server {
    at(SocketAddr::from(([127, 0, 0, 1], 0)), each).await
}

/// As [`serve`], at an address.
pub async fn at(
    address: SocketAddr,
    each: impl Fn(TcpStream) -> Serving + Send + 'static,
) -> Server {
    let listener = TcpListener::bind(address).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(each(stream));
        }
    });
    Server {
        origin,
        connections,
    }
}

/// A server that accepts nothing, and whose queue of connections is full.
pub struct Full {
    /// Its origin.
    pub origin: String,
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl Full {
    pub async fn start() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "a server is its own client here")]
        while let Ok(Ok(stream)) = timeout(QUEUED, TcpStream::connect(address)).await {
            queued.push(stream);
        }
        Self {
            origin: format!("http://{address}"),
            _listener: listener,
            _queued: queued,
        }
    }
}

/// A port that nothing listens on.
pub async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// Read a request's head. `None` if the client disconnects.
pub async fn head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.ok()?);
    }
    Some(read)
}

/// Read until the client disconnects.
pub async fn hang(stream: &mut TcpStream) {
    let mut waste = [0; 4096];
    while stream.read(&mut waste).await.is_ok_and(|count| count > 0) {}
}

/// Read a request's head, write this, close.
pub fn closes_after(answer: impl Into<Vec<u8>>) -> impl Fn(TcpStream) -> Serving + Send {
    let answer: Arc<[u8]> = answer.into().into();
    move |mut stream| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            if head(&mut stream).await.is_some() {
                // A server ignores a client that disconnects early.
                _ = stream.write_all(&answer).await;
            }
        })
    }
}

/// As [`closes_after`], but wait for the client to disconnect.
pub fn hangs_after(answer: impl Into<Vec<u8>>) -> impl Fn(TcpStream) -> Serving + Send {
    let answer: Arc<[u8]> = answer.into().into();
    move |mut stream| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            if head(&mut stream).await.is_some() && stream.write_all(&answer).await.is_ok() {
                hang(&mut stream).await;
            }
        })
    }
}

/// Read a request's head, write this, and then repeat a piece, with a pause between two.
pub fn repeats(
    first: impl Into<Vec<u8>>,
    piece: impl Into<Vec<u8>>,
    pause: Duration,
) -> impl Fn(TcpStream) -> Serving + Send {
    let (first, piece): (Arc<[u8]>, Arc<[u8]>) = (first.into().into(), piece.into().into());
    move |mut stream| {
        let (first, piece) = (Arc::clone(&first), Arc::clone(&piece));
        Box::pin(async move {
            if head(&mut stream).await.is_none() || stream.write_all(&first).await.is_err() {
                return;
            }
            while stream.write_all(&piece).await.is_ok() {
                if !pause.is_zero() {
                    sleep(pause).await;
                }
            }
        })
    }
}

/// Read a request's head, write this, and reset the connection instead of closing it.
pub fn resets_after(answer: impl Into<Vec<u8>>) -> impl Fn(TcpStream) -> Serving + Send {
    let answer: Arc<[u8]> = answer.into().into();
    move |mut stream| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            if head(&mut stream).await.is_some() && stream.write_all(&answer).await.is_ok() {
                reset(&stream);
            }
        })
    }
}

/// Have a connection reset when it is dropped.
pub fn reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}
