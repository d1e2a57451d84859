//! A request's body with secrets in it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use http_step_policy::{Origin, Place, Stands};
use http_step_redact::{Context, Replacer};

use super::body::BoxBody;
use super::collect::{Read, Rest, collect};
use super::error::TransportError;
use super::fill::{Aim, admit, written};
use super::journal::Room;
use super::ledger::Entry;
use super::whole::{BodyReader, Found, Standing};
use super::{Egress, announced_length};
use crate::secrets::Loan;

/// How much of a body is held back until all of it is there: then all is decided
/// before a connection is opened, and its length can be told. Of a longer one the
/// secrets have to be in so much of it, if the component announces its length, since
/// there are servers that take no upload without it; else it goes out in chunks
/// (RFC 9112, section 7.1), with secrets anywhere.
pub(super) const MOST_HELD: usize = 1 << 20;

/// How much of a longer one is filled at once: a handle is short, and a value may be
/// long.
const PIECE: usize = 4 << 10;

/// What a request's body comes from.
pub(super) enum Content {
    /// The component.
    Written(BoxBody),
    /// The host, which has all of it.
    Whole {
        body: Full<Bytes>,
        bytes: Bytes,
        /// A field of it by which a server may act on another method.
        override_field: Option<&'static str>,
        _room: Room,
    },
    /// The component and the host.
    Filled(Box<Filled>),
}

/// A long body, in which secrets are put while it goes out.
pub(super) struct Filled {
    reader: BodyReader,
    /// What was read, and waits for what comes after it: there is a handle in it.
    held: BytesMut,
    /// What was read already.
    read: Bytes,
    rest: BoxBody,
    /// Whether that was all.
    is_read: bool,
    /// None when it gave its last.
    replacer: Option<Replacer>,
    trailers: Option<HeaderMap>,
    /// Of each secret, by number.
    terms: Vec<Terms>,
    /// How many secrets there are in a body whose length was told.
    counted: Option<usize>,
    entry: Arc<Entry>,
    _room: Room,
}

/// Whether a secret may be in a body.
struct Terms {
    name: String,
    /// By itself.
    whole: Result<(), TransportError>,
    /// Beside other text.
    composed: Result<(), TransportError>,
    /// Behind an escape that is open: nothing lets it.
    behind_escape: Result<(), TransportError>,
    /// In what is read in another charset or coding: nothing lets it.
    recoded: Result<(), TransportError>,
    /// Whether it may be anywhere in the request if the body has this field.
    overridden: Option<TransportError>,
}

impl Terms {
    fn of(&self, standing: &Standing) -> &Result<(), TransportError> {
        match standing {
            Standing::Whole => &self.whole,
            Standing::Composed | Standing::Repeated(_) | Standing::Joined => &self.composed,
            Standing::BehindEscape(_) => &self.behind_escape,
            Standing::Recoded => &self.recoded,
        }
    }
}

impl Egress {
    /// Whether the values may be in a body that have handles in it.
    pub(super) fn admit_body(
        &self,
        reader: &mut BodyReader,
        aim: &mut Aim<'_>,
        entry: &Entry,
    ) -> Result<(), TransportError> {
        if aim.override_field.is_none() {
            aim.override_field = reader.override_field().map(str::to_owned);
        }
        let mut found = reader.take_found();
        // The denial is to name all that is missing, and first what nothing grants.
        found.sort_by_key(|found| match found.standing {
            Standing::BehindEscape(_) | Standing::Recoded => 0,
            Standing::Composed | Standing::Repeated(_) | Standing::Joined => 1,
            Standing::Whole => 2,
        });
        for Found { loan, standing } in found {
            if let Some(loan) = self.lent.loans().get(loan) {
                admit(loan, aim, Place::Body, standing.stands(), entry)?;
            }
        }
        let Some(field) = &aim.override_field else {
            return Ok(());
        };
        // Those of the head did not know of the body.
        for used in entry.lent() {
            let loans = self.lent.loans().iter();
            for loan in loans.filter(|loan| loan.terms.name() == used.name) {
                loan.terms.admit_beside(aim.origin, used.place, field)?;
            }
        }
        Ok(())
    }

