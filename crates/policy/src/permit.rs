//! Permits: requests that a rule allows.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::address::{Class, classify};
use crate::denial::{Denial, DenialReason};
use crate::origin::{Host, Origin};
use crate::policy::Policy;
use crate::rule::{Rule, RuleName};
use crate::tls::{TlsRequest, TlsRules, TlsTerms};

/// A request to an origin that a rule allows.
#[derive(Clone, Debug)]
pub struct Permit {
    policy: Policy,
    origin: Origin,
    /// None: any public origin.
    rule: Option<Arc<Rule>>,
    name: RuleName,
}

impl Policy {
    /// Check whether a request to an origin is allowed, apart from its addresses. Deny rules come
    /// first; otherwise the first rule that matches the origin and the method decides.
    ///
    /// # Errors
    ///
    /// The denial, with the grant that would allow it.
    pub fn admit(&self, origin: &Origin, method: &str) -> Result<Permit, Denial> {
        self.check_denied(origin, None)?;
        let mut named_by = None;
        for rule in &self.terms().rules {
            if rule.matches(origin) {
                if rule.allows_method(method) {
                    return Ok(Permit::new(self, origin, Some(rule)));
                }
                named_by.get_or_insert(rule);
            }
        }
        match named_by {
            Some(rule) => Err(self.denial(origin, DenialReason::method(method, rule))),
            None => match origin.host.local_name() {
                Some(local) => Err(self.denial(origin, DenialReason::Local(local))),
                None if self.terms().public => Ok(Permit::new(self, origin, None)),
                None => Err(self.denial(origin, DenialReason::NoRule)),
            },
        }
    }
}

impl Permit {
    fn new(policy: &Policy, origin: &Origin, rule: Option<&Arc<Rule>>) -> Self {
        Self {
            policy: policy.clone(),
            origin: origin.clone(),
            name: rule.map_or_else(|| policy.public_rule(), |rule| rule.name.clone()),
            rule: rule.cloned(),
        }
    }

    /// The origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &RuleName {
        &self.name
    }

    /// Check whether a connection to an address is allowed.
    ///
    /// # Errors
    ///
    /// The denial, with the grant that would allow it.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Denial> {
        self.policy.check_denied(&self.origin, Some(address))?;
        let class = classify(address);
        if class == Class::Public
            || self.is_meant(address, class)
            || self.is_in_network(address, class)
        {
            return Ok(());
        }
        Err(self
            .policy
            .denial(&self.origin, DenialReason::Address(address, class)))
    }

    /// Whether a rule names the origin, rather than allowing any public one.
    pub(crate) fn is_by_name(&self) -> bool {
        self.rule.is_some()
    }

    /// Whether the rule names the address itself, or `localhost` for a loopback address.
    fn is_meant(&self, address: IpAddr, class: Class) -> bool {
        match &self.origin.host {
            Host::Address(literal) => self.is_by_name() && *literal == address,
            Host::Name(_) => {
                self.is_by_name() && self.origin.host.is_localhost() && class == Class::Loopback
            }
        }
    }

    /// Whether the address is in a granted network. Larger networks do not include metadata
    /// addresses.
    fn is_in_network(&self, address: IpAddr, class: Class) -> bool {
        self.networks().any(|network| {
            network.contains(&address)
                && (class != Class::Metadata || network.prefix_len() == network.max_prefix_len())
        })
    }

    /// The denied networks.
    pub(crate) fn denied_networks(&self) -> impl Iterator<Item = &IpNet> {
        let rules = self.policy.terms().deny.iter();
        rules.filter_map(|rule| rule.pattern.network())
    }

    /// The granted networks.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &IpNet> {
        let of_rule = self.rule.iter().flat_map(|rule| &rule.networks);
        self.policy.terms().networks.iter().chain(of_rule)
    }

    /// The parameters of a TLS connection.
    ///
    /// # Errors
    ///
    /// The step file has a setting that is not allowed.
    pub fn tls(&self, requested: &TlsRequest) -> Result<TlsTerms, Denial> {
        let rules = self.tls_rules();
        rules.terms(requested).map_err(|ask| {
            let by = self
                .rule
                .as_ref()
                .filter(|rule| rule.tls.steps_may.is_some());
            let reason = DenialReason::tls(ask, &rules, by.map(|rule| &rule.name));
            self.policy.denial(&self.origin, reason)
        })
    }

    pub(crate) fn tls_rules(&self) -> TlsRules {
        let of_policy = &self.policy.terms().tls;
        match &self.rule {
            Some(rule) => rule.tls.or(of_policy),
            None => of_policy.clone(),
        }
    }
}
