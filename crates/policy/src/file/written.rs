//! Scalar values: origins, methods, networks, keys.

use std::borrow::Cow;

use http_step_yaml::{
    Content, FromNode, Listed, Node, Position, Report, Reported, choice, excerpt, read_text,
};
use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::address::read_network;
use crate::deny::DenyPattern;
use crate::partial_echo::PartialEcho;
use crate::pattern::OriginPattern;
use crate::proxies::{NoProxy, ProxyResolve};
use crate::proxy_url::ProxyUrl;
use crate::secret::{FieldName, PathPrefix, SourceRef};
use crate::tls::{PinnedKey, TlsAsk, TlsVersion};

/// Types that are read with their [`FromStr`](std::str::FromStr).
macro_rules! words {
    ($( $type:ty: $one:literal, $many:literal, $schema:tt; )*) => { $(
        impl FromNode for $type {
            fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
                read_text(node, $one, report)
            }
        }

        impl Listed for $type {
            const ITEMS: &'static str = $many;
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

words! {
    OriginPattern: "an origin", "origins", {
        "description": "Origins: `https://api.example.com`, `https://*.example.com:*`, `http://10.0.0.1:8000-8010`, `*://localhost:8080`.",
        "type": "string",
        "pattern": r"^([Hh][Tt][Tt][Pp][Ss]?|\*)://",
    };
    PinnedKey: "a pinned key", "pinned keys", {
        "description": "The SHA-256 of a certificate's public key, as for curl's `--pinnedpubkey`.",
        "type": "string",
        "pattern": "^sha256//[A-Za-z0-9+/]{43}=$",
    };
    ProxyUrl: "a proxy's URL", "proxies' URLs", {
        "description": "A proxy's URL: `http://proxy.example:3128`, `https://…`, `socks5://…` or `socks5h://…`.",
        "type": "string",
        "pattern": "^([Hh][Tt][Tt][Pp][Ss]?|[Ss][Oo][Cc][Kk][Ss]5[Hh]?)://",
    };
    SourceRef: "a source, as in `env:VARIABLE` or `file:PATH`", "sources", {
        "description": "Where a secret's value is stored: `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a source of the platform.",
        "type": "string",
        "pattern": r"^[a-z][a-z0-9+.-]*:.",
    };
    PathPrefix: "a path prefix, as in `/v1/`", "prefixes", {
        "description": "A prefix of the paths of requests, in whole segments: `/v1/`.",
        "type": "string",
        "pattern": "^/",
    };
    FieldName: "a header name, as in `X-Account`", "header names", {
        "description": "The name of a header field.",
        "type": "string",
        "pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
    };
    NoProxy: "a name, an address or a network", "names, addresses and networks", {
        "description": "A name, which includes all names below it, an address, a network, or `*`.",
        "type": "string",
    };
}

impl FromNode for TlsVersion {
    /// Without quotes, a version is a number to YAML.
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match (&node.content, node.scalar_text()) {
            (Content::String(_) | Content::Number(_), Some(text)) => {
                text.parse().map_err(|error| report.add(node.at, error))
            }
            _ => Err(node.unfit("`1.2` or `1.3`", report)),
        }
    }
}

impl JsonSchema for TlsVersion {
    fn schema_name() -> Cow<'static, str> {
        "TlsVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A version of TLS.",
            "enum": ["1.2", "1.3", 1.2, 1.3],
        })
    }
}

impl FromNode for TlsAsk {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        choice(node, &Self::ALL.map(|ask| (ask.as_str(), ask)), report)
    }
}

impl Listed for TlsAsk {
    const ITEMS: &'static str = "TLS settings";
}

impl JsonSchema for TlsAsk {
    fn schema_name() -> Cow<'static, str> {
        "TlsAsk".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`verify-none`: `verify: false`; `ca-file`: `verify: FILE`; `client-certificate`: `cert`; `pinned-key`: `tls.pinned_keys`; `min-version`: `tls.min_version`.",
            "enum": Self::ALL.map(Self::as_str),
        })
    }
}

impl FromNode for PartialEcho {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        choice(
            node,
            &Self::ALL.map(|action| (action.as_str(), action)),
            report,
        )
    }
}

impl JsonSchema for PartialEcho {
    fn schema_name() -> Cow<'static, str> {
        "PartialEcho".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What to do when a response contains a part of a secret.",
            "enum": Self::ALL.map(Self::as_str),
        })
    }
}

impl FromNode for ProxyResolve {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let choices = [("host", Self::Host), ("proxy", Self::Proxy)];
        choice(node, &choices, report)
    }
}

impl JsonSchema for ProxyResolve {
    fn schema_name() -> Cow<'static, str> {
        "ProxyResolve".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "Who resolves names.", "enum": ["host", "proxy"]})
    }
}

/// A network and its position. A single address is a network, too.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) at: Position,
    pub(crate) value: IpNet,
}

impl Network {
    /// The key for its line.
    pub(crate) fn key(&self) -> String {
        crate::terms::network_key(&self.value)
    }
}

/// A deny pattern and its position.
#[derive(Debug)]
pub(crate) struct Denied {
    pub(crate) at: Position,
    pub(crate) pattern: DenyPattern,
}

impl FromNode for Denied {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let pattern = read_text(node, "an origin, a host or a network", report)?;
        Ok(Self {
            at: node.at,
            pattern,
        })
    }
}

impl Listed for Denied {
    const ITEMS: &'static str = "origins, hosts and networks";
}

impl JsonSchema for Denied {
    fn schema_name() -> Cow<'static, str> {
        "Denied".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An origin, as in `allow`; a host, as in `evil.example` or `*.evil.example`, for every scheme and port; a network or an address.",
            "type": "string",
        })
    }
}

impl FromNode for Network {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::String(text) = &node.content else {
            return Err(node.unfit("a network", report));
        };
        let value = read_network(text).map_err(|message| report.add(node.at, message))?;
        Ok(Self { at: node.at, value })
    }
}

impl Listed for Network {
    const ITEMS: &'static str = "networks";
}

impl JsonSchema for Network {
    fn schema_name() -> Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A network, as in `10.0.0.0/8`, or an address.",
            "type": "string",
        })
    }
}

/// A method of a rule.
#[derive(Debug)]
pub(crate) struct Method(pub(crate) String);

/// The methods whose case is checked.
const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

impl FromNode for Method {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::String(text) = &node.content else {
            return Err(node.unfit("a method, as in `GET`", report));
        };
        let upper = text.to_ascii_uppercase();
        let shown = excerpt(text);
        let message = if matches!(upper.as_str(), "CONNECT" | "TRACE") {
            format!("steps can't use the method {upper}")
        } else if text.is_empty() || !text.bytes().all(is_token) {
            format!("`{shown}` is not a method such as `GET` or `PROPFIND`")
        } else if *text != upper && KNOWN.contains(&upper.as_str()) {
            format!("methods are case-sensitive; did you mean `{upper}`?")
        } else {
            return Ok(Self(text.clone()));
        };
        Err(report.add(node.at, message))
    }
}

/// Whether a byte is allowed in a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl Listed for Method {
    const ITEMS: &'static str = "methods";
}

impl JsonSchema for Method {
    fn schema_name() -> Cow<'static, str> {
        "Method".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A method, in upper case.",
            "type": "string",
            "pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        })
    }
}
