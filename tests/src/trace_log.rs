//! The host's spans and events as text, as `tracing-subscriber` formats them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use http_step_host::TRACE_TARGET;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

/// The events of a thread.
pub struct TraceLog {
    written: Written,
    _default: DefaultGuard,
}

impl TraceLog {
    /// Collect the events of this thread up to a level.
    pub fn start(level: Level) -> Self {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .without_time()
            .with_target(false)
            .with_writer(move || writer.clone());
        let targets = Targets::new().with_target(TRACE_TARGET, level);
        let subscriber = tracing_subscriber::registry().with(targets).with(layer);
        Self {
            written,
            _default: tracing::subscriber::set_default(subscriber),
        }
    }

    /// A line for each event. Times are shown as `TIME`, digests as `SHA256`.
    pub fn text(&self) -> String {
        let written = self.written.0.lock().expect("no panic").clone();
        let text = String::from_utf8(written).expect("traces are UTF-8");
        let shown = text.lines().map(|line| {
            let words = line
                .trim_start()
                .split(' ')
                .map(|word| match word.split_once('=') {
                    Some(("seconds", _)) => "seconds=TIME",
                    Some(("sha256", _)) => "sha256=SHA256",
                    _ => word,
                });
            words.collect::<Vec<_>>().join(" ") + "\n"
        });
        shown.collect()
    }
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
