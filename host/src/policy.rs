//! What a run may reach. Deny by default; no I/O in here.
//!
//! A request is checked twice: its origin before anything is done for it, and
//! the addresses of its host before a connection is opened. Both checks are
//! made anew for every request, so also for every hop of a redirect.
//!
//! | granted | reaches |
//! |---|---|
//! | nothing | nothing |
//! | any public origin | every origin, at public addresses |
//! | `https://api.example.com` | that origin, at public addresses |
//! | `http://127.0.0.1:8080`, `http://[::1]:8080` | that origin: who writes an address means it |
//! | `http://localhost:8080` | that origin, at loopback addresses (RFC 6761) |
//! | a network, `10.0.0.0/8` | granted origins also at addresses in it |

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

use crate::address::{Class, classify};
use crate::origin::{Host, Origin};

/// What a run may reach.
///
/// ```
/// use http_step_host::Policy;
///
/// let policy = Policy::nothing().allow("https://api.example.com".parse()?);
/// assert!(policy.check_origin(&"https://api.example.com".parse()?).is_ok());
///
/// let denial = policy.check_origin(&"https://evil.example".parse()?).unwrap_err();
/// assert_eq!(
///     denial.to_string(),
///     "the policy does not allow https://evil.example: no rule names it; \
///      `--allow https://evil.example` would",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    any_public: bool,
    origins: BTreeSet<Origin>,
    networks: BTreeSet<IpNet>,
}

impl Policy {
    /// Nothing may be reached.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Any origin may be reached, at public addresses.
    #[must_use]
    pub fn public() -> Self {
        Self {
            any_public: true,
            ..Self::default()
        }
    }

    /// Grant an origin.
    #[must_use]
    pub fn allow(mut self, origin: Origin) -> Self {
        self.origins.insert(origin);
        self
    }

    /// Let granted origins be reached at the addresses of a network, too.
    #[must_use]
    pub fn allow_network(mut self, network: IpNet) -> Self {
        self.networks.insert(network.trunc());
        self
    }

    /// Whether a request may go to an origin, if its addresses are allowed too.
    ///
    /// # Errors
    ///
    /// The denial, with the line that would grant it.
    pub fn check_origin(&self, origin: &Origin) -> Result<(), Denial> {
        if self.any_public || self.origins.contains(origin) {
            Ok(())
        } else {
            Err(Denial {
                origin: origin.clone(),
                address: None,
            })
        }
    }

    /// Whether a connection for an origin may be opened to an address.
    ///
    /// # Errors
    ///
    /// The denial, with the line that would grant it.
    pub fn check_address(&self, origin: &Origin, address: IpAddr) -> Result<(), Denial> {
        self.check_origin(origin)?;
        let class = classify(address);
        let literally_granted = self.origins.contains(origin)
            && match &origin.host {
                Host::Address(literal) => *literal == address,
                Host::Name(name) => is_localhost(name) && class == Class::Loopback,
            };
        let allowed = class == Class::Public
            || literally_granted
            || self
                .networks
                .iter()
                .any(|network| network.contains(&address));
        if allowed {
            Ok(())
        } else {
            Err(Denial {
                origin: origin.clone(),
                address: Some((address, class)),
            })
        }
    }
}

/// The names that never leave the machine (RFC 6761, section 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Why a request was not let out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the policy does not allow {origin}: {}; `{}` would", self.reason(), self.grant())]
pub struct Denial {
    origin: Origin,
    address: Option<(IpAddr, Class)>,
}

impl Denial {
    /// Where the request was to go.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    fn reason(&self) -> String {
        match (&self.address, &self.origin.host) {
            (None, _) => "no rule names it".to_owned(),
            (Some((_, class)), Host::Address(_)) => {
                format!("its address is not public but {class}")
            }
            (Some((address, class)), Host::Name(_)) => {
                format!("its name leads to {address}, which is not public but {class}")
            }
        }
    }

    /// The argument of the `http-step` program that would grant it.
    #[must_use]
    pub fn grant(&self) -> Grant {
        match (&self.address, &self.origin.host) {
            (None, _) | (Some(_), Host::Address(_)) => Grant::Origin(self.origin.clone()),
            (Some((_, Class::Loopback)), Host::Name(name)) if is_localhost(name) => {
                Grant::Origin(self.origin.clone())
            }
            (Some((address, _)), Host::Name(_)) => Grant::Network(IpNet::from(*address)),
        }
    }
}

