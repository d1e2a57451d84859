//! An allow rule: which origins, with which methods, on which terms.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::origin::Origin;
use crate::pattern::OriginPattern;
use crate::tls::TlsRules;

/// An allow rule.
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
    /// Allow requests with any method to origins, at public addresses.
    #[must_use]
    pub fn new(pattern: OriginPattern) -> Self {
        Self {
            name: RuleName {
                source: Source::Program(None),
                pattern: Some(pattern.clone()),
            },
            pattern,
            methods: None,
            networks: BTreeSet::new(),
            tls: TlsRules::default(),
        }
    }

    /// Allow only these methods. They are case-sensitive, as in HTTP.
    #[must_use]
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Also allow the addresses of a network.
    #[must_use]
    pub fn network(mut self, network: IpNet) -> Self {
        self.networks.insert(network.trunc());
        self
    }

    /// Override the policy's TLS rules.
    #[must_use]
    pub fn tls(mut self, tls: TlsRules) -> Self {
        self.tls = tls;
        self
    }

    /// Its name in errors and audit logs.
    #[must_use]
    pub fn name(&self) -> &RuleName {
        &self.name
    }

    pub(crate) fn with_source(mut self, source: Source) -> Self {
        self.name.source = source;
        self
    }

    pub(crate) fn allows_method(&self, method: &str) -> bool {
        self.methods
            .as_ref()
            .is_none_or(|methods| methods.contains(method))
    }

    /// Whether it matches every request that another rule matches.
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

/// The name of a rule: where it comes from, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleName {
    pub(crate) source: Source,
    /// None: any public origin.
    pub(crate) pattern: Option<OriginPattern>,
}

/// Where a rule or a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The program that built the policy, with its label for the rule, such as the option
    /// that set it.
    Program(Option<Arc<str>>),
    /// A policy file.
    File { name: Arc<str>, line: u64 },
}

impl Source {
    /// The line of the policy file.
    pub(crate) fn line(&self) -> Option<u64> {
        match self {
            Self::File { line, .. } => Some(*line),
            Self::Program(_) => None,
        }
    }
}

/// What precedes the text of a rule: `policy.yaml:3: `.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}:{line}: "),
            Self::Program(Some(label)) => write!(f, "{label} "),
            Self::Program(None) => Ok(()),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)?;
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
