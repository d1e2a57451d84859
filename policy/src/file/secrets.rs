//! `secrets`: to whom the values of secrets are lent.
//!
//! No mistake in here shows what stands where a source belongs, nor the path behind an
//! origin: either may be the secret itself.

use std::borrow::Cow;
use std::sync::Arc;

use http_step_yaml::{
    Content, Entry, FromNode, Given, List, Listed, Node, Report, Reported, choice, mapping,
    read_all, value,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::written::Method;
use crate::pattern::OriginPattern;
use crate::rule::Source;
use crate::secret::{PathPrefix, Place, Secret, SourceRef, check_name};

/// The secrets by their names.
#[derive(Debug)]
pub(crate) struct Secrets(Vec<(u64, Secret)>);

mapping! {
    /// A secret: where its value is, and to whom it is lent.
    #[schemars(extend("required" = ["from", "origins"]))]
    pub(crate) struct SecretKeys as "a mapping of `from` and `origins`" {
        /// Where the value is: `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` of a
        /// source that the platform has. Never the value itself.
        #[schemars(example = &"env:API_TOKEN")]
        from: SourceRef,
        /// The origins that the value may go to, at least one. The rules of `allow`
        /// have to let requests go there, too.
        #[schemars(length(min = 1), example = json!(["https://api.example.com"]))]
        origins: Origins,
        /// The methods of the requests that it may be in; all of them if it is left
        /// out.
        #[schemars(length(min = 1), example = json!(["POST"]))]
        methods: List<Method>,
        /// How the paths begin that it may go to, in whole segments; any path if it is
        /// left out. A path that servers could read in different ways is under none.
        #[schemars(example = &"/v1/")]
        path_prefix: PathPrefix,
        /// Where in a request it may be, or `signature` or `token`; all of them if it is left
        /// out.
        #[schemars(length(min = 1), example = json!(["header"]))]
        places: List<Place>,
    }
}

impl FromNode for Secrets {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.unfit("a mapping of names to secrets", report));
        };
        read_all(entries, |entry| {
            report.within(&entry.key, |report| secret(entry, report))
        })
        .map(Self)
    }
}

impl Secrets {
    /// The secrets, as the file lends them.
    pub(crate) fn lent(self, file: &Arc<str>) -> impl Iterator<Item = (String, Arc<Secret>)> {
        self.0.into_iter().map(|(line, secret)| {
            let name = Arc::clone(file);
            let secret = secret.lent_by(Source::File { name, line });
            (secret.name().to_owned(), Arc::new(secret))
        })
    }
}

/// A secret and its line.
fn secret(entry: &Entry, report: &mut Report) -> Result<(u64, Secret), Reported> {
    let named = check_name(&entry.key).map_err(|error| report.add(entry.at, error));
    let keys = SecretKeys::from_node(&entry.value, report)?;
    let secret = keys.secret(entry, report)?;
    named.map(|()| (entry.at.line, secret))
}

impl SecretKeys {
    fn secret(self, entry: &Entry, report: &mut Report) -> Result<Secret, Reported> {
        let from = match self.from {
            Some(from) => from.value,
            None => Err(report.add(
                entry.at,
                "it is not said where the secret's value is: add `from: env:VARIABLE` or `from: file:PATH`",
            )),
        };
        let origins = match self.origins {
            Some(given) => match given.value {
                Ok(Origins(origins)) if origins.is_empty() => Err(report.add(given.at, NO_ORIGIN)),
                origins => origins,
            },
            None => Err(report.add(entry.at, NO_ORIGIN)),
        };
        let methods = some("methods", self.methods, report);
        let places = some("places", self.places, report);
        let path_prefix = value(self.path_prefix);

        let mut secret = Secret::new(entry.key.as_str(), from?);
        for origins in origins?.0 {
            secret = secret.origin(origins);
        }
        if let Some(methods) = methods? {
            secret = secret.methods(methods.into_iter().map(|method| method.0));
        }
        if let Some(prefix) = path_prefix? {
            secret = secret.path_prefix(prefix);
        }
        for place in places?.into_iter().flatten() {
            secret = secret.place(place);
        }
        Ok(secret)
    }
}

/// A list that may be left out, but not be empty: it would lend the secret for nothing.
fn some<T>(
    key: &str,
    given: Option<Given<List<T>>>,
    report: &mut Report,
) -> Result<Option<Vec<T>>, Reported> {
    let Some(Given { at, value }) = given else {
        return Ok(None);
    };
    let List(items) = value?;
    if items.is_empty() {
        let message = format!(
            "an empty list lends the secret for nothing; leave out `{key}` to lend it for all"
        );
        return Err(report.add(at, message));
    }
    Ok(Some(items))
}

const NO_ORIGIN: &str = "a secret without an origin could go anywhere: add the ones that it is for, as in `origins: [https://api.example.com]`";

/// Origins that a secret is lent to.
#[derive(Debug)]
pub(crate) struct Origins(Vec<OriginPattern>);

impl FromNode for Origins {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::List(items) => {
                read_all(items, |item| OriginPattern::from_node(item, report)).map(Self)
            }
            Content::String(_) => {
                let origin = OriginPattern::from_node(node, report)?;
                let message =
                    format!("expected a list of origins, not a string: write `[{origin}]`");
                Err(report.add(node.at, message))
            }
            _ => Err(node.unfit("a list of origins", report)),
        }
    }
}

impl JsonSchema for Origins {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Origins".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        List::<OriginPattern>::json_schema(generator)
    }
}

impl FromNode for Place {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        choice(
            node,
            &Self::ALL.map(|place| (place.as_str(), place)),
            report,
        )
    }
}

impl Listed for Place {
    const ITEMS: &'static str = "places";
}

impl JsonSchema for Place {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`header`: the value of a header field; `query`: the URL's query; `path`: its path; `body`: the content; `url`: the URL as a whole; `signature`: nowhere, a signature made of the value goes out; `token`: the host fetches a token with it, which goes out.",
            "enum": Self::ALL.map(Self::as_str),
        })
    }
}

impl JsonSchema for Secrets {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secrets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<SecretKeys>(),
        })
    }
}
