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
//! public suffixes in here: `*.co.uk` is a pattern, and as wide as it looks.
//!
//! A name is matched as it is looked up: without regard to case, international
//! names by their ASCII form, and the dot of the root (`example.com.`) left out. An
//! address is matched by its value, however it is written.

use std::fmt;
use std::str::FromStr;

use http_step_yaml::excerpt;
use thiserror::Error;

use crate::authority::Authority;
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

/// The top-level domains that no registry sells (RFC 6761, RFC 6762, and ICANN's
/// decision on `internal`).
const UNSOLD: [&str; 6] = [
    "example",
    "internal",
    "invalid",
    "local",
    "localhost",
    "test",
];

impl OriginPattern {
    /// Whether an origin is one of those meant.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.schemes.have(origin.scheme) && self.hosts.have(&origin.host) && {
            let (first, last) = self.ports.of(origin.scheme);
            (first..=last).contains(&origin.port)
        }
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
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .and_then(|labels| labels.strip_suffix('.'))
        .is_some_and(|labels| !labels.is_empty())
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
        parse(text).map_err(|reason| PatternError {
            text: without_secrets(text),
            reason,
        })
    }
}

/// The start of the text, without a user name, and without a path and what follows it:
/// there may be a password in the one, and some URLs are a secret for their path.
fn without_secrets(text: &str) -> String {
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

fn parse(text: &str) -> Result<OriginPattern, String> {
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
    let hosts = hosts(host)?;
    let ports = port.map_or(Ok(Ports::Own), Ports::parse)?;
    Ok(OriginPattern {
        schemes,
        hosts,
        ports,
    }
    .canonical())
}

fn hosts(text: &str) -> Result<Hosts, String> {
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
    if !name.contains('.') && !UNSOLD.contains(&name) {
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
        match &self.hosts {
            Hosts::One(host) => write!(f, "://{host}")?,
            Hosts::Below(parent) => write!(f, "://*.{parent}")?,
        }
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
