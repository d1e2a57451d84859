//! A rule: which origins, by which methods, on which terms.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::origin::Origin;
use crate::pattern::OriginPattern;
use crate::tls::TlsRules;

/// What lets requests out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(crate) name: RuleName,
    pub(crate) pattern: OriginPattern,
    /// None: all of them.
    pub(crate) methods: Option<BTreeSet<String>>,
    pub(crate) networks: BTreeSet<IpNet>,
    pub(crate) tls: TlsRules,
}

impl Rule {
    /// Let requests of any method go to origins, at public addresses.
    #[must_use]
    pub fn new(pattern: OriginPattern) -> Self {
        Self {
            name: RuleName {
                source: Source::Argument,
                pattern: Some(pattern.clone()),
            },
            pattern,
            methods: None,
            networks: BTreeSet::new(),
            tls: TlsRules::default(),
        }
    }

    /// Let only requests of these methods go there. Case matters, as in HTTP.
    #[must_use]
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Let requests go to the addresses of a network, too.
    #[must_use]
    pub fn network(mut self, network: IpNet) -> Self {
        self.networks.insert(network.trunc());
        self
    }

    /// What it says about TLS, over what the policy says.
    #[must_use]
    pub fn tls(mut self, tls: TlsRules) -> Self {
        self.tls = tls;
        self
    }

    /// What it is called in errors and ledgers.
    #[must_use]
    pub fn name(&self) -> &RuleName {
        &self.name
    }

    pub(crate) fn placed_at(mut self, file: &Arc<str>, line: u64) -> Self {
        self.name.source = Source::File {
            name: Arc::clone(file),
            line,
        };
        self
    }

    pub(crate) fn allows_method(&self, method: &str) -> bool {
        self.methods
            .as_ref()
            .is_none_or(|methods| methods.contains(method))
    }

    /// Whether it decides whatever another rule would.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let methods = match (&self.methods, &other.methods) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(methods), Some(others)) => others.is_subset(methods),
        };
        methods && self.pattern.covers(&other.pattern)
    }

    pub(crate) fn matches(&self, origin: &Origin) -> bool {
        self.pattern.matches(origin)
    }
}

/// What a rule is called: where it stands, and what it lets out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleName {
    pub(crate) source: Source,
    /// None: any public origin.
    pub(crate) pattern: Option<OriginPattern>,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The command line, or a program.
    Argument,
    /// A policy file.
    File { name: Arc<str>, line: u64 },
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::File { name, line } => write!(f, "{name}:{line}: ")?,
            Source::Argument if self.pattern.is_some() => f.write_str("--allow ")?,
            Source::Argument => {}
        }
        match &self.pattern {
            Some(pattern) => pattern.fmt(f),
            None => f.write_str("any public origin"),
        }
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
