//! Injects secrets into a request's body.

use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::{Body, Frame};
use http_body_util::Full;
use http_step_policy::{Origin, Place, Placement, Secret};
use http_step_redact::{Context, HANDLE_BYTES, Replacements, Replacer};
use tokio::task::yield_now;
use zeroize::Zeroizing;

use super::{Destination, admit, written};
use crate::body::BoxBody;
use crate::body::collect::{Read, Rest, collect};
use crate::body::content::{Content, MAX_HELD, context_of};
use crate::body::inspect::{BodyReader, Found, OwnedPlacement};
use crate::egress::Egress;
use crate::error::{Stage, TransportError};
use crate::headers::announced_length;
use crate::secrets::GrantedSecret;
use crate::usage::audit::AuditEntry;
use crate::usage::cpu::{BYTES_PER_POLL, CpuMeter};
use crate::usage::{MessageReservation, RunUsage};

/// The size of the pieces of a long body: a handle is short, but a value may be long.
const PIECE: usize = 4 << 10;

/// A long body, into which secrets are injected while it is sent.
struct InjectedBody {
    reader: BodyReader,
    /// Text that was read, and waits for the text after it, since it contains a handle.
    held: BytesMut,
    /// Text that was read but not processed.
    read: Bytes,
    rest: BoxBody,
    /// Whether the body has ended.
    is_read: bool,
    /// None at the end.
    replacer: Option<Replacer>,
    trailers: Option<HeaderMap>,
    origin: Origin,
    /// By the index of the secret.
    grants: Vec<BodyGrant>,
    /// The number of handles in a body whose length was announced.
    counted: Option<usize>,
    entry: Arc<AuditEntry>,
    /// The connection's task polls the body, so its processor time is counted here.
    cpu: CpuMeter,
    usage: Arc<RunUsage>,
    _room: MessageReservation,
}

/// Whether a secret may be in a body.
struct BodyGrant {
    secret: Secret,
    /// Alone.
    whole: Result<(), TransportError>,
    /// Next to other text.
    composed: Result<(), TransportError>,
    /// After an unfinished escape, which is never allowed.
    behind_escape: Result<(), TransportError>,
    /// In another charset or coding, which is never allowed.
    recoded: Result<(), TransportError>,
}

impl BodyGrant {
    fn decision(&self, placement: &OwnedPlacement) -> &Result<(), TransportError> {
        match placement {
            OwnedPlacement::Whole => &self.whole,
            OwnedPlacement::Composed
            | OwnedPlacement::NotPlain
            | OwnedPlacement::Repeated(_)
            | OwnedPlacement::Joined => &self.composed,
            OwnedPlacement::BehindEscape(_) => &self.behind_escape,
            OwnedPlacement::Recoded => &self.recoded,
        }
    }
}

impl Egress {
    /// Check whether a body may contain the values of its handles.
    pub(crate) fn admit_body(
        &self,
        reader: &mut BodyReader,
        destination: &mut Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        if destination.override_field.is_none() {
            destination.override_field = reader.override_field().map(str::to_owned);
        }
        let mut found = reader.take_found();
        // The denial names everything that is missing, and first what can't be granted.
        found.sort_by_key(|found| match found.placement {
            OwnedPlacement::BehindEscape(_) | OwnedPlacement::Recoded => 0,
            OwnedPlacement::Composed
            | OwnedPlacement::NotPlain
            | OwnedPlacement::Repeated(_)
            | OwnedPlacement::Joined => 1,
            OwnedPlacement::Whole => 2,
        });
        for Found { secret, placement } in found {
            if let Some(secret) = self.secrets.secrets().get(secret) {
                admit(
                    secret,
                    destination,
                    Place::Body,
                    placement.as_placement(),
                    entry,
                )?;
            }
        }
        let Some(field) = &destination.override_field else {
            return Ok(());
        };
        // Secrets in the head were admitted without the body's fields.
        for used in entry.injected() {
            let secrets = self.secrets.secrets().iter();
            for secret in secrets.filter(|secret| secret.grant.name() == used.name) {
                secret
                    .grant
                    .admit_beside(destination.origin, used.place, field)?;
            }
        }
        Ok(())
    }