/// A line that would grant what was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `--allow ORIGIN`
    Origin(Origin),
    /// `--allow-network NETWORK`
    Network(IpNet),
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => write!(f, "--allow {origin}"),
            Self::Network(network) => write!(f, "--allow-network {network}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn a_table_of_verdicts() {
        let nothing = Policy::nothing();
        let public = Policy::public();
        let named = Policy::nothing().allow(origin("https://api.example.com"));
        let literal = Policy::public().allow(origin("http://127.0.0.1:8080"));
        let localhost = Policy::nothing().allow(origin("http://localhost:8080"));
        let network = Policy::nothing()
            .allow(origin("https://api.example.com"))
            .allow_network("10.1.2.3/8".parse().unwrap());
        let denied =
            |origin: &str, why: &str| Err(format!("the policy does not allow {origin}: {why}"));
        let cases = [
            (
                &nothing,
                "https://api.example.com",
                "1.1.1.1",
                denied(
                    "https://api.example.com",
                    "no rule names it; `--allow https://api.example.com` would",
                ),
            ),
            (&public, "https://api.example.com", "1.1.1.1", Ok(())),
            (
                &public,
                "http://127.0.0.1:8080",
                "127.0.0.1",
                denied(
                    "http://127.0.0.1:8080",
                    "its address is not public but loopback; `--allow http://127.0.0.1:8080` would",
                ),
            ),
            (
                &public,
                "http://rebind.example",
                "::ffff:169.254.169.254",
                denied(
                    "http://rebind.example",
                    "its name leads to ::ffff:169.254.169.254, which is not public but cloud metadata; `--allow-network ::ffff:169.254.169.254/128` would",
                ),
            ),
            (&named, "https://api.example.com", "1.1.1.1", Ok(())),
            (
                &named,
                "http://api.example.com",
                "1.1.1.1",
                denied(
                    "http://api.example.com",
                    "no rule names it; `--allow http://api.example.com` would",
                ),
            ),
            // A granted name is not a granted address.
            (
                &named,
                "https://api.example.com",
                "10.0.0.1",
                denied(
                    "https://api.example.com",
                    "its name leads to 10.0.0.1, which is not public but private; `--allow-network 10.0.0.1/32` would",
                ),
            ),
            (&literal, "http://127.0.0.1:8080", "127.0.0.1", Ok(())),
            (
                &literal,
                "http://127.0.0.1:8081",
                "127.0.0.1",
                denied(
                    "http://127.0.0.1:8081",
                    "its address is not public but loopback; `--allow http://127.0.0.1:8081` would",
                ),
            ),
            (&localhost, "http://localhost:8080", "127.0.0.1", Ok(())),
            (&localhost, "http://localhost:8080", "::1", Ok(())),
            (
                &localhost,
                "http://localhost:8080",
                "10.0.0.1",
                denied(
                    "http://localhost:8080",
                    "its name leads to 10.0.0.1, which is not public but private; `--allow-network 10.0.0.1/32` would",
                ),
            ),
            (&network, "https://api.example.com", "10.200.0.1", Ok(())),
            (
                &network,
                "https://api.example.com",
                "192.168.0.1",
                denied(
                    "https://api.example.com",
                    "its name leads to 192.168.0.1, which is not public but private; `--allow-network 192.168.0.1/32` would",
                ),
            ),
        ];
        for (policy, to, address, verdict) in cases {
            assert_eq!(
                policy
                    .check_address(&origin(to), address.parse().unwrap())
                    .map_err(|denial| denial.to_string()),
                verdict,
                "{to} at {address} under {policy:?}"
            );
        }
    }
}
