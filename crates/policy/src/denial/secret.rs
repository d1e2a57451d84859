//! Why a secret may not be put into a request or sign one, and what would allow it.
//!
//! Two things are never shown: the path of the request, which may contain values of
//! secrets, and the target of a URL that is a secret itself.

use std::collections::BTreeSet;

use http_step_yaml::excerpt;

use crate::grant::{Grant, Permission};
use crate::origin::Origin;
use crate::rule::Source;
use crate::secret::{
    FieldName, HeaderFormat, MAX_FIELD_NAME, OtherField, PathPrefix, Place, Refused, Secret,
    field_names,
};
use crate::sentence::listed;

/// A secret that may not be put into a request or sign one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeniedSecret {
    secret: Secret,
    /// None: the secret is the URL.
    origin: Option<Origin>,
    place: Place,
    reason: SecretDenialReason,
}

/// Which part of the request the secret is not granted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretDenialReason {
    Origin,
    Place,
    /// It is granted for headers, but not for this field.
    Field(String),
    /// There is other text next to it.
    Composed,
    /// There is a field whose name is not plain.
    NotPlain,
    /// There is another field of this name.
    Repeated(String),
    /// It is in a list with other items.
    Joined,
    /// It follows an unfinished escape, which starts with this character.
    BehindEscape(char),
    Recoded,
    Method(String),
    Path(PathPrefix, Refused),
    /// The request has another header field that it may not be sent with.
    OtherField(OtherField),
    /// A field of the query or the body that can make a server use another method.
    Override(String),
}

impl SecretDenialReason {
    pub(crate) fn method(method: &str) -> Self {
        Self::Method(excerpt(method))
    }

    pub(crate) fn repeated(field: &str) -> Self {
        Self::Repeated(excerpt(field))
    }

    pub(crate) fn field(name: &str) -> Self {
        Self::Field(name.to_owned())
    }

    pub(crate) fn overridden(field: &str) -> Self {
        Self::Override(excerpt(field))
    }
}

impl DeniedSecret {
    pub(crate) fn new(
        secret: &Secret,
        origin: &Origin,
        place: Place,
        reason: SecretDenialReason,
    ) -> Self {
        Self {
            secret: secret.clone(),
            origin: (place != Place::Url).then(|| origin.clone()),
            place,
            reason,
        }
    }

    pub(crate) fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// What is denied: the secret, its place, and the request.
    pub(crate) fn subject(&self) -> String {
        let name = excerpt(self.secret.name());
        let place = match &self.reason {
            SecretDenialReason::Field(field) => format!("in the header `{}` of", excerpt(field)),
            _ => self.place.in_request().to_owned(),
        };
        let request = match &self.reason {
            SecretDenialReason::Method(method) => format!("a {method} request"),
            _ => "a request".to_owned(),
        };
        let target = match (&self.origin, &self.reason) {
            (None, _) => String::new(),
            (Some(origin), SecretDenialReason::Path(..)) => format!(" to this path of {origin}"),
            (Some(origin), _) => format!(" to {origin}"),
        };
        let beside = match &self.reason {
            SecretDenialReason::Composed | SecretDenialReason::NotPlain => {
                " next to other text".to_owned()
            }
            SecretDenialReason::OtherField(field) => {
                format!(" with the header `{}`", excerpt(field.name()))
            }
            SecretDenialReason::Override(field) => format!(" with `{field}`"),
            _ => String::new(),
        };
        format!("the secret `{name}` {place} {request}{target}{beside}")
    }

    pub(crate) fn reason(&self) -> String {
        use SecretDenialReason as Reason;
        let is_url = self.place == Place::Url;
        match &self.reason {
            Reason::Origin if is_url => {
                "the secret is not granted for the origin in its value".to_owned()
            }
            Reason::Origin => match self.secret.origins() {
                [] => "it is granted for no origin".to_owned(),
                origins => format!("it is granted only for {}", listed(origins)),
            },
            Reason::Field(_) if self.secret.is_granted_for(Place::Header) => {
                "it is granted only for headers for credentials, such as `Authorization` or `X-Api-Key`".to_owned()
            }
            Reason::Place | Reason::Field(_) => {
                format!("it is granted only for {}", listed(&self.secret.place_words()))
            }
            Reason::Composed => format!("it must be {}", self.place.whole()),
            Reason::NotPlain => format!(
                "it must be {}, and a field's name is not plain: at most {MAX_FIELD_NAME} letters, digits, `_`, `-` and `.`, with `[…]` behind them, and no index but 0 in the value's own",
                self.place.whole()
            ),
            Reason::Repeated(field) => {
                format!("servers join the field `{field}` with another one of the request")
            }
            Reason::Joined => "the body has other items in the same list, or elements of the same name, and servers join those".to_owned(),
            Reason::BehindEscape(sign) => format!(
                "the text before it ends in an unfinished `{sign}` escape, which would absorb the first characters of the value; no policy can allow this"
            ),
            Reason::Recoded => "the request declares another charset or encoding for its URL or body, or a part of it (`charset`, `Content-Encoding`, `Content-Transfer-Encoding`), in which the value could not be redacted from a response; no policy can allow this".to_owned(),
            Reason::Method(_) => self.methods_reason(),
            Reason::Path(..) if is_url => {
                "the secret is not granted for the path in its value".to_owned()
            }
            Reason::Path(prefix, refused) => {
                let granted = format!("it is granted only for paths under `{prefix}`");
                match refused {
                    Refused::Outside => granted,
                    Refused::Ambiguous(what) => {
                        format!("{granted}, and the path contains {what}, which servers interpret differently")
                    }
                    Refused::AmbiguousValue => format!(
                        "{granted}, and the path contains a secret whose value servers interpret differently"
                    ),
                }
            }
            Reason::OtherField(field) if field.names_destination() || !self.secret.is_bound() => format!(
                "`{}` can make a server send the secret elsewhere; remove it",
                excerpt(field.name())
            ),
            Reason::OtherField(field) => format!(
                "{}, and servers may take another method or path from `{}`; remove it",
                self.restriction(),
                excerpt(field.name())
            ),
            Reason::Override(field) => {
                let why = match field_names(field.as_bytes()) {
                    Some(_) => "can make a server use another method or path",
                    None => {
                        "is not a plain name, so some server may take it for one that overrides the method"
                    }
                };
                format!("{}, and `{field}` {why}; remove it", self.restriction())
            }
        }
    }