    /// Put values into a body. One that is not long, or not longer than is said, is
    /// waited for, each of its pieces not longer than it may take.
    pub(super) async fn fill_body(
        &self,
        request: Request<BoxBody>,
        origin: &Origin,
        within: Duration,
        most_held: Option<usize>,
        entry: &Arc<Entry>,
    ) -> Result<Request<Content>, TransportError> {
        let is_clear = !self.lent.is_used() || request.body().is_end_stream();
        if is_clear && most_held.is_none() {
            return Ok(request.map(Content::Written));
        }
        let (mut head, mut body) = request.into_parts();
        // Values are in it by now.
        let probe = Request::from_parts(head.clone(), ());
        let mut aim = Aim::of(&probe, origin);
        let context = context_of(&head.headers);
        let mut room = Room::new(Arc::clone(&self.journal));
        let most = most_held.unwrap_or(MOST_HELD);
        let Read { bytes: read, rest } =
            collect(&mut body, most, within, origin, &mut room).await?;
        let mut reader = BodyReader::new(&head.headers, self.lent.loans());
        let found: Vec<&Loan> = self.lent.in_text(&read).collect();
        let is_bound = self.lent.loans().iter().any(|loan| loan.terms.is_bound());
        let is_more = matches!(rest, Rest::More);
        if is_more || is_bound || !found.is_empty() {
            reader.read(&read);
        }
        if !is_more {
            reader.finish();
        }
        self.admit_body(&mut reader, &mut aim, entry)?;
        let trailers = match rest {
            Rest::Nothing => {
                let fits = |length: usize| room.take(read.len().saturating_add(length));
                let whole = self.put_in(&found, &read, context, Place::Body, fits)?;
                let whole = whole.map_or(read, Bytes::from_owner);
                if head.headers.contains_key(CONTENT_LENGTH) {
                    head.headers.insert(CONTENT_LENGTH, whole.len().into());
                }
                let body = Content::Whole {
                    body: Full::new(whole.clone()),
                    bytes: whole,
                    override_field: reader.override_field(),
                    _room: room,
                };
                return Ok(Request::from_parts(head, body));
            }
            Rest::Trailers(trailers) => Some(trailers),
            Rest::More => None,
        };
        let (mut values, mut terms) = (Vec::new(), Vec::new());
        for (number, loan) in self.lent.loans().iter().enumerate() {
            // What is found here is admitted; so nothing is told of the others yet.
            let unseen = Entry::new(aim.method.as_str());
            let value = written(loan, context, Place::Body);
            let may = |stands| {
                value.as_ref().map_err(Clone::clone)?;
                admit(loan, &aim, Place::Body, stands, &unseen)
            };
            let of = Terms {
                name: loan.terms.name().to_owned(),
                whole: may(Stands::Whole),
                composed: may(Stands::Composed),
                behind_escape: match reader.sign_of_escapes() {
                    Some(sign) => may(Stands::BehindEscape(sign)),
                    None => Ok(()),
                },
                recoded: may(Stands::Recoded),
                overridden: loan
                    .terms
                    .admit_beside(aim.origin, Place::Body, "_method")
                    .err()
                    .map(TransportError::from),
            };
            if reader.has_found(number) {
                value.as_ref().map_err(Clone::clone)?;
            }
            let is_let = of.whole.is_ok() || of.composed.is_ok();
            values.push(value.ok().filter(|_| is_let).unwrap_or_default());
            terms.push(of);
        }
        let values = values.into();
        let counted = announced_length(&head.headers).map(|announced| {
            let filled = self.lent.filled_length(&read, &values) as u64;
            let length = announced.saturating_sub(read.len() as u64) + filled;
            head.headers.insert(CONTENT_LENGTH, length.into());
            self.lent.count_in(&read)
        });
        let cleared = usize::try_from(reader.cleared()).unwrap_or(usize::MAX);
        let (read, held) = read.split_at_checked(cleared).unwrap_or((&read, &[]));
        let body = Content::Filled(Box::new(Filled {
            // Trailers come behind all of it.
            is_read: trailers.is_some(),
            reader,
            held: held.into(),
            read: Bytes::copy_from_slice(read),
            rest: body,
            replacer: Some(self.lent.filler(values)),
            trailers,
            terms,
            counted,
            entry: Arc::clone(entry),
            _room: room,
        }));
        Ok(Request::from_parts(head, body))
    }
}

