//! Why a secret is not put into a request, or does not sign one, in words, and what
//! would lend it.
//!
//! Two things are never told: the path of the request, in which the values of secrets
//! may stand; and where a secret leads that is a whole URL.

use std::collections::BTreeSet;
use std::sync::Arc;

use http_step_yaml::excerpt;

use super::format::HeaderFormat;
use super::path::{PathPrefix, Refused};
use super::{Place, Secret};
use crate::denial::{Wanted, in_argument, in_flow};
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
    /// There is other text beside it.
    Composed,
    /// There is another field of this name.
    Repeated(String),
    /// In a list with other items.
    Joined,
    /// Behind an escape that is open, and begins so.
    BehindEscape(char),
    Recoded,
    Method(String),
    Path(PathPrefix, Refused),
    /// A field can have the server act on another method or path.
    Override(String),
}

impl Why {
    pub(crate) fn method(method: &str) -> Self {
        Self::Method(excerpt(method))
    }

    pub(crate) fn repeated(field: &str) -> Self {
        Self::Repeated(excerpt(field))
    }

    pub(crate) fn overridden(field: &str) -> Self {
        Self::Override(excerpt(field))
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

    /// The policy file that would let it, if any does.
    pub(crate) fn file(&self) -> Option<&Arc<str>> {
        match self.secret.lent() {
            Source::File { name, .. } if !self.is_never_let() => Some(name),
            _ => None,
        }
    }

    /// Beside a key nothing can stand.
    fn is_never_let(&self) -> bool {
        self.is_composed() && !Place::COMPOSABLE.contains(&self.place)
    }

    fn is_composed(&self) -> bool {
        matches!(self.why, Why::Composed | Why::Repeated(_) | Why::Joined)
    }

    pub(crate) fn subject(&self) -> String {
        let name = excerpt(self.secret.name());
        let does = match (&self.origin, &self.why) {
            (None, Why::Method(method)) => format!("be the URL of a {method} request"),
            (None, Why::Composed) => "be the beginning of a URL".to_owned(),
            (None, _) => self.place.in_request().to_owned(),
            // What signs stays where it is: it does not go anywhere.
            (Some(origin), why) if self.place == Place::Signature => sign(origin, why),
            (Some(origin), why) if self.place == Place::Token => have_token(origin, why),
            (Some(origin), Why::Origin) => format!("go to {origin}"),
            (Some(origin), Why::Method(method)) => {
                format!("go to {origin} in a {method} request")
            }
            (Some(origin), Why::Path(..)) => format!("go to this path of {origin}"),
            (Some(origin), Why::Override(field)) => {
                format!("go to {origin} in a request with `{field}`")
            }
            (
                Some(origin),
                Why::Place | Why::Repeated(_) | Why::Joined | Why::BehindEscape(_) | Why::Recoded,
            ) => {
                format!("{} to {origin}", self.place.in_request())
            }
            (Some(origin), Why::Composed) => {
                format!("{} to {origin}, beside other text", self.place.in_request())
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
            Why::Place => format!(
                "it is lent for {} alone",
                listed(&self.secret.place_words())
            ),
            Why::Composed => format!("by itself it may be {}", self.place.whole()),
            Why::Repeated(field) => {
                format!("servers join the field `{field}` with another one of the request")
            }
            Why::Joined => "the body has other items in the same list, or elements of the same name, and servers join those".to_owned(),
            Why::BehindEscape(sign) => format!(
                "the text before it leaves an escape open, which begins with `{sign}` and would take characters of the value along; no grant lets it"
            ),
            Why::Recoded => "the request says that its URL or body, or a part of it, is read in another charset or coding (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value would not be recognized in a response; no grant lets it".to_owned(),
            Why::Method(_) => self.methods_reason(),
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
                    Refused::AmbiguousValue => format!(
                        "{lent}, and the path has a secret in it whose value servers read in different ways"
                    ),
                }
            }
            Why::Override(field) => {
                let bound = match self.secret.lent_path_prefix() {
                    _ if is_url => "it is lent for some methods or paths alone".to_owned(),
                    Some(prefix) if self.secret.lent_methods().is_none() => {
                        format!("it is lent for paths under `{prefix}` alone")
                    }
                    _ => self.methods_reason(),
                };
                format!(
                    "{bound}, and by `{field}` a server may act on another method or path; leave it out"
                )
            }
        }
    }

