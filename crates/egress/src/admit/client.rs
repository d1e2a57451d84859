//! Checks whether a request may use its credentials, before anything is fetched for it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_step_policy::{Place, Placement, override_in_query};
use http_step_signing::oauth2::FORM_FIELDS;

use crate::auth::sign::{self, Proof};
use crate::auth::{Client, Scheme};
use crate::body::charset::is_of_url_other;
use crate::body::inspect::quoted_override;
use crate::body::whole;
use crate::connect::pool::Key;
use crate::egress::Egress;
use crate::error::TransportError;
use crate::inject::{Destination, WrittenPath, admit};
use crate::usage::audit::AuditEntry;

/// A client of a token endpoint, with the values of its secrets.
pub(crate) struct ClientValues {
    pub(crate) id: sign::RevealedText,
    pub(crate) secret: sign::RevealedText,
}

impl Egress {
    /// Check that the secrets of a request's credentials are granted for it.
    pub(crate) fn check_credentials(
        &self,
        proofs: &[Proof],
        destination: &Destination<'_>,
        entry: &AuditEntry,
    ) -> Result<(), TransportError> {
        for proof in proofs {
            self.material(proof, destination, entry)?;
            if let Scheme::OAuth2(client) = &proof.placeholder.scheme {
                self.admit_client(client)?;
            }
        }
        Ok(())
    }

    /// Check that a client's token endpoint is allowed. Returns the route to it and the client's
    /// values.
    pub(crate) fn admit_client(
        &self,
        client: &Client,
    ) -> Result<(Key, ClientValues), TransportError> {
        let requested = [
            Some(client.token_url.as_str()),
            client.scope.as_deref(),
            client.audience.as_deref(),
        ];
        let requested = requested.into_iter().flatten();
        let mut secrets = requested.flat_map(|text| self.secrets.found_in(text.as_bytes()));
        if let Some(secret) = secrets.next() {
            return Err(TransportError::Refused(format!(
                "the secret `{}` can't be in the URL of a token endpoint, a scope or an audience",
                secret.grant.name()
            )));
        }
        let request = Request::post(client.token_url.as_str()).body(whole(Bytes::new()));
        let mut request = request.map_err(|error| TransportError::Refused(error.to_string()))?;
        let entry = AuditEntry::new(Method::POST.as_str());
        let key = self.admit(&mut request, &entry)?.route.key;
        Ok((key, self.client(client, &entry)?))
    }

    /// The client, if its secrets are granted for its token endpoint.
    pub(crate) fn client(
        &self,
        client: &Client,
        entry: &AuditEntry,
    ) -> Result<ClientValues, TransportError> {
        let query = client.token_url.query().unwrap_or_default();
        let of_query = || quoted_override(query.as_bytes());
        let destination = Destination {
            origin: &client.origin,
            method: Method::POST.to_string(),
            path: WrittenPath::without_values(client.token_url.path()),
            // The host writes the request.
            other_fields: Arc::default(),
            override_field: override_in_query(query.as_bytes()).or_else(of_query),
        };
        // The step wrote the query beside the values.
        let are_ascii = self.secrets.are_ascii();
        let placement = match is_of_url_other(&HeaderMap::new(), Some(query), are_ascii) {
            true => Placement::Recoded,
            false => Placement::beside_query(query.as_bytes(), &FORM_FIELDS),
        };
        let sources = client.sources().into_iter();
        let secrets = sources.flat_map(|source| self.secrets.found_in(source.as_bytes()));
        for secret in secrets {
            admit(secret, &destination, Place::Token, placement, entry)?;
        }
        Ok(ClientValues {
            id: self.reveal(&client.id, Place::Token, &destination, entry)?,
            secret: self.reveal(&client.secret, Place::Token, &destination, entry)?,
        })
    }
}
