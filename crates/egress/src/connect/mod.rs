//! Opens connections. A name is resolved once, all its addresses are checked, and a connection is
//! only opened to one of these: a name whose addresses change between the check and the connection
//! gains nothing.

pub(crate) mod connection;
mod dial;
mod io;
pub(crate) mod pool;
mod proxy;
pub(crate) mod resolve;
pub(crate) mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http_step_policy::{Host, Origin, Permit, Proxy, ProxyResolve, ProxyScheme, Scheme};
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::connection::{Connection, Forwarded};
use self::dial::dial;
use self::io::{Io, Socket};
use self::pool::Key;
use self::proxy::Target;
use self::resolve::Lookups;
use self::tls::{Alpn, Identity, Tls};
use crate::error::TransportError;
use crate::error::cause::innermost;
use crate::error::system::words_of;
use crate::usage::audit::AuditEntry;
use crate::usage::facts::TlsFacts;
use crate::usage::facts::{ConnectionFacts, Protocol, Timings};

/// The route to an origin.
pub(crate) struct Route {
    pub(crate) key: Key,
}

/// The maximum number of addresses of a name.
const MAX_ADDRESSES: usize = 64;

/// Opens connections.
pub(crate) struct Connector {
    pub(crate) lookups: Lookups,
    pub(crate) tls: Tls,
}

impl Connector {
    /// Open a connection for a request with a permit.
    pub(crate) async fn connect(
        &self,
        route: &Route,
        permit: &Permit,
        entry: &AuditEntry,
    ) -> Result<Connection, TransportError> {
        let origin = &route.key.origin;
        let mut timings = Timings::default();

        let clock = Instant::now();
        let addresses = self.addresses(route, permit).await?;
        timings.resolve = clock.elapsed();
        entry.resolved(&addresses, timings);

        let clock = Instant::now();
        let (io, peer) = match &route.key.proxy {
            None => direct(origin, &addresses).await?,
            Some(proxy) => self.through(proxy, &route.key, &addresses).await?,
        };
        timings.connect = clock.elapsed();
        entry.connected(peer, timings);

        let clock = Instant::now();
        let (io, tls, protocol) = self.secured(&route.key, io).await?;
        timings.tls = clock.elapsed();

        let facts = ConnectionFacts {
            addresses,
            peer,
            tls,
            protocol,
            timings,
        };
        Connection::start(io, facts, forwarded(route))
            .await
            .map_err(|error| TransportError::Closed {
                from: origin.to_string(),
                reason: innermost(&error),
                unsent: true,
            })
    }

    /// The addresses of the origin's host. It is an error if one of them is not allowed. Empty if a
    /// proxy resolves the name.
    async fn addresses(
        &self,
        route: &Route,
        permit: &Permit,
    ) -> Result<Vec<IpAddr>, TransportError> {
        let by_proxy = route
            .key
            .proxy
            .as_ref()
            .is_some_and(|proxy| proxy.resolve == ProxyResolve::Proxy);
        let addresses = match &route.key.origin.host {
            Host::Name(_) if by_proxy => Vec::new(),
            host => self.resolved(&route.key.tenant, host).await?,
        };
        for address in &addresses {
            permit.check_address(*address)?;
        }
        Ok(addresses)
    }

    async fn resolved(
        &self,
        tenant: &Arc<str>,
        host: &Host,
    ) -> Result<Vec<IpAddr>, TransportError> {
        let name = match host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        let unresolved = |reason| TransportError::Resolve {
            host: name.clone(),
            reason,
        };
        let found = self
            .lookups
            .addresses(tenant, name)
            .await
            .map_err(|error| unresolved(innermost(&error)))?;
        match found.len() {
            0 => Err(unresolved("it has no address".to_owned())),
            // Rejected rather than truncated: every address is checked and recorded in the audit
            // log.
            many if many > MAX_ADDRESSES => Err(unresolved(format!(
                "it has {many} addresses, and {MAX_ADDRESSES} are the most"
            ))),
            _ => Ok(found),
        }
    }

