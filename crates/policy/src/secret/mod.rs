//! To whom a secret's value is lent: which requests it may be put into, and where in
//! them, and which it may sign.
//!
//! A secret is a name and a [source](SourceRef), and never a value: what is in here
//! can be logged. Without an origin it goes nowhere. [`Secret::admit`] is asked for
//! each place of each request, the hops of a redirect included.

mod argument;
mod denied;
mod field_name;
mod format;
mod missing;
mod name;
mod overrides;
mod path;
mod place;
mod source;
mod stands;

use std::collections::BTreeSet;

use crate::denial::Denial;
use crate::origin::Origin;
use crate::pattern::OriginPattern;
use crate::rule::Source;

pub use argument::{
    SecretArgumentError, SecretArgumentsError, SecretCompose, SecretPlaces, SecretPlacesError,
};
pub(crate) use denied::{Denied, Why};
pub use field_name::{field_name, names_codec, parent_fields};
pub use format::{HeaderFormat, HeaderFormatError};
pub use missing::MissingSecret;
pub use name::SecretNameError;
pub(crate) use name::check as check_name;
pub use overrides::{header_name, is_override_header, override_field, override_in_query};
use path::Refused;
pub use path::{PathPrefix, PathPrefixError, is_plain_in_path};
pub use place::Place;
pub use source::{SourceRef, SourceRefError};
pub use stands::{InHeader, QueryFields, SCHEMES, Stands};

/// A secret: what expressions call it, where its value is, and to whom it is lent.
///
/// ```
/// use http_step_policy::{Place, Policy, Secret};
///
/// let secret = Secret::new("TOKEN", "env:API_TOKEN".parse()?)
///     .origin("https://api.example.com".parse()?)
///     .place(Place::Header);
/// let policy = Policy::public().lend(secret);
/// let token = policy.secret("TOKEN").unwrap();
///
/// let api = "https://api.example.com".parse()?;
/// assert!(token.admit(&api, "POST", "/v1/builds", Place::Header).is_ok());
/// assert_eq!(
///     token.admit(&api, "POST", "/v1/builds", Place::Body).unwrap_err().to_string(),
///     "the policy does not let the secret `TOKEN` be in the body of a request to \
///      https://api.example.com: it is lent for headers alone; \
///      `--secret-places TOKEN=body` would",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Secret {
    name: String,
    source: SourceRef,
    origins: Vec<OriginPattern>,
    /// None: all of them.
    methods: Option<BTreeSet<String>>,
    /// None: every path.
    path_prefix: Option<PathPrefix>,
    /// None: the default ones.
    places: Option<BTreeSet<Place>>,
    /// The header fields that it goes into, if not into all.
    formats: BTreeSet<HeaderFormat>,
    /// Where other text may be beside it.
    compose: BTreeSet<Place>,
    /// Where it was lent.
    lent: Source,
}

