//! The only file that opens sockets: to the first of several addresses that answers (RFC 8305,
//! "happy eyeballs"). The addresses were checked before.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The delay before the next address is tried in parallel (RFC 8305, section 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// The maximum number of addresses that are tried. A name with hundreds of them could be used to
/// scan a network with one request.
const MAX_ADDRESSES: usize = 8;

/// The last address that failed, and why.
#[derive(Debug)]
pub(crate) struct Unreachable {
    pub(crate) address: IpAddr,
    pub(crate) error: io::Error,
}

/// Connect to the first address that answers. The next attempt starts when the previous one has
/// failed, or after a delay.
///
/// The error is none if there is no address.
pub(crate) async fn dial(
    addresses: &[IpAddr],
    port: u16,
) -> Result<TcpStream, Option<Unreachable>> {
    let mut waiting = interleaved(addresses);
    // Dropping it aborts the attempts in progress.
    let mut attempts = JoinSet::new();
    let mut failure = None;
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.spawn(attempt(address, port));
        }
        let attempt = tokio::select! {
            attempt = attempts.join_next() => attempt,
            () = sleep(HEAD_START), if !waiting.is_empty() => continue,
        };
        match attempt {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(unreachable))) => failure = Some(unreachable),
            Some(Err(_)) => {}
            None => return Err(failure),
        }
    }
}

async fn attempt(address: IpAddr, port: u16) -> Result<TcpStream, Unreachable> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where sockets are opened"
    )]
    TcpStream::connect(SocketAddr::new(address, port))
        .await
        .map_err(|error| Unreachable { address, error })
}

/// Alternate the two families, starting with that of the first address (RFC 8305, section 4).
fn interleaved(addresses: &[IpAddr]) -> VecDeque<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut ordered: VecDeque<IpAddr> = VecDeque::with_capacity(addresses.len());
    for address in first {
        ordered.push_back(address);
        ordered.extend(second.next());
    }
    ordered.extend(second);
    ordered.truncate(MAX_ADDRESSES);
    ordered
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn address_families_alternate() {
        for (given, ordered) in [
            (&[][..], &[][..]),
            (&["1.1.1.1", "1.1.1.2"], &["1.1.1.1", "1.1.1.2"]),
            (
                &["2606::1", "2606::2", "1.1.1.1", "1.1.1.2"],
                &["2606::1", "1.1.1.1", "2606::2", "1.1.1.2"],
            ),
            (
                &["1.1.1.1", "2606::1", "2606::2"],
                &["1.1.1.1", "2606::1", "2606::2"],
            ),
        ] {
            assert_eq!(interleaved(&addresses(given)), addresses(ordered));
        }
        let many = vec![IpAddr::from([1, 1, 1, 1]); 300];
        assert_eq!(interleaved(&many).len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn a_refusing_address_does_not_delay_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // No other loopback address has a listener on that port.
        let stream = dial(&addresses(&["::1", "127.0.0.2", "127.0.0.1"]), port)
            .await
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    }

    #[tokio::test]
    async fn the_last_failure_is_reported() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let unreachable = dial(&addresses(&["127.0.0.1"]), port)
            .await
            .unwrap_err()
            .unwrap();
        assert_eq!(unreachable.address, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(unreachable.error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(dial(&[], port).await.unwrap_err().is_none());
    }
}
