//! Fetches OAuth 2 tokens (RFC 6749, section 4.4), once for all runs of a tenant.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use http_step_signing::oauth2::{
    ClientAuthentication, ClientCredentials, MAX_ANSWER, Token, TokenRequest,
};

use crate::auth::Client;
use crate::body::whole;
use crate::egress::Egress;
use crate::error::TransportError;
use crate::timeouts::RequestOptions;
use crate::usage::InFlight;
use crate::usage::audit::AuditEntry;

/// The maximum length of a token: its matcher is many times as long.
const MAX_TOKEN: usize = 8 << 10;

impl Egress {
    /// A token for a client: a cached one, or a new one. A token that a server has refused is not
    /// returned again.
    pub(crate) async fn token(
        &self,
        client: &Client,
        refused: Option<&Arc<Token>>,
        options: RequestOptions,
        in_flight: &Arc<InFlight>,
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
        let slot = self.transport.tokens.slot(
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
            && !token.is_expired(Instant::now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, token))
        {
            return Ok(Arc::clone(token));
        }
        let entry = self.usage.start_follow_up(Method::POST.as_str())?;
        let fetched = self.fetch(client, options, &entry, in_flight).await;
        entry.close();
        let token = Arc::new(fetched?);
        *kept = Some(Arc::clone(&token));
        Ok(token)
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
        let token = match Token::parse(status, &answer, requested) {
            Ok(token) => token,
            Err(mut error) => {
                // As the server wrote it: truncating a text first would leave a part of a value.
                let echo_watch = self.echo_watch(&client.origin, entry);
                error.each_text(|text| echo_watch.redact(text, &self.secrets));
                if self.usage.signal().is_stopped() {
                    return pending().await;
                }
                return Err(none(error.to_string()));
            }
        };
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
        Ok(token)
    }
}
