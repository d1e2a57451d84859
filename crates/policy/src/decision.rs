//! Decisions: whether a policy allows a URL, and by which rule.

use std::fmt;

use http_step_yaml::excerpt;
use ipnet::IpNet;

use crate::address::classify;
use crate::denial::Denial;
use crate::origin::{Host, Origin, OriginError};
use crate::permit::Permit;
use crate::policy::Policy;
use crate::proxies::{Proxy, ProxyResolve};
use crate::sentence::listed;

/// The decision of a policy about a request. [`Display`](fmt::Display) names the rule that allows
/// it, or the reason for the denial.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It is allowed, if its host resolves to allowed addresses.
    Allowed(Box<Allowed>),
    /// It is denied.
    Denied(Denial),
    /// Its URL is invalid.
    NotAUrl(OriginError),
}

/// An allowed request.
#[derive(Clone, Debug)]
pub struct Allowed {
    method: String,
    /// The permit, which has the rule.
    pub permit: Permit,
    /// The proxy.
    pub proxy: Option<Proxy>,
}

impl Policy {
    /// Decide whether a request is allowed.
    #[must_use]
    pub fn judge(&self, url: &str, method: &str) -> Decision {
        let origin = match Origin::from_url(url) {
            Ok(origin) => origin,
            Err(error) => return Decision::NotAUrl(error),
        };
        match self.allowed(&origin, method) {
            Ok(allowed) => Decision::Allowed(Box::new(allowed)),
            Err(denial) => Decision::Denied(denial),
        }
    }

    fn allowed(&self, origin: &Origin, method: &str) -> Result<Allowed, Denial> {
        let permit = self.admit(origin, method)?;
        if let Host::Address(address) = origin.host {
            permit.check_address(address)?;
        }
        Ok(Allowed {
            method: excerpt(method),
            proxy: self.proxy_for(origin, None)?,
            permit,
        })
    }
}

impl Decision {
    /// Whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(allowed) => allowed.fmt(f),
            Self::Denied(denial) => denial.fmt(f),
            Self::NotAUrl(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.permit.origin();
        write!(
            f,
            "{} {origin} is allowed by `{}`",
            self.method,
            self.permit.rule()
        )?;
        match origin.host {
            Host::Address(address) => write!(f, "; its address is {}", classify(address)),
            Host::Name(_) => match &self.proxy {
                Some(proxy) if proxy.resolve == ProxyResolve::Proxy => {
                    f.write_str("; the proxy resolves the name, and no address is checked")
                }
                _ => write!(f, "; the name may resolve to {}", self.addresses()),
            },
        }?;
        match &self.proxy {
            Some(proxy) => write!(f, "; it goes through the proxy {}", proxy.url),
            None => Ok(()),
        }
    }
}

impl Allowed {
    /// The addresses that the name may resolve to.
    fn addresses(&self) -> String {
        let loopback = self.permit.origin().host.is_localhost() && self.permit.is_by_name();
        let mut networks: Vec<&IpNet> = self.permit.networks().collect();
        networks.sort();
        networks.dedup();
        let mut words = vec!["public addresses".to_owned()];
        words.extend(loopback.then(|| "loopback addresses".to_owned()));
        words.extend(networks.into_iter().map(IpNet::to_string));
        let denied: Vec<&IpNet> = self.permit.denied_networks().collect();
        match denied.as_slice() {
            [] => listed(&words),
            denied => format!("{}, but not to {}", listed(&words), listed(denied.iter())),
        }
    }
}
