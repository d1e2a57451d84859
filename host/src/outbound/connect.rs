//! The only file that opens sockets. A name is resolved once, every address
//! that it leads to is checked, and the one dialled is one of those checked: a
//! name that changes its mind between check and connection gains nothing.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http_step_policy::{Host, LONGEST_CONNECT, Origin, Policy, Scheme};
use rustls::CertificateError;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::error::{TransportError, innermost};
use super::resolve::Resolve;
use super::stream::Stream;
use super::tls::Tls;

/// How long an address may take if there is another to try.
const EACH_ADDRESS: Duration = Duration::from_secs(3);

/// Opens the connections that one policy allows.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) policy: Arc<Policy>,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) tls: Arc<Tls>,
}

impl Connector {
    async fn connect(self, uri: Uri) -> Result<Stream, TransportError> {
        let origin = Origin::of_url(&uri.to_string())?;
        let addresses = self.addresses(&origin).await?;
        let stream = dial(&origin, &addresses).await?;
        match origin.scheme {
            Scheme::Http => Ok(Stream::plain(stream)),
            Scheme::Https => match self.tls.connect(&origin.host, stream).await {
                Ok(stream) => Ok(Stream::tls(stream)),
                Err(error) => Err(tls_error(&origin, &error)),
            },
        }
    }

    /// All addresses of an origin's host; each is allowed, or it is an error.
    async fn addresses(&self, origin: &Origin) -> Result<Vec<IpAddr>, TransportError> {
        let addresses = match &origin.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let unresolved = |reason| TransportError::Resolve {
                    host: name.clone(),
                    reason,
                };
                let found = self
                    .resolver
                    .resolve(name)
                    .await
                    .map_err(|error| unresolved(innermost(&error)))?;
                if found.is_empty() {
                    return Err(unresolved("it has no address".to_owned()));
                }
                found
            }
        };
        let permit = self.policy.admit(origin, "GET")?;
        for address in &addresses {
            permit.check_address(*address)?;
        }
        Ok(addresses)
    }
}

/// Connect to the first address that answers.
async fn dial(origin: &Origin, addresses: &[IpAddr]) -> Result<TcpStream, TransportError> {
    let mut failure = None;
    for (index, address) in addresses.iter().enumerate() {
        let is_last = index + 1 == addresses.len();
        let each = if is_last {
            LONGEST_CONNECT
        } else {
            EACH_ADDRESS
        };
        let address = SocketAddr::new(*address, origin.port);
        #[expect(clippy::disallowed_methods, reason = "this is the connector")]
        let connected = timeout(each, TcpStream::connect(address)).await;
        match connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                // Requests are written whole; waiting for more only delays them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failure = Some((address, error)),
        }
    }
    Err(match failure {
        Some((address, error)) => TransportError::Connect {
            to: match &origin.host {
                Host::Address(_) => origin.to_string(),
                Host::Name(_) => format!("{origin} ({address})"),
            },
            reason: plain(&error),
            refused: error.kind() == io::ErrorKind::ConnectionRefused,
        },
        None => TransportError::Refused("there is no address to connect to".to_owned()),
    })
}

/// The words for an error of the system, without its number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::TimedOut => "timed out".to_owned(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
        io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
        _ => error.to_string(),
    }
}

fn tls_error(origin: &Origin, error: &io::Error) -> TransportError {
    let rustls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    TransportError::Tls {
        with: origin.to_string(),
        reason: match rustls {
            Some(rustls::Error::InvalidCertificate(error)) => certificate(error),
            Some(error) => error.to_string(),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the connection was closed in the handshake".to_owned()
            }
            None => plain(error),
        },
        certificate: matches!(rustls, Some(rustls::Error::InvalidCertificate(_))),
    }
}

/// The words for the commonest faults of a certificate.
fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no trusted root has signed its certificate".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet".to_owned()
        }
        other => format!("its certificate is not valid: {other}"),
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.clone().connect(uri.clone());
        Box::pin(async move {
            // The pool goes on with a connection that its request no longer waits
            // for; here it ends in any case.
            let late = |_| TransportError::ConnectTimeout {
                to: uri
                    .authority()
                    .map_or_else(String::new, ToString::to_string),
                within: LONGEST_CONNECT,
            };
            timeout(LONGEST_CONNECT, connecting).await.map_err(late)?
        })
    }
}
