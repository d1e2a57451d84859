//! OAuth 2 client credentials (RFC 6749, section 4.4): a client that acts for itself, without
//! a user.
//!
//! The host sends a [`ClientCredentials::request`] to the token endpoint, parses the response
//! with [`Token::parse`], and puts [`Token::authorization`] into requests until
//! [`Token::is_expired`] or a response has status 401.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use http_step_signing::oauth2::{ClientAuthentication, ClientCredentials, Token};
//!
//! let client = ClientCredentials {
//!     id: "s6BhdRkqt3",
//!     secret: b"7Fjfp0ZBr1KtDRbnfVdmIw",
//!     authentication: ClientAuthentication::Basic,
//!     scope: Some("deploy"),
//!     audience: None,
//!     is_id_first: false,
//! };
//! let request = client.request();
//! assert_eq!(*request.body, b"grant_type=client_credentials&scope=deploy");
//!
//! let requested = Instant::now();
//! let answer = br#"{"access_token": "mF_9.B5f-4.1JqM", "token_type": "bearer", "expires_in": 3600}"#;
//! let token = Token::parse(200, answer, requested)?;
//! assert_eq!(token.authorization(), "Bearer mF_9.B5f-4.1JqM");
//! assert!(!token.is_expired(requested + Duration::from_secs(3500)));
//! assert!(token.is_expired(requested + Duration::from_secs(3540)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod request;
mod token;

pub use error::{MAX_ANSWER, TokenError};
pub use request::{ClientAuthentication, ClientCredentials, FORM_FIELDS, TokenRequest};
pub use token::Token;
