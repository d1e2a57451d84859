//! HMAC-SHA256 of a body, as for signed webhooks.
//!
//! | form | signed | header |
//! |---|---|---|
//! | [GitHub](https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries) | the body | `X-Hub-Signature-256: sha256=<hex>` |
//! | [Slack](https://docs.slack.dev/authentication/verifying-requests-from-slack) | `v0:<time>:<body>` | `X-Slack-Request-Timestamp: <time>` and `X-Slack-Signature: v0=<hex>` |
//! | [Stripe](https://docs.stripe.com/webhooks) | `<time>.<body>` | `Stripe-Signature: t=<time>,v1=<hex>` |
//! | plain | the body | any |

mod form;
mod signer;

pub use form::{Encoding, Form, Plain, PlainError};
pub use signer::{Signer, sign};

pub(crate) use signer::keyed;
