//! Secrets on the way out: where a component wrote a handle, the value is put in, if
//! the secret is lent for there. Of a request's head all of it is decided before a
//! connection is opened; its body is `filled.rs`.

use std::ptr;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, HeaderName, RANGE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri};
use http_step_policy::{
    InHeader, Origin, Place, SecretUse, Stands, header_name, is_override_header, is_plain_in_path,
    override_in_query,
};
use http_step_redact::{Context, HANDLE_BYTES, OpenEscape, encode};
use zeroize::Zeroizing;

use super::Egress;
use super::body::BoxBody;
use super::error::TransportError;
use super::ledger::Entry;
use crate::secrets::Loan;

/// Reads also what is not padded: it is not for the host to be strict.
const BASE64_LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where a request goes, as secrets are bound to it.
pub(super) struct Aim<'r> {
    pub(super) origin: &'r Origin,
    pub(super) method: String,
    /// As the component wrote it.
    pub(super) path: WrittenPath,
    /// A field that can have a server act on another method or path.
    pub(super) override_field: Option<String>,
}

impl<'r> Aim<'r> {
    /// Of a request whose head has its values.
    pub(super) fn of<B>(request: &Request<B>, origin: &'r Origin) -> Self {
        Self {
            origin,
            method: request.method().to_string(),
            path: match request.extensions().get::<WrittenPath>() {
                Some(path) => path.clone(),
                None => WrittenPath::without_values(request.uri().path()),
            },
            override_field: override_in_head(request.headers(), request.uri().query()),
        }
    }
}

/// A path as the component wrote it, with handles in it. A request whose path has its
/// values has this as an extension: what the policy says of a path is not to depend on
/// what the values are.
#[derive(Clone)]
pub(super) struct WrittenPath {
    text: Arc<str>,
    /// Whether there is a value for it that is not plain in a path.
    has_ambiguous_value: bool,
}

impl WrittenPath {
    pub(super) fn without_values(path: &str) -> Self {
        Self {
            text: path.into(),
            has_ambiguous_value: false,
        }
    }
}

/// The field of a request's head that can have a server act on another method or path.
fn override_in_head(header: &HeaderMap, query: Option<&str>) -> Option<String> {
    let mut names = header.keys().map(HeaderName::as_str);
    let of_header = names.find(|name| is_override_header(name));
    let of_query = || override_in_query(query.unwrap_or_default().as_bytes());
    of_header.or_else(of_query).map(str::to_owned)
}

