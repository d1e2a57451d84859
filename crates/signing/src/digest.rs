//! HTTP Digest (RFC 7616): proof of a password that is not sent.
//!
//! The server responds to a first request with 401 and a challenge. [`Challenge::choose`]
//! selects a supported one, and [`Session`] answers it for that request and later ones.
//!
//! SHA-256 and SHA-512-256 are preferred to MD5; between those two the server's order decides
//! (RFC 7616, section 3.7). MD5 is broken as a hash, but not in this use, and it is the only
//! algorithm that most servers offer, so it is used if the server offers nothing better. A
//! network attacker can remove the better challenges: Digest does not replace TLS.
//!
//! ```
//! use http_step_signing::digest::{Challenge, Credentials, Request, Session};
//!
//! let challenge = br#"Digest realm="ci", nonce="dcd98b71", qop="auth", algorithm=SHA-256"#;
//! let mut session = Session::new(Challenge::choose([&challenge[..]])?, "0a4f113b")?;
//! let credentials = Credentials { username: b"Mufasa", password: b"Circle of Life" };
//! let request = Request { method: "GET", uri: "/dir/index.html", body: None };
//! let authorization = session.authorize(&credentials, &request)?;
//! assert!(authorization.to_str()?.starts_with(r#"Digest username="Mufasa", realm="ci""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod algorithm;
mod challenge;
mod challenge_list;
mod session;

pub use algorithm::{Algorithm, BodyHash, BodyHasher};
pub use challenge::{Challenge, ChallengeError, Qop};
pub use challenge_list::{MAX_CHALLENGES, MAX_FIELD, MAX_PARAMETERS};
pub use session::{Credentials, DigestError, Request, Session};