impl Secret {
    /// A secret that goes nowhere yet. Once it is lent to an origin, it may be in the
    /// headers of requests of any method to any path, and sign them or have a token for
    /// them ([`Place::BY_DEFAULT`]).
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
            lent: Source::Argument,
        }
    }

    /// Lend it to origins, beside those that it is lent to already.
    #[must_use]
    pub fn origin(mut self, origins: OriginPattern) -> Self {
        if !self.origins.contains(&origins) {
            self.origins.push(origins);
        }
        self
    }

    /// Lend it only for requests of these methods. Case matters, as in HTTP.
    #[must_use]
    pub fn methods<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Lend it only for paths that begin so.
    #[must_use]
    pub fn path_prefix(mut self, prefix: PathPrefix) -> Self {
        self.path_prefix = Some(prefix);
        self
    }

    /// Lend it only for this place, and for others that are named so.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.places.get_or_insert_default().insert(place);
        self
    }

    /// Lend it only for this header field, in this format, and for other places that are
    /// named so.
    #[must_use]
    pub fn header_format(mut self, format: HeaderFormat) -> Self {
        self.places.get_or_insert_default();
        self.formats.insert(format);
        self
    }

    /// Let other text be beside it in this place, which it is lent for, too. Such text is
    /// the step's choice: where a server cuts it short, it can have the value told bit by
    /// bit. There is no such text for [`Place::Signature`] and [`Place::Token`].
    #[must_use]
    pub fn compose(mut self, place: Place) -> Self {
        if Place::COMPOSABLE.contains(&place) {
            self.compose.insert(place);
        }
        self
    }

    pub(crate) fn lent_by(mut self, source: Source) -> Self {
        self.lent = source;
        self
    }

    /// What expressions call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its value is.
    #[must_use]
    pub fn source(&self) -> &SourceRef {
        &self.source
    }

    /// The origins that it is lent to.
    #[must_use]
    pub fn origins(&self) -> &[OriginPattern] {
        &self.origins
    }

    /// The methods that it is lent for; none: all of them.
    #[must_use]
    pub fn lent_methods(&self) -> Option<&BTreeSet<String>> {
        self.methods.as_ref()
    }

    /// How the paths begin that it is lent for; none: every path.
    #[must_use]
    pub fn lent_path_prefix(&self) -> Option<&PathPrefix> {
        self.path_prefix.as_ref()
    }

    /// Whether it is bound to methods or a path.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.methods.is_some() || self.path_prefix.is_some()
    }

    /// Whether it is lent for a place, in requests that it is lent for: for
    /// [`Place::Header`], in any field.
    #[must_use]
    pub fn is_lent_for(&self, place: Place) -> bool {
        let is_named = match &self.places {
            Some(places) => places.contains(&place),
            None => Place::BY_DEFAULT.contains(&place),
        };
        is_named || self.compose.contains(&place)
    }

    /// The places that it is lent for.
    #[must_use]
    pub fn lent_places(&self) -> BTreeSet<Place> {
        let places = Place::ALL.into_iter();
        places.filter(|place| self.is_lent_for(*place)).collect()
    }

    /// The places where other text may be beside it.
    #[must_use]
    pub fn composed_places(&self) -> &BTreeSet<Place> {
        &self.compose
    }

    /// The header fields that it is pinned to.
    pub fn formats(&self) -> impl Iterator<Item = &HeaderFormat> {
        self.formats.iter()
    }

    fn names_places(&self) -> bool {
        self.places.is_some()
    }

    /// The places that are named, or the default ones.
    fn named_places(&self) -> BTreeSet<Place> {
        let by_default = || Place::BY_DEFAULT.into();
        self.places.clone().unwrap_or_else(by_default)
    }

    /// What it is lent for, in words.
    pub(crate) fn place_words(&self) -> Vec<String> {
        let places = self.lent_places().into_iter();
        let places = places.map(|place| place.in_requests().to_owned());
        let formats = self.formats.iter();
        let formats = formats.map(|format| format!("the header {format}"));
        places.chain(formats).collect()
    }

    pub(crate) fn lent(&self) -> &Source {
        &self.lent
    }

    /// Whether the value may be put into a request, in one place of it, or may sign it. It
    /// stands there by itself, and nothing overrides the method or the path.
    ///
    /// # Errors
    ///
    /// As of [`Self::admit_use`].
    pub fn admit(
        &self,
        origin: &Origin,
        method: &str,
        path: &str,
        place: Place,
    ) -> Result<(), Denial> {
        self.admit_use(&SecretUse {
            origin,
            method,
            path,
            has_ambiguous_value: false,
            place,
            stands: Stands::Whole,
            override_field: None,
        })
    }

    /// Whether the value may be used so.
    ///
    /// # Errors
    ///
    /// The denial. For [`Place::Url`] it does not tell where the URL leads.
    pub fn admit_use(&self, used: &SecretUse<'_>) -> Result<(), Denial> {
        let denied = |why| {
            Err(Denial::of_secret(Denied::new(
                self,
                used.origin,
                used.place,
                why,
            )))
        };
        // First: else a secret that is lent as a URL alone could be asked, in a header,
        // which origins it leads to.
        if let Some(why) = self.misplaced(used.place, &used.stands) {
            return denied(why);
        }
        if !self
            .origins
            .iter()
            .any(|pattern| pattern.matches(used.origin))
        {
            return denied(Why::Origin);
        }
        if let Some(methods) = &self.methods
            && !methods.contains(used.method)
        {
            return denied(Why::method(used.method));
        }
        if let Some(prefix) = &self.path_prefix {
            let refused = match prefix.admit(used.path) {
                Ok(()) => used.has_ambiguous_value.then_some(Refused::AmbiguousValue),
                Err(refused) => Some(refused),
            };
            if let Some(refused) = refused {
                return denied(Why::Path(prefix.clone(), refused));
            }
        }
        match used.override_field {
            Some(field) => self.admit_beside(used.origin, used.place, field),
            None => Ok(()),
        }
    }

    /// Whether it may be in a request that turns out to have a field by which a server may
    /// act on another method or path.
    ///
    /// # Errors
    ///
    /// The denial: it is bound to methods or a path.
    pub fn admit_beside(&self, origin: &Origin, place: Place, field: &str) -> Result<(), Denial> {
        if !self.is_bound() {
            return Ok(());
        }
        let why = Why::overridden(field);
        Err(Denial::of_secret(Denied::new(self, origin, place, why)))
    }

    /// Why it may not stand there so, if it may not.
    fn misplaced(&self, place: Place, stands: &Stands<'_>) -> Option<Why> {
        // Whatever it is lent for.
        match stands {
            Stands::BehindEscape(sign) => return Some(Why::BehindEscape(*sign)),
            Stands::Recoded => return Some(Why::Recoded),
            _ => {}
        }
        if let Stands::InHeader(field) = stands
            && self.formats.iter().any(|format| format.fits(field))
        {
            return None;
        }
        let composed = match stands {
            Stands::Whole | Stands::BehindEscape(_) | Stands::Recoded => None,
            Stands::Composed => Some(Why::Composed),
            Stands::Repeated(field) => Some(Why::repeated(field)),
            Stands::Joined => Some(Why::Joined),
            Stands::InHeader(field) if !field.is_whole() => Some(Why::Composed),
            Stands::InHeader(field) if field.is_joined() => Some(Why::repeated(field.field)),
            Stands::InHeader(_) => None,
        };
        let is_lent = self.is_lent_for(place);
        // One word grants both, but where the operator chose a field.
        let is_pinned = place == Place::Header && !self.formats.is_empty();
        let is_composable = Place::COMPOSABLE.contains(&place);
        match composed {
            None if is_lent => None,
            Some(_) if self.compose.contains(&place) => None,
            Some(why) if is_lent || (is_composable && !is_pinned) => Some(why),
            _ => Some(Why::Place),
        }
    }
}

/// What a secret is to be used for.
#[derive(Clone, Copy, Debug)]
pub struct SecretUse<'r> {
    /// Where the request goes.
    pub origin: &'r Origin,
    /// The request's method.
    pub method: &'r str,
    /// Its path as it is sent, but with handles where the values of secrets are: what is
    /// said of it must not depend on them. A query behind it is not looked at.
    pub path: &'r str,
    /// Whether there is a value in the path that is not [plain](is_plain_in_path) there.
    pub has_ambiguous_value: bool,
    /// Where in the request.
    pub place: Place,
    /// What is beside it there.
    pub stands: Stands<'r>,
    /// A field of the request that can have the server act on another method or path
    /// ([`is_override_header`], [`override_field`]).
    pub override_field: Option<&'r str>,
}
