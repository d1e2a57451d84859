//! `--verbose`: the host's spans and events, on standard error.

use std::fmt;
use std::io::{self, Write};
use std::time::Instant;

use http_step_host::TRACE_TARGET;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::terminal;

/// Show what the host does from now on: with 1 INFO, with more DEBUG. Libraries trace headers and
/// bodies, which are not redacted: only the host's target is shown.
pub(crate) fn show(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => Level::INFO,
        _ => Level::DEBUG,
    };
    let layer = layer()
        .with_ansi(false)
        .with_target(false)
        .with_timer(SinceStart(Instant::now()))
        .with_writer(|| Terminal);
    // Nothing else in the program sets a subscriber.
    let _ = tracing_subscriber::registry()
        .with(Targets::new().with_target(TRACE_TARGET, level))
        .with(layer)
        .try_init();
}

/// Shows seconds since the program started.
struct SinceStart(Instant);

impl FormatTime for SinceStart {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.6}", self.0.elapsed().as_secs_f64())
    }
}

/// Gets an event at a time.
struct Terminal;

impl Write for Terminal {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        terminal::event(String::from_utf8_lossy(event).trim_end());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
