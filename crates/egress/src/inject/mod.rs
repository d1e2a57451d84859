//! Injects secrets into requests: replaces a handle with the value, if the secret is granted for
//! that place. The whole head of a request is checked before a connection is opened; `body.rs`
//! handles its body, `credentials.rs` computed credentials.

mod body;
mod credentials;
pub(crate) mod other_fields;

pub(crate) use self::credentials::check_fields;

use std::cell::LazyCell;
use std::ptr;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, RANGE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_step_policy::{
    HeaderFormat, InHeader, Origin, OtherField, Place, Placement, QueryFields, SecretUse,
    header_name, is_plain_in_path, override_in_cookies, override_in_query,
};
use http_step_redact::{Context, HANDLE_BYTES, OpenEscape, Replacements, encode};
use zeroize::Zeroizing;

use crate::body::inspect::quoted_override;
use crate::body::{BoxBody, charset};
use crate::egress::Egress;
use crate::error::TransportError;
use crate::secrets::GrantedSecret;
use crate::usage::audit::AuditEntry;

use self::other_fields::{WrittenFields, other_fields};

/// The scheme of basic authentication (RFC 7617).
const BASIC: &[u8] = b"basic ";

/// Also reads Base64 without padding: the host need not be strict.
const BASE64_LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The destination of a request, for the grants of secrets.
pub(crate) struct Destination<'r> {
    pub(crate) origin: &'r Origin,
    pub(crate) method: String,
    /// As the component wrote it.
    pub(crate) path: WrittenPath,
    /// The header fields that not every grant allows.
    pub(crate) other_fields: Arc<[OtherField]>,
    /// A field of the query, a cookie or the body that can make a server use another method.
    pub(crate) override_field: Option<String>,
}

impl<'r> Destination<'r> {
    /// From a request whose head contains values.
    pub(crate) fn from_request<B>(request: &Request<B>, origin: &'r Origin) -> Self {
        Self {
            origin,
            method: request.method().to_string(),
            path: match request.extensions().get::<WrittenPath>() {
                Some(path) => path.clone(),
                None => WrittenPath::without_values(request.uri().path()),
            },
            other_fields: other_fields(request),
            override_field: match request.extensions().get::<WrittenOverride>() {
                Some(WrittenOverride(field)) => field.clone(),
                None => WrittenOverride::new(request).0,
            },
        }
    }
}

/// The field that can make a server use another method, in a query or cookies as the component wrote
/// them. It is an extension of a request that contains values, which denials must not reveal.
#[derive(Clone)]
struct WrittenOverride(Option<String>);

impl WrittenOverride {
    fn new<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let mut cookies = request.headers().get_all(COOKIE).iter();
        let in_cookies = || cookies.find_map(|field| override_in_cookies(field.as_bytes()));
        let field = override_in_query(query.as_bytes()).or_else(in_cookies);
        Self(field.or_else(|| quoted_override(query.as_bytes())))
    }
}

/// A path as the component wrote it, with handles. It is an extension of a request whose path
/// contains values, since decisions of the policy about the path must not depend on them.
#[derive(Clone)]
pub(crate) struct WrittenPath {
    text: Arc<str>,
    /// Whether a value in it is not plain in a path.
    has_ambiguous_value: bool,
}

impl WrittenPath {
    pub(crate) fn without_values(path: &str) -> Self {
        Self {
            text: path.into(),
            has_ambiguous_value: false,
        }
    }
}

