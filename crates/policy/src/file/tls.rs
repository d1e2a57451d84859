//! `tls` of the policy and of rules.

use http_step_yaml::{List, Reported, mapping, value};
use serde_json::json;

use crate::terms::Lines;
use crate::tls::{PinnedKey, TlsAsk, TlsRules, TlsVersion};

mapping! {
    /// TLS settings.
    pub(crate) struct TlsKeys as "a mapping of `min_version`, `pinned_keys` and `steps_may`" {
        /// The minimum version. A step can require a later one.
        #[schemars(extend("default" = "1.2"), example = &"1.3")]
        min_version: TlsVersion,
        /// The server's certificate must have one of these keys, if there are any.
        #[schemars(
            extend("default" = json!([])),
            example = json!(["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]),
        )]
        pinned_keys: List<PinnedKey>,
        /// The TLS settings that a step file may use.
        #[schemars(
            extend("default" = json!(TlsAsk::DEFAULT.map(TlsAsk::as_str))),
            example = json!(["ca-file", "client-certificate"]),
        )]
        steps_may: List<TlsAsk>,
    }
}

impl TlsKeys {
    pub(crate) fn rules(self, lines: &mut Lines) -> Result<TlsRules, Reported> {
        lines.note("tls.min_version", &self.min_version);
        lines.note("tls.pinned_keys", &self.pinned_keys);
        lines.note("tls.steps_may", &self.steps_may);
        Ok(TlsRules {
            min_version: value(self.min_version)?,
            pinned_keys: value(self.pinned_keys)?.map(|List(keys)| keys),
            steps_may: value(self.steps_may)?.map(|List(asks)| asks.into_iter().collect()),
        })
    }
}
