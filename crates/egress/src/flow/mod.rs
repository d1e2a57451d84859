//! The auth flow of one request, which may take several exchanges: an OAuth 2 token may have to
//! be fetched first, and a Digest server sends its challenge first.

pub(crate) mod send;
mod token;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use http_step_policy::Origin;
use http_step_signing::oauth2::Token;
use tokio::time::timeout;

use crate::auth::Scheme;
use crate::auth::sign::Proof;
use crate::body::BoxBody;
use crate::body::collect::{Read, Rest, collect};
use crate::body::whole;
use crate::egress::Egress;
use crate::error::TransportError;
use crate::error::failure::Failure;
use crate::inject::other_fields::ComputedFields;
use crate::inject::{Destination, check_fields};
use crate::redact::Unredacted;
use crate::secrets::GrantError;
use crate::timeouts::{RequestOptions, RequestTimeouts};
use crate::usage::audit::AuditEntry;
use crate::usage::{InFlight, MessageReservation};

/// How often a request is sent again with other credentials. A server that calls every nonce
/// stale must not cause a loop.
const MAX_REPEATED: u32 = 4;

/// How much of a refusal is read, and for how long, so that its connection can be reused.
const MAX_REFUSED: usize = 64 << 10;
const MAX_REFUSED_TIME: Duration = Duration::from_secs(1);

/// The exchange that was started last.
struct Last {
    entry: Arc<AuditEntry>,
    /// Whether it has ended, and another one follows.
    is_answered: bool,
}

impl Egress {
    /// Send a request, in as many exchanges as its credentials require. Each has an entry in the
    /// audit log.
    pub(crate) async fn run_flow(
        self,
        mut request: Request<BoxBody>,
        options: RequestOptions,
        entry: Arc<AuditEntry>,
        in_flight: InFlight,
    ) -> Result<Response<BoxBody>, Failure> {
        let in_flight = Arc::new(in_flight);
        let placeholders = self.credentials.take_from(request.headers_mut());
        let mut last = Last {
            entry,
            is_answered: false,
        };
        let answered = if placeholders.is_empty() {
            self.exchange(request, options, &last.entry, in_flight, &[])
                .await
        } else {
            let fields = ComputedFields::new(&placeholders);
            request.extensions_mut().insert(fields);
            let proofs = placeholders.into_iter().map(Proof::new).collect();
            // Boxed, since few requests need it: the state of waiting requests stays small.
            Box::pin(self.authenticate(request, options, &mut last, in_flight, proofs)).await
        };
        // The host has read what it needs.
        let redacted = answered.and_then(|answer| answer.redacted(&self.secrets, &self.usage));
        if self.usage.signal().is_stopped() {
            // The run is about to end, and the component gets no response before.
            return pending().await;
        }
        let entry = &last.entry;
        redacted.inspect(|_| entry.delivered()).map_err(|error| {
            // The exchange that was answered did not fail, but the one that should follow it.
            if !last.is_answered {
                entry.failed(&error);
            }
            entry.close();
            entry.failure(error)
        })
    }

