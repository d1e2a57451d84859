//! TLS settings: `verify`, `cert` and `tls`.

use std::borrow::Cow;

use http_step_policy::{PinnedKey, TlsVersion};
use http_step_yaml::{Content, FromNode, List, Node, Report, Reported, mapping, value, value_or};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// How to verify the server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// With the host's trust roots: `true`.
    #[default]
    Roots,
    /// With the certificates in a PEM file: its path.
    CaFile(String),
    /// Not at all: `false`.
    None,
}

/// A client certificate: paths of PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate with its chain, and the key if `key` is none.
    pub certificate: String,
    /// The private key.
    pub key: Option<String>,
}

/// Requirements for TLS besides those of the host's policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The minimum version.
    pub min_version: Option<TlsVersion>,
    /// The server's certificate must have one of these keys, if there are any.
    pub pinned_keys: Vec<PinnedKey>,
}

mapping! {
    /// Requirements for TLS besides those of the host's policy.
    pub(crate) struct TlsKeys as "a mapping of `min_version` and `pinned_keys`" {
        /// The minimum version.
        #[schemars(example = &"1.3")]
        min_version: TlsVersion,
        /// The server's certificate must have one of these keys.
        #[schemars(
            extend("default" = json!([])),
            example = json!(["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]),
        )]
        pinned_keys: List<PinnedKey>,
    }
}

impl FromNode for Tls {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let keys = TlsKeys::from_node(node, report)?;
        Ok(Self {
            min_version: value(keys.min_version)?,
            pinned_keys: value_or(keys.pinned_keys, List(Vec::new()))?.0,
        })
    }
}

impl FromNode for Verify {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::Bool(true) => Ok(Self::Roots),
            Content::Bool(false) => Ok(Self::None),
            // Spelled as a boolean, not a file name.
            Content::String(text) if is_boolean(text) => match bool::from_node(node, report)? {
                true => Ok(Self::Roots),
                false => Ok(Self::None),
            },
            Content::String(_) => path(node, report).map(Self::CaFile),
            _ => Err(node.unfit("`true`, `false` or the path of a PEM file", report)),
        }
    }
}

/// Whether a text was a boolean in YAML 1.1.
fn is_boolean(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

impl FromNode for ClientCertificate {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        const EXPECTED: &str = "the path of a PEM file or `[certificate, key]`";
        match &node.content {
            Content::String(_) => Ok(Self {
                certificate: path(node, report)?,
                key: None,
            }),
            Content::List(items) => {
                let [certificate, key] = items.as_slice() else {
                    let message = format!("expected {EXPECTED}, not a list of {}", items.len());
                    return Err(report.add(node.at, message));
                };
                let certificate = path(certificate, report);
                let key = path(key, report);
                Ok(Self {
                    certificate: certificate?,
                    key: Some(key?),
                })
            }
            _ => Err(node.unfit(EXPECTED, report)),
        }
    }
}

fn path(node: &Node, report: &mut Report) -> Result<String, Reported> {
    match &node.content {
        Content::String(text) if text.is_empty() => Err(report.add(node.at, "the path is empty")),
        Content::String(text) => Ok(text.clone()),
        _ => Err(node.unfit("the path of a PEM file", report)),
    }
}

impl<'de> Deserialize<'de> for Verify {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for ClientCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Tls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl JsonSchema for Tls {
    fn schema_name() -> Cow<'static, str> {
        "Tls".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        TlsKeys::json_schema(generator)
    }
}

impl JsonSchema for Verify {
    fn schema_name() -> Cow<'static, str> {
        "Verify".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`true`, `false` or the path of a PEM file with the certificates to trust.",
            "type": ["boolean", "string"],
            "minLength": 1,
        })
    }
}

impl JsonSchema for ClientCertificate {
    fn schema_name() -> Cow<'static, str> {
        "ClientCertificate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The path of a PEM file with certificate and key, or `[certificate, key]`.",
            "type": ["string", "array"],
            "minLength": 1,
            "items": {"type": "string", "minLength": 1},
            "minItems": 2,
            "maxItems": 2,
        })
    }
}
