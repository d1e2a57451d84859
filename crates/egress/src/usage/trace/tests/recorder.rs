//! A subscriber that keeps what it gets.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, MutexGuard};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

#[derive(Clone)]
pub(super) struct Recorder {
    level: Level,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    lines: String,
    fields: Vec<String>,
}

struct Span {
    shown: String,
    handles: usize,
}

impl Recorder {
    pub(super) fn new(level: Level) -> Self {
        Self {
            level,
            kept: Arc::default(),
        }
    }

    /// A line for each event and for each span that closes. Times read `TIME`.
    pub(super) fn shown(&self) -> String {
        self.kept().lines.clone()
    }

    /// The fields of spans and events, as they came.
    pub(super) fn fields(&self) -> Vec<String> {
        self.kept().fields.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

impl Kept {
    fn span(&mut self, id: &Id) -> &mut Span {
        &mut self.spans[id.into_u64() as usize - 1]
    }

    fn line(&mut self, parent: Option<&Id>, text: &str) {
        let span = parent.map(|parent| format!("{}: ", self.span(parent).shown));
        writeln!(self.lines, "{}{text}", span.unwrap_or_default()).unwrap();
    }
}

/// Shows fields, the message first and alone.
struct Shown<'k> {
    shown: String,
    fields: &'k mut Vec<String>,
}

impl Shown<'_> {
    fn field(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.shown += &value,
            "seconds" => self.shown += " seconds=TIME",
            name => write!(self.shown, " {name}={value}").unwrap(),
        }
        self.fields.push(value);
    }
}

impl Visit for Shown<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.field(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, value.to_owned());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == super::TARGET && *metadata.level() <= self.level
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut kept = self.kept();
        let mut shown = Shown {
            shown: attributes.metadata().name().to_owned(),
            fields: &mut kept.fields,
        };
        attributes.record(&mut shown);
        let span = Span {
            shown: shown.shown,
            handles: 1,
        };
        kept.spans.push(span);
        Id::from_u64(kept.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut kept = self.kept();
        let mut shown = Shown {
            shown: String::new(),
            fields: &mut kept.fields,
        };
        values.record(&mut shown);
        let shown = shown.shown;
        kept.span(id).shown += &shown;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut kept = self.kept();
        let mut shown = Shown {
            shown: String::new(),
            fields: &mut kept.fields,
        };
        event.record(&mut shown);
        let shown = format!("{} {}", event.metadata().level(), shown.shown);
        kept.line(event.parent(), &shown);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.kept().span(id).handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut kept = self.kept();
        let span = kept.span(&id);
        span.handles -= 1;
        let is_closed = span.handles == 0;
        if is_closed {
            kept.line(Some(&id), "closed");
        }
        is_closed
    }
}
