//! `multipart/form-data` (RFC 7578): the content of a part is a value. Lines end with CRLF;
//! some servers accept other line ends, and would find other parts.

use http_step_policy::{field_names, is_override_field};

use super::UNKNOWN_OVERRIDE;
use super::event::Event;
use super::part_header::{self, Part};

/// The maximum length of a part's header. It is read again for each handle in it.
const MAX_HEADER: usize = 1 << 10;

/// How much of a content is kept, which may be the name of a method.
const MAX_VALUE: usize = 64;

/// The minimum length of a boundary. Some servers find it anywhere in a value, so a step could guess
/// what follows `--` in a secret by choosing a short one. Those of all common clients are longer.
const MIN_BOUNDARY: usize = 16;

/// The maximum length of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

#[derive(Clone, Copy)]
enum Next {
    /// After a number of bytes of the first delimiter.
    First(usize),
    /// After a delimiter: a part follows, or nothing.
    AfterDelimiter,
    PartLine,
    LastDash,
    /// A part's header: whether a CR was read last, and the length of the line.
    Header {
        is_cr: bool,
        line: usize,
    },
    /// A part's content: how much of a delimiter was read, and whether a CR precedes it.
    Content {
        matched: usize,
        is_cr: bool,
    },
    Epilogue,
    /// Unknown.
    Nothing,
}

pub(super) struct Multipart {
    /// `\n--` and the boundary.
    delimiter: Vec<u8>,
    finder: Finder,
    next: Next,
    header: Vec<u8>,
    /// The name of the current part.
    name: Vec<u8>,
    /// Whether its content may be a secret.
    may_hold_secret: bool,
    /// The start of its content.
    value: Vec<u8>,
    /// Whether the name of a part is not plain.
    is_odd: bool,
    override_field: Option<String>,
    /// For the current part.
    is_content_recoded: bool,
    /// Whether all values are ASCII.
    are_ascii: bool,
}

impl Multipart {
    /// None if the boundary is too short or too long, all of dashes, or if servers may read it as a pattern.
    pub(super) fn new(boundary: &str, are_ascii: bool) -> Option<Self> {
        let is_length = (MIN_BOUNDARY..=MAX_BOUNDARY).contains(&boundary.len());
        // Some servers split the body by a regular expression with the boundary in it.
        let is_literal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !is_length || !boundary.bytes().all(is_literal) {
            return None;
        }
        let delimiter = format!("\n--{boundary}").into_bytes();
        // Some servers compare it in lower case, or without dashes.
        let found = boundary.trim_start_matches('-').to_ascii_lowercase();
        if found.is_empty() {
            return None;
        }
        Some(Self {
            finder: Finder::new(found.as_bytes()),
            delimiter,
            next: Next::First(1),
            header: Vec::new(),
            name: Vec::new(),
            may_hold_secret: false,
            value: Vec::new(),
            is_odd: false,
            override_field: None,
            is_content_recoded: false,
            are_ascii,
        })
    }

    pub(super) fn step(&mut self, byte: u8) -> Event {
        let (next, event) = match self.next {
            Next::First(matched) if self.delimiter.get(matched) == Some(&byte) => {
                let next = if matched + 1 == self.delimiter.len() {
                    Next::AfterDelimiter
                } else {
                    Next::First(matched + 1)
                };
                (next, Event::Outside)
            }
            Next::AfterDelimiter if byte == b'\r' => (Next::PartLine, Event::Outside),
            Next::AfterDelimiter if byte == b'-' => (Next::LastDash, Event::Outside),
            Next::LastDash if byte == b'-' => (Next::Epilogue, Event::Outside),
            Next::PartLine if byte == b'\n' => {
                self.header.clear();
                (Next::header(0), Event::Outside)
            }
            Next::Header { is_cr, line } => self.header(byte, is_cr, line),
            Next::Content { matched, is_cr } => self.content(byte, matched, is_cr),
            // Some servers find parts here, too.
            Next::Epilogue if byte.is_ascii_whitespace() => (Next::Epilogue, Event::Outside),
            _ => (Next::Nothing, Event::Outside),
        };
        // Django finds a delimiter anywhere in a line, Werkzeug after a CR or an empty content.
        let (next, event) = if self.finder.ends_at(byte.to_ascii_lowercase())
            && !matches!(next, Next::AfterDelimiter)
        {
            (Next::Nothing, Event::Outside)
        } else {
            (next, event)
        };
        let breaks = matches!(next, Next::Nothing) && !self.is_broken();
        if breaks {
            self.is_content_recoded |= self.recodes();
        }
        self.next = next;
        match event {
            Event::Inside | Event::PossibleEnd if self.value.len() < MAX_VALUE => {
                self.value.push(byte);
            }
            Event::Closes => self.end_part(),
            _ => {}
        }
        event
    }

