//! Patterns for origins.
//!
//! | pattern | matches |
//! |---|---|
//! | `https://api.example.com` | that origin, on port 443 |
//! | `http://api.example.com:8080` | that origin |
//! | `http://10.0.0.1:8000-8010` | eleven ports of that address |
//! | `https://api.example.com:*` | every port |
//! | `https://*.example.com` | `a.example.com`, `a.b.example.com`; not `example.com` |
//! | `*://api.example.com` | `http` on port 80, `https` on port 443 |
//!
//! `*.` matches one or more labels. At least two labels must follow it, so that `*.com` can't be
//! granted by accident, except for the top-level domains that no registry sells (`internal`,
//! `localhost`, `test`, …). There is no list of public suffixes: `*.co.uk` matches every name below
//! it. A wildcard matches local names only below a local suffix, and never a metadata service (see
//! [`crate::local_name`]).
//!
//! Names are compared without regard to case and to a trailing dot (`example.com.`), and
//! international names in their ASCII form. Addresses are compared by value.

use std::fmt;
use std::str::FromStr;

use http_step_yaml::excerpt;
use thiserror::Error;

use crate::authority::Authority;
use crate::local_name::{LocalName, SUFFIXES, is_below};
use crate::origin::{Host, Origin, Scheme, without_root};

/// A set of origins: one or many schemes, hosts and ports.
///
/// ```
/// use http_step_policy::OriginPattern;
///
/// let pattern: OriginPattern = "HTTPS://*.Example.com:443".parse()?;
/// assert_eq!(pattern.to_string(), "https://*.example.com");
/// assert!(pattern.matches(&"https://api.example.com".parse()?));
/// assert!(!pattern.matches(&"https://example.com".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginPattern {
    schemes: Schemes,
    hosts: Hosts,
    ports: Ports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Schemes {
    One(Scheme),
    Both,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Hosts {
    /// Without a trailing dot.
    One(Host),
    /// Every name below this one.
    Below(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Ports {
    /// The scheme's default.
    Own,
    Between(u16, u16),
    Any,
}

/// The top-level domains that no registry sells, besides those of local names (RFC 6761).
const UNSOLD: [&str; 3] = ["example", "invalid", "test"];

impl OriginPattern {
    /// Whether it matches an origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.spells(origin) && self.hosts.name(&origin.host)
    }

    /// Whether it matches an origin literally, with wildcards that include local names.
    pub(crate) fn spells(&self, origin: &Origin) -> bool {
        self.has_port(origin) && self.hosts.have(&origin.host)
    }

    /// Whether it matches the scheme and the port of an origin.
    pub(crate) fn has_port(&self, origin: &Origin) -> bool {
        let (first, last) = self.ports.for_scheme(origin.scheme);
        self.schemes.have(origin.scheme) && (first..=last).contains(&origin.port)
    }

    /// The host or wildcard.
    pub(crate) fn hosts(&self) -> String {
        self.hosts.to_string()
    }

    /// The host, unless it is a wildcard.
    pub(crate) fn host(&self) -> Option<&Host> {
        match &self.hosts {
            Hosts::One(host) => Some(host),
            Hosts::Below(_) => None,
        }
    }

    /// Whether its scheme is `http` only.
    pub(crate) fn is_without_tls(&self) -> bool {
        self.schemes == Schemes::One(Scheme::Http)
    }

    /// Whether it matches everything that another pattern matches.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.spells_all_of(other) && self.hosts.name_all_of(&other.hosts)
    }

    /// Whether it has every scheme and every port.
    pub(crate) fn has_every_port(&self) -> bool {
        self.schemes == Schemes::Both && self.ports == Ports::Any
    }

    /// The same as [`Self::covers`], literally.
    pub(crate) fn spells_all_of(&self, other: &Self) -> bool {
        let hosts = match (&self.hosts, &other.hosts) {
            (hosts, Hosts::One(host)) => hosts.have(host),
            (Hosts::One(_), Hosts::Below(_)) => false,
            (Hosts::Below(parent), Hosts::Below(name)) => name == parent || is_below(name, parent),
        };
        let mut theirs = [Scheme::Http, Scheme::Https]
            .into_iter()
            .filter(|scheme| other.schemes.have(*scheme));
        hosts
            && theirs.all(|scheme| {
                let (first, last) = self.ports.for_scheme(scheme);
                let (their_first, their_last) = other.ports.for_scheme(scheme);
                self.schemes.have(scheme) && first <= their_first && their_last <= last
            })
    }
}

impl Schemes {
    fn have(self, scheme: Scheme) -> bool {
        match self {
            Self::One(one) => one == scheme,
            Self::Both => true,
        }
    }
}

impl Hosts {
    fn have(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::One(Host::Name(one)), Host::Name(name)) => one == without_root(name),
            (Self::One(one), host) => one == host,
            (Self::Below(parent), Host::Name(name)) => is_below(without_root(name), parent),
            (Self::Below(_), Host::Address(_)) => false,
        }
    }

    /// Whether these hosts, which include a host, also grant it.
    fn name(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Below(parent), Host::Name(name)) => {
                LocalName::is_named_below(without_root(name), parent)
            }
            _ => true,
        }
    }

    /// The same as [`Hosts::name`], for all hosts of another pattern.
    fn name_all_of(&self, other: &Self) -> bool {
        match (self, other) {
            (hosts, Self::One(host)) => hosts.name(host),
            (Self::Below(parent), Self::Below(name)) => {
                name == parent || LocalName::is_named_below(name, parent)
            }
            (Self::One(_), Self::Below(_)) => true,
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(host) => host.fmt(f),
            Self::Below(parent) => write!(f, "*.{parent}"),
        }
    }
}

