//! Fetches OAuth 2 tokens (RFC 6749, section 4.4), once for all runs of a tenant.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use http_step_signing::oauth2::{
    ClientAuthentication, ClientCredentials, MAX_ANSWER, Token, TokenError, TokenRequest,
};

use crate::auth::Client;
use crate::body::whole;
use crate::egress::Egress;
use crate::error::TransportError;
use crate::redact::EchoWatch;
use crate::timeouts::RequestOptions;
use crate::usage::InFlight;
use crate::usage::audit::AuditEntry;

/// The maximum length of a token: its matcher is many times as long.
const MAX_TOKEN: usize = 8 << 10;

impl Egress {
    /// A token for a client, for a request with an entry in the audit log: a cached one, or a new
    /// one. A token that a server has refused is not returned again.
    pub(crate) async fn token(
        &self,
        client: &Client,
        refused: Option<&Arc<Token>>,
        options: RequestOptions,
        in_flight: &Arc<InFlight>,
        entry: &Arc<AuditEntry>,
    ) -> Result<Arc<Token>, TransportError> {
        // Checked for this run even if another run has fetched the token.
        let (key, known) = self.admit_client(client)?;
        let authentication: &[u8] = match client.authentication {
            ClientAuthentication::Basic => b"basic",
            ClientAuthentication::Body => b"body",
        };
        let text = |text: &Option<String>| match text {
            Some(text) => format!("={text}").into_bytes(),
            None => Vec::new(),
        };
        // A client made up from right guesses, or one of them, must not get the token of the granted
        // one.
        let owner = |source: &str| -> &[u8] {
            match self.secrets.is_source_of([source].into_iter()) {
                true => b"granted",
                false => b"made up",
            }
        };
        let [owner_of_id, owner_of_secret] = client.sources().map(owner);
        let slot = self.transport.tokens.slot(
            key,
            &[
                owner_of_id,
                owner_of_secret,
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
            && !token.is_expired(Instant::now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, token))
        {
            // The run that fetched it may not have had these secrets.
            let echo_watch = self.echo_watch(&client.origin, entry);
            self.check_token(client, token, &echo_watch).await?;
            return Ok(Arc::clone(token));
        }
        let entry = self.usage.start_follow_up(Method::POST.as_str())?;
        entry.for_token();
        let fetched = self.fetch(client, options, &entry, in_flight).await;
        entry.close();
        let token = Arc::new(fetched?);
        *kept = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Check that a token contains no value: it is sent to other origins than its endpoint, and a
    /// server that stores data may issue tokens that contain it. A part of a value counts only where
    /// it is reported: otherwise an endpoint could use its tokens to guess parts.
    async fn check_token(
        &self,
        client: &Client,
        token: &Token,
        echo_watch: &EchoWatch,
    ) -> Result<(), TransportError> {
        let sources = client.sources();
        let is_derived = self.secrets.is_source_of(sources.into_iter());
        // The token of a granted client is only sent where the client's secrets are granted.
        let own: &[&str] = if is_derived { &sources } else { &[] };
        let text = token.value();
        if is_derived && self.secrets.has_token(text, client.token_url.as_str()) == Ok(true) {
            return Ok(());
        }
        let parts = self.secrets.parts_in_token(&client.origin, own);
        let has_values = echo_watch.report_in(text.as_bytes(), &parts, own, &self.secrets);
        if self.usage.signal().is_stopped() {
            return pending().await;
        }
        if has_values {
            return Err(TransportError::NoToken {
                from: client.origin.to_string(),
                reason: "its token has a value in it that is not for where the token goes"
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Fetch a token, with a request like any other.
    async fn fetch(
        &self,
        client: &Client,
        options: RequestOptions,
        entry: &Arc<AuditEntry>,
        in_flight: &Arc<InFlight>,
    ) -> Result<Token, TransportError> {
        let known = self.client(client, entry)?;
        let none = |reason: String| TransportError::NoToken {
            from: client.origin.to_string(),
            reason,
        };
        let id =
            str::from_utf8(&known.id).map_err(|_| none("the client's ID is no text".to_owned()))?;
        let [has_secret_id, has_secret] = client
            .sources()
            .map(|source| self.secrets.is_source_of([source].into_iter()));
        let credentials = ClientCredentials {
            id,
            secret: &known.secret,
            authentication: client.authentication,
            scope: client.scope.as_deref(),
            audience: client.audience.as_deref(),
            is_id_first: has_secret_id && !has_secret,
        };
        let TokenRequest { headers, body } = credentials.request();
        let length = body.len();
        let mut request = Request::post(client.token_url.as_str())
            .header(CONTENT_LENGTH, length)
            .body(whole(Bytes::from_owner(body)))
            .map_err(|error| none(error.to_string()))?;
        request.headers_mut().extend(headers);

        let requested = Instant::now();
        let in_flight = Arc::clone(in_flight);
        let response = self.exchange(request, options, entry, in_flight, &[]).await;
        let response = response.inspect_err(|error| entry.failed(error))?;
        // Only the host reads it: a token may contain text that looks like a handle.
        let status = response.as_is().status().as_u16();
        let answer = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let answer = answer.map_err(|error| none(error.to_string()))?.to_bytes();
        let echo_watch = self.echo_watch(&client.origin, entry);
        let sources = client.sources();
        let is_derived = self.secrets.is_source_of(sources.into_iter());
        // The next token of a granted client may start as the last one.
        let parts = self.secrets.parts_at(&client.origin, !is_derived);
        echo_watch.report_in(&answer, &parts, &[], &self.secrets);
        let token = Token::parse(status, &answer, requested).map_err(|mut error| {
            // As the server wrote it: truncating a text first would leave a part of a value.
            error.each_text(|text| echo_watch.redact(text, &self.secrets));
            match error {
                // The position of the error depends on values in the response.
                TokenError::Syntax { .. } if !self.secrets.is_empty() => {
                    none("its answer is not the JSON object of RFC 6749, section 5.1".to_owned())
                }
                error => none(error.to_string()),
            }
        });
        if self.usage.signal().is_stopped() {
            return pending().await;
        }
        let token = token?;
        let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=:|".contains(&byte);
        if token.value().len() > MAX_TOKEN {
            return Err(none(format!("its token is longer than {MAX_TOKEN} bytes")));
        }
        // RFC 6750, section 2.1, and a few more: every other character adds forms to match.
        if !token.value().bytes().all(is_of_token) {
            return Err(none(
                "its token has characters that no token has".to_owned(),
            ));
        }
        self.check_token(client, &token, &echo_watch).await?;
        Ok(token)
    }
}