impl Egress {
    /// Where a URL that is a secret leads. Nothing but a query can be added to it.
    pub(super) fn lead(
        &self,
        request: &mut Request<BoxBody>,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        let Some(host) = request.uri().host() else {
            return Ok(());
        };
        let Some(loan) = self.lent.of_handle(host) else {
            return match self.lent.in_text(host.as_bytes()).next() {
                Some(loan) => Err(unusable(loan, "a part of a host")),
                None => Ok(()),
            };
        };
        let Some(url) = &loan.url else {
            return Err(TransportError::Refused(format!(
                "the secret `{}` can't be the host of a request: it is not lent as a URL, or it is none",
                loan.terms.name()
            )));
        };
        let uri = request.uri();
        let is_as_given = matches!(uri.path(), "" | "/") && uri.port().is_none();
        if !is_as_given {
            return Err(TransportError::Refused(format!(
                "the secret `{}` is a whole URL: no path can be added to it",
                loan.terms.name()
            )));
        }
        // What is wrong with a URL is not told in its own words.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable(
                loan,
                "the URL of a request: it has a user name or a password before its host",
            ));
        }
        let origin = Origin::of_url(url.as_str()).map_err(|_| unusable(loan, "a URL"))?;
        let override_field = override_in_head(request.headers(), uri.query());
        loan.terms.admit_use(&SecretUse {
            origin: &origin,
            method: request.method().as_str(),
            path: url.path(),
            has_ambiguous_value: false,
            place: Place::Url,
            stands: match uri.query() {
                Some(_) => Stands::Composed,
                None => Stands::Whole,
            },
            override_field: override_field.as_deref(),
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
        let unreadable = |_| unusable(loan, "a URL");
        *request.uri_mut() = Uri::try_from(target.as_str()).map_err(unreadable)?;
        entry.aims_in_secret();
        entry.lends(loan.terms.name(), Place::Url);
        Ok(())
    }

    /// Put values into a request's head.
    pub(super) fn fill_head(
        &self,
        request: &mut Request<BoxBody>,
        origin: &Origin,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        if self.lent.is_nothing() {
            return Ok(());
        }
        // A value can be told from text as a whole alone.
        if request.headers().contains_key(RANGE) {
            return Err(TransportError::Refused(
                "a step that is lent secrets can't ask for a part of a response; leave out the header `Range`"
                    .to_owned(),
            ));
        }
        // Without a handle there is none to be found.
        if !self.lent.is_used() {
            return Ok(());
        }
        let path = request.uri().path();
        let mut in_path = self.lent.in_text(path.as_bytes());
        let written = WrittenPath {
            text: path.into(),
            has_ambiguous_value: in_path.any(|loan| !is_plain_in_path(loan.value())),
        };
        drop(in_path);
        request.extensions_mut().insert(written);
        let aim = Aim::of(request, origin);
        self.fill_target(request, &aim, entry)?;
        self.fill_header(request.headers_mut(), &aim, entry)
    }

    /// Put values into the header.
    fn fill_header(
        &self,
        header: &mut HeaderMap,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        let mut all_filled = Vec::new();
        for (at, (name, value)) in header.iter().enumerate() {
            let in_header = |error: TransportError| error.of_part(&format!("the header `{name}`"));
            let credentials = (name == AUTHORIZATION).then(|| of_basic(value)).flatten();
            let filled = match credentials {
                Some(written) => {
                    let within = |before, after| in_field(&*header, name, true, before, after);
                    self.fill_basic(&written, within, aim, entry)
                        .map_err(in_header)?
                }
                None => None,
            };
            // A handle can be all that was encoded, too.
            let filled = match filled {
                None => self
                    .fill(
                        value.as_bytes(),
                        Context::Header,
                        Place::Header,
                        |before, after| in_field(&*header, name, false, before, after),
                        aim,
                        entry,
                    )
                    .map_err(in_header)?,
                filled => filled,
            };
            if let Some(filled) = filled {
                let mut value = HeaderValue::from_bytes(&filled).map_err(|error| {
                    TransportError::Refused(format!("the header `{name}` can't be sent: {error}"))
                })?;
                // Nor is it kept in the tables of HTTP/2.
                value.set_sensitive(true);
                all_filled.push((at, value));
            }
        }
        let mut all_filled = all_filled.into_iter().peekable();
        for (at, value) in header.values_mut().enumerate() {
            if let Some((_, filled)) = all_filled.next_if(|(of, _)| *of == at) {
                *value = filled;
            }
        }
        Ok(())
    }

    /// Put values into the path and the query.
    fn fill_target(
        &self,
        request: &mut Request<BoxBody>,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        let uri = request.uri();
        let path = self.fill(
            uri.path().as_bytes(),
            Context::Url,
            Place::Path,
            Stands::in_path,
            aim,
            entry,
        )?;
        let query = uri.query().unwrap_or_default().as_bytes();
        let filled = self.fill(
            query,
            Context::Url,
            Place::Query,
            Stands::in_query,
            aim,
            entry,
        )?;
        if path.is_none() && filled.is_none() {
            return Ok(());
        }
        let mut target = path.unwrap_or_else(|| uri.path().as_bytes().to_vec().into());
        if uri.query().is_some() {
            target.push(b'?');
            target.extend_from_slice(filled.as_deref().map_or(query, Vec::as_slice));
        }
        let unwritable =
            || TransportError::Refused("the URL is too long with its secrets".to_owned());
        let mut parts = uri.clone().into_parts();
        let target = PathAndQuery::try_from(target.as_slice()).map_err(|_| unwritable())?;
        parts.path_and_query = Some(target);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| unwritable())?;
        Ok(())
    }

    /// Put values into what basic authentication has encoded (RFC 7617).
    fn fill_basic<'t>(
        &self,
        written: &'t [u8],
        stands: impl Fn(&'t [u8], &'t [u8]) -> Stands<'t>,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let filled = self.fill(written, Context::Header, Place::Header, stands, aim, entry)?;
        let Some(filled) = filled else {
            return Ok(None);
        };
        if let Some(colon) = written.iter().position(|byte| *byte == b':') {
            let user = written.get(..colon).unwrap_or_default();
            // Its colon would end the user name, and the rest be a password.
            if let Some(loan) = self
                .lent
                .in_text(user)
                .find(|loan| loan.value().contains(&b':'))
            {
                return Err(unusable(loan, "a user name: it has a colon in it"));
            }
        }
        let sent = Zeroizing::new(BASE64_STANDARD.encode(&*filled).into_bytes());
        Ok(Some([b"Basic ", sent.as_slice()].concat().into()))
    }

    /// Put values into a text of a head, if there are handles in it, and if each may stand
    /// between what is before and after it.
    fn fill<'t>(
        &self,
        text: &'t [u8],
        context: Context,
        place: Place,
        stands: impl Fn(&'t [u8], &'t [u8]) -> Stands<'t>,
        aim: &Aim<'_>,
        entry: &Entry,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let fits = |length| self.fits_a_head(length, place);
        let found: Vec<&Loan> = self.lent.in_text(text).collect();
        for loan in &found {
            for (before, after) in around(text, loan.handle.as_str()) {
                let stands = match OpenEscape::at_end_of(before, context) {
                    Some(sign) => Stands::BehindEscape(sign),
                    None => stands(before, after),
                };
                admit(loan, aim, place, stands, entry)?;
            }
        }
        self.put_in(&found, text, context, place, fits)
    }

    fn fits_a_head(&self, length: usize, place: Place) -> Result<(), TransportError> {
        let most = self.journal.limits().header_bytes;
        if length as u64 <= most {
            return Ok(());
        }
        Err(TransportError::Refused(format!(
            "with its secrets the {} of the request has {length} bytes; a header may have {most}",
            place.as_str(),
        )))
    }

    /// Put values into a text of credentials, which may be nothing but a handle if there is
    /// one in it, and if what it becomes fits by its length.
    pub(super) fn fill_if(
        &self,
        text: &[u8],
        context: Context,
        place: Place,
        aim: &Aim<'_>,
        entry: &Entry,
        fits: impl FnOnce(usize) -> Result<(), TransportError>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        let found: Vec<&Loan> = self.lent.in_text(text).collect();
        for loan in &found {
            let stands = if text == loan.handle.as_str().as_bytes() {
                Stands::Whole
            } else {
                Stands::Composed
            };
            admit(loan, aim, place, stands, entry)?;
        }
        self.put_in(&found, text, context, place, fits)
    }

    /// Put the values that were found in a text into it, whether they may be there or
    /// not.
    pub(super) fn put_in(
        &self,
        found: &[&Loan],
        text: &[u8],
        context: Context,
        place: Place,
        fits: impl FnOnce(usize) -> Result<(), TransportError>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, TransportError> {
        if found.is_empty() {
            return Ok(None);
        }
        let mut values = Vec::new();
        for loan in self.lent.loans() {
            values.push(if found.iter().any(|found| ptr::eq(*found, loan)) {
                written(loan, context, place)?
            } else {
                Zeroizing::default()
            });
        }
        let values = values.into();
        // What is too long is not made first.
        fits(self.lent.filled_length(text, &values))?;
        let mut replacer = self.lent.filler(values);
        let mut filled = Zeroizing::new(replacer.feed(text));
        filled.extend(replacer.finish());
        Ok(Some(filled))
    }
}

