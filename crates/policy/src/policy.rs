//! What a run may reach and use. Deny by default; no I/O in here.
//!
//! A request is checked twice: its origin and method before anything is done for it
//! ([`Policy::admit`]), and the addresses of its host before a connection is opened
//! ([`Permit::check_address`]). Both checks are made anew for every request, so also
//! for every hop of a redirect.
//!
//! | granted | reaches |
//! |---|---|
//! | nothing | nothing |
//! | any public origin | every origin that no rule names, at public addresses; no local name |
//! | `https://api.example.com` | that origin, at public addresses |
//! | `http://127.0.0.1:8080`, `http://[::1]:8080` | that origin: who writes an address means it |
//! | `http://localhost:8080` | that origin, at loopback addresses (RFC 6761) |
//! | a network, `10.0.0.0/8` | granted origins also at addresses in it |
//! | a metadata address, `169.254.169.254/32` | granted origins also at it; no larger network has it |
//!
//! What is denied is asked first, and wins over all of it ([`crate::deny`]).
//!
//! The first rule that matches origin and method decides. Where rules name an origin
//! and none of them its method, it is denied: what the rules say of an origin is all
//! there is, and "any public origin" does not widen it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::denial::{Denial, Why};
use crate::deny::{DenyPattern, DenyRule};
use crate::files::{self, FileGlob};
use crate::limits::Limits;
use crate::origin::{Host, Origin};
use crate::partial_echo::PartialEcho;
use crate::pattern::OriginPattern;
use crate::permit::Permit;
use crate::proxies::{Proxy, ProxyRules};
use crate::proxy_url::ProxyUrl;
use crate::rule::{Rule, RuleName, Source};
use crate::secret::Secret;
use crate::tls::{TlsAsk, TlsRules};

/// What a run may reach and use. A clone is cheap.
///
/// ```
/// use http_step_policy::Policy;
///
/// let policy = Policy::nothing().allow("https://*.example.com".parse()?);
/// let permit = policy.admit(&"https://api.example.com".parse()?, "GET")?;
/// assert_eq!(permit.rule().to_string(), "--allow https://*.example.com");
///
/// let denial = policy.admit(&"https://evil.test".parse()?, "GET").unwrap_err();
/// assert_eq!(
///     denial.to_string(),
///     "the policy does not allow https://evil.test: no rule names it; \
///      `--allow https://evil.test` would",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy(Arc<Terms>);

/// What a policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Terms {
    /// The name of the file that it was read from.
    pub(crate) file: Option<Arc<str>>,
    pub(crate) lines: Lines,
    pub(crate) public: bool,
    pub(crate) deny: Vec<Arc<DenyRule>>,
    pub(crate) rules: Vec<Arc<Rule>>,
    pub(crate) networks: BTreeSet<IpNet>,
    pub(crate) tls: TlsRules,
    pub(crate) proxies: ProxyRules,
    /// By their names.
    pub(crate) secrets: BTreeMap<String, Arc<Secret>>,
    pub(crate) partial_echo: PartialEcho,
    /// The files that step files may name.
    pub(crate) files: Vec<FileGlob>,
    pub(crate) limits: Limits,
}

/// Where the keys of a policy file stand, by their path: `limits.wall`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Lines(BTreeMap<String, u64>);

impl Lines {
    pub(crate) fn set(&mut self, key: String, line: u64) {
        self.0.insert(key, line);
    }

    pub(crate) fn of(&self, key: &str) -> Option<u64> {
        self.0.get(key).copied()
    }
}

impl Policy {
    /// Nothing may be reached.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Any origin may be reached, at public addresses; but local names, as `localhost`,
    /// `db` and `git.internal`, only where a rule names them.
    #[must_use]
    pub fn public() -> Self {
        Self::default().with(|terms| terms.public = true)
    }