    /// Inject values into a body. A body up to a limit is read first, with a timeout for each
    /// piece.
    pub(crate) async fn inject_body(
        &self,
        request: Request<BoxBody>,
        origin: &Origin,
        within: Duration,
        max_held: Option<usize>,
        entry: &Arc<AuditEntry>,
    ) -> Result<Request<Content>, TransportError> {
        let is_clear = !self.secrets.is_used() || request.body().is_end_stream();
        if is_clear && max_held.is_none() {
            return Ok(request.map(Content::Written));
        }
        let (mut head, mut body) = request.into_parts();
        // The values are injected.
        let probe = Request::from_parts(head.clone(), ());
        let mut destination = Destination::from_request(&probe, origin);
        let context = context_of(&head.headers);
        let mut room = MessageReservation::new(Arc::clone(&self.usage));
        let most = max_held.unwrap_or(MAX_HELD);
        let Read { bytes: read, rest } =
            collect(&mut body, most, within, origin, &mut room).await?;
        let mut reader = BodyReader::new(&head.headers, head.uri.query(), self.secrets.secrets());
        let found = self.found_in_body(&read).await;
        let is_more = matches!(rest, Rest::More);
        if is_more || self.needs_inspection(&found) {
            inspect(&mut reader, &read).await;
        }
        if !is_more {
            reader.finish();
        }
        self.admit_body(&mut reader, &mut destination, entry)?;
        let trailers = match rest {
            Rest::Nothing => {
                let override_field = reader.override_field().map(str::to_owned);
                let whole = self.inject_whole(head, read, &found, override_field, room);
                return whole.await;
            }
            Rest::Trailers(trailers) => Some(trailers),
            Rest::More => None,
        };
        let (values, grants) = self.body_grants(&destination, context, &reader)?;
        let counted = announced_length(&head.headers).map(|announced| {
            let injected = self.secrets.injected_length(read.len(), &read, &values) as u64;
            let length = announced.saturating_sub(read.len() as u64) + injected;
            head.headers.insert(CONTENT_LENGTH, length.into());
            self.secrets.count_in(&read)
        });
        let cleared = usize::try_from(reader.cleared()).unwrap_or(usize::MAX);
        let (read, held) = read.split_at_checked(cleared).unwrap_or((&read, &[]));
        let body = Content::Injected(Box::new(InjectedBody {
            // Trailers follow the whole body.
            is_read: trailers.is_some(),
            reader,
            held: held.into(),
            read: Bytes::copy_from_slice(read),
            rest: body,
            replacer: Some(self.secrets.injector(values)),
            trailers,
            origin: origin.clone(),
            grants,
            counted,
            entry: Arc::clone(entry),
            cpu: self.cpu.clone(),
            usage: Arc::clone(&self.usage),
            _room: room,
        }));
        Ok(Request::from_parts(head, body))
    }

    /// Check a whole body before anything is fetched for its request.
    pub(crate) async fn check_body(
        &self,
        request: &Request<()>,
        body: &[u8],
        destination: &mut Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        let found = self.found_in_body(body).await;
        if !self.needs_inspection(&found) {
            return Ok(());
        }
        let secrets = self.secrets.secrets();
        let mut reader = BodyReader::new(request.headers(), request.uri().query(), secrets);
        inspect(&mut reader, body).await;
        reader.finish();
        self.admit_body(&mut reader, destination, entry)
    }

    /// Whether a body that has handles of these secrets matters.
    fn needs_inspection(&self, found: &[&GrantedSecret]) -> bool {
        let mut secrets = self.secrets.secrets().iter();
        !found.is_empty() || secrets.any(|secret| secret.grant.is_bound())
    }

    /// The secrets whose handles are in a body, in order.
    async fn found_in_body(&self, body: &[u8]) -> Vec<&GrantedSecret> {
        if body.len() <= BYTES_PER_POLL {
            return self.secrets.found_in(body).collect();
        }
        let mut found: Vec<&GrantedSecret> = Vec::new();
        for window in windows(body) {
            found.extend(self.secrets.found_in(window));
            yield_now().await;
        }
        let is_found = |secret: &&GrantedSecret| found.iter().any(|it| ptr::eq(*it, *secret));
        self.secrets.secrets().iter().filter(is_found).collect()
    }

