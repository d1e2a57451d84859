//! `allow`.

use std::borrow::Cow;
use std::sync::Arc;

use http_step_yaml::{
    Content, FromNode, List, Listed, Node, Position, Report, Reported, mapping, value, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::denied;
use super::tls::TlsKeys;
use super::written::{Method, Network};
use crate::deny::DenyRule;
use crate::pattern::OriginPattern;
use crate::rule::{Rule, Source};
use crate::terms::Lines;

/// One item of `allow`.
#[derive(Debug)]
pub(crate) struct Item {
    at: Position,
    rule: Rule,
    /// The networks of the rule, with their positions.
    networks: Vec<Network>,
}

mapping! {
    /// A rule: which origins, with which methods, on which terms.
    #[schemars(extend("required" = ["origin"]))]
    pub(crate) struct RuleKeys as "an origin, or a mapping with the key `origin`" {
        /// The origins: scheme, host and port.
        #[schemars(example = &"https://*.example.com")]
        origin: OriginPattern,
        /// The methods; all methods if it is left out.
        #[schemars(example = json!(["GET", "HEAD"]))]
        methods: List<Method>,
        /// Networks that the names of these origins may resolve to, in addition to those of the
        /// policy.
        #[schemars(example = json!(["10.0.0.0/8"]))]
        networks: List<Network>,
        /// The TLS settings for these origins. Each key overrides the policy's.
        #[schemars(example = json!({"min_version": "1.3"}))]
        tls: TlsKeys,
    }
}

impl FromNode for Item {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let at = node.at;
        let (rule, networks) = match &node.content {
            Content::String(_) => (
                Rule::new(OriginPattern::from_node(node, report)?),
                Vec::new(),
            ),
            _ => RuleKeys::from_node(node, report)?.rule(at, report)?,
        };
        Ok(Self { at, rule, networks })
    }
}

impl Listed for Item {
    const ITEMS: &'static str = "rules";
}

impl JsonSchema for Item {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Item".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<OriginPattern>(),
                generator.subschema_for::<RuleKeys>(),
            ],
        })
    }
}

/// The maximum number of rules. Each is compared with all rules before it, and a request with up to
/// all of them.
const MAX_RULES: usize = 1000;

/// The rules in order. It is an error if a rule is unreachable.
pub(crate) fn rules(
    items: Vec<Item>,
    deny: &[Arc<DenyRule>],
    file: &Arc<str>,
    report: &mut Report,
) -> Result<Vec<Arc<Rule>>, Reported> {
    let mut rules: Vec<(u64, Arc<Rule>)> = Vec::new();
    let mut outcome = Ok(());
    if let Some(Item { at, .. }) = items.get(MAX_RULES) {
        let message = format!("too many rules: the limit is {MAX_RULES}");
        return Err(report.add(*at, message));
    }
    for Item { at, rule, networks } in items {
        let checked = [
            denied::check_rule(&rule, at, deny, report),
            denied::check_networks(&networks, deny, report),
        ];
        outcome = checked.into_iter().fold(outcome, Result::and);
        if let Some((line, earlier)) = rules.iter().find(|(_, earlier)| earlier.covers(&rule)) {
            let message = format!(
                "this rule is unreachable: `{}` in line {line} already matches everything it would; move it before that rule, or remove it",
                earlier.pattern
            );
            outcome = Err(report.add(at, message));
        }
        let (name, line) = (Arc::clone(file), at.line);
        let rule = rule.with_source(Source::File { name, line });
        rules.push((line, Arc::new(rule)));
    }
    outcome.map(|()| rules.into_iter().map(|(_, rule)| rule).collect())
}

impl RuleKeys {
    /// The rule, and the positions of its networks.
    fn rule(self, at: Position, report: &mut Report) -> Result<(Rule, Vec<Network>), Reported> {
        let Some(origin) = self.origin else {
            return Err(report.add(at, "the rule has no origin; add `origin: https://…`"));
        };
        let origin = origin.value?;
        if let Some(tls) = &self.tls
            && origin.is_without_tls()
        {
            return Err(report.add(
                tls.at,
                "an `http` origin has no TLS; remove `tls`, or use `https`",
            ));
        }
        let mut rule = Rule::new(origin);
        if let Some(List(methods)) = value(self.methods)? {
            rule = rule.methods(methods.into_iter().map(|method| method.0));
        }
        let networks = value_or(self.networks, List(Vec::new()))?.0;
        for network in &networks {
            rule = rule.network(network.value);
        }
        if let Some(tls) = value(self.tls)? {
            // The line of the rule is used for its keys.
            rule = rule.tls(tls.rules(&mut Lines::default())?);
        }
        Ok((rule, networks))
    }
}
