//! HTTP Digest (RFC 7616): a password that is proved and not sent.
//!
//! A server answers a first request with 401 and a challenge. [`Challenge::choose`]
//! picks one that can be answered, [`Session`] answers it, for that request and
//! for those that follow.
//!
//! SHA-256 and SHA-512-256 go before MD5, and between those two the server's
//! order counts, as section 3.7 of the RFC has it. MD5 is broken as a hash, but
//! not yet in this use, and it is the only algorithm that most servers offer; so
//! it is answered, if nothing better is asked for. An attacker on the way who
//! takes the better challenges out can have it so: Digest is no stand-in for TLS.
//!
//! ```
//! use http_step_signing::digest::{Challenge, Credentials, Request, Session};
//!
//! let asked = br#"Digest realm="ci", nonce="dcd98b71", qop="auth", algorithm=SHA-256"#;
//! let mut session = Session::new(Challenge::choose([&asked[..]])?, "0a4f113b")?;
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

pub use algorithm::Algorithm;
pub use challenge::{Challenge, ChallengeError, Qop};
pub use challenge_list::{MAX_CHALLENGES, MAX_FIELD, MAX_PARAMETERS};
pub use session::{Credentials, DigestError, Request, Session};
