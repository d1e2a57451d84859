//! Origins: scheme, host and port (RFC 6454).

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
    /// Its name in URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The default port of the scheme.
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
    /// A name in lower case, with international names in ASCII (Punycode).
    Name(String),
    /// An address in any spelling: `0x7f.1` is 127.0.0.1.
    Address(IpAddr),
}

impl Host {
    /// Parse the host of a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, url::ParseError> {
        url::Host::parse(text).map(Self::from)
    }

    /// Why it is a local name, if it is.
    pub(crate) fn local_name(&self) -> Option<LocalName> {
        match self {
            Self::Name(name) => LocalName::classify(without_root(name)),
            Self::Address(_) => None,
        }
    }

    /// Whether it is `localhost` or a name below it (RFC 6761, section 6.3).
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

/// A name without its trailing dot. `example.com.` is `example.com`, resolved without a search
/// list.
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

/// Scheme, host and port. Policies grant origins, and connections are opened to them.
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
    /// Host and port as in URLs and in the `Host` header, with the port unless it is the scheme's
    /// default.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The origin of a URL.
    ///
    /// # Errors
    ///
    /// The text is not an absolute HTTP URL, or it contains a user name.
    pub fn from_url(text: &str) -> Result<Self, OriginError> {
        let error = |reason| OriginError {
            text: without_secrets(text),
            reason,
        };
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(error("it contains a space or a control character"));
        }
        let url = Url::parse(text).map_err(|_| error("it is not an absolute URL"))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(error("its scheme is neither http nor https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(error("it contains a user name or a password"));
        }
        let host = match url.host() {
            Some(host) => Host::from(host.to_owned()),
            None => return Err(error("it has no host")),
        };
        if let Host::Name(name) = &host {
            // URLs allow it, names don't, and messages about the origin would look like a
            // pattern.
            if name.contains('*') {
                return Err(error("its host contains `*`"));
            }
            // Likewise, and no pattern would match it.
            if without_root(name).split('.').any(str::is_empty) {
                return Err(error("its host has an empty label between two dots"));
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

    /// Parse `SCHEME://HOST[:PORT]`.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let origin = Self::from_url(text)?;
        let error = |reason| OriginError {
            text: without_secrets(text),
            reason,
        };
        // The URL parser also accepts `http:example.com` and `http:\\example.com\path`.
        let rest = text
            .get(origin.scheme.as_str().len()..)
            .and_then(|rest| rest.strip_prefix("://"))
            .ok_or_else(|| error("its scheme is not followed by `://`"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(error("an origin can't have a path"));
        }
        Ok(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

/// A text that is not a valid [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not an origin such as `https://example.com` or `http://127.0.0.1:8080`: {reason}"
)]
pub struct OriginError {
    text: String,
    reason: &'static str,
}

/// The start of the text, without a user name and a query: a URL may be invalid just because it
/// contains a password.
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
    fn invalid_origins() {
        let form = "is not an origin such as `https://example.com` or `http://127.0.0.1:8080`";
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
                "it contains a user name or a password",
            ),
            (
                "http://exa mple.com",
                "http://exa mple.com",
                "it contains a space or a control character",
            ),
            (
                "http://example.com/hook?token=hunter2",
                "http://example.com/hook…",
                "an origin can't have a path",
            ),
            (
                "https://user@example.com/?password=hunter2@",
                "…@example.com/…",
                "it contains a user name or a password",
            ),
            (
                "http://a\u{1b}[31m.example",
                r"http://a\u{1b}[31m.example",
                "it contains a space or a control character",
            ),
            (
                "https://*.example.com",
                "https://*.example.com",
                "its host contains `*`",
            ),
            (
                "http://a..example",
                "http://a..example",
                "its host has an empty label between two dots",
            ),
            (
                "http://example.com../",
                "http://example.com../",
                "its host has an empty label between two dots",
            ),
            (
                "http://.example.com",
                "http://.example.com",
                "its host has an empty label between two dots",
            ),
            (
                "http://[fe80::1%25eth0]",
                "http://[fe80::1%25eth0]",
                "it is not an absolute URL",
            ),
            (
                "http://example.com/path",
                "http://example.com/path",
                "an origin can't have a path",
            ),
            (
                "http://example.com?",
                "http://example.com…",
                "an origin can't have a path",
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
