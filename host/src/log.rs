//! The step's log: the only place that receives log text.

use std::borrow::Cow;
use std::sync::Arc;

use http_step_egress::{GrantedSecrets, RunMemory, StreamRedactor};
use http_step_policy::{Amount, Budget, Exceeded, Limits};
use serde::Serialize;

/// The stream of a log text, in Buildbot's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The frame of the output.
    #[default]
    Header,
    /// The response.
    Stdout,
    /// The text of a response's body, which Buildbot shows as [`Stdout`](Self::Stdout).
    Content,
    /// Errors and warnings.
    Stderr,
}

/// A piece of the log: consecutive texts of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// The stream.
    pub stream: Stream,
    /// The text, which can hold any character.
    pub text: String,
}

/// Receives the log while the step runs.
///
/// It is called on the runtime that runs the step, so it must not block: if that takes long, send
/// the text to a channel.
pub trait Sink: Send + 'static {
    /// Text was written. It need not be a line, nor end with one.
    fn log(&mut self, stream: Stream, text: &str);
}

impl<F: FnMut(Stream, &str) + Send + 'static> Sink for F {
    fn log(&mut self, stream: Stream, text: &str) {
        self(stream, text);
    }
}

/// What an entry costs beside its text, here and as JSON, so that many small entries can't exceed
/// the limit.
const ENTRY_BYTES: usize = 256;

/// Keeps the log, up to a limit, and passes it on. What it keeps counts as memory of the run.
#[derive(Default)]
pub(crate) struct Log {
    entries: Vec<LogEntry>,
    limits: Limits,
    memory: Arc<RunMemory>,
    /// Bytes that the component has written.
    written: u64,
    /// Bytes that can still be kept.
    left: usize,
    full: bool,
    sink: Option<Box<dyn Sink>>,
    redactor: Option<StreamRedactor>,
    /// The stream of what the redactor holds back.
    stream: Stream,
    /// The stream that the component writes to, unless the host has written since.
    writing: Option<Stream>,
}

impl Log {
    pub(crate) fn new(
        limits: Limits,
        memory: &Arc<RunMemory>,
        sink: Option<Box<dyn Sink>>,
    ) -> Self {
        Self {
            left: usize::try_from(limits.log_kept).unwrap_or(usize::MAX),
            limits,
            memory: Arc::clone(memory),
            sink,
            ..Self::default()
        }
    }

    /// Redact secrets from now on.
    pub(crate) fn redact(&mut self, secrets: &Arc<GrantedSecrets>) {
        self.redactor = Some(StreamRedactor::new(secrets));
    }

    /// Count what a component writes. Text beyond the component's limit ends the run.
    pub(crate) fn count(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.written = self.written.saturating_add(bytes as u64);
        Exceeded::check(Budget::LogBytes, &self.limits, Amount::Bytes(self.written))
    }

    /// Add a piece of what a component writes. Text beyond the log's limit is left out.
    ///
    /// Limit and memory count the text as it was written: by the length of the redacted text, a component
    /// could find out whether a guess is a secret.
    pub(crate) fn add(&mut self, stream: Stream, piece: &str) -> Result<(), Exceeded> {
        // Redaction takes time.
        if self.full || piece.is_empty() {
            return Ok(());
        }
        let starts_an_entry = self.writing.replace(stream) != Some(stream);
        let cost = piece.len() + if starts_an_entry { ENTRY_BYTES } else { 0 };
        if cost <= self.left {
            self.left -= cost;
            self.memory.take(cost)?;
            let shown = self.shown(stream, piece);
            self.append(stream, &shown);
            return Ok(());
        }
        self.full = true;
        let mut shown = self.shown(stream, piece).into_owned();
        shown.truncate(shown.floor_char_boundary(self.left));
        self.append(stream, &shown);
        let note = format!(
            "\n<the log ends here: its limit is {} bytes>\n",
            self.limits.log_kept
        );
        self.append(Stream::Header, &note);
        Ok(())
    }

