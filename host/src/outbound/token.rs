//! Tokens of OAuth 2 (RFC 6749, section 4.4): fetched once, for all runs of a tenant,
//! and kept until they end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use http_step_policy::Place;
use http_step_secrets::Value;
use http_step_signing::oauth2::{
    ClientAuthentication, ClientCredentials, MAX_ANSWER, Token, TokenRequest,
};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex as AsyncMutex;
use wasmtime_wasi_http::{RequestOptions, WasiBody};
use zeroize::Zeroizing;

use super::Egress;
use super::error::TransportError;
use super::fill::Aim;
use super::journal::UnderWay;
use super::ledger::Entry;
use crate::credentials::Client;
use crate::secrets::Shroud;

/// How many are kept, over all tenants.
const MOST_KEPT: usize = 256;

/// A token, and what hides it.
pub(super) struct Fetched {
    pub(super) token: Token,
    pub(super) shroud: Arc<Shroud>,
}

/// Where a token is kept. Who waits for it waits for the one who fetches it.
type Slot = Arc<AsyncMutex<Option<Arc<Fetched>>>>;

/// The tokens of all runs.
pub(super) struct Tokens {
    /// So that nobody can tell from what is kept here what a secret is.
    salt: [u8; 32],
    slots: Mutex<VecDeque<([u8; 32], Slot)>>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        let mut salt = [0; 32];
        // Without it they are told apart as well.
        let _ = getrandom::fill(&mut salt);
        Self {
            salt,
            slots: Mutex::default(),
        }
    }

    /// The slot of a client, by all that makes its tokens what they are.
    fn slot(&self, of: &[&[u8]]) -> Slot {
        let mut hash = Sha256::new_with_prefix(self.salt);
        for part in of {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let name: [u8; 32] = hash.finalize().into();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(other, _)| *other == name);
        let slot = match known.and_then(|at| slots.remove(at)) {
            Some((_, slot)) => slot,
            None => {
                slots.truncate(MOST_KEPT - 1);
                Slot::default()
            }
        };
        slots.push_front((name, Arc::clone(&slot)));
        slot
    }
}

/// What a client is, with values in it.
struct Known {
    id: Zeroizing<Vec<u8>>,
    secret: Zeroizing<Vec<u8>>,
}

impl Egress {
    /// A token for a client: one that was fetched before, or a new one. One that a
    /// server has refused is not given again.
    pub(super) async fn token(
        &self,
        client: &Client,
        refused: Option<&Arc<Fetched>>,
        options: RequestOptions,
        under_way: &Arc<UnderWay>,
    ) -> Result<Arc<Fetched>, TransportError> {
        // Whether this run may use the client is asked also where another one has
        // fetched the token.
        let known = self.client(client, &Entry::new(Method::POST.as_str()))?;
        let authentication: &[u8] = match client.authentication {
            ClientAuthentication::Basic => b"basic",
            ClientAuthentication::Body => b"body",
        };
        let text = |text: &Option<String>| match text {
            Some(text) => format!("={text}").into_bytes(),
            None => Vec::new(),
        };
        let slot = self.outbound.tokens.slot(&[
            self.tenant.as_bytes(),
            client.token_url.as_str().as_bytes(),
            authentication,
            &known.id,
            &known.secret,
            &text(&client.scope),
            &text(&client.audience),
        ]);
        let mut kept = slot.lock().await;
        if let Some(fetched) = &*kept
            && !fetched.token.is_over(Instant::now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, fetched))
        {
            return Ok(Arc::clone(fetched));
        }
        let entry = self.journal.again(Method::POST.as_str())?;
        let fetched = self.fetch(client, options, &entry, under_way).await;
        let fetched = fetched.inspect_err(|error| entry.failed(error))?;
        let fetched = Arc::new(fetched);
        *kept = Some(Arc::clone(&fetched));
        Ok(fetched)
    }

    /// What a client is, if its secrets are lent for its token endpoint.
    fn client(&self, client: &Client, entry: &Entry) -> Result<Known, TransportError> {
        let aim = Aim {
            origin: &client.origin,
            method: Method::POST.to_string(),
            path: client.token_url.path().into(),
        };
        let place = match client.authentication {
            ClientAuthentication::Basic => Place::Header,
            ClientAuthentication::Body => Place::Body,
        };
        Ok(Known {
            id: self.know(&client.id, place, &aim, entry)?,
            secret: self.know(&client.secret, place, &aim, entry)?,
        })
    }

    /// Fetch a token, as a request like any other.
    async fn fetch(
        &self,
        client: &Client,
        options: RequestOptions,
        entry: &Arc<Entry>,
        under_way: &Arc<UnderWay>,
    ) -> Result<Fetched, TransportError> {
        let known = self.client(client, entry)?;
        let none = |reason: String| TransportError::NoToken {
            from: client.origin.to_string(),
            reason,
        };
        let id =
            str::from_utf8(&known.id).map_err(|_| none("the client's ID is no text".to_owned()))?;
        let credentials = ClientCredentials {
            id,
            secret: &known.secret,
            authentication: client.authentication,
            scope: client.scope.as_deref(),
            audience: client.audience.as_deref(),
        };
        let TokenRequest { headers, body } = credentials.request();
        let length = body.len();
        let mut request = Request::post(client.token_url.as_str())
            .header(CONTENT_LENGTH, length)
            .body(whole(Bytes::from_owner(body)))
            .map_err(|error| none(error.to_string()))?;
        request.headers_mut().extend(headers);

        let asked = Instant::now();
        let under_way = Arc::clone(under_way);
        let response = self
            .exchange(request, options, entry, under_way, &[])
            .await?;
        let status = response.status().as_u16();
        let answer = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let answer = answer.map_err(|error| none(error.to_string()))?.to_bytes();
        let token = Token::read(status, &answer, asked).map_err(|error| none(error.to_string()))?;
        let value = Value::new(token.value().as_bytes().to_vec());
        let value = value.map_err(|error| none(error.to_string()))?;
        let shroud = Shroud::over(&[vec![value]]).map_err(|error| none(error.to_string()))?;
        Ok(Fetched {
            token,
            shroud: Arc::new(shroud),
        })
    }
}

/// A body that is there as a whole.
pub(super) fn whole(bytes: Bytes) -> WasiBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