impl Ports {
    /// The first and the last port.
    fn for_scheme(self, scheme: Scheme) -> (u16, u16) {
        match self {
            Self::Own => (scheme.default_port(), scheme.default_port()),
            Self::Between(first, last) => (first, last),
            Self::Any => (0, u16::MAX),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let port = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let port = digits.then(|| text.parse::<u16>().ok()).flatten();
            port.ok_or_else(|| {
                "its port must be a number up to 65535, a range such as `8000-8010`, or `*`"
                    .to_owned()
            })
        };
        let (first, last) = match text.split_once('-') {
            _ if text == "*" => return Ok(Self::Any),
            None => (port(text)?, port(text)?),
            Some((first, last)) => (port(first)?, port(last)?),
        };
        if first > last {
            return Err(format!(
                "its port range is reversed; did you mean `{last}-{first}`?"
            ));
        }
        Ok(Self::Between(first, last))
    }
}

impl From<Origin> for OriginPattern {
    fn from(origin: Origin) -> Self {
        Self {
            schemes: Schemes::One(origin.scheme),
            hosts: Hosts::One(match origin.host {
                Host::Name(name) => Host::Name(without_root(&name).to_owned()),
                address => address,
            }),
            ports: Ports::Between(origin.port, origin.port),
        }
        .canonical()
    }
}

impl OriginPattern {
    /// The canonical form of equivalent patterns.
    fn canonical(mut self) -> Self {
        if let (Schemes::One(scheme), Ports::Between(first, last)) = (self.schemes, self.ports)
            && first == last
            && first == scheme.default_port()
        {
            self.ports = Ports::Own;
        }
        if self.ports == Ports::Between(0, u16::MAX) {
            self.ports = Ports::Any;
        }
        self
    }
}

impl FromStr for OriginPattern {
    type Err = PatternError;

    /// Parse `SCHEME://HOST[:PORT]`; see the module's table.
    fn from_str(text: &str) -> Result<Self, PatternError> {
        parse(text, Width::Domains).map_err(|reason| PatternError {
            text: without_secrets(text),
            reason,
        })
    }
}

