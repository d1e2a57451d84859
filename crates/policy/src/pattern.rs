//! Which origins a rule is about.
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
//! `*.` stands for one label or more. What follows it has at least two labels, so
//! that nobody grants `*.com` by a slip; the top-level domains that no registry
//! sells (`internal`, `localhost`, `test`, …) may stand alone. There is no list of
//! public suffixes in here: `*.co.uk` is a pattern, and as wide as it looks. A local
//! name is matched by a wildcard only below a suffix that is local itself, and a
//! metadata service by none (see [`crate::local_name`]).
//!
//! A name is matched as it is looked up: without regard to case, international
//! names by their ASCII form, and the dot of the root (`example.com.`) left out. An
//! address is matched by its value, however it is written.

use std::fmt;
use std::str::FromStr;

use http_step_yaml::excerpt;
use thiserror::Error;

use crate::authority::Authority;
use crate::local_name::{LocalName, SUFFIXES, is_below};
use crate::origin::{Host, Origin, Scheme, without_root};

/// A set of origins: scheme, host and port, each of them one or many.
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
    /// Without the dot of the root.
    One(Host),
    /// Every name below this one.
    Below(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Ports {
    /// The scheme's own.
    Own,
    Between(u16, u16),
    Any,
}

/// The top-level domains that no registry sells, beside those of local names (RFC 6761).
const UNSOLD: [&str; 3] = ["example", "invalid", "test"];

impl OriginPattern {
    /// Whether an origin is one of those meant.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.spells(origin) && self.hosts.name(&origin.host)
    }

    /// Whether an origin is one of those written, wherever its name leads: a wildcard
    /// has local names in it, too.
    pub(crate) fn spells(&self, origin: &Origin) -> bool {
        self.has_port(origin) && self.hosts.have(&origin.host)
    }

    /// Whether the scheme and the port of an origin are among those written.
    pub(crate) fn has_port(&self, origin: &Origin) -> bool {
        let (first, last) = self.ports.of(origin.scheme);
        self.schemes.have(origin.scheme) && (first..=last).contains(&origin.port)
    }

    /// The hosts, as they are written.
    pub(crate) fn hosts(&self) -> String {
        self.hosts.to_string()
    }

    /// The host, if it is one.
    pub(crate) fn host(&self) -> Option<&Host> {
        match &self.hosts {
            Hosts::One(host) => Some(host),
            Hosts::Below(_) => None,
        }
    }

    /// Whether its origins are of the scheme `http` alone.
    pub(crate) fn is_without_tls(&self) -> bool {
        self.schemes == Schemes::One(Scheme::Http)
    }

    /// Whether it matches whatever another pattern matches.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.spells_all_of(other) && self.hosts.name_all_of(&other.hosts)
    }

    /// Whether it has every scheme and every port of its hosts.
    pub(crate) fn has_every_port(&self) -> bool {
        self.schemes == Schemes::Both && self.ports == Ports::Any
    }

    /// Whether all that another pattern has written is in it.
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
                let (first, last) = self.ports.of(scheme);
                let (their_first, their_last) = other.ports.of(scheme);
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

    /// Whether a host that is among these is named by them.
    fn name(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Below(parent), Host::Name(name)) => {
                LocalName::is_named_below(without_root(name), parent)
            }
            _ => true,
        }
    }

    /// As [`Hosts::name`], of all in a pattern.
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
    /// The first and the last.
    fn of(self, scheme: Scheme) -> (u16, u16) {
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
                "its port is a number up to 65535, a range as in `8000-8010`, or `*`".to_owned()
            })
        };
        let (first, last) = match text.split_once('-') {
            _ if text == "*" => return Ok(Self::Any),
            None => (port(text)?, port(text)?),
            Some((first, last)) => (port(first)?, port(last)?),
        };
        if first > last {
            return Err(format!(
                "its ports are counted down; did you mean `{last}-{first}`?"
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
    /// What means the same is written the same.
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

    /// Read `SCHEME://HOST[:PORT]`; see the module's table.
    fn from_str(text: &str) -> Result<Self, PatternError> {
        parse(text, Width::Domains).map_err(|reason| PatternError {
            text: without_secrets(text),
            reason,
        })
    }
}

/// The start of the text, without a user name, and without a path and what follows it:
/// there may be a password in the one, and some URLs are a secret for their path.
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

/// How much one wildcard may stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// What is below a domain that somebody owns.
    Domains,
    /// A whole top-level domain, too.
    Any,
}

/// Read origins that are denied: as wide as a top-level domain; and a host by itself is
/// that host by every scheme, at every port that is not said otherwise.
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
        return Err("to allow any public origin, write `public: true` in a policy file".to_owned());
    }
    let Authority {
        scheme,
        user_info,
        host,
        port,
    } = Authority::split(text)?;
    if user_info.is_some() {
        return Err("it has a user name or a password in it; leave them out".to_owned());
    }
    let schemes = match scheme.to_ascii_lowercase().as_str() {
        "http" => Schemes::One(Scheme::Http),
        "https" => Schemes::One(Scheme::Https),
        "*" => Schemes::Both,
        _ => return Err("its scheme is `https`, `http`, or `*` for both".to_owned()),
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
        .map_err(|error| format!("its host can't be read: {error}"))?;
    let name = match host {
        Host::Address(_) if parent.is_some() => {
            return Err("`*.` stands for labels of a name, not for a part of an address; a network goes under `networks:`".to_owned());
        }
        Host::Address(_) => return Ok(Hosts::One(host)),
        Host::Name(name) => name,
    };
    let name = without_root(&name);
    if name.contains('*') {
        return Err(
            "`*` stands for whole labels at the start of a name, as in `*.example.com`".to_owned(),
        );
    }
    if name.is_empty() || name.split('.').any(str::is_empty) {
        return Err("there is nothing between two dots of its host".to_owned());
    }
    if parent.is_none() {
        return Ok(Hosts::One(Host::Name(name.to_owned())));
    }
    let is_unsold = |name: &&str| UNSOLD.contains(name) || SUFFIXES.contains(name);
    if width == Width::Domains && !name.contains('.') && !is_unsold(&name) {
        return Err(format!(
            "`*.{name}` is a whole top-level domain; name more of it, as in `*.example.{name}`"
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

/// A text that is no [`OriginPattern`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not an origin, as `https://api.example.com`, `https://*.example.com` or `http://127.0.0.1:8080`: {reason}"
)]
pub struct PatternError {
    text: String,
    reason: String,
}

#[cfg(test)]
mod tests;
