//! Tokens of OAuth 2 (RFC 6749, section 4.4): fetched once, for all runs of a tenant,
//! and kept until they end.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, Limited};
use http_step_policy::{Place, override_in_query};
use http_step_signing::oauth2::{
    ClientAuthentication, ClientCredentials, MAX_ANSWER, Token, TokenRequest,
};
use tokio::sync::Mutex as AsyncMutex;
use zeroize::Zeroizing;

use super::Egress;
use super::body::BoxBody;
use super::error::TransportError;
use super::fill::{Aim, WrittenPath};
use super::journal::UnderWay;
use super::ledger::Entry;
use super::options::RequestOptions;
use super::pool::Key;
use crate::credentials::Client;
use crate::secrets::{Fingerprint, Fingerprints};

/// How many are kept for a tenant, and over all.
const MOST_FOR_TENANT: usize = 32;
const MOST_KEPT: usize = 256;

/// The longest token: what finds it in texts is many times as long.
const LONGEST_TOKEN: usize = 8 << 10;

/// Where a token is kept. Who waits for it waits for the one who fetches it.
type Slot = Arc<AsyncMutex<Option<Arc<Token>>>>;

/// What a token is kept by: how its endpoint is reached, by whom, and all that makes it
/// what it is.
#[derive(PartialEq)]
struct Name {
    key: Key,
    client: Fingerprint,
}

/// The tokens of all runs.
pub(super) struct Tokens {
    fingerprints: Fingerprints,
    /// The one asked for last stands first.
    slots: Mutex<VecDeque<(Name, Slot)>>,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            slots: Mutex::default(),
        }
    }

    /// The slot of a client.
    fn slot(&self, key: Key, client: &[&[u8]]) -> Slot {
        let client = self.fingerprints.of(client.iter().copied());
        let name = Name { key, client };
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(other, _)| *other == name);
        let slot = match known.and_then(|at| slots.remove(at)) {
            Some((_, slot)) => slot,
            None => {
                let is_theirs = |(other, _): &(Name, Slot)| other.key.tenant == name.key.tenant;
                if slots.iter().filter(|slot| is_theirs(slot)).count() >= MOST_FOR_TENANT
                    && let Some(at) = slots.iter().rposition(is_theirs)
                {
                    slots.remove(at);
                }
                slots.truncate(MOST_KEPT - 1);
                Slot::default()
            }
        };
        slots.push_front((name, Arc::clone(&slot)));
        slot
    }
}

/// What a client is, with values in it.
pub(super) struct Known {
    id: Zeroizing<Vec<u8>>,
    secret: Zeroizing<Vec<u8>>,
}

impl Egress {
    /// A token for a client: one that was fetched before, or a new one. One that a
    /// server has refused is not given again.
    pub(super) async fn token(
        &self,
        client: &Client,
        refused: Option<&Arc<Token>>,
        options: RequestOptions,
        under_way: &Arc<UnderWay>,
    ) -> Result<Arc<Token>, TransportError> {
        // Whether this run may have it is asked also where another one has fetched it.
        let (key, known) = self.admit_client(client)?;
        let authentication: &[u8] = match client.authentication {
            ClientAuthentication::Basic => b"basic",
            ClientAuthentication::Body => b"body",
        };
        let text = |text: &Option<String>| match text {
            Some(text) => format!("={text}").into_bytes(),
            None => Vec::new(),
        };
        let slot = self.outbound.tokens.slot(
            key,
            &[
                client.token_url.as_str().as_bytes(),
                authentication,
                &known.id,
                &known.secret,
                &text(&client.scope),
                &text(&client.audience),
            ],
        );
        let mut kept = slot.lock().await;
        if let Some(token) = &*kept
            && !token.is_over(Instant::now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, token))
        {
            return Ok(Arc::clone(token));
        }
        let entry = self.journal.again(Method::POST.as_str())?;
        let token = Arc::new(self.fetch(client, options, &entry, under_way).await?);
        *kept = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Whether a client's endpoint may be asked, how it is reached, and what it is told.
    pub(super) fn admit_client(&self, client: &Client) -> Result<(Key, Known), TransportError> {
        let asked = [
            Some(client.token_url.as_str()),
            client.scope.as_deref(),
            client.audience.as_deref(),
        ];
        let asked = asked.into_iter().flatten();
        let mut loans = asked.flat_map(|text| self.lent.in_text(text.as_bytes()));
        if let Some(loan) = loans.next() {
            return Err(TransportError::Refused(format!(
                "the secret `{}` can't be in the URL of a token endpoint, a scope or an audience",
                loan.terms.name()
            )));
        }
        let request = Request::post(client.token_url.as_str()).body(whole(Bytes::new()));
        let mut request = request.map_err(|error| TransportError::Refused(error.to_string()))?;
        let entry = Entry::new(Method::POST.as_str());
        let key = self.admit(&mut request, &entry)?.route.key;
        Ok((key, self.client(client, &entry)?))
    }

    /// What a client is, if its secrets are lent for its token endpoint.
    fn client(&self, client: &Client, entry: &Entry) -> Result<Known, TransportError> {
        let query = client.token_url.query().unwrap_or_default();
        let aim = Aim {
            origin: &client.origin,
            method: Method::POST.to_string(),
            path: WrittenPath::without_values(client.token_url.path()),
            override_field: override_in_query(query.as_bytes()).map(str::to_owned),
        };
        Ok(Known {
            id: self.know(&client.id, Place::Token, &aim, entry)?,
            secret: self.know(&client.secret, Place::Token, &aim, entry)?,
        })
    }

    /// Fetch a token, as a request like any other.
    async fn fetch(
        &self,
        client: &Client,
        options: RequestOptions,
        entry: &Arc<Entry>,
        under_way: &Arc<UnderWay>,
    ) -> Result<Token, TransportError> {
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
        let response = self.exchange(request, options, entry, under_way, &[]).await;
        let response = response.inspect_err(|error| entry.failed(error))?;
        // It is the host's to read: a token may have in it what stands for another.
        let status = response.as_is().status().as_u16();
        let answer = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let answer = answer.map_err(|error| none(error.to_string()))?.to_bytes();
        let token = match Token::read(status, &answer, asked) {
            Ok(token) => token,
            Err(mut error) => {
                // As the server wrote it: to cut a text before would leave a part of a value.
                let watch = self.watch(&client.origin, entry);
                error.each_text(|text| watch.redact(text, &self.lent));
                if self.journal.is_stopped() {
                    return pending().await;
                }
                return Err(none(error.to_string()));
            }
        };
        let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=:|".contains(&byte);
        if token.value().len() > LONGEST_TOKEN {
            return Err(none(format!(
                "its token is longer than {LONGEST_TOKEN} bytes"
            )));
        }
        // RFC 6750, section 2.1, and a little more: each other character has many forms
        // to be looked for.
        if !token.value().bytes().all(is_of_token) {
            return Err(none(
                "its token has characters that no token has".to_owned(),
            ));
        }
        Ok(token)
    }
}

/// A body that is there as a whole.
pub(super) fn whole(bytes: Bytes) -> BoxBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}
