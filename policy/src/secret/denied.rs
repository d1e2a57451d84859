//! Why a secret is not put into a request, or does not sign one, in words, and what
//! would lend it.
//!
//! Two things are never told: the path of the request, in which the values of secrets
//! may stand; and where a secret leads that is a whole URL.

use std::collections::BTreeSet;
use std::sync::Arc;

use http_step_yaml::excerpt;

use super::path::{PathPrefix, Refused};
use super::{Place, Secret};
use crate::denial::{Wanted, in_flow};
use crate::origin::Origin;
use crate::rule::Source;
use crate::sentence::listed;

/// A secret that is not put into a request, or does not sign one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    secret: Secret,
    /// None: the secret is the URL.
    origin: Option<Origin>,
    place: Place,
    why: Why,
}

/// For what of the request the secret is not lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Origin,
    Place,
    Method(String),
    Path(PathPrefix, Refused),
}

impl Why {
    pub(crate) fn method(method: &str) -> Self {
        Self::Method(excerpt(method))
    }
}

impl Denied {
    pub(crate) fn new(secret: &Secret, origin: &Origin, place: Place, why: Why) -> Self {
        Self {
            secret: secret.clone(),
            origin: (place != Place::Url).then(|| origin.clone()),
            place,
            why,
        }
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// The policy file that lends the secret.
    pub(crate) fn file(&self) -> Option<&Arc<str>> {
        match self.secret.lent() {
            Source::File { name, .. } => Some(name),
            Source::Argument => None,
        }
    }

    pub(crate) fn subject(&self) -> String {
        let name = excerpt(self.secret.name());
        let does = match (&self.origin, &self.why) {
            (None, Why::Method(method)) => format!("be the URL of a {method} request"),
            (None, _) => self.place.in_request().to_owned(),
            // What signs stays where it is: it does not go anywhere.
            (Some(origin), why) if self.place == Place::Signature => sign(origin, why),
            (Some(origin), why) if self.place == Place::Token => have_token(origin, why),
            (Some(origin), Why::Origin) => format!("go to {origin}"),
            (Some(origin), Why::Method(method)) => {
                format!("go to {origin} in a {method} request")
            }
            (Some(origin), Why::Path(..)) => format!("go to this path of {origin}"),
            (Some(origin), Why::Place) => {
                format!("{} to {origin}", self.place.in_request())
            }
        };
        format!("the secret `{name}` {does}")
    }

    pub(crate) fn reason(&self) -> String {
        let is_url = self.place == Place::Url;
        match &self.why {
            Why::Origin if is_url => {
                "it leads to an origin that the secret is not lent to".to_owned()
            }
            Why::Origin => match self.secret.origins() {
                [] => "it is lent to no origin".to_owned(),
                origins => format!("it is lent to {} alone", listed(origins)),
            },
            Why::Place => {
                let places: Vec<&str> = Place::ALL
                    .into_iter()
                    .filter(|place| self.secret.is_lent_for(*place))
                    .map(Place::in_requests)
                    .collect();
                format!("it is lent for {} alone", listed(&places))
            }
            Why::Method(_) => match self.methods().as_slice() {
                [] => "it is lent for no method".to_owned(),
                methods => format!("it is lent for {} alone", listed(methods)),
            },
            Why::Path(..) if is_url => {
                "it leads to a path that the secret is not lent for".to_owned()
            }
            Why::Path(prefix, refused) => {
                let lent = format!("it is lent for paths under `{prefix}` alone");
                match refused {
                    Refused::Outside => lent,
                    Refused::Ambiguous(what) => format!(
                        "{lent}, and the path has {what} in it, which servers read in different ways"
                    ),
                }
            }
        }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        let name = excerpt(self.secret.name());
        let origin = self
            .origin
            .as_ref()
            .map_or_else(|| "https://…".to_owned(), Origin::to_string);
        let (line, place) = match &self.why {
            Why::Origin => (
                format!("- {origin}"),
                format!("under `origins:` of `{name}`"),
            ),
            Why::Place => {
                let places: Vec<&str> = Place::ALL
                    .into_iter()
                    .filter(|place| *place == self.place || self.secret.is_lent_for(*place))
                    .map(Place::as_str)
                    .collect();
                (
                    format!("places: [{}]", places.join(", ")),
                    format!("under `{name}:`"),
                )
            }
            Why::Method(method) => {
                let mut methods = self.methods();
                methods.push(method);
                let methods: Vec<String> = methods.into_iter().map(in_flow).collect();
                (
                    format!("methods: [{}]", methods.join(", ")),
                    format!("under `{name}:`"),
                )
            }
            Why::Path(..) => ("path_prefix: null".to_owned(), format!("under `{name}:`")),
        };
        Wanted {
            argument: format!("--secret {name}={}@{origin}", self.secret.source()),
            line,
            place,
        }
    }

    fn methods(&self) -> Vec<&str> {
        let methods = self.secret.lent_methods();
        methods
            .into_iter()
            .flat_map(BTreeSet::iter)
            .map(String::as_str)
            .collect()
    }
}

fn have_token(origin: &Origin, why: &Why) -> String {
    match why {
        Why::Method(method) => format!("have a token in a {method} request to {origin}"),
        Why::Path(..) => format!("have a token at this path of {origin}"),
        Why::Place | Why::Origin => format!("have a token at {origin}"),
    }
}

fn sign(origin: &Origin, why: &Why) -> String {
    match why {
        Why::Method(method) => format!("sign a {method} request to {origin}"),
        Why::Path(..) => format!("sign a request to this path of {origin}"),
        Why::Place | Why::Origin => format!("sign a request to {origin}"),
    }
}
