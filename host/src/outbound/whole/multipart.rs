//! Multipart bodies (RFC 2046, section 5.1): the content of a part is a value. Lines end
//! with CRLF; some servers take less, and would find other parts than there are.

use http_step_policy::is_override_field;
use percent_encoding::percent_decode;

use super::Event;

/// The most bytes of one part's header.
const LONGEST_HEADER: usize = 8 << 10;

/// The longest boundary (RFC 2046, section 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

#[derive(Clone, Copy)]
enum Next {
    /// So many bytes of the first delimiter were read.
    First(usize),
    /// A delimiter was read: a part follows, or nothing.
    AfterDelimiter,
    PartLine,
    LastDash,
    /// A part's header, in which a CR was read last or not, and how long its line is.
    Header {
        is_cr: bool,
        line: usize,
    },
    /// A part's content: how much of a delimiter was read, and whether a CR is before it.
    Content {
        matched: usize,
        is_cr: bool,
    },
    Epilogue,
    /// Nobody knows what.
    Nothing,
}

pub(super) struct Multipart {
    /// `\n--` and the boundary.
    delimiter: Vec<u8>,
    next: Next,
    header: Vec<u8>,
}

impl Multipart {
    /// Of a type, if it says one boundary, and plainly.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let (essence, parameters) = content_type.split_once(';')?;
        let essence = essence.trim().to_ascii_lowercase();
        if !essence.starts_with("multipart/") || parameters.contains('\\') {
            return None;
        }
        if parameters.to_ascii_lowercase().matches("boundary").count() != 1 {
            return None;
        }
        let mut parameters = parameters.split(';');
        let boundary = parameters.find_map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            name.eq_ignore_ascii_case("boundary").then_some(value)
        })?;
        let unquoted = boundary
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let boundary = unquoted.unwrap_or(boundary);
        let is_of_boundary =
            |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
        if boundary.is_empty()
            || boundary.len() > LONGEST_BOUNDARY
            || !boundary.bytes().all(is_of_boundary)
        {
            return None;
        }
        Some(Self {
            delimiter: format!("\n--{boundary}").into_bytes(),
            next: Next::First(1),
            header: Vec::new(),
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
            Next::Epilogue => (Next::Epilogue, Event::Outside),
            _ => (Next::Nothing, Event::Outside),
        };
        self.next = next;
        event
    }

    fn header(&mut self, byte: u8, is_cr: bool, line: usize) -> (Next, Event) {
        match (byte, is_cr) {
            (b'\n', true) if line == 0 => {
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
            _ if self.header.len() >= LONGEST_HEADER => (Next::Nothing, Event::Outside),
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
                // What looked like an end was content; so is this byte, for all that matters.
                let next = content(usize::from(byte == b'\n'), byte == b'\r');
                return (next, Event::Inside);
            }
            return match (matched + 1 == self.delimiter.len(), is_cr) {
                (true, true) => (Next::AfterDelimiter, Event::Closes),
                (true, false) => (Next::Nothing, Event::Outside),
                (false, true) => (content(matched + 1, true), Event::Ending),
                (false, false) => (content(matched + 1, false), Event::Inside),
            };
        }
        match (byte, is_cr) {
            (b'\n', true) => (content(1, true), Event::Ending),
            (b'\n', false) => (content(1, false), Event::Inside),
            (b'\r', false) => (content(0, true), Event::Ending),
            (b'\r', true) => (content(0, true), Event::Inside),
            _ => (content(0, false), Event::Inside),
        }
    }

    /// The name of the part whose content begins.
    pub(super) fn take_name(&mut self) -> Option<Vec<u8>> {
        let header = String::from_utf8_lossy(&self.header);
        let mut parameters = header.split([';', '\n']).filter_map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            let is_name = name.trim().eq_ignore_ascii_case("name");
            is_name.then(|| value.trim().trim_matches('"').to_owned())
        });
        // Of several names, most servers take the last.
        parameters.next_back().map(String::into_bytes)
    }

    /// Whether the part whose content begins may be called `_method`, however its name is
    /// written.
    pub(super) fn has_override(&self) -> bool {
        let header: Vec<u8> = self
            .header
            .iter()
            .copied()
            .filter(|it| *it != b'\\')
            .collect();
        let header = percent_decode(&header).decode_utf8_lossy();
        let mut words = header.split(['"', '\'', '=', ';', ',', '\n', '\t']);
        words.any(|word| is_override_field(word.as_bytes()))
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.next, Next::Nothing)
    }
}

impl Next {
    fn header(line: usize) -> Self {
        Self::Header { is_cr: false, line }
    }
}