/// The start of the text, without a user name, which may include a password, and without a path,
/// which may be secret.
pub(crate) fn without_secrets(text: &str) -> String {
    let (user, text) = match text.rsplit_once('@') {
        Some((_, rest)) => ("…@", rest),
        None => ("", text),
    };
    let host = match text.find("://") {
        Some(scheme) => scheme + "://".len(),
        None => text.len() - text.trim_start_matches('/').len(),
    };
    let end = text
        .get(host..)
        .and_then(|rest| rest.find(['/', '?', '#', '\\']))
        .map_or(text.len(), |end| host + end);
    let (text, path) = text.split_at(end);
    let path = if path.len() > 1 { "/…" } else { path };
    format!("{user}{}{path}", excerpt(text))
}

/// How much a wildcard may include.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Names below a domain that has an owner.
    Domains,
    /// Also a whole top-level domain.
    Any,
}

/// Parse a deny pattern: wildcards may include a top-level domain, and a host without a scheme
/// includes every scheme, and every port unless one is given.
pub(crate) fn parse_denied(text: &str) -> Result<OriginPattern, String> {
    if text.contains("://") {
        return parse(text, Width::Any);
    }
    let pattern = parse(&format!("*://{text}"), Width::Any)?;
    Ok(match pattern.ports {
        Ports::Own => OriginPattern {
            ports: Ports::Any,
            ..pattern
        },
        _ => pattern,
    })
}

fn parse(text: &str, width: Width) -> Result<OriginPattern, String> {
    if text == "*" {
        return Err("to allow any public origin, set `public: true` in a policy file".to_owned());
    }
    let Authority {
        scheme,
        user_info,
        host,
        port,
    } = Authority::split(text)?;
    if user_info.is_some() {
        return Err("it contains a user name or a password; remove them".to_owned());
    }
    let schemes = match scheme.to_ascii_lowercase().as_str() {
        "http" => Schemes::One(Scheme::Http),
        "https" => Schemes::One(Scheme::Https),
        "*" => Schemes::Both,
        _ => return Err("its scheme must be `https`, `http`, or `*` for both".to_owned()),
    };
    let hosts = hosts(host, width)?;
    let ports = port.map_or(Ok(Ports::Own), Ports::parse)?;
    Ok(OriginPattern {
        schemes,
        hosts,
        ports,
    }
    .canonical())
}

fn hosts(text: &str, width: Width) -> Result<Hosts, String> {
    let parent = text.strip_prefix("*.");
    let host = Host::parse(parent.unwrap_or(text))
        .map_err(|error| format!("its host is invalid: {error}"))?;
    let name = match host {
        Host::Address(_) if parent.is_some() => {
            return Err("`*.` matches labels of a name, not a part of an address; put a network under `networks:`".to_owned());
        }
        Host::Address(_) => return Ok(Hosts::One(host)),
        Host::Name(name) => name,
    };
    let name = without_root(&name);
    if name.contains('*') {
        return Err(
            "`*` matches only whole labels at the start of a name, as in `*.example.com`"
                .to_owned(),
        );
    }
    if name.is_empty() || name.split('.').any(str::is_empty) {
        return Err("its host has an empty label between two dots".to_owned());
    }
    if parent.is_none() {
        return Ok(Hosts::One(Host::Name(name.to_owned())));
    }
    let is_unsold = |name: &&str| UNSOLD.contains(name) || SUFFIXES.contains(name);
    if width == Width::Domains && !name.contains('.') && !is_unsold(&name) {
        return Err(format!(
            "`*.{name}` is a whole top-level domain; use more labels, as in `*.example.{name}`"
        ));
    }
    Ok(Hosts::Below(name.to_owned()))
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schemes {
            Schemes::One(scheme) => f.write_str(scheme.as_str())?,
            Schemes::Both => f.write_str("*")?,
        }
        write!(f, "://{}", self.hosts)?;
        match self.ports {
            Ports::Own => Ok(()),
            Ports::Between(first, last) if first == last => write!(f, ":{first}"),
            Ports::Between(first, last) => write!(f, ":{first}-{last}"),
            Ports::Any => f.write_str(":*"),
        }
    }
}

/// A text that is not a valid [`OriginPattern`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not an origin such as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: {reason}"
)]
pub struct PatternError {
    text: String,
    reason: String,
}

#[cfg(test)]
mod tests;
