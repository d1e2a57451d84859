//! `tls`, of the policy and of a rule.

use http_step_yaml::{List, Reported, mapping, value};
use serde_json::json;

use crate::policy::Lines;
use crate::tls::{PinnedKey, TlsAsk, TlsRules, TlsVersion};

mapping! {
    /// What holds for TLS.
    pub(crate) struct TlsKeys as "a mapping of `min_version`, `pinned_keys` and `steps_may`" {
        /// The oldest version that will do. A step can ask for a later one.
        #[schemars(extend("default" = "1.2"), example = &"1.3")]
        min_version: TlsVersion,
        /// The keys of which a server's certificate has to have one. None listed, none
        /// demanded.
        #[schemars(
            extend("default" = json!([])),
            example = json!(["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]),
        )]
        pinned_keys: List<PinnedKey>,
        /// What a step file may ask for.
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
