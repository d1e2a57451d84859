//! `proxies`.

use http_step_yaml::{List, Reported, mapping, value, value_or};
use serde_json::json;

use crate::proxies::{NoProxy, ProxyResolve, ProxyRules};
use crate::proxy_url::ProxyUrl;
use crate::terms::Lines;

mapping! {
    /// The proxies that requests go through.
    pub(crate) struct ProxyKeys as "a mapping of `http`, `https` or `all` to a proxy's URL" {
        /// The proxy for `http` origins.
        #[schemars(example = &"http://proxy.example:3128")]
        http: ProxyUrl,
        /// The proxy for `https` origins.
        #[schemars(example = &"socks5://proxy.example")]
        https: ProxyUrl,
        /// The proxy for origins whose scheme has no proxy of its own.
        #[schemars(example = &"http://proxy.example:3128")]
        all: ProxyUrl,
        /// The hosts that are reached without a proxy: names, which include all names below them,
        /// addresses, networks, or `*`.
        #[schemars(
            extend("default" = json!([])),
            example = json!([".internal.example", "10.0.0.0/8", "localhost"]),
        )]
        no_proxy: List<NoProxy>,
        /// Who resolves the names of origins: the `host` of the step, which checks the addresses,
        /// or the `proxy`. The default is the host, or the proxy if its scheme is `socks5h`.
        #[schemars(example = &"proxy")]
        resolve: ProxyResolve,
        /// The proxies that a step file may name.
        #[schemars(extend("default" = json!([])), example = json!(["http://other.example:3128"]))]
        steps_may_use: List<ProxyUrl>,
    }
}

impl ProxyKeys {
    pub(crate) fn rules(self, lines: &mut Lines) -> Result<ProxyRules, Reported> {
        lines.note("proxies.http", &self.http);
        lines.note("proxies.https", &self.https);
        lines.note("proxies.all", &self.all);
        lines.note("proxies.no_proxy", &self.no_proxy);
        lines.note("proxies.resolve", &self.resolve);
        lines.note("proxies.steps_may_use", &self.steps_may_use);
        Ok(ProxyRules {
            http: value(self.http)?,
            https: value(self.https)?,
            all: value(self.all)?,
            no_proxy: value_or(self.no_proxy, List(Vec::new()))?.0,
            resolve: value(self.resolve)?,
            steps_may_use: value_or(self.steps_may_use, List(Vec::new()))?.0,
        })
    }
}
