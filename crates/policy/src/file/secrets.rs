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
use crate::secret::{HeaderFormat, PathPrefix, Place, Secret, SourceRef, check_name};

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
        /// Where in a request it may be, or `signature` or `token`; `header`, `signature`
        /// and `token` if it is left out. It stands there by itself.
        #[schemars(length(min = 1), example = json!(["header", "query"]), example = json!([{"header": "Authorization", "format": "Bearer {}"}]))]
        places: List<PlaceItem>,
        /// Where in a request other text of the step may be beside it, as in `/bot…/`. A
        /// server that cuts such text short can tell the value bit by bit.
        #[schemars(length(min = 1), example = json!(["path"]))]
        compose: List<Composable>,
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
        let compose = some("compose", self.compose, report);
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
            secret = match place {
                PlaceItem::Place(place) => secret.place(place),
                PlaceItem::Header(format) => secret.header_format(format),
            };
        }
        for Composable(place) in compose?.into_iter().flatten() {
            secret = secret.compose(place);
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
        let message = match key {
            "methods" => {
                "an empty list lends the secret for nothing; leave out `methods` to lend it for all"
            }
            "places" => {
                "an empty list lends the secret for nothing; leave out `places` to lend it for headers, signatures and tokens"
            }
            _ => "an empty list grants nothing; leave it out",
        };
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

/// An item of `places`.
#[derive(Debug)]
pub(crate) enum PlaceItem {
    Place(Place),
    Header(HeaderFormat),
}

mapping! {
    /// A header field that the secret goes into, and no other.
    #[schemars(extend("required" = ["header"]))]
    pub(crate) struct HeaderKeys as "a place, or a mapping of `header` and `format`" {
        /// The name of the field.
        #[schemars(example = &"Authorization")]
        header: Text,
        /// The value of the field, with `{}` where the secret is. If it is left out, the
        /// secret is all of it, or stands behind a scheme.
        #[schemars(example = &"Bearer {}")]
        format: Text,
    }
}

/// A text.
#[derive(Debug)]
pub(crate) struct Text(String);

impl FromNode for Text {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match &node.content {
            Content::String(text) => Ok(Self(text.clone())),
            _ => Err(node.unfit("a text", report)),
        }
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

impl FromNode for PlaceItem {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        if !matches!(node.content, Content::Mapping(_)) {
            let places = Place::ALL.map(|place| (place.as_str(), place));
            return choice(node, &places, report).map(Self::Place);
        }
        let keys = HeaderKeys::from_node(node, report)?;
        let Some(Given { at, value: field }) = keys.header else {
            return Err(report.add(
                node.at,
                "it is not said which header field: add `header: NAME`",
            ));
        };
        let format = value(keys.format)?;
        let format = format.as_ref().map(|Text(format)| format.as_str());
        let format = HeaderFormat::new(&field?.0, format);
        let format = format.map_err(|error| report.add(at, error))?;
        Ok(Self::Header(format))
    }
}

impl Listed for PlaceItem {
    const ITEMS: &'static str = "places";
}

impl JsonSchema for PlaceItem {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`header`: the value of a header field; `query`: a value of the URL's query; `path`: a segment of its path; `body`: a field, part, string or text of the content; `url`: the URL as a whole; `signature`: nowhere, a signature made of the value goes out; `token`: the host fetches a token with it, which goes out. Or one header field, and what its value is.",
            "anyOf": [
                {"enum": Place::ALL.map(Place::as_str)},
                generator.subschema_for::<HeaderKeys>(),
            ],
        })
    }
}

/// An item of `compose`.
#[derive(Debug)]
pub(crate) struct Composable(Place);

impl FromNode for Composable {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let places = Place::COMPOSABLE.map(|place| (place.as_str(), place));
        choice(node, &places, report).map(Self)
    }
}

impl Listed for Composable {
    const ITEMS: &'static str = "places";
}

impl JsonSchema for Composable {
    fn schema_name() -> Cow<'static, str> {
        "Composable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where other text may be beside the secret.",
            "enum": Place::COMPOSABLE.map(Place::as_str),
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
