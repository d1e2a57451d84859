//! Where a daemon listens, and the name that leads there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

use http_step_host::{Addresses, Resolve};

/// Everything that tests listen on, as a policy grants it.
pub const LOOPBACK: &str = "127.0.0.0/8";

static COUNT: AtomicU8 = AtomicU8::new(0);

/// A socket address that no other daemon has, with a name.
///
/// A daemon can't be given a listening socket, and a client may take a free port of 127.0.0.1
/// before the daemon does. So each has its own address in 127.0.0.0/8, from the test process and a
/// count.
#[derive(Clone, Debug)]
pub struct Place {
    service: &'static str,
    /// The name that [`Names`] knows.
    pub name: String,
    /// The address that it leads to.
    pub address: SocketAddr,
}

impl Place {
    /// A place for a service.
    pub fn new(service: &'static str) -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        assert!(count < 254, "each daemon of a process needs an address");
        let [_, _, high, low] = process::id().to_be_bytes();
        let ip = Ipv4Addr::new(127, high.max(1), low, count + 1);
        let listener = TcpListener::bind((ip, 0)).expect("a port");
        Self {
            service,
            // All have the same length, and so have the bodies that contain them.
            name: format!(
                "{service}-{:03}-{low:03}-{:03}.test",
                high.max(1),
                count + 1
            ),
            address: listener.local_addr().expect("an address"),
        }
    }

    /// Name and port.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.name, self.address.port())
    }

    /// A text without what differs from run to run: `nginx.test:PORT`, and `NGINX:PORT` for the
    /// address.
    pub fn hidden(&self, text: &str) -> String {
        text.replace(&self.name, &format!("{}.test", self.service))
            .replace(&self.address.ip().to_string(), &self.service.to_uppercase())
            .replace(&format!(":{}", self.address.port()), ":PORT")
    }
}

/// Knows the name of every place, by the address in it.
pub struct Names;

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Addresses {
        let found = address_in(name);
        Box::pin(async move {
            match found {
                Some(address) => Ok(vec![IpAddr::V4(address)]),
                None => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
            }
        })
    }
}

fn address_in(name: &str) -> Option<Ipv4Addr> {
    let mut labels = name.strip_suffix(".test")?.split('-').skip(1);
    let mut octet = || labels.next()?.parse().ok();
    Some(Ipv4Addr::new(127, octet()?, octet()?, octet()?))
}
