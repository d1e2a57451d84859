//! The policy of a run, which denies by default.
//!
//! A request is checked twice: its origin and method before anything else happens
//! ([`Policy::admit`]), and the addresses of its host before a connection is opened
//! ([`Permit::check_address`](crate::Permit::check_address)). Both checks are repeated for every
//! request, including every hop of a redirect.
//!
//! | granted | allowed |
//! |---|---|
//! | nothing | nothing |
//! | any public origin | every origin that no rule names, at public addresses; no local names |
//! | `https://api.example.com` | that origin, at public addresses |
//! | `http://127.0.0.1:8080`, `http://[::1]:8080` | that origin, at that address |
//! | `http://localhost:8080` | that origin, at loopback addresses (RFC 6761) |
//! | a network, `10.0.0.0/8` | granted origins, also at addresses in the network |
//! | a metadata address, `169.254.169.254/32` | granted origins, also at that address; larger networks do not include it |
//!
//! Deny rules are checked first and override all of it ([`crate::deny`]).
//!
//! The first rule that matches the origin and the method decides. If rules match the origin but
//! not its method, the request is denied, even if any public origin is granted.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::denial::{Denial, DenialReason, DeniedFile};
use crate::deny::{DenyPattern, DenyRule};
use crate::files::FileGlob;
use crate::limits::Limits;
use crate::origin::{Host, Origin};
use crate::partial_echo::PartialEcho;
use crate::pattern::OriginPattern;
use crate::proxies::{Proxy, ProxyRules};
use crate::proxy_url::ProxyUrl;
use crate::rule::{Rule, RuleName, Source};
use crate::secret::Secret;
use crate::terms::Terms;
use crate::tls::{TlsAsk, TlsRules};

/// What a run may reach and use. Cloning is cheap.
///
/// ```
/// use http_step_policy::Policy;
///
/// let policy = Policy::nothing().allow("https://*.example.com".parse()?);
/// let permit = policy.admit(&"https://api.example.com".parse()?, "GET")?;
/// assert_eq!(permit.rule().to_string(), "https://*.example.com");
///
/// let denial = policy.admit(&"https://evil.test".parse()?, "GET").unwrap_err();
/// assert_eq!(
///     denial.to_string(),
///     "the policy does not allow https://evil.test: no rule matches it",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy(Arc<Terms>);

impl Policy {
    /// A policy that allows nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// A policy that allows any origin at public addresses, but no local names such as
    /// `localhost`, `db` and `git.internal`.
    #[must_use]
    pub fn public() -> Self {
        Self::default().with(|terms| terms.public = true)
    }

    /// Parse a policy file: YAML 1.2 or JSON, in UTF-8, of at most
    /// [`MAX_LEN`](crate::MAX_LEN) bytes. `docs/policy.md` describes it. `name` is the file's
    /// name in rules and denials.
    ///
    /// # Errors
    ///
    /// All its errors.
    pub fn parse(yaml: &[u8], name: &str) -> Result<Self, http_step_yaml::Diagnostics> {
        crate::file::read(yaml, name).map(|terms| Self(Arc::new(terms)))
    }

    /// Allow requests with any method to origins.
    #[must_use]
    pub fn allow(self, origins: OriginPattern) -> Self {
        self.allow_rule(Rule::new(origins))
    }

    /// Add a rule after the existing ones.
    #[must_use]
    pub fn allow_rule(self, rule: Rule) -> Self {
        self.with(|terms| terms.rules.push(Arc::new(rule)))
    }

    /// The same as [`Policy::allow`], with a label for the rule, which precedes it in errors
    /// and audit logs: the option of a program, such as `--allow`.
    #[must_use]
    pub fn allow_as(self, label: &str, origins: OriginPattern) -> Self {
        let source = Source::Program(Some(label.into()));
        self.allow_rule(Rule::new(origins).with_source(source))
    }

    /// Deny origins or addresses, overriding every allow rule.
    #[must_use]
    pub fn deny(self, pattern: DenyPattern) -> Self {
        self.deny_by(Source::Program(None), pattern)
    }

    /// The same as [`Policy::deny`], with a label for the rule, which precedes it in errors.
    #[must_use]
    pub fn deny_as(self, label: &str, pattern: DenyPattern) -> Self {
        self.deny_by(Source::Program(Some(label.into())), pattern)
    }

    fn deny_by(self, source: Source, pattern: DenyPattern) -> Self {
        self.with(|terms| terms.deny.push(Arc::new(DenyRule { pattern, source })))
    }

    /// Allow granted origins at the addresses of a network.
    #[must_use]
    pub fn allow_network(self, network: IpNet) -> Self {
        self.with(|terms| {
            terms.networks.insert(network.trunc());
        })
    }