impl Egress {
    /// Replace a URL that is a secret by its target. Only a query can be added to it.
    pub(crate) fn lead(
        &self,
        request: &mut Request<BoxBody>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        let Some(host) = request.uri().host() else {
            return Ok(());
        };
        let Some(secret) = self.secrets.by_handle(host) else {
            return match self.secrets.found_in(host.as_bytes()).next() {
                Some(secret) => Err(unusable(secret, "a part of a host")),
                None => Ok(()),
            };
        };
        let Some(url) = &secret.url else {
            return Err(TransportError::Refused(format!(
                "the secret `{}` can't be the host of a request: it is not granted for the place `url`, or its value is not a URL",
                secret.grant.name()
            )));
        };
        let uri = request.uri();
        let is_as_given = matches!(uri.path(), "" | "/") && uri.port().is_none();
        if !is_as_given {
            return Err(TransportError::Refused(format!(
                "the secret `{}` is a whole URL: no path can be added to it",
                secret.grant.name()
            )));
        }
        // An error about a URL does not quote it.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable(
                secret,
                "the URL of a request: it has a user name or a password before its host",
            ));
        }
        let origin = Origin::from_url(url.as_str()).map_err(|_| unusable(secret, "a URL"))?;
        let of_head = WrittenOverride::new(request);
        secret.grant.admit_use(&SecretUse {
            origin: &origin,
            method: request.method().as_str(),
            path: url.path(),
            has_ambiguous_value: false,
            place: Place::Url,
            placement: match uri.query() {
                Some(_) => Placement::Composed,
                None => Placement::Whole,
            },
            other_fields: &other_fields(request),
            override_field: of_head.0.as_deref(),
        })?;
        let mut target = url.clone();
        target.set_fragment(None);
        if let Some(more) = uri.query() {
            let query = match url.query() {
                Some(query) => format!("{query}&{more}"),
                None => more.to_owned(),
            };
            target.set_query(Some(&query));
        }
        let unreadable = |_| unusable(secret, "a URL");
        *request.uri_mut() = Uri::try_from(target.as_str()).map_err(unreadable)?;
        request.extensions_mut().insert(of_head);
        entry.hide_origin();
        entry.record_injection(secret.grant.name(), Place::Url);
        Ok(())
    }

    /// Inject values into a request's head.
    pub(crate) fn inject_head(
        &self,
        request: &mut Request<BoxBody>,
        origin: &Origin,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        if self.secrets.is_empty() {
            return Ok(());
        }
        // In a part of a response, values can't be recognized.
        if request.headers().contains_key(RANGE) {
            return Err(TransportError::Refused(
                "a step with secrets can't request a part of a response; leave out the header `Range`"
                    .to_owned(),
            ));
        }
        // Without handles there is nothing to inject.
        if !self.secrets.is_used() {
            return Ok(());
        }
        let path = request.uri().path();
        let mut in_path = self.secrets.found_in(path.as_bytes());
        let written = WrittenPath {
            text: path.into(),
            has_ambiguous_value: in_path.any(|secret| !is_plain_in_path(secret.value())),
        };
        drop(in_path);
        let fields = WrittenFields(other_fields(request));
        let of_head = WrittenOverride::new(request);
        request.extensions_mut().insert(written);
        request.extensions_mut().insert(fields);
        request.extensions_mut().get_or_insert(of_head);
        let destination = Destination::from_request(request, origin);
        self.inject_target(request, &destination, entry)?;
        self.inject_header(request.headers_mut(), &destination, entry)
    }

    /// Inject values into the header.
    fn inject_header(
        &self,
        header: &mut HeaderMap,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        let mut all_injected = Vec::new();
        for (at, (name, value)) in header.iter().enumerate() {
            let in_header = |error: TransportError| error.in_part(&format!("the header `{name}`"));
            let cookies = LazyCell::new(|| match name == COOKIE {
                true => QueryFields::of_cookies(value.as_bytes()),
                false => QueryFields::default(),
            });
            let credentials = (name == AUTHORIZATION)
                .then(|| decode_basic(value.as_bytes()))
                .flatten();
            let injected = match credentials {
                Some(written) => {
                    let within =
                        |before, after| in_field(&*header, name, &cookies, true, before, after);
                    self.inject_basic(&written, within, destination, entry)
                        .map_err(in_header)?
                }
                None => None,
            };
            let is_encoded = injected.is_some();
            // The encoded text can also be the whole handle.
            let injected = match injected {
                None => self
                    .inject_text(
                        value.as_bytes(),
                        Context::Header,
                        Place::Header,
                        |before, after| in_field(&*header, name, &cookies, false, before, after),
                        destination,
                        entry,
                    )
                    .map_err(in_header)?,
                injected => injected,
            };
            if let Some(injected) = injected {
                let pins_basic = |secret: &GrantedSecret| {
                    let mut formats = secret.grant.formats().filter_map(HeaderFormat::format);
                    formats.any(|format| format.eq_ignore_ascii_case("basic {}"))
                };
                if !is_encoded
                    && is_bad_basic(&injected)
                    && !self.secrets.found_in(value.as_bytes()).any(pins_basic)
                {
                    return Err(TransportError::Refused(format!(
                        "the secret in the header `{name}` follows `Basic`, but is not the Base64 of `user:password`; if the server expects that, grant it as `{{header: {name}, format: \"Basic {{}}\"}}`"
                    )));
                }
                let mut value = HeaderValue::from_bytes(&injected).map_err(|error| {
                    TransportError::Refused(format!("the header `{name}` can't be sent: {error}"))
                })?;
                // It is not stored in the tables of HTTP/2 either.
                value.set_sensitive(true);
                all_injected.push((at, value));
            }
        }
        let mut all_injected = all_injected.into_iter().peekable();
        for (at, value) in header.values_mut().enumerate() {
            if let Some((_, injected)) = all_injected.next_if(|(of, _)| *of == at) {
                *value = injected;
            }
        }
        Ok(())
    }

    /// Inject values into the path and the query.
    fn inject_target(
        &self,
        request: &mut Request<BoxBody>,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        let uri = request.uri();
        let is_other =
            charset::is_of_url_other(request.headers(), uri.query(), self.secrets.are_ascii());
        let path = self.inject_text(
            uri.path().as_bytes(),
            Context::Url,
            Place::Path,
            |before, after| match is_other {
                true => Placement::Recoded,
                false => Placement::in_path(before, after),
            },
            destination,
            entry,
        )?;
        let query = uri.query().unwrap_or_default().as_bytes();
        let fields = LazyCell::new(|| QueryFields::new(query));
        let injected = self.inject_text(
            query,
            Context::Url,
            Place::Query,
            |before, after| match is_other {
                true => Placement::Recoded,
                false => Placement::in_query(&fields, before, after),
            },
            destination,
            entry,
        )?;
        if path.is_none() && injected.is_none() {
            return Ok(());
        }
        let mut target = path.unwrap_or_else(|| uri.path().as_bytes().to_vec().into());
        if uri.query().is_some() {
            target.push(b'?');
            target.extend_from_slice(injected.as_deref().map_or(query, Vec::as_slice));
        }
        let unwritable =
            || TransportError::Refused("the URL is too long with its secrets".to_owned());
        let mut parts = uri.clone().into_parts();
        let target = PathAndQuery::try_from(target.as_slice()).map_err(|_| unwritable())?;
        parts.path_and_query = Some(target);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| unwritable())?;
        Ok(())
    }

    /// Inject values into the credentials of Basic authentication (RFC 7617).
    fn inject_basic<'t>(
        &self,
        written: &'t [u8],
        placement: impl Fn(&'t [u8], &'t [u8]) -> Placement<'t>,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let injected = self.inject_text(
            written,
            Context::Header,
            Place::Header,
            placement,
            destination,
            entry,
        )?;
        let Some(injected) = injected else {
            return Ok(None);
        };
        if let Some(colon) = written.iter().position(|byte| *byte == b':') {
            let user = written.get(..colon).unwrap_or_default();
            // A colon in the value would end the user name, and the rest would be a password.
            if let Some(secret) = self
                .secrets
                .found_in(user)
                .find(|secret| secret.value().contains(&b':'))
            {
                return Err(unusable(secret, "a user name: it has a colon in it"));
            }
        }
        let sent = Zeroizing::new(BASE64_STANDARD.encode(&*injected).into_bytes());
        Ok(Some([b"Basic ", sent.as_slice()].concat().into()))
    }

    /// Inject values into a text of the head, if it contains handles and each is allowed there.
    fn inject_text<'t>(
        &self,
        text: &'t [u8],
        context: Context,
        place: Place,
        placement: impl Fn(&'t [u8], &'t [u8]) -> Placement<'t>,
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let fits = |length| self.fits_a_head(length, place);
        let found: Vec<&GrantedSecret> = self.secrets.found_in(text).collect();
        for secret in &found {
            for (before, after) in around(text, secret.handle.as_str()) {
                let placement = match OpenEscape::at_end_of(before, context) {
                    Some(sign) => Placement::BehindEscape(sign),
                    None => placement(before, after),
                };
                admit(secret, destination, place, placement, entry)?;
            }
        }
        self.substitute(&found, text, context, place, fits)
    }

    fn fits_a_head(&self, length: usize, place: Place) -> Result<(), TransportError> {
        let most = self.usage.limits().header_bytes;
        if length as u64 <= most {
            return Ok(());
        }
        Err(TransportError::Refused(format!(
            "with its secrets the {} of the request has {length} bytes; a header may have {most}",
            place.as_str(),
        )))
    }

    /// Inject values into a text of credentials, if the result is not too long.
    pub(crate) fn inject_credential(
        &self,
        text: &[u8],
        context: Context,
        place: Place,
        destination: &Destination<'_>,
        entry: &AuditEntry,
        fits: impl FnOnce(usize) -> Result<(), TransportError>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let found: Vec<&GrantedSecret> = self.secrets.found_in(text).collect();
        for secret in &found {
            let placement = if text == secret.handle.as_str().as_bytes() {
                Placement::Whole
            } else {
                Placement::Composed
            };
            admit(secret, destination, place, placement, entry)?;
        }
        self.substitute(&found, text, context, place, fits)
    }

    /// Replace the handles that were found in a text with their values, without a check.
    pub(crate) fn substitute(
        &self,
        found: &[&GrantedSecret],
        text: &[u8],
        context: Context,
        place: Place,
        fits: impl FnOnce(usize) -> Result<(), TransportError>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        if found.is_empty() {
            return Ok(None);
        }
        let values = self.values_of(found, context, place)?;
        // Check the length before the text is built.
        fits(self.secrets.injected_length(text.len(), text, &values))?;
        let mut replacer = self.secrets.injector(values);
        let mut injected = Zeroizing::new(replacer.feed(text));
        injected.extend(replacer.finish());
        Ok(Some(injected))
    }

    /// The encoded values of the secrets that were found in a text.
    fn values_of(
        &self,
        found: &[&GrantedSecret],
        context: Context,
        place: Place,
    ) -> Result<Replacements, TransportError> {
        let mut values = Vec::new();
        for secret in self.secrets.secrets() {
            values.push(if found.iter().any(|found| ptr::eq(*found, secret)) {
                written(secret, context, place)?
            } else {
                Zeroizing::default()
            });
        }
        Ok(values.into())
    }
}

