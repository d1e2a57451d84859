//! The contract's imports of a component, except `hash`.

use http_step_egress::{
    Aws, BYTES_PER_POLL, ClientAuthentication, Encoding, OAuth2, PlainSignature, RequestedScheme,
    SignatureForm,
};
use tokio::task::yield_now;

use super::state::State;
use crate::contract::{auth, log, properties, types};
use crate::log::Stream;

impl types::Host for State {}

impl properties::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let Some(value) = self.properties.get(&name) else {
            return Ok(None);
        };
        let text = value.to_string();
        // There has to be room for a copy until it has one.
        self.hands_over(text.len())?;
        Ok(Some(text))
    }

    fn spelled(&mut self, name: String) -> Option<String> {
        let spelled = self.properties.get(&name)?.spelled()?;
        Some(spelled.to_string())
    }

    fn secret(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let secrets = &self.egress().secrets;
        let (handle, notice) = (secrets.handle(&name)?, secrets.notice(&name));
        if let Some(notice) = notice {
            self.log.write_line(Stream::Stderr, &notice);
        }
        if handle.is_none() {
            self.missing_secret = Some(name);
        }
        Ok(handle)
    }
}

impl auth::Host for State {
    fn credentials(&mut self, scheme: auth::Scheme) -> Result<auth::Field, String> {
        let placeholder = self.egress().credentials.request(scheme.into());
        let placeholder = placeholder.map_err(|error| error.to_string())?;
        Ok(auth::Field {
            name: placeholder.field.to_string(),
            value: placeholder.value.clone(),
        })
    }
}

impl From<auth::Scheme> for RequestedScheme {
    fn from(scheme: auth::Scheme) -> Self {
        match scheme {
            auth::Scheme::Hmac(auth::Hmac { secret, form }) => Self::Hmac {
                key: secret,
                form: match form {
                    auth::SignatureForm::Github => SignatureForm::GitHub,
                    auth::SignatureForm::Slack => SignatureForm::Slack,
                    auth::SignatureForm::Stripe => SignatureForm::Stripe,
                    auth::SignatureForm::Plain(plain) => SignatureForm::Plain(PlainSignature {
                        header: plain.header,
                        encoding: match plain.encoding {
                            auth::Encoding::Hex => Encoding::Hex,
                            auth::Encoding::Base64 => Encoding::Base64,
                        },
                        prefix: plain.prefix,
                    }),
                },
            },
            auth::Scheme::AwsSigv4(key) => Self::AwsSigV4(Aws {
                access_key_id: key.access_key_id,
                secret_access_key: key.secret_access_key,
                session_token: key.session_token,
                region: key.region,
                service: key.service,
                is_payload_unsigned: key.unsigned_payload,
            }),
            auth::Scheme::Digest(user) => Self::Digest {
                username: user.username,
                password: user.password,
            },
            auth::Scheme::Oauth2(client) => Self::OAuth2(OAuth2 {
                token_url: client.token_url,
                client_id: client.client_id,
                client_secret: client.client_secret,
                authentication: match client.authentication {
                    auth::ClientAuthentication::Basic => ClientAuthentication::Basic,
                    auth::ClientAuthentication::Body => ClientAuthentication::Body,
                },
                scope: client.scope,
                audience: client.audience,
            }),
        }
    }
}

impl log::Host for State {
    async fn write(&mut self, stream: log::Stream, text: String) -> wasmtime::Result<()> {
        let stream = match stream {
            log::Stream::Header => Stream::Header,
            log::Stream::Stdout => Stream::Stdout,
            log::Stream::Content => Stream::Content,
            log::Stream::Stderr => Stream::Stderr,
        };
        self.hands_over(text.len())?;
        self.write_notices();
        let within = self.log.count(text.len());
        let mut rest = text.as_str();
        loop {
            let (piece, more) = rest.split_at(rest.floor_char_boundary(BYTES_PER_POLL));
            self.log.add(stream, piece)?;
            if more.is_empty() || self.log.is_full() {
                return Ok(within?);
            }
            rest = more;
            // The run's time may be over, too.
            yield_now().await;
            let egress = self.egress();
            egress.usage.check_cpu(egress.cpu.total())?;
        }
    }
}