/// What a body is written in.
pub(super) fn context_of(header: &HeaderMap) -> Context {
    let content_type = header.get(CONTENT_TYPE);
    Context::of_media_type(content_type.and_then(|value| value.to_str().ok()))
}

impl Content {
    /// All of it, where the host has that.
    pub(super) fn whole(&self) -> &[u8] {
        match self {
            Self::Whole { bytes, .. } => bytes,
            Self::Written(_) | Self::Filled(_) => &[],
        }
    }

    /// The field by which a server may act on another method, where the host has all of it.
    pub(super) fn override_field(&self) -> Option<&'static str> {
        match self {
            Self::Whole { override_field, .. } => *override_field,
            Self::Written(_) | Self::Filled(_) => None,
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        match self.get_mut() {
            Self::Written(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|_| TransportError::RequestBody),
            Self::Whole { body, .. } => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Filled(body) => body.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Written(body) => body.is_end_stream(),
            Self::Whole { body, .. } => body.is_end_stream(),
            Self::Filled(body) => body.replacer.is_none() && body.trailers.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Written(body) => body.size_hint(),
            Self::Whole { body, .. } => body.size_hint(),
            Self::Filled(_) => SizeHint::default(),
        }
    }
}

impl Filled {
    /// Whether the values may be there that were found since.
    fn admit(&mut self) -> Result<(), TransportError> {
        for Found { loan, standing } in self.reader.take_found() {
            if let Some(terms) = self.terms.get(loan) {
                terms.of(&standing).clone()?;
                self.entry.lends(&terms.name, Place::Body);
            }
        }
        if self.reader.override_field().is_none() {
            return Ok(());
        }
        let used = self.entry.lent();
        let is_used = |terms: &&Terms| used.iter().any(|used| used.name == terms.name);
        let mut overridden = self.terms.iter().filter(is_used);
        match overridden.find_map(|terms| terms.overridden.clone()) {
            Some(denial) => Err(denial),
            None => Ok(()),
        }
    }

    /// What may go out of what was held.
    fn cleared(&mut self) -> Bytes {
        let waits = self.reader.read_by_now() - self.reader.cleared();
        let waits = usize::try_from(waits).unwrap_or(usize::MAX);
        let cleared = self.held.len().saturating_sub(waits);
        self.held.split_to(cleared).freeze()
    }

    fn poll(&mut self, cx: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        loop {
            if self.replacer.is_none() {
                let trailers = self.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            }
            let next = if !self.read.is_empty() {
                Some(self.read.split_to(self.read.len().min(PIECE)))
            } else if self.trailers.is_some() {
                None
            } else {
                match ready!(Pin::new(&mut self.rest).poll_frame(cx)) {
                    None => None,
                    Some(Err(_)) => return Poll::Ready(Some(Err(TransportError::RequestBody))),
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) => {
                            self.reader.read(&data);
                            self.held.extend_from_slice(&data);
                            if let Err(refusal) = self.admit() {
                                return Poll::Ready(Some(Err(refusal)));
                            }
                            self.read = self.cleared();
                            continue;
                        }
                        Err(frame) => {
                            self.trailers = frame.into_trailers().ok();
                            None
                        }
                    },
                }
            };
            if next.is_none() && !self.is_read {
                self.is_read = true;
                self.reader.finish();
                if let Err(refusal) = self.admit() {
                    return Poll::Ready(Some(Err(refusal)));
                }
                self.read = self.held.split().freeze();
                continue;
            }
            let Some(replacer) = &mut self.replacer else {
                continue;
            };
            let filled = match &next {
                Some(piece) => replacer.feed(piece),
                None => replacer.finish(),
            };
            if self
                .counted
                .is_some_and(|counted| replacer.replaced() > counted)
            {
                return Poll::Ready(Some(Err(TransportError::Refused(format!(
                    "a secret stands after the first {MOST_HELD} bytes of a body whose length was announced; a body without Content-Length can have it there"
                )))));
            }
            if next.is_none() {
                self.replacer = None;
            }
            if !filled.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(filled.into()))));
            }
        }
    }
}
