//! The test vectors that the authors of each scheme have published, and the complete results for
//! them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod digest;
mod hmac;
mod oauth2;
mod sigv4;

use http_step_signing::Headers;

/// Headers as they are sent, one per line.
fn lines(headers: &Headers) -> String {
    headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}
