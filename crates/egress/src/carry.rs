//! A request as a component asks for it, which may come to more than one exchange: what
//! is to prove who sends it may have to be fetched first, or asked for by the server.

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

use super::Egress;
use super::body::BoxBody;
use super::collect::{Read, Rest, collect};
use super::error::{Stage, TransportError};
use super::failure::Failure;
use super::fill::Aim;
use super::journal::{Room, UnderWay};
use super::ledger::Entry;
use super::options::RequestOptions;
use super::proof::Proof;
use super::scrub::Unredacted;
use super::token::whole;
use crate::credentials::Scheme;
use crate::secrets::LendError;

/// How often a request is repeated with a better proof. A server that calls every nonce
/// stale is not followed for ever.
const MOST_REPEATED: u32 = 4;

/// How much of a refusal is read, and for how long, so that its connection can be used
/// again.
const MOST_REFUSED: usize = 64 << 10;
const LONGEST_REFUSED: Duration = Duration::from_secs(1);

/// The exchange that was begun last.
struct Last {
    entry: Arc<Entry>,
    /// Whether it is over, and another one is to follow.
    is_answered: bool,
}

impl Egress {
    /// Carry a request out. Of each exchange there is an entry in the ledger.
    pub(super) async fn carry_out(
        self,
        mut request: Request<BoxBody>,
        options: RequestOptions,
        entry: Arc<Entry>,
        under_way: UnderWay,
    ) -> Result<Response<BoxBody>, Failure> {
        let under_way = Arc::new(under_way);
        let promises = self.credentials.take_from(request.headers_mut());
        let mut last = Last {
            entry,
            is_answered: false,
        };
        let answered = if promises.is_empty() {
            self.exchange(request, options, &last.entry, under_way, &[])
                .await
        } else {
            let proofs = promises.into_iter().map(Proof::new).collect();
            // Boxed, as all is that few requests need: what waits is kept small.
            Box::pin(self.prove_out(request, options, &mut last, under_way, proofs)).await
        };
        // What the host has to read of it, it has read.
        let redacted = answered.and_then(|answer| answer.redacted(&self.lent, &self.journal));
        if self.journal.is_stopped() {
            // The run is about to end, and its component is told nothing before.
            return pending().await;
        }
        redacted.map_err(|error| {
            // What was answered did not fail: what was to follow it did.
            if !last.is_answered {
                last.entry.failed(&error);
            }
            last.entry.failure(error)
        })
    }

    async fn prove_out(
        &self,
        request: Request<BoxBody>,
        options: RequestOptions,
        last: &mut Last,
        under_way: Arc<UnderWay>,
        mut proofs: Vec<Proof>,
    ) -> Result<Unredacted, TransportError> {
        if self.rehearsal.is_some() {
            return self
                .exchange(request, options, &last.entry, under_way, &proofs)
                .await;
        }
        let (head, body) = request.into_parts();
        let origin = self.may_go(&head, &proofs, &last.entry)?;
        let mut room = Room::new(Arc::clone(&self.journal));
        let body = self.collected(body, &origin, &options, &mut room).await?;
        let mut repeated = 0;
        loop {
            for proof in &mut proofs {
                if let Scheme::OAuth2(client) = &proof.promise.scheme {
                    let refused = proof.token.take();
                    let token = self.token(client, refused.as_ref(), options, &under_way);
                    let token = token.await?;
                    if self.derives(&proof.promise.scheme) {
                        let endpoint = client.token_url.as_str();
                        self.conceal(&token, endpoint, &proof.promise.stand_in)
                            .await?;
                    }
                    proof.token = Some(token);
                }
            }
            let is_again = repeated > 0;
            if is_again {
                *last = Last {
                    entry: self.journal.again(head.method.as_str())?,
                    is_answered: false,
                };
            }
            let request = Request::from_parts(head.clone(), whole(body.clone()));
            let response = self
                .exchange(
                    request,
                    options,
                    &last.entry,
                    Arc::clone(&under_way),
                    &proofs,
                )
                .await?;
            let status = response.as_is().status();
            if repeated == MOST_REPEATED || status != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let challenged =
                |proof: &Proof| proof.is_challenged(&origin, response.as_is(), is_again);
            if !proofs.iter().any(challenged) {
                return Ok(response);
            }
            repeated += 1;
            last.is_answered = true;
            // Whatever it says, and whether it comes to an end.
            let rest = Limited::new(response.into_body(), MOST_REFUSED).collect();
            let _ = timeout(LONGEST_REFUSED, rest).await;
        }
    }

    /// Whether a request may go out, before anything is fetched for it.
    fn may_go(
        &self,
        head: &Parts,
        proofs: &[Proof],
        entry: &Entry,
    ) -> Result<Origin, TransportError> {
        let mut probe = Request::from_parts(head.clone(), whole(Bytes::new()));
        let origin = self.admit(&mut probe, entry)?.route.key.origin;
        self.may_prove(proofs, &Aim::of(&probe, &origin), entry)?;
        Ok(origin)
    }

    /// Whether what proves a request by a scheme derives from a granted secret. What does
    /// not is the component's own: it is not hidden, so that it can't hide anything.
    pub(super) fn derives(&self, scheme: &Scheme) -> bool {
        self.lent.is_source_of(scheme.sources().into_iter())
    }

    /// Hide a token before it is used.
    async fn conceal(
        &self,
        token: &Arc<Token>,
        endpoint: &str,
        by: &str,
    ) -> Result<(), TransportError> {
        let refused = |error: LendError| TransportError::Refused(error.into_reason());
        let is_hidden = self.lent.has_token(token.value(), endpoint);
        if is_hidden.map_err(refused)? {
            return Ok(());
        }
        let (lent, token) = (Arc::clone(&self.lent), Arc::clone(token));
        let (endpoint, by) = (endpoint.to_owned(), by.to_owned());
        // What finds it takes a moment to make, in which nobody waits for it but this
        // request, and stays as long as the run.
        let conceal = move || lent.conceal(token.value(), &endpoint, &by);
        let concealed = self.cpu.count_aside(conceal).await;
        let ended = || TransportError::Refused("the host is about to end".to_owned());
        let bytes = concealed.ok_or_else(ended)?.map_err(refused)?;
        self.journal.keeps(bytes, Stage::Policy)?;
        let spent = self.journal.spends(self.cpu.total());
        spent.map_err(|exceeded| TransportError::Exceeded {
            exceeded,
            stage: Stage::Policy,
        })
    }

    /// All of a body that a component writes: what signs it has to know it, and it may
    /// go out twice.
    async fn collected(
        &self,
        mut body: BoxBody,
        to: &Origin,
        options: &RequestOptions,
        room: &mut Room,
    ) -> Result<Bytes, TransportError> {
        let within = self.patience(options).first_byte;
        let Read { bytes, rest } = collect(&mut body, usize::MAX, within, to, room).await?;
        match rest {
            Rest::Nothing | Rest::More => Ok(bytes),
            // They come too late to be signed, and nothing that is signed has any.
            Rest::Trailers(_) => Err(TransportError::Refused(
                "a request that is signed has no trailers".to_owned(),
            )),
        }
    }
}
