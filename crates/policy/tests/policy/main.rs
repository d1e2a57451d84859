//! Policies as users write them: what they mean, their errors, and what they permit.

// So that clippy knows that helpers, too, may unwrap.
#![cfg(test)]

mod addresses;
mod budgets;
mod deny;
mod diagnostics;
mod documents;
mod explained;
mod field_names;
mod files;
mod hostile;
mod local_names;
mod proxies;
mod read;
mod registries;
mod schema;
mod secrets;
mod spellings;
mod tls;
mod verdicts;

use http_step_policy::{Denial, Origin, Policy};

fn origin(text: &str) -> Origin {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn policy(yaml: &str) -> Policy {
    Policy::parse(yaml.as_bytes(), "policy.yaml")
        .unwrap_or_else(|diagnostics| panic!("{yaml}\n{diagnostics}"))
}

/// The explanation of a policy, without line numbers.
fn said(policy: &Policy) -> Vec<String> {
    let explained = policy.explain();
    let lines = explained.lines().skip(1);
    lines.map(|line| line[6..].to_owned()).collect()
}

/// A denial, and the line of a policy file that would allow it.
fn with_grant(denial: &Denial) -> String {
    match denial.grant() {
        Some(grant) => match &grant.file {
            Some(file) => format!("{denial}; {} in {file}", grant.policy_line()),
            None => format!("{denial}; {}", grant.policy_line()),
        },
        None => denial.to_string(),
    }
}
