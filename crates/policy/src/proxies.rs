//! Proxies of requests.
//!
//! Allow rules apply to the origin of a request, with or without a proxy. The proxy itself needs
//! no rule.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

use crate::origin::{Host, Origin, Scheme, without_root};
use crate::proxy_url::{ProxyScheme, ProxyUrl};

/// Who resolves the names of origins if there is a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyResolve {
    /// The host resolves them, checks the addresses, and lets the proxy connect to a checked one.
    /// For an `http` origin, an HTTP proxy gets the name, as HTTP requires, and resolves it again.
    Host,
    /// The proxy resolves them. Their addresses are not checked.
    Proxy,
}

/// The proxy of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// Its URL.
    pub url: ProxyUrl,
    /// Who resolves names.
    pub resolve: ProxyResolve,
}

/// The proxies of a policy. By default there are none, and steps may not name any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProxyRules {
    /// The proxy for `http` origins.
    pub http: Option<ProxyUrl>,
    /// The proxy for `https` origins.
    pub https: Option<ProxyUrl>,
    /// The proxy for origins whose scheme has no separate proxy.
    pub all: Option<ProxyUrl>,
    /// The hosts that are reached without a proxy.
    pub no_proxy: Vec<NoProxy>,
    /// Who resolves names: by default the host, or the proxy if its scheme is `socks5h`.
    pub resolve: Option<ProxyResolve>,
    /// The proxies that a step may name. If one has credentials here, they are used for steps
    /// that give none.
    pub steps_may_use: Vec<ProxyUrl>,
}

impl ProxyRules {
    /// The proxy for an origin, if any. Fails with the proxy that the step may not name.
    pub(crate) fn choose(
        &self,
        origin: &Origin,
        requested: Option<&ProxyUrl>,
    ) -> Result<Option<Proxy>, ProxyUrl> {
        let own = self.own(origin.scheme);
        let url = match requested {
            // As in the requests library, `no_proxy` does not apply to a proxy that a step names.
            Some(requested) => {
                let granted = self
                    .steps_may_use
                    .iter()
                    .chain(own)
                    .find(|granted| granted.is_same_proxy(requested))
                    .ok_or_else(|| requested.clone())?;
                match requested.credentials {
                    Some(_) => requested,
                    None => granted,
                }
            }
            None => match own {
                Some(own)
                    if !self
                        .no_proxy
                        .iter()
                        .any(|entry| entry.matches(&origin.host)) =>
                {
                    own
                }
                _ => return Ok(None),
            },
        };
        Ok(Some(Proxy {
            url: url.clone(),
            resolve: self.resolve_for(url),
        }))
    }

    /// The policy's proxy for a scheme.
    fn own(&self, scheme: Scheme) -> Option<&ProxyUrl> {
        self.for_scheme(scheme).or(self.all.as_ref())
    }

    /// The proxy for one scheme only.
    pub(crate) fn for_scheme(&self, scheme: Scheme) -> Option<&ProxyUrl> {
        match scheme {
            Scheme::Http => self.http.as_ref(),
            Scheme::Https => self.https.as_ref(),
        }
    }

    pub(crate) fn resolve_for(&self, url: &ProxyUrl) -> ProxyResolve {
        self.resolve.unwrap_or(match url.scheme {
            ProxyScheme::Socks5h => ProxyResolve::Proxy,
            _ => ProxyResolve::Host,
        })
    }
}

/// Hosts that are reached without a proxy, as in curl's `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoProxy {
    /// `*`: every host.
    All,
    /// A name and all names below it: `example.com`, `.example.com`.
    Domain(String),
    /// Hosts that are addresses of this network. Names are not resolved for this.
    Network(IpNet),
}

impl NoProxy {
    /// Whether it matches a host.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::All, _) => true,
            (Self::Domain(domain), Host::Name(name)) => {
                let name = without_root(name);
                name.strip_suffix(domain.as_str())
                    .is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
            }
            (Self::Network(network), Host::Address(address)) => network.contains(address),
            _ => false,
        }
    }
}

impl FromStr for NoProxy {
    type Err = NoProxyError;

    fn from_str(text: &str) -> Result<Self, NoProxyError> {
        if text == "*" {
            return Ok(Self::All);
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let name = text.strip_prefix("*.").unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        match Host::parse(name) {
            Ok(Host::Address(address)) => Ok(Self::Network(address.into())),
            Ok(Host::Name(name)) => {
                let name = without_root(&name);
                if name.is_empty() || name.contains('*') || name.split('.').any(str::is_empty) {
                    return Err(NoProxyError);
                }
                Ok(Self::Domain(name.to_owned()))
            }
            Err(_) => Err(NoProxyError),
        }
    }
}

impl std::fmt::Display for NoProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Domain(name) => f.write_str(name),
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// A text that is not a valid [`NoProxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`"
)]
pub struct NoProxyError;
