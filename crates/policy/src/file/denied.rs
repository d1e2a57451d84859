//! `deny`, and what it leaves nothing of.

use std::sync::Arc;

use http_step_yaml::{Position, Report, Reported};

use super::written::{Denied, Network};
use crate::deny::DenyRule;
use crate::rule::{Rule, Source};

/// How many entries there may be: each rule is compared with all of them, and so is
/// each request.
const MOST: usize = 1000;

/// The entries in their order.
pub(crate) fn rules(
    items: Vec<Denied>,
    file: &Arc<str>,
    report: &mut Report,
) -> Result<Vec<Arc<DenyRule>>, Reported> {
    if let Some(Denied { at, .. }) = items.get(MOST) {
        let message = format!("this is one entry too many: there may be {MOST}");
        return Err(report.add(*at, message));
    }
    let rule = |Denied { at, pattern }| {
        let (name, line) = (Arc::clone(file), at.line);
        let source = Source::File { name, line };
        Arc::new(DenyRule { pattern, source })
    };
    Ok(items.into_iter().map(rule).collect())
}

/// A rule that allows only what is denied is a mistake.
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
                "the rule allows nothing: {} denies all of it; leave one of them out",
                place(deny)
            ),
        )),
        None => Ok(()),
    }
}

/// So is a network, all of whose addresses are denied.
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
                "no name may lead to {}: {} denies all of it; leave one of them out",
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
        Source::Argument => format!("`--deny {pattern}`"),
    }
}
