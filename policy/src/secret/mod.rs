//! To whom a secret's value is lent: which requests it may be put into, and where in
//! them, and which it may sign.
//!
//! A secret is a name and a [source](SourceRef), and never a value: what is in here
//! can be logged. Without an origin it goes nowhere. [`Secret::admit`] is asked for
//! each place of each request, the hops of a redirect included.

mod argument;
mod denied;
mod missing;
mod name;
mod path;
mod place;
mod source;

use std::collections::BTreeSet;

use crate::denial::Denial;
use crate::origin::Origin;
use crate::pattern::OriginPattern;
use crate::rule::Source;

pub use argument::{SecretArgumentError, SecretTwiceError};
pub(crate) use denied::{Denied, Why};
pub use missing::MissingSecret;
pub use name::SecretNameError;
pub(crate) use name::check as check_name;
pub use path::{PathPrefix, PathPrefixError};
pub use place::Place;
pub use source::{SourceRef, SourceRefError};

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
///      `--secret TOKEN=env:API_TOKEN@https://api.example.com` would",
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
    /// None: all of them.
    places: Option<BTreeSet<Place>>,
    /// Where it was lent.
    lent: Source,
}

impl Secret {
    /// A secret that goes nowhere yet. Once it is lent to an origin, it may be in
    /// requests of any method, to any path, in any place.
    #[must_use]
    pub fn new(name: impl Into<String>, source: SourceRef) -> Self {
        Self {
            name: name.into(),
            source,
            origins: Vec::new(),
            methods: None,
            path_prefix: None,
            places: None,
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

    /// Whether it is lent for a place, in requests that it is lent for.
    #[must_use]
    pub fn is_lent_for(&self, place: Place) -> bool {
        self.places
            .as_ref()
            .is_none_or(|places| places.contains(&place))
    }

    /// The places that it is lent for; none: all of them.
    #[must_use]
    pub fn lent_places(&self) -> Option<&BTreeSet<Place>> {
        self.places.as_ref()
    }

    pub(crate) fn lent(&self) -> &Source {
        &self.lent
    }

    /// Whether the value may be put into a request, in one place of it, or may sign it.
    ///
    /// The path is the one that is sent, with the values of secrets in it: a value can
    /// have a `..` of its own. A query behind it is not looked at.
    ///
    /// # Errors
    ///
    /// The denial. For [`Place::Url`] it does not tell where the URL leads.
    pub fn admit(
        &self,
        origin: &Origin,
        method: &str,
        path: &str,
        place: Place,
    ) -> Result<(), Denial> {
        let denied = |why| Err(Denial::of_secret(Denied::new(self, origin, place, why)));
        // First: else a secret that is lent as a URL alone could be asked, in a header,
        // which origins it leads to.
        if !self.is_lent_for(place) {
            return denied(Why::Place);
        }
        if !self.origins.iter().any(|pattern| pattern.matches(origin)) {
            return denied(Why::Origin);
        }
        if let Some(methods) = &self.methods
            && !methods.contains(method)
        {
            return denied(Why::method(method));
        }
        match &self.path_prefix {
            Some(prefix) => prefix
                .admit(path)
                .or_else(|refused| denied(Why::Path(prefix.clone(), refused))),
            None => Ok(()),
        }
    }
}