    /// The methods or paths that it is granted for.
    fn restriction(&self) -> String {
        match self.secret.granted_path_prefix() {
            _ if self.place == Place::Url => {
                "it is granted only for some methods or paths".to_owned()
            }
            Some(prefix) if self.secret.granted_methods().is_none() => {
                format!("it is granted only for paths under `{prefix}`")
            }
            _ => self.methods_reason(),
        }
    }

    fn methods_reason(&self) -> String {
        match self.methods().as_slice() {
            [] => "it is granted for no method".to_owned(),
            methods => format!("it is granted only for {} requests", listed(methods)),
        }
    }

    pub(crate) fn grant(&self) -> Option<Grant> {
        let file = match self.secret.grant_source() {
            Source::File { name, .. } => Some(name.to_string()),
            Source::Program(_) => None,
        };
        self.permission()
            .map(|permission| Grant { permission, file })
    }

    /// What would allow it; none if nothing would.
    fn permission(&self) -> Option<Permission> {
        use SecretDenialReason as Reason;
        let name = excerpt(self.secret.name());
        let source = self.secret.source().clone();
        let origin = self.origin.clone();
        Some(match &self.reason {
            Reason::BehindEscape(_) | Reason::Recoded => return None,
            // Nothing may be next to a key.
            Reason::Composed | Reason::NotPlain | Reason::Repeated(_) | Reason::Joined
                if !Place::COMPOSABLE.contains(&self.place) =>
            {
                return None;
            }
            Reason::Origin => Permission::SecretOrigin {
                name,
                source,
                origin,
            },
            Reason::Place => {
                let named = self.secret.named_places();
                let places = self.with(&named);
                Permission::SecretPlace {
                    name,
                    added: match self.secret.names_places() {
                        true => vec![self.place],
                        false => places.clone(),
                    },
                    header: None,
                    places,
                    formats: match self.place {
                        // A place `header` includes every header field.
                        Place::Header => Vec::new(),
                        _ => self.secret.formats().cloned().collect(),
                    },
                }
            }
            Reason::Field(field) => {
                let format = HeaderFormat::new(field, None).ok()?;
                let places: Vec<Place> = self.secret.named_places().into_iter().collect();
                Permission::SecretPlace {
                    name,
                    added: match self.secret.names_places() {
                        true => Vec::new(),
                        false => places.clone(),
                    },
                    header: Some(format.field().to_owned()),
                    places,
                    formats: self.secret.formats().cloned().chain([format]).collect(),
                }
            }
            Reason::Composed | Reason::NotPlain | Reason::Repeated(_) | Reason::Joined => {
                Permission::SecretCompose {
                    name,
                    place: self.place,
                    places: self.with(self.secret.composed_places()),
                }
            }
            Reason::Method(method) => {
                let methods = self.methods().into_iter().chain([method.as_str()]);
                Permission::SecretMethod {
                    name,
                    source,
                    origin,
                    methods: methods.map(str::to_owned).collect(),
                }
            }
            Reason::Path(..) => Permission::SecretUnrestricted {
                name,
                source,
                origin,
                any_method: false,
                any_path: true,
            },
            Reason::OtherField(field) => {
                let field: FieldName = field.name().parse().ok()?;
                let granted = self.secret.granted_headers().iter().cloned();
                Permission::SecretHeaders {
                    name,
                    headers: granted.chain([field.clone()]).collect(),
                    header: field,
                }
            }
            Reason::Override(_) => Permission::SecretUnrestricted {
                name,
                source,
                origin,
                any_method: self.secret.granted_methods().is_some(),
                any_path: self.secret.granted_path_prefix().is_some(),
            },
        })
    }

    /// The places, with the one that is denied.
    fn with(&self, places: &BTreeSet<Place>) -> Vec<Place> {
        let is_granted = |place: &Place| *place == self.place || places.contains(place);
        Place::ALL.into_iter().filter(is_granted).collect()
    }

    fn methods(&self) -> Vec<&str> {
        let methods = self.secret.granted_methods();
        methods
            .into_iter()
            .flat_map(BTreeSet::iter)
            .map(String::as_str)
            .collect()
    }
}
