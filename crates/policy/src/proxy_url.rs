//! The URL of a proxy. It can contain a password, which is never shown.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use thiserror::Error;

use crate::authority::Authority;
use crate::origin::Host;

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProxyScheme {
    /// HTTP, with CONNECT for `https` origins (RFC 9110, section 9.3.6).
    Http,
    /// The same as [`Http`](Self::Http), over TLS.
    Https,
    /// SOCKS 5 (RFC 1928).
    Socks5,
    /// SOCKS 5 with names resolved by the proxy, in curl's notation.
    Socks5h,
}

impl ProxyScheme {
    /// Its name in URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

/// Credentials for a proxy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyCredentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for ProxyCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// The URL of a proxy. [`Display`](fmt::Display) omits the credentials.
///
/// ```
/// use http_step_policy::ProxyUrl;
///
/// let proxy: ProxyUrl = "http://ci:hunter2@proxy.example:3128".parse()?;
/// assert_eq!(proxy.to_string(), "http://proxy.example:3128");
/// assert_eq!(proxy.credentials.unwrap().password, "hunter2");
/// # Ok::<(), http_step_policy::ProxyUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyUrl {
    /// The protocol.
    pub scheme: ProxyScheme,
    /// The host.
    pub host: Host,
    /// The port: by default 80, 443 or 1080.
    pub port: u16,
    /// The credentials, if any.
    pub credentials: Option<ProxyCredentials>,
}

impl ProxyUrl {
    /// The proxy alone, without a user name and a password.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        Self {
            credentials: None,
            ..self.clone()
        }
    }

    /// Whether both are the same proxy, whatever their credentials.
    pub(crate) fn is_same_proxy(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }
}

impl FromStr for ProxyUrl {
    type Err = ProxyUrlError;

    /// Parse `SCHEME://[USER[:PASSWORD]@]HOST[:PORT]`.
    fn from_str(text: &str) -> Result<Self, ProxyUrlError> {
        let scheme = match text.split_once("://") {
            Some((scheme, _)) => scheme.to_ascii_lowercase(),
            None => return Err(ProxyUrlError::Scheme),
        };
        let scheme = match scheme.as_str() {
            "http" => ProxyScheme::Http,
            "https" => ProxyScheme::Https,
            "socks5" => ProxyScheme::Socks5,
            "socks5h" => ProxyScheme::Socks5h,
            _ => return Err(ProxyUrlError::Scheme),
        };
        let parts = Authority::split(text).map_err(ProxyUrlError::Unreadable)?;
        let unreadable = |reason: &str| ProxyUrlError::Unreadable(reason.to_owned());
        let host = Host::parse(parts.host)
            .map_err(|error| ProxyUrlError::Unreadable(format!("its host: {error}")))?;
        if matches!(&host, Host::Name(name) if name.contains('*')) {
            return Err(unreadable("its host contains `*`"));
        }
        let port = match parts.port {
            None | Some("") => scheme.default_port(),
            Some(port) => match port.parse() {
                Ok(number) if number > 0 && !port.starts_with('+') => number,
                _ => return Err(unreadable("its port must be a number from 1 to 65535")),
            },
        };
        let credentials = parts.user_info.map(credentials).transpose()?;
        Ok(Self {
            scheme,
            host,
            port,
            credentials,
        })
    }
}

fn credentials(user_info: &str) -> Result<ProxyCredentials, ProxyUrlError> {
    let (username, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .ok()
            .filter(|text| !text.contains(char::is_control))
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| {
                ProxyUrlError::Unreadable("its user name or password is not valid text".to_owned())
            })
    };
    Ok(ProxyCredentials {
        username: decoded(username)?,
        password: decoded(password)?,
    })
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.as_str();
        if self.port == self.scheme.default_port() {
            write!(f, "{scheme}://{}", self.host)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// A text that is not a valid [`ProxyUrl`]. It is not shown, since it may contain a password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProxyUrlError {
    /// The scheme is missing or not supported.
    #[error(
        "a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?"
    )]
    Scheme,
    /// Something else is wrong.
    #[error("the proxy's URL is invalid: {0}")]
    Unreadable(String),
}
