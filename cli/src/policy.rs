//! What a run may reach and use, from the arguments.

use std::path::Path;

use http_step_host::Limits;
use http_step_host::policy::{FileGlob, OriginPattern, Policy, ProxyRules};

use crate::args::{PolicyArgs, RunArgs};
use crate::proxy_env::{self, FromEnv};
use crate::{input, secret_args, terminal, typed_url};

/// The policy of a run. Without policy arguments, the built-in step may do what curl could, and any
/// other component nothing.
pub(crate) fn from_args(args: &RunArgs, is_typed: bool) -> Result<Policy, String> {
    let is_built_in = args.component.is_none();
    let mut policy = base(&args.policy, is_built_in)?;
    // A URL argument is intended. A policy is complete, and a component may be untrusted, so with
    // those it grants nothing.
    if args.policy.policy.is_none()
        && is_typed
        && is_built_in
        && let Some(origin) = typed_url::origin(&args.step)
    {
        policy = policy.allow_as("--allow", OriginPattern::from(origin));
    }
    if is_built_in && reads_visible_files(&args.policy, &args.step) {
        policy = policy.allow_file(FileGlob::visible());
    }
    policy = granted(policy, &args.policy)?;
    if let Some(wall) = args.timeout {
        let limits = Limits {
            wall,
            ..policy.budgets().clone()
        };
        policy = policy.limits(limits);
    }
    Ok(policy)
}

/// What a run of the built-in step may reach and use; none without policy arguments.
pub(crate) fn given(args: &PolicyArgs) -> Result<Option<Policy>, String> {
    if args.is_empty() {
        return Ok(None);
    }
    granted(base(args, true)?, args).map(Some)
}

/// Whether the built-in step may read the files beside a step file that are not hidden, as curl
/// would. A step file without a name has no chosen directory, and the root contains all files. A
/// URL argument comes with explicit file arguments.
pub(crate) fn reads_visible_files(args: &PolicyArgs, step: &str) -> bool {
    let is_anywhere = input::is_stream(step) || input::is_in_root(step);
    args.policy.is_none() && (typed_url::is_url(step) || !is_anywhere)
}

/// The policy that arguments extend.
fn base(args: &PolicyArgs, is_built_in: bool) -> Result<Policy, String> {
    match &args.policy {
        Some(path) => read(path),
        None if is_built_in && args.allow.is_empty() => Ok(Policy::public()),
        None => Ok(Policy::nothing()),
    }
}

/// The policy with the grants of the arguments.
fn granted(mut policy: Policy, args: &PolicyArgs) -> Result<Policy, String> {
    let PolicyArgs {
        policy: file,
        allow,
        allow_network,
        allow_proxy,
        proxy_from_env,
        allow_tls,
        deny,
        allow_file,
        secret,
        secret_places,
        secret_compose,
        secret_headers,
        partial_echo,
    } = args;
    if *proxy_from_env {
        policy = with_proxies_of_environment(policy, file.as_deref())?;
    }
    for origins in allow {
        policy = policy.allow_as("--allow", origins.clone());
    }
    for network in allow_network {
        policy = policy.allow_network(*network);
    }
    for proxy in allow_proxy {
        policy = policy.allow_proxy(proxy.clone());
    }
    for ask in allow_tls {
        policy = policy.allow_tls(*ask);
    }
    for pattern in deny {
        policy = policy.deny_as("--deny", pattern.clone());
    }
    for files in allow_file {
        policy = policy.allow_file(files.clone());
    }
    let secrets = secret_args::secrets(secret, secret_places, secret_compose, secret_headers);
    for secret in secrets.map_err(|error| error.to_string())? {
        policy = policy.grant_secret(secret);
    }
    if let Some(action) = partial_echo {
        policy = policy.on_partial_echo(*action);
    }
    Ok(policy)
}

/// The policy with the proxies of the environment, if it names none itself.
fn with_proxies_of_environment(policy: Policy, file: Option<&Path>) -> Result<Policy, String> {
    let own = policy.proxy_rules().clone();
    if own.http.is_some() || own.https.is_some() || own.all.is_some() {
        let file = file.map_or_else(String::new, |path| path.display().to_string());
        return Err(format!(
            "{file} already defines proxies; leave out `--proxy-from-env`"
        ));
    }
    let FromEnv {
        mut rules,
        warnings,
    } = proxy_env::read()?;
    for warning in warnings {
        terminal::warning(warning);
    }
    rules.no_proxy.extend(own.no_proxy);
    Ok(policy.proxies(ProxyRules {
        resolve: own.resolve,
        steps_may_use: own.steps_may_use,
        ..rules
    }))
}

/// A policy file without errors.
pub(crate) fn read(path: &Path) -> Result<Policy, String> {
    let shown = path.display().to_string();
    let text = input::file(path)?;
    Policy::parse(&text, &shown)
        .map_err(|diagnostics| input::invalid("the policy", &shown, &diagnostics))
}
