//! Explanations of a policy: one sentence for each key, with its line in the file, or `-` for a
//! default.

use std::fmt::Write as _;
use std::sync::Arc;

use http_step_yaml::excerpt;

use crate::address::classify;
use crate::budget::Budget;
use crate::deny::DenyRule;
use crate::files::FileGlob;
use crate::origin::{Host, Scheme};
use crate::partial_echo::PartialEcho;
use crate::policy::Policy;
use crate::proxies::{NoProxy, ProxyResolve};
use crate::proxy_url::ProxyUrl;
use crate::rule::Rule;
use crate::secret::{Place, Secret};
use crate::sentence::listed;
use crate::terms::{Terms, glob_key, network_key};
use crate::tls::TlsRules;

/// A line of the file, and a sentence.
type Said = (Option<u64>, String);

impl Policy {
    /// Explain the policy, in the order in which it is evaluated.
    ///
    /// ```
    /// use http_step_policy::Policy;
    ///
    /// let policy = Policy::parse(b"allow:\n- https://example.com\n", "policy.yaml")?;
    /// let explained = policy.explain();
    /// assert_eq!(
    ///     explained.lines().take(3).collect::<Vec<_>>(),
    ///     ["policy.yaml", "   2  https://example.com: any method", "   -  any other origin: denied"]
    /// );
    /// # Ok::<(), http_step_policy::Diagnostics>(())
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        let terms = self.terms();
        let mut said = denied(terms);
        said.extend(rules(terms));
        said.extend(addresses(terms));
        said.extend(tls(terms));
        said.extend(proxies(terms));
        said.extend(terms.secrets.values().map(|secret| secret_line(secret)));
        said.extend(partial_echo(terms));
        said.extend(files(terms));
        said.extend(limits(terms));

        let mut text = terms.file.as_deref().unwrap_or("policy").to_owned();
        for (line, sentence) in said {
            let line = line.map_or_else(|| "-".to_owned(), |line| line.to_string());
            // Writing to a string does not fail.
            let _ = write!(text, "\n{line:>4}  {sentence}");
        }
        text.push('\n');
        text
    }
}

fn denied(terms: &Terms) -> Vec<Said> {
    let rules = terms.deny.iter();
    let of = |rule: &Arc<DenyRule>| {
        let sentence = match rule.pattern.network() {
            Some(_) => format!("addresses in {}: denied, overriding any rule", rule.pattern),
            None => format!("{}: denied, overriding any rule", rule.pattern),
        };
        (rule.source.line(), sentence)
    };
    rules.map(of).collect()
}

fn rules(terms: &Terms) -> Vec<Said> {
    let mut said: Vec<Said> = terms
        .rules
        .iter()
        .map(|rule| {
            (
                rule.name.source.line(),
                format!("{}: {}", rule.pattern, rule_words(rule)),
            )
        })
        .collect();
    said.push(match terms.public {
        true => (
            terms.lines.get("public"),
            "any other origin except local names: any method, at public addresses".to_owned(),
        ),
        false => (
            terms.lines.get("public"),
            "any other origin: denied".to_owned(),
        ),
    });
    said
}

fn rule_words(rule: &Rule) -> String {
    let mut words = vec![match &rule.methods {
        None => "any method".to_owned(),
        Some(methods) => listed(methods),
    }];
    match rule.pattern.host() {
        Some(Host::Address(address)) => words.push(format!("a {} address", classify(*address))),
        Some(host) if host.is_localhost() => words.push("also at loopback addresses".to_owned()),
        _ => {}
    }
    if !rule.networks.is_empty() {
        words.push(format!("also at addresses in {}", listed(&rule.networks)));
    }
    words.extend(tls_words(&rule.tls));
    words.join("; ")
}

fn tls_words(tls: &TlsRules) -> Vec<String> {
    let version = tls
        .min_version
        .map(|version| format!("TLS {version} or later"));
    let pinned = tls.pinned_keys.as_ref().map(|keys| match keys.as_slice() {
        [] => "no pinned keys".to_owned(),
        keys => format!("pinned keys: {}", listed(keys)),
    });
    let asks = tls
        .steps_may
        .as_ref()
        .map(|asks| format!("TLS settings that steps may use: {}", listed(asks)));
    [version, pinned, asks].into_iter().flatten().collect()
}

fn addresses(terms: &Terms) -> Vec<Said> {
    if terms.networks.is_empty() {
        return vec![(None, "names may resolve to public addresses".to_owned())];
    }
    let of = |network| {
        (
            terms.lines.get(&network_key(network)),
            format!("names may also resolve to addresses in {network}"),
        )
    };
    terms.networks.iter().map(of).collect()
}

/// The TLS rules, unless an allow rule overrides them.
fn tls(terms: &Terms) -> Vec<Said> {
    let tls = &terms.tls;
    let keys = tls.pinned_keys.as_deref().unwrap_or_default();
    let whole = TlsRules {
        min_version: Some(tls.min_version.unwrap_or_default()),
        pinned_keys: (!keys.is_empty()).then(|| keys.to_vec()),
        steps_may: Some(tls.asks()),
    };
    let lines = [
        Some("tls.min_version"),
        whole.pinned_keys.is_some().then_some("tls.pinned_keys"),
        Some("tls.steps_may"),
    ];
    lines
        .into_iter()
        .flatten()
        .map(|key| terms.lines.get(key))
        .zip(tls_words(&whole))
        .collect()
}