    fn header(&mut self, byte: u8, is_cr: bool, line: usize) -> (Next, Event) {
        match (byte, is_cr) {
            (b'\n', true) if line == 0 => {
                self.is_content_recoded = self.recodes();
                let Some(Part {
                    name,
                    may_hold_secret,
                }) = part_header::part(&self.header)
                else {
                    return (Next::Nothing, Event::Outside);
                };
                if name.contains('%') || field_names(name.as_bytes()).is_none() {
                    self.is_odd = true;
                    self.override_field.get_or_insert(name);
                    return (Next::Nothing, Event::Outside);
                }
                self.name = name.into_bytes();
                self.may_hold_secret = may_hold_secret;
                self.value.clear();
                // In a long body, before the content is sent.
                self.check_override(b"");
                let content = Next::Content {
                    matched: 0,
                    is_cr: false,
                };
                (content, Event::Opens)
            }
            (b'\n', true) => {
                self.header.push(b'\n');
                (Next::header(0), Event::Outside)
            }
            (b'\r', false) => (Next::Header { is_cr: true, line }, Event::Outside),
            (b'\n', false) | (_, true) => (Next::Nothing, Event::Outside),
            _ if self.header.len() >= MAX_HEADER => (Next::Nothing, Event::Outside),
            (byte, false) => {
                self.header.push(byte);
                (Next::header(line + 1), Event::Outside)
            }
        }
    }

    fn content(&mut self, byte: u8, matched: usize, is_cr: bool) -> (Next, Event) {
        let content = |matched, is_cr| Next::Content { matched, is_cr };
        if matched > 0 {
            if self.delimiter.get(matched) != Some(&byte) {
                // The possible end was content, and so is this byte.
                let next = content(usize::from(byte == b'\n'), byte == b'\r');
                return (next, Event::Inside);
            }
            return match (matched + 1 == self.delimiter.len(), is_cr) {
                (true, true) => (Next::AfterDelimiter, Event::Closes),
                (true, false) => (Next::Nothing, Event::Outside),
                (false, true) => (content(matched + 1, true), Event::PossibleEnd),
                (false, false) => (content(matched + 1, false), Event::Inside),
            };
        }
        match (byte, is_cr) {
            (b'\n', true) => (content(1, true), Event::PossibleEnd),
            (b'\n', false) => (content(1, false), Event::Inside),
            (b'\r', false) => (content(0, true), Event::PossibleEnd),
            (b'\r', true) => (content(0, true), Event::Inside),
            _ => (content(0, false), Event::Inside),
        }
    }

    /// The name of the part whose content starts.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether its content may be a secret, by its type.
    pub(super) fn may_hold_secret(&self) -> bool {
        self.may_hold_secret
    }

    /// The current part has ended, or the body.
    pub(super) fn end_part(&mut self) {
        let value = std::mem::take(&mut self.value);
        // What follows it can be the start of a delimiter.
        let line = value.split(|byte| *byte == b'\r').next();
        self.check_override(line.unwrap_or_default());
    }

    fn check_override(&mut self, value: &[u8]) {
        if self.override_field.is_none() && is_override_field(&self.name, value) {
            self.override_field = Some(String::from_utf8_lossy(&self.name).into_owned());
        }
    }

    /// The field that a framework may use as the method, in any part so far.
    pub(super) fn override_field(&self) -> Option<&str> {
        let unknown = self.is_broken().then_some(UNKNOWN_OVERRIDE);
        self.override_field.as_deref().or(unknown)
    }

    pub(super) fn is_odd(&self) -> bool {
        self.is_odd
    }

    /// Whether the current part declares another charset or coding.
    pub(super) fn is_recoded(&self) -> bool {
        match self.next {
            // A part may contain many handles.
            Next::Content { .. } | Next::Nothing => self.is_content_recoded,
            _ => self.recodes(),
        }
    }

    /// Whether the part's header so far does.
    fn recodes(&self) -> bool {
        part_header::is_recoded(&self.header, self.are_ascii)
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.next, Next::Nothing)
    }
}

/// Finds each occurrence of a text in a stream (Knuth, Morris and Pratt).
struct Finder {
    text: Vec<u8>,
    /// For each length of a prefix, that of its longest proper suffix that is a prefix, too.
    borders: Vec<usize>,
    matched: usize,
}

impl Finder {
    fn new(text: &[u8]) -> Self {
        let mut borders = vec![0, 0];
        let mut border = 0;
        for byte in text.iter().skip(1) {
            while border > 0 && text.get(border) != Some(byte) {
                border = borders.get(border).copied().unwrap_or_default();
            }
            border += usize::from(text.get(border) == Some(byte));
            borders.push(border);
        }
        Self {
            text: text.to_owned(),
            borders,
            matched: 0,
        }
    }

    /// Whether an occurrence ends with the next byte.
    fn ends_at(&mut self, byte: u8) -> bool {
        while self.matched > 0 && self.text.get(self.matched) != Some(&byte) {
            self.matched = self.borders.get(self.matched).copied().unwrap_or_default();
        }
        self.matched += usize::from(self.text.get(self.matched) == Some(&byte));
        self.matched == self.text.len()
    }
}

impl Next {
    fn header(line: usize) -> Self {
        Self::Header { is_cr: false, line }
    }
}