/// Whether a value may stand so in a request, which the ledger then tells.
pub(super) fn admit(
    loan: &Loan,
    aim: &Aim<'_>,
    place: Place,
    stands: Stands<'_>,
    entry: &Entry,
) -> Result<(), TransportError> {
    loan.terms.admit_use(&SecretUse {
        origin: aim.origin,
        method: &aim.method,
        path: &aim.path.text,
        has_ambiguous_value: aim.path.has_ambiguous_value,
        place,
        stands,
        override_field: aim.override_field.as_deref(),
    })?;
    entry.lends(loan.terms.name(), place);
    Ok(())
}

/// A value in a header field, or in what is encoded there.
fn in_field<'t>(
    header: &HeaderMap,
    name: &'t HeaderName,
    is_basic: bool,
    before: &'t [u8],
    after: &'t [u8],
) -> Stands<'t> {
    Stands::InHeader(InHeader {
        field: name.as_str(),
        before,
        after,
        is_basic,
        is_repeated: is_repeated(header, name),
    })
}

/// What is before and after each handle in a text.
fn around<'t>(text: &'t [u8], handle: &str) -> impl Iterator<Item = (&'t [u8], &'t [u8])> {
    let places = text.windows(HANDLE_BYTES).enumerate();
    places
        .filter(move |(_, place)| *place == handle.as_bytes())
        .filter_map(|(at, _)| {
            let (before, rest) = text.split_at_checked(at)?;
            Some((before, rest.get(HANDLE_BYTES..)?))
        })
}

/// Whether there is another field of this name, as servers behind CGI read it.
fn is_repeated(header: &HeaderMap, name: &HeaderName) -> bool {
    let wanted = header_name(name.as_str());
    let fields = header.iter().filter(|(other, _)| {
        other.as_str().len() == wanted.len() && header_name(other.as_str()) == wanted
    });
    fields.count() > 1
}

/// How a value is written at its place.
pub(super) fn written(
    loan: &Loan,
    context: Context,
    place: Place,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let name = loan.terms.name();
    // The component has it as a URL whose host is the handle.
    if loan.url.is_some() {
        return Err(TransportError::Refused(format!(
            "the secret `{name}` is a URL, and lent as the URL of a request; `places:` without `url` lends it as text"
        )));
    }
    encode(loan.value(), context).map_err(|error| {
        TransportError::Refused(format!(
            "the secret `{name}` can't be put into the {} of the request: {error}",
            place.as_str()
        ))
    })
}

fn unusable(loan: &Loan, what: &str) -> TransportError {
    let name = loan.terms.name();
    TransportError::Refused(format!("the secret `{name}` can't be {what}"))
}

/// What basic authentication has encoded.
fn of_basic(value: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let written = BASE64_LENIENT.decode(token).ok()?;
    scheme.eq_ignore_ascii_case("basic").then_some(written)
}

#[cfg(test)]
mod tests;
