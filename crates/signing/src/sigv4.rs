//! AWS Signature Version 4, in the `Authorization` header.
//!
//! After [AWS's description](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html):
//! a canonical form of the request is hashed into a string to sign, which is
//! signed with a key that is good for one day, region and service. AWS does
//! the same with what it receives, so the path and the query are to be those
//! that are sent, and a header that a proxy may change is better not signed
//! ([`is_signed`] tells).
//!
//! ```
//! use http::HeaderMap;
//! use http_step_signing::sigv4::{Credentials, Payload, Request, Scope, sign};
//!
//! let mut headers = HeaderMap::new();
//! headers.insert("host", "example.amazonaws.com".parse()?);
//! let request = Request {
//!     method: "GET",
//!     path: "/",
//!     query: None,
//!     headers: &headers,
//!     payload: Payload::of(b""),
//! };
//! let credentials = Credentials {
//!     access_key_id: "AKIDEXAMPLE",
//!     secret_access_key: b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
//!     session_token: None,
//! };
//! let signed = sign(&request, &Scope::new("us-east-1", "service"), &credentials, 1_440_938_160)?;
//! let names: Vec<&str> = signed.iter().map(|(name, _)| name.as_str()).collect();
//! assert_eq!(names, ["x-amz-date", "authorization"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canonical;
mod input;
mod sign;
mod uri;

pub use input::{Credentials, PathRule, Payload, Request, Scope, is_signed};
pub use sign::{SignError, sign};