/// Check that a value may be at a place in a request, and record it in the audit log.
pub(crate) fn admit(
    secret: &GrantedSecret,
    destination: &Destination<'_>,
    place: Place,
    placement: Placement<'_>,
    entry: &AuditEntry,
) -> Result<(), TransportError> {
    secret.grant.admit_use(&SecretUse {
        origin: destination.origin,
        method: &destination.method,
        path: &destination.path.text,
        has_ambiguous_value: destination.path.has_ambiguous_value,
        place,
        placement,
        other_fields: &destination.other_fields,
        override_field: destination.override_field.as_deref(),
    })?;
    entry.record_injection(secret.grant.name(), place);
    Ok(())
}

/// A value in a header field, or in encoded credentials there.
fn in_field<'t>(
    header: &HeaderMap,
    name: &'t HeaderName,
    cookies: &'t QueryFields,
    is_basic: bool,
    before: &'t [u8],
    after: &'t [u8],
) -> Placement<'t> {
    Placement::InHeader(InHeader {
        field: name.as_str(),
        before,
        after,
        is_basic,
        is_repeated: is_repeated(header, name),
        cookies,
    })
}

/// The text before and after each handle in a text.
fn around<'t>(text: &'t [u8], handle: &str) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
    let places = text.windows(HANDLE_BYTES).enumerate();
    places
        .filter(move |(_, place)| *place == handle.as_bytes())
        .filter_map(|(at, _)| {
            let (before, rest) = text.split_at_checked(at)?;
            Some((before, rest.get(HANDLE_BYTES..)?))
        })
}

