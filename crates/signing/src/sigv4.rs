//! AWS Signature Version 4, in the `Authorization` header.
//!
//! From [AWS's description](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html):
//! a canonical form of the request is hashed into a string to sign, which is signed with a
//! key for one day, region and service. AWS repeats this with the request that it receives,
//! so the path and the query must be those that are sent, and headers that proxies may change
//! should not be signed (see [`is_signed`]).
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
//!     payload: Payload::from_body(b""),
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

pub use input::{Credentials, PathRule, Payload, PayloadHasher, Request, Scope, is_signed};
pub use sign::{SignError, sign};
