//! The content of a policy, as a policy file or a program sets it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;

use crate::deny::DenyRule;
use crate::files::FileGlob;
use crate::limits::Limits;
use crate::partial_echo::PartialEcho;
use crate::proxies::ProxyRules;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::tls::TlsRules;

/// The content of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Terms {
    /// The name of the policy file.
    pub(crate) file: Option<Arc<str>>,
    pub(crate) lines: Lines,
    pub(crate) public: bool,
    pub(crate) deny: Vec<Arc<DenyRule>>,
    pub(crate) rules: Vec<Arc<Rule>>,
    pub(crate) networks: BTreeSet<IpNet>,
    pub(crate) tls: TlsRules,
    pub(crate) proxies: ProxyRules,
    /// By name.
    pub(crate) secrets: BTreeMap<String, Arc<Secret>>,
    pub(crate) partial_echo: PartialEcho,
    /// The files that step files can name.
    pub(crate) files: Vec<FileGlob>,
    pub(crate) limits: Limits,
}

/// The lines of the keys of a policy file, by their paths: `limits.wall`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lines(BTreeMap<String, u64>);

impl Lines {
    pub(crate) fn set(&mut self, key: String, line: u64) {
        self.0.insert(key, line);
    }

    pub(crate) fn get(&self, key: &str) -> Option<u64> {
        self.0.get(key).copied()
    }
}

/// The key for the line of a network.
pub(crate) fn network_key(network: &IpNet) -> String {
    format!("networks {network}")
}

/// The key for the line of a glob.
pub(crate) fn glob_key(glob: &FileGlob) -> String {
    format!("files.read {glob}")
}