/// Whether servers behind CGI read another field by the same name.
fn is_repeated(header: &HeaderMap, name: &HeaderName) -> bool {
    let wanted = header_name(name.as_str());
    let fields = header.iter().filter(|(other, _)| {
        other.as_str().len() == wanted.len() && header_name(other.as_str()) == wanted
    });
    fields.count() > 1
}

/// The value as encoded for its place.
pub(crate) fn written(
    secret: &GrantedSecret,
    context: Context,
    place: Place,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let name = secret.grant.name();
    // The component has it as a URL whose host is the handle.
    if secret.url.is_some() {
        return Err(TransportError::Refused(format!(
            "the secret `{name}` is a URL, and granted as the URL of a request; `places:` without `url` grants it as text"
        )));
    }
    encode(secret.value(), context).map_err(|error| {
        TransportError::Refused(format!(
            "the secret `{name}` can't be put into the {} of the request: {error}",
            place.as_str()
        ))
    })
}

fn unusable(secret: &GrantedSecret, what: &str) -> TransportError {
    let name = secret.grant.name();
    TransportError::Refused(format!("the secret `{name}` can't be {what}"))
}

/// Whether a value has Basic credentials that are not the Base64 of `user:password`. Servers show
/// what they decode from those, which is not one of the recognized forms.
fn is_bad_basic(value: &[u8]) -> bool {
    let is_pair =
        |decoded: &Zeroizing<Vec<u8>>| decoded.contains(&b':') && str::from_utf8(decoded).is_ok();
    basic_token(value).is_some() && !decode_basic(value).is_some_and(|decoded| is_pair(&decoded))
}

/// The decoded credentials of Basic authentication.
fn decode_basic(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    BASE64_LENIENT
        .decode(basic_token(value)?)
        .ok()
        .map(Zeroizing::new)
}

/// The encoded credentials of Basic authentication.
fn basic_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(BASIC.len())?;
    scheme
        .eq_ignore_ascii_case(BASIC)
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests;
