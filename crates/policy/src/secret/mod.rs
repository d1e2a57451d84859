//! Grants of secrets: which requests may contain a secret, where in them, and which it may sign.
//!
//! A secret is a name and a [source](SourceRef), never a value, so it can be logged. Without an
//! origin it is sent nowhere. [`Secret::admit`] is checked for each place of each request,
//! including the hops of redirects.

mod credential_field;
mod field_name;
mod format;
mod hidden_fields;
mod name;
mod overrides;
mod path;
mod place;
mod placement;
mod query_fields;
mod request_field;
mod source;

use std::collections::BTreeSet;

use crate::pattern::OriginPattern;
use crate::rule::Source;

pub use credential_field::{CREDENTIAL_FIELDS, is_credential_field};
pub use field_name::{
    MAX_FIELD_NAME, decoded as decoded_field, field_names, header_name, may_hold_secret,
    names_codec, parent_fields,
};
pub use format::{HeaderFormat, HeaderFormatError};
pub use hidden_fields::HiddenFields;
pub use name::{SecretNameError, check as check_secret_name};
pub use overrides::{
    is_method, is_method_key, is_override_field, override_in_cookies, override_in_query,
};
pub(crate) use path::Refused;
pub use path::{PathPrefix, PathPrefixError, is_plain_in_path};
pub use place::Place;
pub use placement::{InHeader, Placement, SCHEMES};
pub use query_fields::QueryFields;
pub use request_field::{DESTINATION_WORDS, FieldName, FieldNameError, KNOWN_FIELDS, OtherField};
pub use source::{SourceRef, SourceRefError};

/// A secret: its name in expressions, where its value is stored, and what it is granted for.
///
/// ```
/// use http_step_policy::{Place, Policy, Secret};
///
/// let secret = Secret::new("TOKEN", "env:API_TOKEN".parse()?)
///     .origin("https://api.example.com".parse()?)
///     .place(Place::Header);
/// let policy = Policy::public().grant_secret(secret);
/// let token = policy.secret("TOKEN").unwrap();
///
/// let api = "https://api.example.com".parse()?;
/// assert!(token.admit(&api, "POST", "/v1/builds", Place::Header).is_ok());
/// assert_eq!(
///     token.admit(&api, "POST", "/v1/builds", Place::Body).unwrap_err().to_string(),
///     "the policy does not allow the secret `TOKEN` in the body of a request to \
///      https://api.example.com: it is granted only for headers",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Secret {
    name: String,
    source: SourceRef,
    origins: Vec<OriginPattern>,
    /// None: all methods.
    methods: Option<BTreeSet<String>>,
    /// None: every path.
    path_prefix: Option<PathPrefix>,
    /// None: the default ones.
    places: Option<BTreeSet<Place>>,
    /// The header fields that it is granted for, if not for all.
    formats: BTreeSet<HeaderFormat>,
    /// Where other text may be next to it.
    compose: BTreeSet<Place>,
    /// Other header fields that its requests may have.
    headers: BTreeSet<FieldName>,
    /// Where it was granted.
    grant_source: Source,
}

impl Secret {
    /// A secret without grants. With an [origin](Self::origin), it is granted for headers,
    /// signatures and tokens ([`Place::BY_DEFAULT`]) of requests with any method to any path.
    #[must_use]
    pub fn new(name: impl Into<String>, source: SourceRef) -> Self {
        Self {
            name: name.into(),
            source,
            origins: Vec::new(),
            methods: None,
            path_prefix: None,
            places: None,
            formats: BTreeSet::new(),
            compose: BTreeSet::new(),
            headers: BTreeSet::new(),
            grant_source: Source::Program(None),
        }
    }

    /// Grant it for origins, in addition to those that it is granted for already.
    #[must_use]
    pub fn origin(mut self, origins: OriginPattern) -> Self {
        if !self.origins.contains(&origins) {
            self.origins.push(origins);
        }
        self
    }

    /// Grant it only for requests with these methods, which are case-sensitive, as in HTTP.
    #[must_use]
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Grant it only for paths with a prefix.
    #[must_use]
    pub fn path_prefix(mut self, prefix: PathPrefix) -> Self {
        self.path_prefix = Some(prefix);
        self
    }

