//! What a policy denied, and why.

mod file;
mod secret;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use http_step_yaml::excerpt;
use ipnet::IpNet;
use thiserror::Error;

pub(crate) use self::file::DeniedFile;
pub(crate) use self::secret::{DeniedSecret, SecretDenialReason};
use crate::address::Class;
use crate::deny::DenyRule;
use crate::grant::{Grant, Permission};
use crate::local_name::LocalName;
use crate::origin::{Host, Origin};
use crate::proxy_url::ProxyUrl;
use crate::rule::{Rule, RuleName};
use crate::sentence::listed;
use crate::tls::{TlsAsk, TlsRules};

/// A request, a secret in a request, or a file that a policy does not allow. It says what is
/// denied and why; [`Denial::grant`] is what would allow it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Denial(Box<Denied>);

/// What was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Denied {
    Request(DeniedRequest),
    /// A request whose URL is a secret, without what the URL reveals.
    HiddenRequest(String),
    Secret(DeniedSecret),
    File(DeniedFile),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct DeniedRequest {
    origin: Origin,
    reason: DenialReason,
    /// The policy file.
    file: Option<String>,
}

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DenialReason {
    NoRule,
    /// By a deny rule; with the address that it denies, unless it denies the origin itself.
    Deny(DenyRule, Option<IpAddr>),
    /// No rule names it, and wildcards do not match local names.
    Local(LocalName),
    Method {
        method: String,
        rule: RuleName,
        allowed: BTreeSet<String>,
    },
    Address(IpAddr, Class),
    Tls {
        setting: TlsAsk,
        allowed: BTreeSet<TlsAsk>,
        /// The rule that restricts the settings, unless the policy as a whole does.
        rule: Option<RuleName>,
    },
    Proxy(ProxyUrl),
}

impl DenialReason {
    pub(crate) fn method(method: &str, rule: &Rule) -> Self {
        Self::Method {
            method: excerpt(method),
            rule: rule.name.clone(),
            allowed: rule.methods.clone().unwrap_or_default(),
        }
    }

    pub(crate) fn tls(setting: TlsAsk, rules: &TlsRules, rule: Option<&RuleName>) -> Self {
        Self::Tls {
            setting,
            allowed: rules.asks(),
            rule: rule.cloned(),
        }
    }
}

impl Denial {
    pub(crate) fn for_request(origin: &Origin, reason: DenialReason, file: Option<&str>) -> Self {
        Self(Box::new(Denied::Request(DeniedRequest {
            origin: origin.clone(),
            reason,
            file: file.map(str::to_owned),
        })))
    }

    pub(crate) fn for_secret(denied: DeniedSecret) -> Self {
        Self(Box::new(Denied::Secret(denied)))
    }

    pub(crate) fn for_file(denied: DeniedFile) -> Self {
        Self(Box::new(Denied::File(denied)))
    }

    /// The destination of the request; none if it is a secret, or if there is no request yet.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match &*self.0 {
            Denied::Request(denied) => Some(&denied.origin),
            Denied::Secret(denied) => denied.origin(),
            Denied::HiddenRequest(_) | Denied::File(_) => None,
        }
    }

    /// Whether it is about a secret in a request. It may then name fields of the request.
    #[must_use]
    pub fn is_of_secret(&self) -> bool {
        matches!(*self.0, Denied::Secret(_))
    }

    /// The same for a request whose URL is a secret: without an origin, an address, a rule
    /// that names one, and a grant.
    #[must_use]
    pub fn without_target(self) -> Self {
        let Denied::Request(denied) = &*self.0 else {
            return self;
        };
        Self(Box::new(Denied::HiddenRequest(denied.hidden_reason())))
    }

    /// The permission that is missing; none if no permission can allow it.
    #[must_use]
    pub fn grant(&self) -> Option<Grant> {
        match &*self.0 {
            Denied::Request(denied) => denied.grant(),
            Denied::Secret(denied) => denied.grant(),
            Denied::File(denied) => Some(denied.grant()),
            Denied::HiddenRequest(_) => None,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, reason) = match &*self.0 {
            Denied::Request(denied) => (denied.subject(), denied.reason()),
            Denied::HiddenRequest(reason) => (
                "the request, whose URL is a secret".to_owned(),
                reason.clone(),
            ),
            Denied::Secret(denied) => (denied.subject(), denied.reason()),
            Denied::File(denied) => (denied.subject(), denied.reason()),
        };
        write!(f, "the policy does not allow {subject}: {reason}")
    }
}