    /// Connect through a proxy. The operator chose its address: the policy's rules for addresses
    /// only apply to targets.
    async fn through(
        &self,
        proxy: &Proxy,
        key: &Key,
        addresses: &[IpAddr],
    ) -> Result<Opened, TransportError> {
        let (origin, url) = (&key.origin, &proxy.url);
        let failed = |reason| TransportError::Proxy {
            proxy: url.to_string(),
            reason,
        };
        let found = self.resolved(&key.tenant, &url.host).await?;
        let stream = dial(&found, url.port).await.map_err(|unreachable| {
            failed(unreachable.map_or_else(String::new, |met| {
                format!(
                    "could not connect to {}: {}",
                    met.address,
                    words_of(&met.error)
                )
            }))
        })?;
        let peer = stream.peer_addr().ok();
        let socket = Socket::new(stream);
        let target = match addresses.first() {
            Some(address) => Target::Address(SocketAddr::new(*address, origin.port)),
            None => Target::new(&origin.host, origin.port),
        };
        let io: Box<dyn Io> = match url.scheme {
            ProxyScheme::Socks5 | ProxyScheme::Socks5h => {
                proxy::socks5(socket, url, &target).await.map_err(failed)?
            }
            ProxyScheme::Http if is_forwarded(proxy, origin) => Box::new(socket),
            ProxyScheme::Http => proxy::tunnel(socket, url, &target).await.map_err(failed)?,
            ProxyScheme::Https => {
                let secured = self
                    .tls
                    .connect(
                        &key.tenant,
                        &Identity::default(),
                        Alpn::Http1,
                        &url.host,
                        socket,
                    )
                    .await
                    .map_err(|error| {
                        failed(format!(
                            "TLS with it failed: {}",
                            crate::error::tls::reason(&error).0
                        ))
                    })?;
                if is_forwarded(proxy, origin) {
                    Box::new(secured)
                } else {
                    proxy::tunnel(secured, url, &target).await.map_err(failed)?
                }
            }
        };
        Ok((io, peer))
    }

    async fn secured(
        &self,
        key: &Key,
        io: Box<dyn Io>,
    ) -> Result<(Box<dyn Io>, Option<TlsFacts>, Protocol), TransportError> {
        let Some(identity) = &key.tls else {
            return Ok((io, None, Protocol::Http1));
        };
        let stream = self
            .tls
            .connect(&key.tenant, identity, Alpn::Http, &key.origin.host, io)
            .await
            .map_err(|error| {
                let (reason, certificate) = crate::error::tls::reason(&error);
                TransportError::Tls {
                    with: key.origin.to_string(),
                    reason,
                    certificate,
                    in_handshake: true,
                }
            })?;
        let (_, connection) = stream.get_ref();
        let facts = tls::facts(connection);
        let protocol = if tls::is_http2(connection) {
            Protocol::Http2
        } else {
            Protocol::Http1
        };
        Ok((Box::new(stream), Some(facts), protocol))
    }
}

/// An open transport, and the peer of its socket.
type Opened = (Box<dyn Io>, Option<SocketAddr>);

async fn direct(origin: &Origin, addresses: &[IpAddr]) -> Result<Opened, TransportError> {
    let stream: TcpStream = dial(addresses, origin.port).await.map_err(|unreachable| {
        let Some(met) = unreachable else {
            return TransportError::Refused("there is no address to connect to".to_owned());
        };
        TransportError::Connect {
            to: match &origin.host {
                Host::Address(_) => origin.to_string(),
                Host::Name(_) => format!("{origin} ({})", met.address),
            },
            reason: words_of(&met.error),
            refused: met.error.kind() == std::io::ErrorKind::ConnectionRefused,
        }
    })?;
    let peer = stream.peer_addr().ok();
    Ok((Box::new(Socket::new(stream)), peer))
}

/// Whether a proxy forwards requests, as HTTP proxies do for `http` URLs, rather than opening a
/// tunnel.
fn is_forwarded(proxy: &Proxy, origin: &Origin) -> bool {
    let is_http = matches!(proxy.url.scheme, ProxyScheme::Http | ProxyScheme::Https);
    is_http && origin.scheme == Scheme::Http
}

fn forwarded(route: &Route) -> Option<Forwarded> {
    let proxy = route.key.proxy.as_ref()?;
    is_forwarded(proxy, &route.key.origin).then(|| Forwarded {
        authorization: proxy::authorization(&proxy.url),
    })
}