    /// Inject values into a whole body.
    async fn inject_whole(
        &self,
        mut head: Parts,
        read: Bytes,
        found: &[&GrantedSecret],
        override_field: Option<String>,
        mut room: MessageReservation,
    ) -> Result<Request<Content>, TransportError> {
        let mut whole = read;
        if !found.is_empty() {
            let values = self.values_of(found, context_of(&head.headers), Place::Body)?;
            let mut length = whole.len();
            for (number, window) in windows(&whole).enumerate() {
                if number > 0 {
                    yield_now().await;
                }
                length = self.secrets.injected_length(length, window, &values);
            }
            // Check the length before the text is built.
            room.resize(whole.len().saturating_add(length))?;
            let mut injected = Zeroizing::new(Vec::with_capacity(length));
            let mut replacer = self.secrets.injector(values);
            for (number, piece) in whole.chunks(BYTES_PER_POLL).enumerate() {
                if number > 0 {
                    yield_now().await;
                }
                injected.extend(replacer.feed(piece));
            }
            injected.extend(replacer.finish());
            whole = Bytes::from_owner(injected);
        }
        if head.headers.contains_key(CONTENT_LENGTH) {
            head.headers.insert(CONTENT_LENGTH, whole.len().into());
        }
        let body = Content::Whole {
            body: Full::new(whole.clone()),
            bytes: whole,
            override_field,
            has_values: !found.is_empty(),
            _room: room,
        };
        Ok(Request::from_parts(head, body))
    }

    /// The grants of each secret for a long body, and its value encoded for it.
    fn body_grants(
        &self,
        destination: &Destination<'_>,
        context: Context,
        reader: &BodyReader,
    ) -> Result<(Replacements, Vec<BodyGrant>), TransportError> {
        let (mut values, mut grants) = (Vec::new(), Vec::new());
        for (number, secret) in self.secrets.secrets().iter().enumerate() {
            // Secrets that are found are admitted later; the others are not recorded.
            let unseen = AuditEntry::new(destination.method.as_str());
            let value = written(secret, context, Place::Body);
            let may = |placement| {
                value.as_ref().map_err(Clone::clone)?;
                admit(secret, destination, Place::Body, placement, &unseen)
            };
            let of = BodyGrant {
                secret: secret.grant.clone(),
                whole: may(Placement::Whole),
                composed: may(Placement::Composed),
                behind_escape: match reader.sign_of_escapes() {
                    Some(sign) => may(Placement::BehindEscape(sign)),
                    None => Ok(()),
                },
                recoded: may(Placement::Recoded),
            };
            if reader.has_found(number) {
                value.as_ref().map_err(Clone::clone)?;
            }
            let is_allowed = of.whole.is_ok() || of.composed.is_ok();
            values.push(value.ok().filter(|_| is_allowed).unwrap_or_default());
            grants.push(of);
        }
        Ok((values.into(), grants))
    }
}

/// Read a body that may be long.
async fn inspect(reader: &mut BodyReader, body: &[u8]) {
    for piece in body.chunks(BYTES_PER_POLL) {
        reader.read(piece);
        // Count the CPU time so far, and let other tasks run.
        yield_now().await;
    }
}

/// The pieces of a text, each with the end of the one before: a handle is in exactly one of them.
fn windows(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = (0..text.len()).step_by(BYTES_PER_POLL);
    starts.filter_map(|start| {
        let end = text.len().min(start + BYTES_PER_POLL);
        text.get(start.saturating_sub(HANDLE_BYTES - 1)..end)
    })
}

impl InjectedBody {
    /// Check whether the values that were found since the last call are allowed.
    fn admit(&mut self) -> Result<(), TransportError> {
        for Found { secret, placement } in self.reader.take_found() {
            if let Some(grant) = self.grants.get(secret) {
                grant.decision(&placement).clone()?;
                self.entry
                    .record_injection(grant.secret.name(), Place::Body);
            }
        }
        let Some(field) = self.reader.override_field() else {
            return Ok(());
        };
        for used in self.entry.injected() {
            let secrets = self.grants.iter().map(|grant| &grant.secret);
            for secret in secrets.filter(|secret| secret.name() == used.name) {
                secret.admit_beside(&self.origin, Place::Body, field)?;
            }
        }
        Ok(())
    }

    /// The part of the held text that may be sent.
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
            let injected = match &next {
                Some(piece) => replacer.feed(piece),
                None => replacer.finish(),
            };
            if self
                .counted
                .is_some_and(|counted| replacer.replaced() > counted)
            {
                return Poll::Ready(Some(Err(TransportError::Refused(format!(
                    "a secret is after the first {MAX_HELD} bytes of a body whose length was announced; a body without Content-Length can have it there"
                )))));
            }
            if next.is_none() {
                self.replacer = None;
            }
            if !injected.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(injected.into()))));
            }
        }
    }
}

impl Body for InjectedBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = self.get_mut();
        let cpu = this.cpu.clone();
        let frame = cpu.measure_sync(|| this.poll(cx));
        if let Err(exceeded) = this.usage.check_cpu(cpu.total()) {
            let stage = Stage::Send;
            return Poll::Ready(Some(Err(TransportError::Exceeded { exceeded, stage })));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.replacer.is_none() && self.trailers.is_none()
    }
}