impl DeniedRequest {
    fn subject(&self) -> String {
        let origin = &self.origin;
        match &self.reason {
            DenialReason::NoRule
            | DenialReason::Deny(..)
            | DenialReason::Local(_)
            | DenialReason::Address(..) => origin.to_string(),
            DenialReason::Method { method, .. } => format!("{method} {origin}"),
            DenialReason::Tls { setting, .. } => {
                format!("`{}` for {origin}", setting.in_step_file())
            }
            DenialReason::Proxy(proxy) => format!("the proxy {proxy} for {origin}"),
        }
    }

    fn reason(&self) -> String {
        match (&self.reason, &self.origin.host) {
            (DenialReason::NoRule, _) => "no rule matches it".to_owned(),
            (DenialReason::Deny(rule, None), _) => {
                format!("it matches the deny rule `{rule}`, which overrides any allow rule")
            }
            (DenialReason::Deny(rule, Some(address)), _) => format!(
                "it resolves to {address}, which matches the deny rule `{rule}`, and that overrides any allow rule"
            ),
            (DenialReason::Local(name), _) => name.to_string(),
            (DenialReason::Method { rule, allowed, .. }, _) => {
                format!("`{rule}` allows only {}", listed(allowed))
            }
            (DenialReason::Address(address, class), Host::Address(_)) => {
                format!("{address} is {}", with_article(*class))
            }
            (DenialReason::Address(address, class), Host::Name(_)) => {
                format!("it resolves to the {class} address {address}")
            }
            (DenialReason::Tls { allowed, .. }, _) if allowed.is_empty() => {
                "steps may not use TLS settings".to_owned()
            }
            (DenialReason::Tls { allowed, .. }, _) => {
                format!("the only TLS settings for steps are {}", listed(allowed))
            }
            (DenialReason::Proxy(_), _) => "steps may not use this proxy".to_owned(),
        }
    }

    fn hidden_reason(&self) -> String {
        match &self.reason {
            DenialReason::NoRule => "no rule matches its origin".to_owned(),
            DenialReason::Deny(..) => "it matches a deny rule".to_owned(),
            DenialReason::Local(_) => "no rule names its host, which is a local name".to_owned(),
            DenialReason::Method { method, .. } => format!("its rule does not allow {method}"),
            DenialReason::Address(_, class) => {
                format!("it resolves to {}", with_article(*class))
            }
            DenialReason::Tls { .. } | DenialReason::Proxy(_) => {
                "its rule does not allow it".to_owned()
            }
        }
    }

    fn grant(&self) -> Option<Grant> {
        let origin = || self.origin.clone();
        let permission = match &self.reason {
            DenialReason::Deny(..) => return None,
            DenialReason::Address(address, class)
                if matches!(self.origin.host, Host::Name(_))
                    && !(self.origin.host.is_localhost() && *class == Class::Loopback) =>
            {
                Permission::Network {
                    network: IpNet::from(*address),
                }
            }
            DenialReason::NoRule | DenialReason::Local(_) | DenialReason::Address(..) => {
                Permission::Origin { origin: origin() }
            }
            DenialReason::Method { method, .. } => Permission::Method {
                origin: origin(),
                method: method.clone(),
            },
            DenialReason::Tls {
                setting,
                allowed,
                rule,
            } => Permission::Tls {
                setting: *setting,
                settings: TlsAsk::ALL
                    .into_iter()
                    .filter(|one| one == setting || allowed.contains(one))
                    .collect(),
                rule_line: rule.as_ref().and_then(|rule| rule.source.line()),
            },
            DenialReason::Proxy(proxy) => Permission::Proxy {
                proxy: proxy.without_credentials(),
            },
        };
        Some(Grant {
            permission,
            file: self.file.clone(),
        })
    }
}

fn with_article(class: Class) -> String {
    let article = match class {
        Class::Unspecified => "an",
        _ => "a",
    };
    format!("{article} {class} address")
}
