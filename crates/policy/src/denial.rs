//! Why a request was not let out, or a secret not put into it, and what would let it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http_step_yaml::excerpt;
use ipnet::IpNet;
use thiserror::Error;

use crate::address::Class;
use crate::deny::DenyRule;
use crate::files;
use crate::local_name::LocalName;
use crate::origin::{Host, Origin};
use crate::proxy_url::ProxyUrl;
use crate::rule::{Rule, RuleName, Source};
use crate::secret;
use crate::sentence::listed;
use crate::tls::{TlsAsk, TlsRules};

/// Why a request was not let out, a secret not put into it, or a file not read for it. It ends with the line that would let it: an
/// argument of the program, or a line of the policy file; or it names the one that denies it, whatever
/// others allow.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Denial(Box<Denied>);

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the policy does not {}: {}",
            self.subject(),
            self.reason()
        )?;
        match self.grant() {
            Some(grant) => write!(f, "; {grant} would"),
            None => Ok(()),
        }
    }
}

/// What was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Denied {
    Request(Detail),
    Secret(secret::Denied),
    File(files::Denied),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    origin: Origin,
    why: Why,
    file: Option<Arc<str>>,
}

/// What a policy does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    NoRule,
    /// It is denied, and the address by which its name is, if it is not the name.
    Deny(DenyRule, Option<IpAddr>),
    /// No rule names it, and others do not count.
    Local(LocalName),
    Method {
        method: String,
        rule: RuleName,
        allowed: BTreeSet<String>,
    },
    Address(IpAddr, Class),
    Tls {
        ask: TlsAsk,
        allowed: BTreeSet<TlsAsk>,
        /// The rule that says what may be asked for, if it is not the policy.
        rule: Option<RuleName>,
    },
    Proxy(ProxyUrl),
}

impl Why {
    pub(crate) fn method(method: &str, rule: &Rule) -> Self {
        Self::Method {
            method: excerpt(method),
            rule: rule.name.clone(),
            allowed: rule.methods.clone().unwrap_or_default(),
        }
    }

    pub(crate) fn tls(ask: TlsAsk, rules: &TlsRules, rule: Option<&RuleName>) -> Self {
        Self::Tls {
            ask,
            allowed: rules.asks(),
            rule: rule.cloned(),
        }
    }
}

impl Denial {
    pub(crate) fn new(origin: &Origin, why: Why, file: Option<&Arc<str>>) -> Self {
        Self(Box::new(Denied::Request(Detail {
            origin: origin.clone(),
            why,
            file: file.cloned(),
        })))
    }

    pub(crate) fn of_secret(denied: secret::Denied) -> Self {
        Self(Box::new(Denied::Secret(denied)))
    }

    pub(crate) fn of_file(denied: files::Denied) -> Self {
        Self(Box::new(Denied::File(denied)))
    }

    /// Where the request was to go; none if nobody may know, since a secret says so, or
    /// if there is no request yet.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match &*self.0 {
            Denied::Request(detail) => Some(&detail.origin),
            Denied::Secret(denied) => denied.origin(),
            Denied::File(_) => None,
        }
    }

    /// The same of a request whose URL is a secret: neither an origin is told, nor a rule
    /// that names one, nor an address.
    #[must_use]
    pub fn without_target(&self) -> String {
        let reason = match &*self.0 {
            Denied::Secret(_) | Denied::File(_) => return self.to_string(),
            Denied::Request(detail) => match &detail.why {
                Why::NoRule => "no rule names its origin".to_owned(),
                Why::Deny(..) => "a rule denies it".to_owned(),
                Why::Local(_) => "no rule names its host, which is a local name".to_owned(),
                Why::Method { method, .. } => format!("its rule does not allow {method}"),
                Why::Address(_, class) => {
                    format!("it leads to an address that is not public but {class}")
                }
                _ => "its rule does not let it".to_owned(),
            },
        };
        format!("the policy does not allow the request, whose URL is a secret: {reason}")
    }

    fn subject(&self) -> String {
        match &*self.0 {
            Denied::Request(detail) => format!("allow {}", detail.subject()),
            Denied::Secret(denied) => format!("let {}", denied.subject()),
            Denied::File(denied) => format!("allow {}", denied.subject()),
        }
    }

    fn reason(&self) -> String {
        match &*self.0 {
            Denied::Request(detail) => detail.reason(),
            Denied::Secret(denied) => denied.reason(),
            Denied::File(denied) => denied.reason(),
        }
    }

    /// What would grant it; none if no further line would.
    #[must_use]
    pub fn grant(&self) -> Option<Grant> {
        let (wanted, file) = match &*self.0 {
            Denied::Request(detail) => (detail.wanted()?, detail.file.as_ref()),
            Denied::Secret(denied) => (denied.wanted()?, denied.file()),
            Denied::File(denied) => (denied.wanted(), denied.file()),
        };
        Some(match file {
            Some(file) => Grant {
                line: wanted.line,
                place: Some(format!("{} in {file}", wanted.place)),
            },
            None => Grant {
                line: wanted.argument,
                place: None,
            },
        })
    }
}