    /// Allow a proxy that steps can name.
    #[must_use]
    pub fn allow_proxy(self, proxy: ProxyUrl) -> Self {
        self.with(|terms| terms.proxies.steps_may_use.push(proxy))
    }

    /// Allow another TLS setting in step files.
    #[must_use]
    pub fn allow_tls(self, ask: TlsAsk) -> Self {
        self.with(|terms| {
            let mut asks = terms.tls.asks();
            asks.insert(ask);
            terms.tls.steps_may = Some(asks);
        })
    }

    /// Set the TLS rules, which allow rules can override.
    #[must_use]
    pub fn tls(self, tls: TlsRules) -> Self {
        self.with(|terms| terms.tls = tls)
    }

    /// Which requests go through a proxy.
    #[must_use]
    pub fn proxies(self, proxies: ProxyRules) -> Self {
        self.with(|terms| terms.proxies = proxies)
    }

    /// Which requests go through a proxy.
    #[must_use]
    pub fn proxy_rules(&self) -> &ProxyRules {
        &self.0.proxies
    }

    /// Grant a secret. It replaces one with the same name.
    #[must_use]
    pub fn grant_secret(self, secret: Secret) -> Self {
        self.with(|terms| {
            let name = secret.name().to_owned();
            terms.secrets.insert(name, Arc::new(secret));
        })
    }

    /// Set what happens when a response contains a part of a secret.
    #[must_use]
    pub fn on_partial_echo(self, partial_echo: PartialEcho) -> Self {
        self.with(|terms| terms.partial_echo = partial_echo)
    }

    /// Allow step files to name files: to upload, or for certificates.
    #[must_use]
    pub fn allow_file(self, files: FileGlob) -> Self {
        self.with(|terms| terms.files.push(files))
    }

    /// What a run may use.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|terms| terms.limits = limits)
    }

    /// What a run may use.
    #[must_use]
    pub fn budgets(&self) -> &Limits {
        &self.0.limits
    }

    /// Check that no deny rule matches an origin, or an address that its name resolves to.
    pub(crate) fn check_denied(
        &self,
        origin: &Origin,
        address: Option<IpAddr>,
    ) -> Result<(), Denial> {
        let denies = |rule: &&Arc<DenyRule>| rule.pattern.denies(origin, address);
        match self.0.deny.iter().find(denies) {
            Some(rule) => {
                let by_address = address.filter(|_| matches!(origin.host, Host::Name(_)));
                Err(self.denial(
                    origin,
                    DenialReason::Deny(DenyRule::clone(rule), by_address),
                ))
            }
            None => Ok(()),
        }
    }

    /// The proxy for requests to an origin, if any. A step can request one.
    ///
    /// # Errors
    ///
    /// The step may not use the requested proxy.
    pub fn proxy_for(
        &self,
        origin: &Origin,
        requested: Option<&ProxyUrl>,
    ) -> Result<Option<Proxy>, Denial> {
        self.0
            .proxies
            .choose(origin, requested)
            .map_err(|proxy| self.denial(origin, DenialReason::Proxy(proxy)))
    }

    /// Check whether a step file may name a file. `requested` is the path in the step file, and
    /// `path` is what it resolves to: relative to the step file's directory, without links, and
    /// with `/` as the separator.
    ///
    /// # Errors
    ///
    /// The denial, with the grant that would allow it.
    pub fn admit_file(&self, requested: &str, path: &str) -> Result<(), Denial> {
        if self.0.files.iter().any(|glob| glob.matches(path)) {
            return Ok(());
        }
        let denied = DeniedFile::new(requested, path, self.0.file.as_deref());
        Err(Denial::for_file(denied))
    }

    /// The granted secrets, sorted by name.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.secrets.values().map(Arc::as_ref)
    }

    /// The secret with a name, if it is granted.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.0.secrets.get(name).map(Arc::as_ref)
    }

    /// What happens when a response contains a part of a secret.
    #[must_use]
    pub fn partial_echo(&self) -> PartialEcho {
        self.0.partial_echo
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.0
    }

    pub(crate) fn denial(&self, origin: &Origin, reason: DenialReason) -> Denial {
        Denial::for_request(origin, reason, self.0.file.as_deref())
    }

    /// The name of the rule that allows any public origin.
    pub(crate) fn public_rule(&self) -> RuleName {
        let source = match (&self.0.file, self.0.lines.get("public")) {
            (Some(name), Some(line)) => Source::File {
                name: Arc::clone(name),
                line,
            },
            _ => Source::Program(None),
        };
        RuleName {
            source,
            pattern: None,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}