    async fn authenticate(
        &self,
        request: Request<BoxBody>,
        options: RequestOptions,
        last: &mut Last,
        in_flight: Arc<InFlight>,
        mut proofs: Vec<Proof>,
    ) -> Result<Unredacted, TransportError> {
        if self.dry_run.is_some() {
            return self
                .exchange(request, options, &last.entry, in_flight, &proofs)
                .await;
        }
        let (head, body) = request.into_parts();
        let (probe, origin) = self.preflight(&head, &proofs, &last.entry)?;
        let mut room = MessageReservation::new(Arc::clone(&self.usage));
        let body = self.collected(body, &origin, &options, &mut room).await?;
        let mut schemes = proofs.iter().map(|proof| &proof.placeholder.scheme);
        if schemes.any(|scheme| matches!(scheme, Scheme::OAuth2(_))) {
            let mut destination = Destination::from_request(&probe, &origin);
            self.check_body(&probe, &body, &mut destination, &last.entry)
                .await?;
            self.check_credentials(&proofs, &destination, &last.entry)?;
        }
        let mut repeated = 0;
        loop {
            for proof in &mut proofs {
                if let Scheme::OAuth2(client) = &proof.placeholder.scheme {
                    let refused = proof.token.take();
                    let token =
                        self.token(client, refused.as_ref(), options, &in_flight, &last.entry);
                    let token = token.await?;
                    if self.derives(&proof.placeholder.scheme) {
                        let endpoint = client.token_url.as_str();
                        self.add_token(&token, endpoint, &proof.placeholder.value)
                            .await?;
                    }
                    proof.token = Some(token);
                }
            }
            let is_again = repeated > 0;
            if is_again {
                let entry = self.usage.start_follow_up(head.method.as_str())?;
                entry.repeats(&last.entry);
                *last = Last {
                    entry,
                    is_answered: false,
                };
            }
            let request = Request::from_parts(head.clone(), whole(body.clone()));
            let response = self
                .exchange(
                    request,
                    options,
                    &last.entry,
                    Arc::clone(&in_flight),
                    &proofs,
                )
                .await?;
            let status = response.as_is().status();
            if repeated == MAX_REPEATED || status != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let challenged =
                |proof: &Proof| proof.is_challenged(&origin, response.as_is(), is_again);
            if !proofs.iter().any(challenged) {
                return Ok(response);
            }
            repeated += 1;
            last.is_answered = true;
            // Whatever it contains, and even if it doesn't end.
            let rest = Limited::new(response.into_body(), MAX_REFUSED).collect();
            let _ = timeout(MAX_REFUSED_TIME, rest).await;
            last.entry.close();
        }
    }

    /// Check that the head of a request is allowed before anything is fetched for it.
    fn preflight(
        &self,
        head: &Parts,
        proofs: &[Proof],
        entry: &AuditEntry,
    ) -> Result<(Request<()>, Origin), TransportError> {
        check_fields(&head.headers, proofs)?;
        let mut probe = Request::from_parts(head.clone(), whole(Bytes::new()));
        let origin = self.admit(&mut probe, entry)?.route.key.origin;
        self.check_credentials(proofs, &Destination::from_request(&probe, &origin), entry)?;
        Ok((probe.map(drop), origin))
    }

    /// Whether the credentials of a scheme derive from a granted secret. Other credentials are not
    /// redacted, so a component can't use them to redact anything else.
    pub(crate) fn derives(&self, scheme: &Scheme) -> bool {
        self.secrets.is_source_of(scheme.sources().into_iter())
    }

    /// Redact a token from now on, before it is used.
    async fn add_token(
        &self,
        token: &Arc<Token>,
        endpoint: &str,
        by: &str,
    ) -> Result<(), TransportError> {
        let refused = |error: GrantError| TransportError::Refused(error.into_reason());
        let is_hidden = self.secrets.has_token(token.value(), endpoint);
        if is_hidden.map_err(refused)? {
            return Ok(());
        }
        let (secrets, token) = (Arc::clone(&self.secrets), Arc::clone(token));
        let (endpoint, by) = (endpoint.to_owned(), by.to_owned());
        self.build_matcher(move |reserve| secrets.add_token(token.value(), &endpoint, &by, reserve))
            .await
    }

    /// The whole body of a component: signing needs it, and it may be sent twice.
    async fn collected(
        &self,
        mut body: BoxBody,
        to: &Origin,
        options: &RequestOptions,
        room: &mut MessageReservation,
    ) -> Result<Bytes, TransportError> {
        let within = RequestTimeouts::new(options, self.usage.limits()).first_byte;
        let Read { bytes, rest } = collect(&mut body, usize::MAX, within, to, room).await?;
        match rest {
            Rest::Nothing | Rest::More => Ok(bytes),
            // They come too late to be signed, and signed requests have none.
            Rest::Trailers(_) => Err(TransportError::Refused(
                "a request that is signed has no trailers".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests;
