//! Servers that are slow, broken or hostile, with the reference step as their client.

pub mod bombs;
pub mod broken;
pub mod certificates;
pub mod endless;
pub mod frames;
pub mod http2;
pub mod raw;
pub mod tls;

use std::time::Duration;

use http_step_host::RunResult;

use crate::attacker::{Attacker, report};

/// How long the server may be silent, and how long the run may take.
const SILENCE: Duration = Duration::from_millis(500);
const ALL: Duration = Duration::from_secs(2);

/// Run against a hostile server; the run may take [`ALL`], and each silence [`SILENCE`].
async fn ask(origin: &str) -> RunResult {
    Attacker::none(origin)
        .limits(|limits| {
            limits.wall = ALL;
            limits.connect = SILENCE;
            limits.read = SILENCE;
        })
        .run()
        .await
}

/// Run against a server that sends these bytes and closes the connection.
async fn answers(bytes: &'static [u8]) -> String {
    let server = raw::serve(raw::closes_after(bytes)).await;
    report(&ask(&server.origin).await, &server.origin)
}