fn proxies(terms: &Terms) -> Vec<Said> {
    let rules = &terms.proxies;
    let at = |key: &str| terms.lines.get(&format!("proxies.{key}"));
    let through = |origins: &str, proxy: &ProxyUrl| {
        let resolve = match (rules.resolve, rules.resolve_for(proxy)) {
            (None, ProxyResolve::Proxy) => {
                ", which resolves names; their addresses are not checked"
            }
            _ => "",
        };
        format!("{origins} go through {proxy}{resolve}")
    };
    let mut said = Vec::new();
    for scheme in [Scheme::Http, Scheme::Https] {
        let name = scheme.as_str();
        let (key, origins) = (name, format!("{name} origins"));
        said.push(match (rules.for_scheme(scheme), &rules.all) {
            (Some(proxy), _) => (at(key), through(&origins, proxy)),
            (None, Some(proxy)) => (at("all"), through(&origins, proxy)),
            (None, None) => (None, format!("{origins} go through no proxy")),
        });
    }
    if let Some(resolve) = rules.resolve {
        let who = match resolve {
            ProxyResolve::Host => "the host resolves names and checks the addresses",
            ProxyResolve::Proxy => "the proxy resolves names; their addresses are not checked",
        };
        said.push((at("resolve"), format!("with a proxy, {who}")));
    }
    if !rules.no_proxy.is_empty() {
        let hosts: Vec<String> = rules.no_proxy.iter().map(no_proxy_words).collect();
        said.push((
            at("no_proxy"),
            format!("{} go through no proxy", listed(&hosts)),
        ));
    }
    let usable = match rules.steps_may_use.as_slice() {
        [] => "no proxy".to_owned(),
        proxies => format!("the proxies {}", listed(proxies)),
    };
    said.push((at("steps_may_use"), format!("steps may use {usable}")));
    said
}

fn no_proxy_words(entry: &NoProxy) -> String {
    match entry {
        NoProxy::All => "all origins".to_owned(),
        NoProxy::Domain(name) => format!("{name} and names below it"),
        NoProxy::Network(network) => format!("addresses in {network}"),
    }
}

fn secret_line(secret: &Secret) -> Said {
    let origins = match secret.origins() {
        [] => "no origin".to_owned(),
        origins => listed(origins),
    };
    let methods = secret
        .granted_methods()
        .map_or_else(|| "any method".to_owned(), listed);
    let paths = secret.granted_path_prefix().map_or_else(
        || "any path".to_owned(),
        |prefix| format!("paths under {prefix}"),
    );
    let places = listed(&secret.place_words());
    let only_signs =
        secret.granted_places().iter().eq(&[Place::Signature]) && secret.formats().next().is_none();
    let composed = secret.composed_places().iter();
    let composed: Vec<&str> = composed.map(|place| place.in_requests()).collect();
    let composed = match composed.as_slice() {
        [] => String::new(),
        places => format!("; next to other text in {}", listed(places)),
    };
    let headers = secret.granted_headers();
    let headers = match headers.is_empty() {
        true => String::new(),
        false => {
            let headers = headers.iter().map(|it| format!("the header `{it}`"));
            format!("; also with {}", listed(&headers.collect::<Vec<_>>()))
        }
    };
    let may = if only_signs {
        "sign requests to"
    } else {
        "be sent to"
    };
    let (name, source) = (excerpt(secret.name()), secret.source());
    (
        secret.grant_source().line(),
        format!(
            "the secret {name}, from {source}, may {may} {origins}: {methods}; {paths}; {places}{composed}{headers}"
        ),
    )
}

/// None for a policy without secrets.
fn partial_echo(terms: &Terms) -> Option<Said> {
    let what = match terms.partial_echo {
        PartialEcho::Report => "is reported",
        PartialEcho::Stop => "is reported, and ends the run",
    };
    let line = terms.lines.get("partial_echo");
    let is_worth_it = terms.partial_echo == PartialEcho::Stop || !terms.secrets.is_empty();
    is_worth_it.then(|| (line, format!("a part of a secret in a response {what}")))
}

fn files(terms: &Terms) -> Vec<Said> {
    if terms.files.is_empty() {
        let line = terms.lines.get("files.read");
        return vec![(line, "step files may name no files".to_owned())];
    }
    let of = |glob: &FileGlob| {
        (
            terms.lines.get(&glob_key(glob)),
            format!("step files may name files that match {}", glob.in_a_line()),
        )
    };
    terms.files.iter().map(of).collect()
}

fn limits(terms: &Terms) -> Vec<Said> {
    let of = |budget: Budget| {
        (
            terms.lines.get(&format!("limits.{budget}")),
            format!("{budget}: {}", budget.limit_in(&terms.limits)),
        )
    };
    Budget::ALL.into_iter().map(of).collect()
}