    /// Whether no more text is kept.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Bytes that the component has written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// What is shown of a piece now. A handle may be split into two pieces, but not across two streams.
    fn shown<'p>(&mut self, stream: Stream, piece: &'p str) -> Cow<'p, str> {
        if stream != self.stream {
            self.flush();
            self.stream = stream;
        }
        match &mut self.redactor {
            Some(redactor) if !redactor.is_clear() => Cow::Owned(redactor.feed(piece)),
            _ => Cow::Borrowed(piece),
        }
    }

    /// Write what was held back, which is not a secret.
    fn flush(&mut self) {
        let rest = self.redactor.as_mut().map(StreamRedactor::finish);
        if !self.full {
            self.append(self.stream, &rest.unwrap_or_default());
        }
    }

    /// Write a line of the host, on a separate line and beyond any limit.
    pub(crate) fn write_line(&mut self, stream: Stream, line: &str) {
        self.flush();
        self.writing = None;
        let mut line = line.to_owned();
        if let Some(redactor) = &self.redactor {
            redactor.redact(&mut line);
        }
        let within_a_line = self
            .entries
            .last()
            .is_some_and(|last| !last.text.ends_with('\n'));
        let start = if within_a_line { "\n" } else { "" };
        self.append(stream, &format!("{start}{line}\n"));
    }

    fn append(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(sink) = &mut self.sink {
            sink.log(stream, text);
        }
        match self.entries.last_mut() {
            Some(last) if last.stream == stream => last.text.push_str(text),
            _ => self.entries.push(LogEntry {
                stream,
                text: text.to_owned(),
            }),
        }
    }

    /// The complete log.
    pub(crate) fn into_entries(mut self) -> Vec<LogEntry> {
        self.take_entries()
    }

    /// As [`into_entries`](Self::into_entries), for a log that is part of another value.
    pub(crate) fn take_entries(&mut self) -> Vec<LogEntry> {
        self.flush();
        std::mem::take(&mut self.entries)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http_step_egress::{MatcherCache, Sources};
    use http_step_policy::{Policy, Secret};

    use super::*;

    /// What is hidden is not shorter for the limit, so that a full log confirms no guess.
    #[tokio::test]
    async fn the_limit_counts_what_was_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a value of a secret").unwrap();
        let source = format!("file:{}", file.path().display());
        let secret = Secret::new("TOKEN", source.parse().unwrap());
        let policy = Policy::nothing().grant_secret(secret);
        let (sources, matchers) = (Sources::default(), Arc::new(MatcherCache::default()));
        let secrets = GrantedSecrets::read(&policy, &sources, &matchers);
        let secrets = Arc::new(secrets.await.unwrap());
        let is_full = |text: &str| {
            let memory = Arc::<RunMemory>::default();
            let limits = Limits {
                log_kept: ENTRY_BYTES as u64 + 30,
                ..Limits::default()
            };
            let mut log = Log::new(limits, &memory, None);
            log.redact(&secrets);
            for piece in [text, " and more text"] {
                log.add(Stream::Stdout, piece).unwrap();
            }
            (log.is_full(), memory.used())
        };
        let (hidden, shown) = (
            is_full("a value of a secret"),
            is_full("a value of a secreX"),
        );
        assert_eq!(hidden, shown);
        assert!(hidden.0);
    }

    #[test]
    fn text_is_kept_and_passed_on_up_to_the_limit() {
        let memory = Arc::<RunMemory>::default();
        let seen = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&seen);
        let limits = Limits {
            log_kept: 2 * ENTRY_BYTES as u64 + 12,
            log_bytes: 21,
            ..Limits::default()
        };
        let mut log = Log::new(
            limits.clone(),
            &memory,
            Some(Box::new(move |_, text: &str| {
                sink.lock().unwrap().push_str(text)
            })),
        );
        for (stream, text) in [
            (Stream::Header, "abc"),
            (Stream::Header, "d"),
            (Stream::Stdout, "12345"),
            (Stream::Stdout, "éé"),
        ] {
            log.count(text.len()).unwrap();
            log.add(stream, text).unwrap();
            assert_eq!(log.is_full(), text == "éé");
        }
        let lost = "lost and more";
        assert_eq!(
            log.count(lost.len()),
            Exceeded::check(Budget::LogBytes, &limits, Amount::Bytes(26))
        );
        log.add(Stream::Stderr, lost).unwrap();
        log.write_line(Stream::Stderr, "the host's word");
        assert_eq!(memory.peak(), 2 * ENTRY_BYTES + 9);
        let note = "\n<the log ends here: its limit is 524 bytes>\n";
        assert_eq!(
            *seen.lock().unwrap(),
            format!("abcd12345é{note}the host's word\n")
        );
        let entry = |stream, text: &str| LogEntry {
            stream,
            text: text.to_owned(),
        };
        assert_eq!(
            log.into_entries(),
            [
                entry(Stream::Header, "abcd"),
                entry(Stream::Stdout, "12345é"),
                entry(Stream::Header, note),
                entry(Stream::Stderr, "the host's word\n"),
            ]
        );
    }
}