    /// Read a policy file: YAML 1.2 or JSON, in UTF-8, of at most
    /// [`LONGEST`](crate::LONGEST) bytes; `docs/policy.md` describes it. The name is
    /// what rules and denials call the file.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn parse(yaml: &[u8], name: &str) -> Result<Self, http_step_yaml::Mistakes> {
        crate::file::read(yaml, name).map(|terms| Self(Arc::new(terms)))
    }

    /// Let requests of any method go to origins.
    #[must_use]
    pub fn allow(self, origins: OriginPattern) -> Self {
        self.allow_rule(Rule::new(origins))
    }

    /// Add a rule, after those that are there.
    #[must_use]
    pub fn allow_rule(self, rule: Rule) -> Self {
        self.with(|terms| terms.rules.push(Arc::new(rule)))
    }

    /// Deny origins or addresses, whatever allows them.
    #[must_use]
    pub fn deny(self, pattern: DenyPattern) -> Self {
        let source = Source::Argument;
        self.with(|terms| terms.deny.push(Arc::new(DenyRule { pattern, source })))
    }

    /// Let granted origins be reached at the addresses of a network, too.
    #[must_use]
    pub fn allow_network(self, network: IpNet) -> Self {
        self.with(|terms| {
            terms.networks.insert(network.trunc());
        })
    }

    /// Let steps name a proxy.
    #[must_use]
    pub fn allow_proxy(self, proxy: ProxyUrl) -> Self {
        self.with(|terms| terms.proxies.steps_may_use.push(proxy))
    }

    /// Let steps ask for something of TLS, beside what they may ask for already.
    #[must_use]
    pub fn allow_tls(self, ask: TlsAsk) -> Self {
        self.with(|terms| {
            let mut asks = terms.tls.asks();
            asks.insert(ask);
            terms.tls.steps_may = Some(asks);
        })
    }

    /// What holds for all TLS, where a rule says nothing else.
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

    /// Lend a secret. It takes the place of one of the same name.
    #[must_use]
    pub fn lend(self, secret: Secret) -> Self {
        self.with(|terms| {
            let name = secret.name().to_owned();
            terms.secrets.insert(name, Arc::new(secret));
        })
    }

    /// What happens when a response has a part of a secret in it.
    #[must_use]
    pub fn on_partial_echo(self, partial_echo: PartialEcho) -> Self {
        self.with(|terms| terms.partial_echo = partial_echo)
    }

    /// Let step files name files, to upload, to trust or to show as a certificate.
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

    /// Whether a request may go to an origin, if the address will do, too. What is
    /// denied is denied; else the first rule that matches origin and method decides.
    ///
    /// # Errors
    ///
    /// The denial, with the line that would grant it.
    pub fn admit(&self, origin: &Origin, method: &str) -> Result<Permit, Denial> {
        self.check_denied(origin, None)?;
        let mut named_by = None;
        for rule in &self.0.rules {
            if rule.matches(origin) {
                if rule.allows_method(method) {
                    return Ok(Permit::new(self, origin, Some(rule)));
                }
                named_by.get_or_insert(rule);
            }
        }
        match named_by {
            Some(rule) => Err(self.denial(origin, Why::method(method, rule))),
            None => match origin.host.local_name() {
                Some(local) => Err(self.denial(origin, Why::Local(local))),
                None if self.0.public => Ok(Permit::new(self, origin, None)),
                None => Err(self.denial(origin, Why::NoRule)),
            },
        }
    }

    /// Whether an origin, or an address that its name leads to, is not denied.
    pub(crate) fn check_denied(
        &self,
        origin: &Origin,
        address: Option<IpAddr>,
    ) -> Result<(), Denial> {
        let denies = |rule: &&Arc<DenyRule>| rule.pattern.denies(origin, address);
        match self.0.deny.iter().find(denies) {
            Some(rule) => {
                let by_address = address.filter(|_| matches!(origin.host, Host::Name(_)));
                Err(self.denial(origin, Why::Deny(DenyRule::clone(rule), by_address)))
            }
            None => Ok(()),
        }
    }

    /// The proxy that requests to an origin go through, if any. A step may ask for
    /// one.
    ///
    /// # Errors
    ///
    /// The step may not use the proxy that it asks for.
    pub fn proxy_for(
        &self,
        origin: &Origin,
        asked: Option<&ProxyUrl>,
    ) -> Result<Option<Proxy>, Denial> {
        self.0
            .proxies
            .choose(origin, asked)
            .map_err(|proxy| self.denial(origin, Why::Proxy(proxy)))
    }

    /// Whether a step file may name a file: by its path as it stands there, and by where
    /// that leads from the step file's directory, through links, with `/` between the
    /// names.
    ///
    /// # Errors
    ///
    /// The denial, with the line that would grant it.
    pub fn admit_file(&self, asked: &str, path: &str) -> Result<(), Denial> {
        if self.0.files.iter().any(|glob| glob.matches(path)) {
            return Ok(());
        }
        let denied = files::Denied::new(asked, path, self.0.file.as_ref());
        Err(Denial::of_file(denied))
    }

    /// The secrets that are lent, in the order of their names.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.0.secrets.values().map(Arc::as_ref)
    }

    /// The secret of a name, if one is lent.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.0.secrets.get(name).map(Arc::as_ref)
    }

    /// What happens when a response has a part of a secret in it.
    #[must_use]
    pub fn partial_echo(&self) -> PartialEcho {
        self.0.partial_echo
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.0
    }

    pub(crate) fn denial(&self, origin: &Origin, why: Why) -> Denial {
        Denial::new(origin, why, self.0.file.as_ref())
    }

    /// What grants any public origin.
    pub(crate) fn public_rule(&self) -> RuleName {
        let source = match (&self.0.file, self.0.lines.of("public")) {
            (Some(name), Some(line)) => Source::File {
                name: Arc::clone(name),
                line,
            },
            _ => Source::Argument,
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
