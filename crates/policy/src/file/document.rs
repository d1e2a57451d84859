//! The keys of a policy file. Their documentation is the schema's.

use std::sync::Arc;

use http_step_yaml::{Given, List, Report, Reported, mapping, value, value_or};
use serde_json::json;

use super::denied;
use super::files::FileKeys;
use super::limits::LimitKeys;
use super::proxies::ProxyKeys;
use super::rules::{Item, rules};
use super::secrets::Secrets;
use super::tls::TlsKeys;
use super::written::{Denied, Network};
use crate::partial_echo::PartialEcho;
use crate::terms::{Lines, Terms};

mapping! {
    /// What the HTTP steps of a build may reach, and how much they may use.
    ///
    /// Everything that no key grants is denied. Null is the same as leaving a key out.
    #[schemars(
        title = "http-step policy",
        extend("$id" = "urn:http-step:schema:policy"),
        example = json!({
            "allow": [
                "https://ci.example.com",
                {"origin": "https://*.example.com", "methods": ["GET", "HEAD"]},
            ],
            "limits": {"wall": 120, "memory": "32MiB"},
        }),
    )]
    pub(crate) struct Document as "a mapping, as in `allow: [https://example.com]`" {
        /// Whether steps may reach every origin that no rule names, at public addresses. Local
        /// names, such as `localhost`, `db` and `git.internal`, still need a rule.
        #[schemars(extend("default" = false), example = true)]
        public: bool,
        /// The rules, each an origin or a mapping. The first rule that matches a request's origin
        /// and method decides.
        #[schemars(
            extend("default" = json!([])),
            example = json!(["https://api.example.com", {"origin": "http://10.0.0.1:8000-8010", "methods": ["GET"]}]),
        )]
        allow: List<Item>,
        /// Origins, hosts, networks and addresses to deny, whatever allows them.
        #[schemars(
            extend("default" = json!([])),
            example = json!(["evil.example", "*.evil.example", "https://api.example.com:8443", "10.1.0.0/16"]),
        )]
        deny: List<Denied>,
        /// Networks or addresses that the names of allowed origins may resolve to, in addition to
        /// public ones. A cloud metadata address must be listed by itself.
        #[schemars(extend("default" = json!([])), example = json!(["10.0.0.0/8", "fd12:3456::/32"]))]
        networks: List<Network>,
        /// The TLS settings where a rule has none of its own.
        #[schemars(example = json!({"min_version": "1.3", "steps_may": ["ca-file", "pinned-key", "min-version"]}))]
        tls: TlsKeys,
        /// The proxies that requests go through. Rules apply to the origins of requests; proxies
        /// need none.
        #[schemars(example = json!({"all": "http://proxy.example:3128", "no_proxy": [".internal.example"]}))]
        proxies: ProxyKeys,
        /// The secrets by name: where each value is stored, and which requests may use it.
        #[schemars(
            extend("default" = json!({})),
            example = json!({"TOKEN": {"from": "env:API_TOKEN", "origins": ["https://api.example.com"], "places": ["header"]}}),
        )]
        secrets: Secrets,
        /// What to do when a response contains a part of a secret: `report` warns and records it;
        /// `stop` also ends the run before the component sees it.
        #[schemars(extend("default" = "report"), example = &"stop")]
        partial_echo: PartialEcho,
        /// The files that a step file may name.
        #[schemars(example = json!({"read": ["reports/**/*.xml"]}))]
        files: FileKeys,
        /// What a step may use. Exceeding a limit ends it.
        #[schemars(example = json!({"wall": 120, "memory": "32MiB", "requests": 10}))]
        limits: LimitKeys,
    }
}

impl Document {
    /// Combine the keys.
    pub(crate) fn terms(self, file: &Arc<str>, report: &mut Report) -> Result<Terms, Reported> {
        let mut lines = Lines::default();
        lines.note("public", &self.public);
        let deny = value_or(self.deny, List(Vec::new()))
            .and_then(|List(items)| denied::rules(items, file, report));
        let deny_rules = deny.as_deref().unwrap_or_default();
        let rules = value_or(self.allow, List(Vec::new()))
            .and_then(|List(items)| rules(items, deny_rules, file, report));
        let networks = value_or(self.networks, List(Vec::new()))?.0;
        denied::check_networks(&networks, deny_rules, report)?;
        for network in &networks {
            lines.set(network.key(), network.at.line);
        }
        let tls = value(self.tls)?.map(|keys| keys.rules(&mut lines));
        let proxies = value(self.proxies)?.map(|keys| keys.rules(&mut lines));
        let secrets = value(self.secrets)?.map(|secrets| secrets.granted(file));
        lines.note("partial_echo", &self.partial_echo);
        let files = value(self.files)?.map(|keys| keys.globs(&mut lines, report));
        let limits = value(self.limits)?.map(|keys| keys.limits(&mut lines));
        Ok(Terms {
            file: Some(Arc::clone(file)),
            public: value_or(self.public, false)?,
            deny: deny?,
            rules: rules?,
            networks: networks.into_iter().map(|network| network.value).collect(),
            tls: tls.transpose()?.unwrap_or_default(),
            proxies: proxies.transpose()?.unwrap_or_default(),
            secrets: secrets.into_iter().flatten().collect(),
            partial_echo: value_or(self.partial_echo, PartialEcho::default())?,
            files: files.transpose()?.unwrap_or_default(),
            limits: limits.transpose()?.unwrap_or_default(),
            lines,
        })
    }
}

impl Lines {
    /// Record the line of a key.
    pub(crate) fn note<T>(&mut self, key: &str, given: &Option<Given<T>>) {
        if let Some(given) = given {
            self.set(key.to_owned(), given.at.line);
        }
    }
}
