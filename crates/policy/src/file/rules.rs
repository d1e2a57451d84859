//! `allow`: the rules.

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
use crate::policy::Lines;
use crate::rule::Rule;

/// One item of `allow`.
#[derive(Debug)]
pub(crate) struct Item {
    at: Position,
    rule: Rule,
    /// Those of the rule, with their places.
    networks: Vec<Network>,
}

mapping! {
    /// A rule: which origins, by which methods, on which terms.
    #[schemars(extend("required" = ["origin"]))]
    pub(crate) struct RuleKeys as "an origin, or a mapping with the key `origin`" {
        /// The origins: scheme, host and port.
        #[schemars(example = &"https://*.example.com")]
        origin: OriginPattern,
        /// The methods; all of them if it is left out.
        #[schemars(example = json!(["GET", "HEAD"]))]
        methods: List<Method>,
        /// Networks whose addresses will do for these origins, beside those of the
        /// policy.
        #[schemars(example = json!(["10.0.0.0/8"]))]
        networks: List<Network>,
        /// What holds for TLS with these origins: key by key over what the policy says.
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

/// How many rules there may be. Each is compared with all before it, and a request
/// may have to be with all of them.
const MOST_RULES: usize = 1000;

/// The rules in their order, each of which can decide something.
pub(crate) fn rules(
    items: Vec<Item>,
    deny: &[Arc<DenyRule>],
    file: &Arc<str>,
    report: &mut Report,
) -> Result<Vec<Arc<Rule>>, Reported> {
    let mut rules: Vec<(u64, Arc<Rule>)> = Vec::new();
    let mut outcome = Ok(());
    if let Some(Item { at, .. }) = items.get(MOST_RULES) {
        let message = format!("this is one rule too many: there may be {MOST_RULES}");
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
                "the rule decides nothing: `{}` in line {line} lets out all that it would; put it before that one, or leave it out",
                earlier.pattern
            );
            outcome = Err(report.add(at, message));
        }
        rules.push((at.line, Arc::new(rule.placed_at(file, at.line))));
    }
    outcome.map(|()| rules.into_iter().map(|(_, rule)| rule).collect())
}

impl RuleKeys {
    /// The rule, and the places of its networks.
    fn rule(self, at: Position, report: &mut Report) -> Result<(Rule, Vec<Network>), Reported> {
        let Some(origin) = self.origin else {
            return Err(report.add(at, "the rule has no origin: give it as `origin: https://…`"));
        };
        let origin = origin.value?;
        if let Some(tls) = &self.tls
            && origin.is_without_tls()
        {
            return Err(report.add(
                tls.at,
                "an origin of the scheme `http` has no TLS; leave out `tls`, or write `https`",
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
            // The line of the rule stands for its keys.
            rule = rule.tls(tls.rules(&mut Lines::default())?);
        }
        Ok((rule, networks))
    }
}
