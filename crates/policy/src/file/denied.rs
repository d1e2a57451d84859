//! `deny`, and the check for rules that it makes useless.

use std::sync::Arc;

use http_step_yaml::{Position, Report, Reported};

use super::written::{Denied, Network};
use crate::deny::DenyRule;
use crate::rule::{Rule, Source};

/// The maximum number of entries: each rule and each request is compared with all of them.
const MAX: usize = 1000;

/// The entries in their order.
pub(crate) fn rules(
    items: Vec<Denied>,
    file: &Arc<str>,
    report: &mut Report,
) -> Result<Vec<Arc<DenyRule>>, Reported> {
    if let Some(Denied { at, .. }) = items.get(MAX) {
        let message = format!("too many entries: the limit is {MAX}");
        return Err(report.add(*at, message));
    }
    let rule = |Denied { at, pattern }| {
        let (name, line) = (Arc::clone(file), at.line);
        let source = Source::File { name, line };
        Arc::new(DenyRule { pattern, source })
    };
    Ok(items.into_iter().map(rule).collect())
}

/// A rule is an error if everything it allows is denied.
pub(crate) fn check_rule(
    rule: &Rule,
    at: Position,
    deny: &[Arc<DenyRule>],
    report: &mut Report,
) -> Result<(), Reported> {
    match deny.iter().find(|deny| deny.pattern.covers(&rule.pattern)) {
        Some(deny) => Err(report.add(
            at,
            format!(
                "this rule is useless: {} denies everything it allows; remove one of them",
                place(deny)
            ),
        )),
        None => Ok(()),
    }
}

/// A network is an error if all its addresses are denied.
pub(crate) fn check_networks(
    networks: &[Network],
    deny: &[Arc<DenyRule>],
    report: &mut Report,
) -> Result<(), Reported> {
    let mut outcome = Ok(());
    for network in networks {
        let covers = |deny: &&Arc<DenyRule>| deny.pattern.covers_network(&network.value);
        if let Some(deny) = deny.iter().find(covers) {
            let message = format!(
                "allowing {} is useless: {} denies all of it; remove one of them",
                network.value,
                place(deny)
            );
            outcome = Err(report.add(network.at, message));
        }
    }
    outcome
}

fn place(deny: &DenyRule) -> String {
    let pattern = &deny.pattern;
    match &deny.source {
        Source::File { line, .. } => format!("`{pattern}` under `deny:` in line {line}"),
        Source::Program(_) => format!("`{pattern}`"),
    }
}
