//! Where a request goes: scheme, host and port (RFC 6454).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http_step_yaml::excerpt;
use thiserror::Error;
use url::Url;

use crate::local_name::LocalName;

/// The scheme of an [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that a URL of this scheme need not name.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The host of an [`Origin`], in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// A name, in lower case; an international one in its ASCII form (Punycode).
    Name(String),
    /// An address, written in whatever form: `0x7f.1` is 127.0.0.1.
    Address(IpAddr),
}

impl Host {
    /// Read a host as it stands in a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, url::ParseError> {
        url::Host::parse(text).map(Self::from)
    }

    /// Why it is a name that is not public, if it is one.
    pub(crate) fn local_name(&self) -> Option<LocalName> {
        match self {
            Self::Name(name) => LocalName::of(without_root(name)),
            Self::Address(_) => None,
        }
    }

    /// Whether it never leaves the machine: `localhost`, or a name below it (RFC
    /// 6761, section 6.3).
    pub(crate) fn is_localhost(&self) -> bool {
        match self {
            Self::Name(name) => {
                let name = without_root(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            Self::Address(_) => false,
        }
    }
}

/// A name without the dot of the root: `example.com.` is `example.com`, found
/// without a search list.
pub(crate) fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

impl From<url::Host> for Host {
    fn from(host: url::Host) -> Self {
        match host {
            url::Host::Domain(name) => Self::Name(name),
            url::Host::Ipv4(address) => Self::Address(address.into()),
            url::Host::Ipv6(address) => Self::Address(address.into()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Scheme, host and port: what a policy grants, and what a connection leads to.
///
/// ```
/// use http_step_policy::Origin;
///
/// let origin: Origin = "HTTPS://Example.com:443".parse()?;
/// assert_eq!(origin.to_string(), "https://example.com");
/// assert_eq!("http://0x7f.1:8080".parse::<Origin>()?.to_string(), "http://127.0.0.1:8080");
/// # Ok::<(), http_step_policy::OriginError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// Host and port as they stand in a URL and in the `Host` header, the port
    /// only where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The origin of a URL, whatever its path.
    ///
    /// # Errors
    ///
    /// The text is not an absolute HTTP URL, or has a user name in it.
    pub fn of_url(text: &str) -> Result<Self, OriginError> {
        let error = |reason| OriginError {
            text: without_secrets(text),
            reason,
        };
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(error("it has a space or a control character in it"));
        }
        let url = Url::parse(text).map_err(|_| error("it is not an absolute URL"))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(error("its scheme is neither http nor https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(error("it has a user name or a password in it"));
        }
        let host = match url.host() {
            Some(host) => Host::from(host.to_owned()),
            None => return Err(error("it has no host")),
        };
        if let Host::Name(name) = &host {
            // URLs can have one, names can't; and what is told of this origin would
            // read as a pattern of many.
            if name.contains('*') {
                return Err(error("it has a `*` in its host"));
            }
            // The same: no pattern would grant it.
            if without_root(name).split('.').any(str::is_empty) {
                return Err(error("there is nothing between two dots of its host"));
            }
        }
        Ok(Self {
            scheme,
            host,
            port: url.port().unwrap_or(scheme.default_port()),
        })
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Read `SCHEME://HOST[:PORT]`.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let origin = Self::of_url(text)?;
        let error = |reason| OriginError {
            text: without_secrets(text),
            reason,
        };
        // The parser for URLs takes `http:example.com` and `http:\\example.com\path`, too.
        let rest = text
            .get(origin.scheme.as_str().len()..)
            .and_then(|rest| rest.strip_prefix("://"))
            .ok_or_else(|| error("its scheme is not followed by `://`"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(error(
                "an origin ends with its host or port, without a path",
            ));
        }
        Ok(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

/// A text that is no [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not an origin, as `https://example.com` or `http://127.0.0.1:8080`: {reason}")]
pub struct OriginError {
    text: String,
    reason: &'static str,
}

/// The start of the text, without a user name and a query. A URL may be mistaken just
/// because there is a password in it.
fn without_secrets(text: &str) -> String {
    let (text, rest) = match text.split_once(['?', '#']) {
        Some((text, _)) => (text, "…"),
        None => (text, ""),
    };
    match text.rsplit_once('@') {
        Some((_, shown)) => format!("…@{}", excerpt(&format!("{shown}{rest}"))),
        None => excerpt(&format!("{text}{rest}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, canonical) in [
            ("https://example.com", "https://example.com"),
            ("https://EXAMPLE.com:443/", "https://example.com"),
            ("http://example.com:443", "http://example.com:443"),
            ("http://bücher.example", "http://xn--bcher-kva.example"),
            ("http://2130706433", "http://127.0.0.1"),
            ("http://0177.0.0.1:80", "http://127.0.0.1"),
            ("http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn what_is_no_origin() {
        let form = "is not an origin, as `https://example.com` or `http://127.0.0.1:8080`";
        for (text, shown, reason) in [
            ("example.com", "example.com", "it is not an absolute URL"),
            (
                "ftp://example.com",
                "ftp://example.com",
                "its scheme is neither http nor https",
            ),
            ("http://", "http://", "it is not an absolute URL"),
            (
                "http://user:hunter2@example.com",
                "…@example.com",
                "it has a user name or a password in it",
            ),
            (
                "http://exa mple.com",
                "http://exa mple.com",
                "it has a space or a control character in it",
            ),
            (
                "http://example.com/hook?token=hunter2",
                "http://example.com/hook…",
                "an origin ends with its host or port, without a path",
            ),
            (
                "https://user@example.com/?password=hunter2@",
                "…@example.com/…",
                "it has a user name or a password in it",
            ),
            (
                "http://a\u{1b}[31m.example",
                r"http://a\u{1b}[31m.example",
                "it has a space or a control character in it",
            ),
            (
                "https://*.example.com",
                "https://*.example.com",
                "it has a `*` in its host",
            ),
            (
                "http://a..example",
                "http://a..example",
                "there is nothing between two dots of its host",
            ),
            (
                "http://example.com../",
                "http://example.com../",
                "there is nothing between two dots of its host",
            ),
            (
                "http://.example.com",
                "http://.example.com",
                "there is nothing between two dots of its host",
            ),
            (
                "http://[fe80::1%25eth0]",
                "http://[fe80::1%25eth0]",
                "it is not an absolute URL",
            ),
            (
                "http://example.com/path",
                "http://example.com/path",
                "an origin ends with its host or port, without a path",
            ),
            (
                "http://example.com?",
                "http://example.com…",
                "an origin ends with its host or port, without a path",
            ),
            (
                "http:example.com/path",
                "http:example.com/path",
                "its scheme is not followed by `://`",
            ),
            (
                r"http:\\example.com\a://b",
                r"http:\\example.com\a://b",
                "its scheme is not followed by `://`",
            ),
        ] {
            let error = text.parse::<Origin>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{shown}` {form}: {reason}"));
        }
    }
}