impl Detail {
    fn subject(&self) -> String {
        let origin = &self.origin;
        match &self.why {
            Why::NoRule | Why::Deny(..) | Why::Local(_) | Why::Address(..) => origin.to_string(),
            Why::Method { method, .. } => format!("{method} {origin}"),
            Why::Tls { ask, .. } => format!("`{}` for {origin}", ask.in_step_file()),
            Why::Proxy(proxy) => format!("the proxy {proxy} for {origin}"),
        }
    }

    fn reason(&self) -> String {
        match (&self.why, &self.origin.host) {
            (Why::NoRule, _) => "no rule names it".to_owned(),
            (Why::Deny(rule, None), _) => format!("{rule} denies it, whatever else allows it"),
            (Why::Deny(rule, Some(address)), _) => {
                format!("its name leads to {address}, which {rule} denies, whatever else allows it")
            }
            (Why::Local(name), _) => name.to_string(),
            (Why::Method { rule, allowed, .. }, _) => {
                format!("`{rule}` allows {}", listed(allowed))
            }
            (Why::Address(_, class), Host::Address(_)) => {
                format!("its address is not public but {class}")
            }
            (Why::Address(address, class), Host::Name(_)) => {
                format!("its name leads to {address}, which is not public but {class}")
            }
            (Why::Tls { allowed, .. }, _) => {
                format!("of TLS, a step may ask for {}", listed(allowed))
            }
            (Why::Proxy(_), _) => "it is not one that steps may name".to_owned(),
        }
    }

    fn wanted(&self) -> Option<Wanted> {
        let Self { origin, why, .. } = self;
        Some(match why {
            Why::Deny(..) => return None,
            Why::Address(address, class)
                if matches!(origin.host, Host::Name(_))
                    && !(origin.host.is_localhost() && *class == Class::Loopback) =>
            {
                let network = IpNet::from(*address);
                Wanted::item("--allow-network", network.to_string(), "networks:")
            }
            Why::NoRule | Why::Local(_) | Why::Address(..) => {
                Wanted::item("--allow", origin.to_string(), "allow:")
            }
            Why::Method { method, .. } => Wanted {
                argument: format!("--allow {}", in_argument(&origin.to_string())),
                line: format!(
                    "- {{origin: {}, methods: [{}]}}",
                    in_flow(&origin.to_string()),
                    in_flow(method)
                ),
                place: "under `allow:`".to_owned(),
            },
            Why::Tls { ask, allowed, rule } => Wanted::ask(*ask, allowed, rule.as_ref()),
            Why::Proxy(proxy) => Wanted::item(
                "--allow-proxy",
                proxy.to_string(),
                "proxies: steps_may_use:",
            ),
        })
    }
}

/// A text as it stands between the braces of YAML.
pub(crate) fn in_flow(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '_');
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// The value of an argument as one word of a shell's command: people paste it. A host may
/// have `$`, `;`, `&` and parentheses in it, and a server chooses one where it redirects.
pub(crate) fn in_argument(text: &str) -> String {
    // What shells leave alone within a word; brackets are those of IPv6.
    let plain = |c: char| c.is_alphanumeric() || ":/.-_[]=@,…".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        in_shell(text)
    }
}

/// A text as one word of a shell's command.
pub(crate) fn in_shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '_');
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A grant as an argument, and as a line of a file.
pub(crate) struct Wanted {
    pub(crate) argument: String,
    pub(crate) line: String,
    /// Where the line goes.
    pub(crate) place: String,
}

impl Wanted {
    /// One more item of a list.
    fn item(argument: &str, value: String, under: &str) -> Self {
        Self {
            argument: format!("{argument} {}", in_argument(&value)),
            line: format!("- {value}"),
            place: format!("under `{under}`"),
        }
    }

    fn ask(ask: TlsAsk, allowed: &BTreeSet<TlsAsk>, rule: Option<&RuleName>) -> Self {
        let asks: Vec<&str> = TlsAsk::ALL
            .into_iter()
            .filter(|one| *one == ask || allowed.contains(one))
            .map(TlsAsk::as_str)
            .collect();
        let place = match rule.map(|rule| &rule.source) {
            Some(Source::File { line, .. }) => format!("under `tls:` of the rule in line {line}"),
            _ => "under `tls:`".to_owned(),
        };
        Self {
            argument: format!("--allow-tls {ask}"),
            line: format!("steps_may: [{}]", asks.join(", ")),
            place,
        }
    }
}

/// A line that would grant what was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    line: String,
    place: Option<String>,
}

impl Grant {
    /// An argument of the program, `--allow https://api.example.com`; or a line of a
    /// policy file, `- https://api.example.com`.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Where in the policy file the line goes.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.line)?;
        match &self.place {
            Some(place) => write!(f, " {place}"),
            None => Ok(()),
        }
    }
}
