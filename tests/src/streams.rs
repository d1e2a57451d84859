//! An HTTP/2 server, stream by stream, for what a well-behaved server does not do.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Connection, SendResponse};
use http::Request;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A server on loopback that hands each of its streams to a function. It ends
/// with the runtime of its test.
pub struct Streams {
    /// Its port.
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

/// A request, and how to answer it.
pub struct Requested {
    /// The request.
    pub request: Request<RecvStream>,
    /// Its answer.
    pub respond: SendResponse<Bytes>,
    /// On which connection it came: the first is 1.
    pub connection: usize,
}

/// The server's side of a connection.
pub type ServerConnection = Connection<TlsStream<TcpStream>, Bytes>;

impl Streams {
    /// Answer each stream by a function.
    pub async fn start<F, A>(acceptor: TlsAcceptor, answer: F) -> Self
    where
        F: Fn(Requested) -> A + Send + Sync + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let answer = Arc::new(answer);
        Self::connections(acceptor, move |mut connection, number| {
            let answer = Arc::clone(&answer);
            async move {
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(answer(Requested {
                        request,
                        respond,
                        connection: number,
                    }));
                }
            }
        })
        .await
    }

    /// Serve each connection, with its number, by a function.
    pub async fn connections<F, S>(acceptor: TlsAcceptor, serve: F) -> Self
    where
        F: Fn(ServerConnection, usize) -> S + Send + Sync + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::default());
        let count = Arc::clone(&connections);
        let serve = Arc::new(serve);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    if let Ok(connection) = h2::server::handshake(stream).await {
                        serve(connection, number).await;
                    }
                });
            }
        });
        Self { port, connections }
    }

    /// How many connections it accepted.
    pub fn accepted(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
