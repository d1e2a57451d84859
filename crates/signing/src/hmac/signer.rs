//! The signature of a body, which can be given in pieces.

use ::hmac::{Hmac, KeyInit, Mac};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::HeaderName;
use sha2_wiped::Sha256;

use super::form::{Encoding, Form};
use crate::header::Headers;
use crate::header::{ascii, sensitive_ascii};
use crate::hex::hex;

/// Signs a body piece by piece. Its state is wiped on drop.
pub struct Signer {
    mac: Hmac<Sha256>,
    form: Form,
    time: u64,
}

impl Signer {
    /// `time` is in seconds since 1970. The forms `GitHub` and `Plain` don't use it.
    #[must_use]
    pub fn new(form: &Form, secret: &[u8], time: u64) -> Self {
        let mut mac = keyed(secret);
        match form {
            Form::GitHub | Form::Plain(_) => {}
            Form::Slack => mac.update(format!("v0:{time}:").as_bytes()),
            Form::Stripe => mac.update(format!("{time}.").as_bytes()),
        }
        Self {
            mac,
            form: form.clone(),
            time,
        }
    }

    /// Add the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.mac.update(piece);
    }

    /// The headers with the signature of all pieces.
    #[must_use]
    pub fn finish(self) -> Headers {
        let signature = self.mac.finalize().into_bytes();
        let time = self.time;
        match self.form {
            Form::GitHub => vec![(
                HeaderName::from_static("x-hub-signature-256"),
                sensitive_ascii(&format!("sha256={}", *hex(&signature))),
            )],
            Form::Slack => vec![
                (
                    HeaderName::from_static("x-slack-request-timestamp"),
                    ascii(&time.to_string()),
                ),
                (
                    HeaderName::from_static("x-slack-signature"),
                    sensitive_ascii(&format!("v0={}", *hex(&signature))),
                ),
            ],
            Form::Stripe => vec![(
                HeaderName::from_static("stripe-signature"),
                sensitive_ascii(&format!("t={time},v1={}", *hex(&signature))),
            )],
            Form::Plain(plain) => {
                let mut value = plain.prefix;
                match plain.encoding {
                    Encoding::Hex => value.push_str(&hex(&signature)),
                    Encoding::Base64 => BASE64_STANDARD.encode_string(signature, &mut value),
                }
                vec![(plain.header, sensitive_ascii(&value))]
            }
        }
    }
}

/// The headers with the signature of a whole body. See [`Signer`].
#[must_use]
pub fn sign(form: &Form, secret: &[u8], time: u64, body: &[u8]) -> Headers {
    let mut signer = Signer::new(form, secret, time);
    signer.update(body);
    signer.finish()
}

pub(crate) fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of every length (RFC 2104, section 2)"
    )]
    Hmac::new_from_slice(secret).expect("a key of any length")
}
