//! Which requests go through which proxy.
//!
//! The policy decides where a request may go, whatever carries it there: a proxy is
//! a way, not a target.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

use crate::origin::{Host, Origin, Scheme, without_root};
use crate::proxy_url::{ProxyScheme, ProxyUrl};

/// Who looks up the names of origins behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyResolve {
    /// The host of the step does, checks the addresses, and has the proxy connect to
    /// one that was checked; but for an `http` origin an HTTP proxy is given the name,
    /// as HTTP has it, and looks it up once more.
    Host,
    /// The proxy does. Which addresses the names lead to is not checked.
    Proxy,
}

/// A proxy that a request goes through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// Where it is, and how it is spoken to.
    pub url: ProxyUrl,
    /// Who looks up names.
    pub resolve: ProxyResolve,
}

/// What a policy says about proxies. By default there are none, and steps may not
/// name any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProxyRules {
    /// The proxy for `http` origins.
    pub http: Option<ProxyUrl>,
    /// The proxy for `https` origins.
    pub https: Option<ProxyUrl>,
    /// The proxy for origins whose scheme has none.
    pub all: Option<ProxyUrl>,
    /// The hosts that are reached without a proxy.
    pub no_proxy: Vec<NoProxy>,
    /// Who looks up names. By default the host does, unless the proxy's scheme is
    /// `socks5h`.
    pub resolve: Option<ProxyResolve>,
    /// The proxies that a step may name. Where one has credentials here, a step that
    /// gives none uses these.
    pub steps_may_use: Vec<ProxyUrl>,
}

impl ProxyRules {
    /// The proxy for an origin, or none; or the one that the step names and may not.
    pub(crate) fn choose(
        &self,
        origin: &Origin,
        asked: Option<&ProxyUrl>,
    ) -> Result<Option<Proxy>, ProxyUrl> {
        let own = self.own(origin.scheme);
        let url = match asked {
            // As in the requests library, a proxy named is a proxy used.
            Some(asked) => {
                let granted = self
                    .steps_may_use
                    .iter()
                    .chain(own)
                    .find(|granted| granted.is_same_proxy(asked))
                    .ok_or_else(|| asked.clone())?;
                match asked.credentials {
                    Some(_) => asked,
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
        self.of(scheme).or(self.all.as_ref())
    }

    /// The proxy for one scheme alone.
    pub(crate) fn of(&self, scheme: Scheme) -> Option<&ProxyUrl> {
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

/// A host, or many, reached without a proxy; as in curl's `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoProxy {
    /// `*`: every host.
    All,
    /// A name and all below it: `example.com`, `.example.com`.
    Domain(String),
    /// Hosts given as an address of this network. Names are not looked up for this.
    Network(IpNet),
}

impl NoProxy {
    /// Whether a host is one of them.
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

/// A text that is no [`NoProxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "what goes without a proxy is a name, as in `internal.example`, which stands for all below it too, an address, a network, or `*`"
)]
pub struct NoProxyError;
