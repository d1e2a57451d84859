//! What a run may reach and use: what the arguments say.

use std::path::Path;

use http_step_host::Limits;
use http_step_host::policy::{OriginPattern, Policy, Secret};

use crate::args::{PolicyArgs, RunArgs};
use crate::{input, typed};

/// The policy of a run. Without a word of it, the built-in step may do what curl
/// could, and no other may do anything.
pub(crate) fn of(args: &RunArgs, is_typed: bool) -> Result<Policy, String> {
    let PolicyArgs {
        policy: file,
        allow,
        allow_network,
        allow_proxy,
        allow_tls,
        secret,
        partial_echo,
    } = &args.policy;
    let is_built_in = args.component.is_none();
    let mut policy = match file {
        Some(path) => read(path)?,
        None if is_built_in && allow.is_empty() => Policy::public(),
        None => Policy::nothing(),
    };
    // Who types a URL means it; who writes a policy has thought of it all.
    if file.is_none()
        && is_typed
        && is_built_in
        && let Some(origin) = typed::origin(&args.step)
    {
        policy = policy.allow(OriginPattern::from(origin));
    }
    for origins in allow {
        policy = policy.allow(origins.clone());
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
    for secret in Secret::of_arguments(secret).map_err(|error| error.to_string())? {
        policy = policy.lend(secret);
    }
    if let Some(action) = partial_echo {
        policy = policy.on_partial_echo(*action);
    }
    if let Some(wall) = args.timeout {
        let limits = Limits {
            wall,
            ..policy.budgets().clone()
        };
        policy = policy.limits(limits);
    }
    Ok(policy)
}

/// A policy file without mistakes.
pub(crate) fn read(path: &Path) -> Result<Policy, String> {
    let shown = path.display().to_string();
    let text = input::file(path)?;
    Policy::parse(&text, &shown)
        .map_err(|mistakes| input::mistaken("the policy", &shown, &mistakes))
}
