//! `secrets`.
//!
//! No diagnostic shows the text in place of a source, nor a path after an origin: either may be the
//! secret itself.

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
use crate::secret::{
    FieldName, HeaderFormat, PathPrefix, Place, Secret, SourceRef, check_secret_name,
};

/// The secrets by name.
#[derive(Debug)]
pub(crate) struct Secrets(Vec<(u64, Secret)>);

mapping! {
    /// A secret: where its value is stored, and which requests may use it.
    #[schemars(extend("required" = ["from", "origins"]))]
    pub(crate) struct SecretKeys as "a mapping of `from` and `origins`" {
        /// Where the value is stored: `env:VARIABLE`, `file:PATH`, or `SCHEME:REFERENCE` for a
        /// source of the platform. Never the value itself.
        #[schemars(example = &"env:API_TOKEN")]
        from: SourceRef,
        /// The origins that the value may be sent to, at least one. They must also be allowed by
        /// `allow`.
        #[schemars(length(min = 1), example = json!(["https://api.example.com"]))]
        origins: Origins,
        /// The methods of requests that may use it; all methods if it is left out.
        #[schemars(length(min = 1), example = json!(["POST"]))]
        methods: List<Method>,
        /// The prefix of paths that it may be sent to, in whole segments; any path if it is left
        /// out. Paths that servers interpret differently have no prefix.
        #[schemars(example = &"/v1/")]
        path_prefix: PathPrefix,
        /// Where in a request it may be, or `signature` or `token`. The default is `header`,
        /// `signature` and `token`. No other text may be next to it.
        #[schemars(length(min = 1), example = json!(["header", "query"]), example = json!([{"header": "Authorization", "format": "Bearer {}"}]))]
        places: List<PlaceItem>,
        /// Where in a request other text of the step may be next to it, as in `/bot…/`. A server
        /// that truncates such text can reveal the value bit by bit.
        #[schemars(length(min = 1), example = json!(["path"]))]
        compose: List<Composable>,
        /// Other header fields that requests with it may have: fields that can make a server
        /// forward the request and, for a secret with `methods` or `path_prefix`, all fields that
        /// are not known to mean something else.
        #[schemars(length(min = 1), example = json!(["X-Account"]))]
        headers: List<FieldName>,
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
    /// The secrets, with their lines.
    pub(crate) fn granted(self, file: &Arc<str>) -> impl Iterator<Item = (String, Arc<Secret>)> {
        self.0.into_iter().map(|(line, secret)| {
            let name = Arc::clone(file);
            let secret = secret.with_grant_source(Source::File { name, line });
            (secret.name().to_owned(), Arc::new(secret))
        })
    }
}

/// Read a secret and its line.
fn secret(entry: &Entry, report: &mut Report) -> Result<(u64, Secret), Reported> {
    let named = check_secret_name(&entry.key).map_err(|error| report.add(entry.at, error));
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
                "the secret has no source; add `from: env:VARIABLE` or `from: file:PATH`",
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
        let headers = some("headers", self.headers, report);
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
        for field in headers?.into_iter().flatten() {
            secret = secret.header(field);
        }
        Ok(secret)
    }
}

/// A list that can be left out, but not be empty: it would grant the secret for nothing.
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
                "an empty list grants the secret for no method; leave out `methods` to grant it for all"
            }
            "places" => {
                "an empty list grants the secret for no place; leave out `places` to grant it for headers, signatures and tokens"
            }
            _ => "an empty list grants nothing; remove it",
        };
        return Err(report.add(at, message));
    }
    Ok(Some(items))
}

const NO_ORIGIN: &str = "the secret has no origin, so it could be sent anywhere; add the origins that it is for, as in `origins: [https://api.example.com]`";

/// The origins that a secret is granted for.
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
    /// A header field, the only one that the secret may be in.
    #[schemars(extend("required" = ["header"]))]
    pub(crate) struct HeaderKeys as "a place, or a mapping of `header` and `format`" {
        /// The name of the field.
        #[schemars(example = &"Authorization")]
        header: Text,
        /// The value of the field, with `{}` for the secret. By default the secret is the whole
        /// value, or follows a scheme.
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
            return Err(report.add(node.at, "the header field is missing; add `header: NAME`"));
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
            "description": "`header`: the value of a header field; `query`: a value of the URL's query; `path`: a segment of the URL's path; `body`: a field, part, string or text of the body; `url`: the whole URL; `signature`: a signature made with the value is sent; `token`: a token is fetched with the value and sent. Or one header field with its format.",
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
            "description": "Where other text may be next to the secret.",
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
