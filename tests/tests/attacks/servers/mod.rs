//! Servers that are slow, broken or hostile. The reference step asks them.

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

/// The time that a server may be silent, and the run may take.
const SILENCE: Duration = Duration::from_millis(500);
const ALL: Duration = Duration::from_secs(2);

/// Ask a server that is hostile; the run may take [`ALL`], and each silence
/// [`SILENCE`].
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

/// It sends these bytes and ends the connection.
async fn answers(bytes: &'static [u8]) -> String {
    let server = raw::serve(raw::closes_after(bytes)).await;
    report(&ask(&server.origin).await, &server.origin)
}