    /// Grant it only for this place, and for others that are named.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.places.get_or_insert_default().insert(place);
        self
    }

    /// Grant it only for this header field, in this format, and for other places that are named.
    #[must_use]
    pub fn header_format(mut self, format: HeaderFormat) -> Self {
        self.places.get_or_insert_default();
        self.formats.insert(format);
        self
    }

    /// Grant it for this place, and allow other text next to it there. The step chooses such text:
    /// if a server truncates it, the step can learn the value bit by bit. Has no effect for
    /// [`Place::Signature`] and [`Place::Token`].
    #[must_use]
    pub fn compose(mut self, place: Place) -> Self {
        if Place::COMPOSABLE.contains(&place) {
            self.compose.insert(place);
        }
        self
    }

    /// Let its requests have this header field, although it can make a server forward the request, or
    /// take another method or path than those that the secret is restricted to ([`OtherField`]).
    #[must_use]
    pub fn header(mut self, field: FieldName) -> Self {
        self.headers.insert(field);
        self
    }

    pub(crate) fn with_grant_source(mut self, source: Source) -> Self {
        self.grant_source = source;
        self
    }

    /// Its name in expressions.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its value is stored.
    #[must_use]
    pub fn source(&self) -> &SourceRef {
        &self.source
    }

    /// The origins that it is granted for.
    #[must_use]
    pub fn origins(&self) -> &[OriginPattern] {
        &self.origins
    }

    /// The methods that it is granted for; none: all methods.
    #[must_use]
    pub fn granted_methods(&self) -> Option<&BTreeSet<String>> {
        self.methods.as_ref()
    }

    /// The prefix of the paths that it is granted for; none: every path.
    #[must_use]
    pub fn granted_path_prefix(&self) -> Option<&PathPrefix> {
        self.path_prefix.as_ref()
    }

    /// Whether it is restricted to methods or paths.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.methods.is_some() || self.path_prefix.is_some()
    }

    /// Whether it is granted for a place; for [`Place::Header`], in
    /// [fields for credentials](is_credential_field).
    #[must_use]
    pub fn is_granted_for(&self, place: Place) -> bool {
        let is_named = match &self.places {
            Some(places) => places.contains(&place),
            None => Place::BY_DEFAULT.contains(&place),
        };
        is_named || self.compose.contains(&place)
    }

    /// The places that it is granted for.
    #[must_use]
    pub fn granted_places(&self) -> BTreeSet<Place> {
        let places = Place::ALL.into_iter();
        places.filter(|place| self.is_granted_for(*place)).collect()
    }

    /// The places where other text may be next to it.
    #[must_use]
    pub fn composed_places(&self) -> &BTreeSet<Place> {
        &self.compose
    }

    /// The header fields that it is restricted to.
    pub fn formats(&self) -> impl Iterator<Item = &HeaderFormat> {
        self.formats.iter()
    }

    /// The other header fields that its requests may have.
    #[must_use]
    pub fn granted_headers(&self) -> &BTreeSet<FieldName> {
        &self.headers
    }

    /// Whether its requests may have a header field.
    #[must_use]
    pub fn allows_field(&self, field: &OtherField) -> bool {
        let mut named = self.headers.iter().map(FieldName::as_str);
        let mut granted = self.formats.iter().map(HeaderFormat::field);
        !(self.is_bound() || field.is_destination())
            || named.any(|name| name == field.name())
            || granted.any(|name| name == field.name())
    }

    pub(crate) fn names_places(&self) -> bool {
        self.places.is_some()
    }

    /// The named places, or the default ones.
    pub(crate) fn named_places(&self) -> BTreeSet<Place> {
        let by_default = || Place::BY_DEFAULT.into();
        self.places.clone().unwrap_or_else(by_default)
    }

    /// What it is granted for, for messages.
    pub(crate) fn place_words(&self) -> Vec<String> {
        let places = self.granted_places().into_iter();
        let places = places.map(|place| place.in_requests().to_owned());
        let formats = self.formats.iter();
        let formats = formats.map(|format| format!("the header {format}"));
        places.chain(formats).collect()
    }

    pub(crate) fn grant_source(&self) -> &Source {
        &self.grant_source
    }
}
