//! The contract (`wit/`) as Rust types: what `bindgen!` makes of it, and what
//! the host supplies of it. WASI's own interfaces are linked in `engine.rs`.

use http_step_egress::{
    Aws, ClientAuthentication, Encoding, OAuth2, PlainSignature, RequestedScheme, SignatureForm,
};

use crate::log::Stream;
use crate::state::State;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package ci:http-step-host;

            // The world of a step without wasi:http, which wasmtime-wasi-http brings.
            world step {
                import ci:http-step/properties@0.1.0;
                import ci:http-step/auth@0.1.0;
                import ci:http-step/hash@0.1.0;
                import ci:http-step/log@0.1.0;
                use ci:http-step/types@0.1.0.{request-spec, step-result};
                export http-step: func(spec: request-spec) -> step-result;
            }
        ",
        world: "ci:http-step-host/step",
        imports: {
            "ci:http-step/hash.[constructor]sha256": trappable,
            "ci:http-step/hash.[method]sha256.update": async | trappable,
            "ci:http-step/hash.[static]sha256.finish": trappable,
            "ci:http-step/log.write": trappable,
            "ci:http-step/properties.get": trappable,
            "ci:http-step/properties.secret": trappable,
        },
        exports: { default: async },
        with: { "ci:http-step/hash.sha256": crate::hash::Hashing },
        additional_derives: [PartialEq],
    });
}

pub(crate) use bindings::ci::http_step::{auth, hash, log, properties, types};
pub(crate) use bindings::{Step, StepPre};

impl types::Host for State {}

impl properties::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let Some(value) = self.properties.get(&name) else {
            return Ok(None);
        };
        let text = value.to_string();
        // Until it has a copy, which it has to have room for.
        self.hands_over(text.len())?;
        Ok(Some(text))
    }

    fn spelled(&mut self, name: String) -> Option<String> {
        let spelled = self.properties.get(&name)?.spelled()?;
        Some(spelled.to_string())
    }

    fn secret(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let lent = &self.egress().lent;
        let (handle, remark) = (lent.handle(&name)?, lent.remark(&name));
        if let Some(remark) = remark {
            self.log.write_line(Stream::Stderr, &remark);
        }
        if handle.is_none() {
            self.missing_secret = Some(name);
        }
        Ok(handle)
    }
}

impl auth::Host for State {
    fn credentials(&mut self, scheme: auth::Scheme) -> Result<auth::Field, String> {
        let promised = self.egress().credentials.promise(scheme.into());
        let promise = promised.map_err(|error| error.to_string())?;
        Ok(auth::Field {
            name: promise.field.to_string(),
            value: promise.stand_in.clone(),
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
    fn write(&mut self, stream: log::Stream, text: String) -> wasmtime::Result<()> {
        let stream = match stream {
            log::Stream::Header => Stream::Header,
            log::Stream::Stdout => Stream::Stdout,
            log::Stream::Content => Stream::Content,
            log::Stream::Stderr => Stream::Stderr,
        };
        self.hands_over(text.len())?;
        self.write_remarks();
        Ok(self.log.write(stream, &text)?)
    }
}
