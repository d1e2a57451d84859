//! Proxies.

use std::borrow::Cow;

use http_step_policy::ProxyUrl;
use http_step_yaml::{Content, Entry, FromNode, Node, Report, Reported, read_all};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// The proxies of requests: pairs of a target and a [`ProxyUrl`].
///
/// A target is `http`, `https` or `all`, or one of these with `://` and a host, as in the
/// requests library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<(String, String)>);

const SCHEMES: [&str; 3] = ["http", "https", "all"];

impl FromNode for Proxies {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.unfit(
                "a mapping of `http`, `https` or `all` to a proxy's URL",
                report,
            ));
        };
        let proxies = read_all(entries, |entry| {
            report.within(&entry.key, |report| {
                let target = target(entry, report);
                // Null is no proxy, as in the requests library.
                let url = if entry.value.is_null() {
                    None
                } else {
                    Some(url(&entry.value, report)?)
                };
                Ok((target?, url))
            })
        })?;
        let given = proxies
            .into_iter()
            .filter_map(|(target, url)| url.map(|url| (target, url)));
        Ok(Self(given.collect()))
    }
}

fn target(entry: &Entry, report: &mut Report) -> Result<String, Reported> {
    if is_target(&entry.key) {
        return Ok(entry.key.clone());
    }
    Err(report.add(
        entry.at,
        "expected `http`, `https`, `all`, or one host, as in `https://example.com`",
    ))
}

fn is_target(key: &str) -> bool {
    let (scheme, host) = match key.split_once("://") {
        Some((scheme, host)) => (scheme, Some(host)),
        None => (key, None),
    };
    let fits = |host: &str| !host.is_empty() && !host.contains(['/', '@', ' ', '?', '#']);
    SCHEMES.contains(&scheme) && host.is_none_or(fits)
}

/// A proxy's URL can contain credentials, since `auth` is for the server.
fn url(node: &Node, report: &mut Report) -> Result<String, Reported> {
    let Content::String(text) = &node.content else {
        return Err(node.unfit("a proxy's URL", report));
    };
    match text.parse::<ProxyUrl>() {
        Ok(_) => Ok(text.clone()),
        Err(error) => Err(report.add(node.at, error)),
    }
}

impl<'de> Deserialize<'de> for Proxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        http_step_yaml::deserialize(deserializer)
    }
}

impl JsonSchema for Proxies {
    fn schema_name() -> Cow<'static, str> {
        "Proxies".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A proxy's URL for `http`, `https` or `all`, or for one host, as in `https://example.com`.",
            "type": "object",
            "propertyNames": {"pattern": "^(http|https|all)(://.+)?$"},
            "additionalProperties": {"type": ["string", "null"], "pattern": "^([Hh][Tt][Tt][Pp][Ss]?|[Ss][Oo][Cc][Kk][Ss]5[Hh]?)://"},
        })
    }
}
