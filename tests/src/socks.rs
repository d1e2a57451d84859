//! A SOCKS 5 proxy (RFC 1928, RFC 1929) that records its requests. It resolves every host to this
//! machine.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::http_proxy::connect;

/// A proxy on loopback. It ends with the runtime of its test.
pub struct SocksProxy {
    /// Where it is: `127.0.0.1:PORT`.
    pub address: String,
    requested: Arc<Mutex<Vec<String>>>,
}

/// Who may use it: a user name and a password.
type User = (&'static str, &'static str);

impl SocksProxy {
    /// A proxy without authentication.
    pub async fn start() -> Self {
        Self::serve(None).await
    }

    /// A proxy that requires a user and a password.
    pub async fn wanting(user: &'static str, password: &'static str) -> Self {
        Self::serve(Some((user, password))).await
    }

    /// The requests, in order: `name one.test:80`, `address 127.0.0.1:80`.
    pub fn requested(&self) -> Vec<String> {
        self.requested.lock().expect("no panic").clone()
    }

    async fn serve(user: Option<User>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let requested = Arc::new(Mutex::new(Vec::new()));
        let serving = Arc::clone(&requested);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(lead_on(stream, user, Arc::clone(&serving)));
            }
        });
        Self { address, requested }
    }
}

async fn lead_on(
    mut client: TcpStream,
    user: Option<User>,
    requested: Arc<Mutex<Vec<String>>>,
) -> io::Result<()> {
    greet(&mut client, user).await?;
    let [_, _, _, kind] = read(&mut client).await?;
    let host = match kind {
        1 => format!("address {}", Ipv4Addr::from(read::<4>(&mut client).await?)),
        4 => format!(
            "address [{}]",
            Ipv6Addr::from(read::<16>(&mut client).await?)
        ),
        _ => format!("name {}", text(&mut client).await?),
    };
    let port = u16::from_be_bytes(read(&mut client).await?);
    requested
        .lock()
        .expect("no panic")
        .push(format!("{host}:{port}"));
    let reply = |code| [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    let Ok(mut server) = connect(port).await else {
        // Connection refused.
        return client.write_all(&reply(5)).await;
    };
    client.write_all(&reply(0)).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// Agree on a method of authentication, and authenticate.
async fn greet(client: &mut TcpStream, user: Option<User>) -> io::Result<()> {
    let [_, count] = read(client).await?;
    let mut offered = vec![0; count.into()];
    client.read_exact(&mut offered).await?;
    let Some(user) = user else {
        return client.write_all(&[5, 0]).await;
    };
    if !offered.contains(&2) {
        client.write_all(&[5, 0xff]).await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    client.write_all(&[5, 2]).await?;
    let [_] = read(client).await?;
    let (name, password) = (text(client).await?, text(client).await?);
    if (name.as_str(), password.as_str()) != user {
        client.write_all(&[1, 1]).await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    client.write_all(&[1, 0]).await
}

async fn read<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A text with its length before it.
async fn text(client: &mut TcpStream) -> io::Result<String> {
    let [length] = read(client).await?;
    let mut bytes = vec![0; length.into()];
    client.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
