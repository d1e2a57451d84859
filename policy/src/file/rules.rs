//! `allow`: the rules.

use std::borrow::Cow;
use std::sync::Arc;

use http_step_yaml::{
    Content, FromNode, List, Listed, Node, Position, Report, Reported, mapping, value, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::tls::TlsKeys;
use super::written::{Method, Network};
use crate::pattern::OriginPattern;
use crate::policy::Lines;
use crate::rule::Rule;

/// One item of `allow`.
#[derive(Debug)]
pub(crate) struct Grant {
    at: Position,
    origin: Result<OriginPattern, Reported>,
    keys: RuleKeys,
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

impl FromNode for Grant {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        if let Content::String(_) = &node.content {
            return Ok(Self {
                at: node.at,
                origin: OriginPattern::from_node(node, report),
                keys: RuleKeys::default(),
            });
        }
        let mut keys = RuleKeys::from_node(node, report)?;
        let origin = keys.origin.take().ok_or_else(|| {
            report.add(
                node.at,
                "the rule has no origin: give it as `origin: https://…`",
            )
        })?;
        Ok(Self {
            at: node.at,
            origin: origin.value,
            keys,
        })
    }
}

impl Listed for Grant {
    const ITEMS: &'static str = "rules";
}

impl JsonSchema for Grant {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Grant".into()
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

/// The rules in their order.
pub(crate) fn rules(
    grants: Vec<Grant>,
    file: &Arc<str>,
    report: &mut Report,
) -> Result<Vec<Arc<Rule>>, Reported> {
    let mut rules: Vec<(u64, Arc<Rule>)> = Vec::new();
    let mut outcome = Ok(());
    for grant in grants {
        let at = grant.at;
        let rule = match grant.rule(report) {
            Ok(rule) => rule.placed_at(file, at.line),
            Err(reported) => {
                outcome = Err(reported);
                continue;
            }
        };
        if let Some((line, earlier)) = rules.iter().find(|(_, earlier)| earlier.covers(&rule)) {
            let message = format!(
                "the rule decides nothing: `{}` in line {line} lets out all that it would; put it before that one, or leave it out",
                earlier.pattern
            );
            outcome = Err(report.add(at, message));
        }
        rules.push((at.line, Arc::new(rule)));
    }
    outcome.map(|()| rules.into_iter().map(|(_, rule)| rule).collect())
}

impl Grant {
    fn rule(self, report: &mut Report) -> Result<Rule, Reported> {
        let Self { origin, keys, .. } = self;
        let origin = origin?;
        if let Some(tls) = &keys.tls
            && origin.is_without_tls()
        {
            return Err(report.add(
                tls.at,
                "an origin of the scheme `http` has no TLS; leave out `tls`, or write `https`",
            ));
        }
        let mut rule = Rule::new(origin);
        if let Some(methods) = keys.methods {
            let List(methods) = methods.value?;
            rule = rule.methods(methods.into_iter().map(|method| method.0));
        }
        for network in value_or(keys.networks, List(Vec::new()))?.0 {
            rule = rule.network(network.value);
        }
        if let Some(tls) = value(keys.tls)? {
            // The line of the rule stands for its keys.
            rule = rule.tls(tls.rules(&mut Lines::default())?);
        }
        Ok(rule)
    }
}