    fn methods_reason(&self) -> String {
        match self.methods().as_slice() {
            [] => "it is lent for no method".to_owned(),
            methods => format!("it is lent for {} alone", listed(methods)),
        }
    }

    /// What would grant it; none if nothing would.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        let name = excerpt(self.secret.name());
        let origin = self
            .origin
            .as_ref()
            .map_or_else(|| "https://…".to_owned(), Origin::to_string);
        let lent = || {
            let lent = format!("{name}={}@{origin}", self.secret.source());
            format!("--secret {}", in_argument(&lent))
        };
        let (argument, line) = match &self.why {
            Why::Composed | Why::Repeated(_) | Why::Joined if self.is_never_let() => {
                (format!("${{{{ secret.{name} }}}}"), String::new())
            }
            Why::BehindEscape(_) | Why::Recoded => return None,
            Why::Origin => {
                return Some(Wanted {
                    argument: lent(),
                    line: format!("- {origin}"),
                    place: format!("under `origins:` of `{name}`"),
                });
            }
            Why::Place => {
                let places = self.places_argument();
                (
                    format!("--secret-places {name}={places}"),
                    self.places_line(),
                )
            }
            Why::Composed | Why::Repeated(_) | Why::Joined => (
                format!("--secret-compose {name}={}", self.place),
                format!("compose: [{}]", self.composed().join(", ")),
            ),
            Why::Method(method) => {
                let mut methods = self.methods();
                methods.push(method);
                let methods: Vec<String> = methods.into_iter().map(in_flow).collect();
                (lent(), format!("methods: [{}]", methods.join(", ")))
            }
            Why::Path(..) => (lent(), "path_prefix: null".to_owned()),
            Why::Override(_) => {
                let methods = self.secret.lent_methods().map(|_| "methods: null");
                let prefix = self.secret.lent_path_prefix().map(|_| "path_prefix: null");
                let lines: Vec<&str> = methods.into_iter().chain(prefix).collect();
                (lent(), lines.join(", "))
            }
        };
        Some(Wanted {
            argument,
            line,
            place: format!("under `{name}:`"),
        })
    }

    /// The places to be named: beside the default ones, if none were.
    fn places_argument(&self) -> String {
        if self.secret.names_places() {
            return self.place.to_string();
        }
        let with = |place: &Place| *place == self.place || Place::BY_DEFAULT.contains(place);
        let places: Vec<&str> = Place::ALL
            .into_iter()
            .filter(with)
            .map(Place::as_str)
            .collect();
        places.join(",")
    }

    fn places_line(&self) -> String {
        let named = self.secret.named_places();
        let with = |place: &Place| *place == self.place || named.contains(place);
        let places = Place::ALL.into_iter().filter(with);
        let mut places: Vec<String> = places.map(|place| place.to_string()).collect();
        // Beside any header field one is nothing.
        if self.place != Place::Header {
            places.extend(self.secret.formats().map(HeaderFormat::in_flow));
        }
        format!("places: [{}]", places.join(", "))
    }

    fn composed(&self) -> Vec<&'static str> {
        let composed = self.secret.composed_places();
        let with = |place: &Place| *place == self.place || composed.contains(place);
        let places = Place::ALL.into_iter().filter(with);
        places.map(Place::as_str).collect()
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
        Why::Override(field) => format!("have a token at {origin} in a request with `{field}`"),
        Why::Composed | Why::Repeated(_) | Why::Joined => {
            format!("have a token at {origin} with other text beside it")
        }
        Why::Place | Why::Origin | Why::BehindEscape(_) | Why::Recoded => {
            format!("have a token at {origin}")
        }
    }
}

fn sign(origin: &Origin, why: &Why) -> String {
    match why {
        Why::Method(method) => format!("sign a {method} request to {origin}"),
        Why::Path(..) => format!("sign a request to this path of {origin}"),
        Why::Override(field) => format!("sign a request to {origin} with `{field}`"),
        Why::Composed | Why::Repeated(_) | Why::Joined => {
            format!("sign a request to {origin} with other text beside it")
        }
        Why::Place | Why::Origin | Why::BehindEscape(_) | Why::Recoded => {
            format!("sign a request to {origin}")
        }
    }
}
