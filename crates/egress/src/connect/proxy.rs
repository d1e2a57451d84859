//! Tunnels through a proxy: by HTTP's CONNECT (RFC 9110, section 9.3.6), or by SOCKS 5 (RFC 1928,
//! RFC 1929).

use std::net::{IpAddr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Empty;
use http_step_policy::{Host, ProxyUrl};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_socks::TargetAddr;
use tokio_socks::tcp::Socks5Stream;

use super::io::Io;
use crate::error::cause::innermost;
use crate::flood::inspected::InspectedIo;
use crate::flood::interim::InterimCounter;

/// The target of a tunnel.
pub(crate) enum Target {
    /// An address that was checked.
    Address(SocketAddr),
    /// A name that the proxy resolves.
    Name(String, u16),
}

impl Target {
    pub(crate) fn new(host: &Host, port: u16) -> Self {
        match host {
            Host::Address(address) => Self::Address(SocketAddr::new(*address, port)),
            Host::Name(name) => Self::Name(name.clone(), port),
        }
    }

    /// The target in authority form (RFC 9112, section 3.2.3).
    fn authority(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Name(name, port) => format!("{name}:{port}"),
        }
    }
}

/// Open a tunnel through an HTTP proxy.
pub(crate) async fn tunnel(
    io: impl Io + 'static,
    proxy: &ProxyUrl,
    target: &Target,
) -> Result<Box<dyn Io>, String> {
    let handshake_error = |error: hyper::Error| innermost(&error);
    let mut request = connect(proxy, &target.authority()).map_err(|error| error.to_string())?;
    let interim = InterimCounter::default();
    interim.count(&mut request);
    let watch = move |_| interim.check();
    let (mut sender, driver) = http1::handshake(TokioIo::new(InspectedIo { io, inspect: watch }))
        .await
        .map_err(handshake_error)?;
    drop(tokio::spawn(driver.with_upgrades()));
    let response = sender
        .send_request(request)
        .await
        .map_err(handshake_error)?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            let wanted = match proxy.credentials {
                None => "it wants a user name and a password",
                Some(_) => "it does not accept the user name and the password",
            };
            return Err(format!("{wanted} (status 407)"));
        }
        status => {
            return Err(format!(
                "it refused a tunnel to {} (status {})",
                target.authority(),
                status.as_u16()
            ));
        }
    }
    let upgraded = hyper::upgrade::on(response)
        .await
        .map_err(handshake_error)?;
    Ok(Box::new(TokioIo::new(upgraded)))
}

fn connect(proxy: &ProxyUrl, authority: &str) -> http::Result<Request<Empty<Bytes>>> {
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .uri(Uri::builder().authority(authority).build()?)
        .header(HOST, authority);
    if let Some(value) = authorization(proxy) {
        request = request.header(PROXY_AUTHORIZATION, value);
    }
    request.body(Empty::new())
}

/// The credentials for an HTTP proxy (RFC 9110, section 11.7.2).
pub(crate) fn authorization(proxy: &ProxyUrl) -> Option<HeaderValue> {
    let credentials = proxy.credentials.as_ref()?;
    let pair = format!("{}:{}", credentials.username, credentials.password);
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Open a tunnel through a SOCKS 5 proxy.
pub(crate) async fn socks5(
    io: impl Io + 'static,
    proxy: &ProxyUrl,
    target: &Target,
) -> Result<Box<dyn Io>, String> {
    let target = match target {
        Target::Address(address) => TargetAddr::Ip(match address.ip() {
            IpAddr::V6(v6) => SocketAddr::new(v6.to_canonical(), address.port()),
            IpAddr::V4(_) => *address,
        }),
        Target::Name(name, port) => TargetAddr::Domain(name.clone().into(), *port),
    };
    let tunnel = match &proxy.credentials {
        None => Socks5Stream::connect_with_socket(io, target).await,
        Some(credentials) => {
            let (user, password) = (&credentials.username, &credentials.password);
            Socks5Stream::connect_with_password_and_socket(io, target, user, password).await
        }
    }
    .map_err(|error| innermost(&error))?;
    Ok(Box::new(tunnel.into_inner()))
}
