//! Multipart bodies (RFC 2046, section 5.1): the content of a part is a value. Lines end with CRLF;
//! some servers accept other line ends, and would find other parts.

use http_step_policy::override_field;
use percent_encoding::percent_decode;

use super::UNKNOWN_OVERRIDE;
use super::event::Event;
use crate::body::charset;

/// The maximum length of a part's header.
const MAX_HEADER: usize = 8 << 10;

/// The fields of a part's header, except for the first, from which no server takes a name. Rack
/// takes one from `Content-ID`.
const FIELDS: [&str; 4] = [
    DISPOSITION,
    "content-type",
    "content-length",
    "content-transfer-encoding",
];

const DISPOSITION: &str = "content-disposition";

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
    next: Next,
    header: Vec<u8>,
    override_field: Option<&'static str>,
    /// For the current part.
    is_content_recoded: bool,
    /// Whether all values are ASCII.
    are_ascii: bool,
}

impl Multipart {
    /// From a type that has exactly one boundary, in plain syntax.
    pub(super) fn from_content_type(content_type: &str, are_ascii: bool) -> Option<Self> {
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
        // Some servers end a boundary at other characters.
        let is_of_boundary = |byte: u8| byte.is_ascii_alphanumeric() || b"'+_-.".contains(&byte);
        if boundary.is_empty()
            || boundary.len() > MAX_BOUNDARY
            || !boundary.bytes().all(is_of_boundary)
        {
            return None;
        }
        Some(Self {
            delimiter: format!("\n--{boundary}").into_bytes(),
            next: Next::First(1),
            header: Vec::new(),
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
        let breaks = matches!(next, Next::Nothing) && !self.is_broken();
        if breaks {
            self.is_content_recoded |= self.recodes();
        }
        self.next = next;
        event
    }

    fn header(&mut self, byte: u8, is_cr: bool, line: usize) -> (Next, Event) {
        match (byte, is_cr) {
            (b'\n', true) if line == 0 => {
                self.override_field = self.override_field.or(self.override_in_header());
                self.is_content_recoded = self.recodes();
                if has_other_names(&self.header) {
                    return (Next::Nothing, Event::Outside);
                }
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

    /// The possible names of the part whose content starts. If there are several, servers take the
    /// first or the last, or the one of one line, and they find the ends of quotes differently.
    pub(super) fn names(&self) -> Vec<Vec<u8>> {
        let header = String::from_utf8_lossy(&self.header);
        let mut names: Vec<Vec<u8>> = Vec::new();
        for value in values_of_name(&header) {
            let plain = value.split([';', ',', '\n']).next().unwrap_or_default();
            let quoted = ['"', '\''].into_iter().filter_map(|quote| {
                let rest = value.strip_prefix(quote)?;
                rest.split(quote).next()
            });
            for name in quoted.chain([plain.trim().trim_matches(['"', '\''])]) {
                if !names.iter().any(|other| other == name.as_bytes()) {
                    names.push(name.as_bytes().to_vec());
                }
            }
        }
        names
    }

    /// The field that a framework may use as the method, among the possible names of the part whose
    /// content starts, however they are written.
    fn override_in_header(&self) -> Option<&'static str> {
        let header: Vec<u8> = self
            .header
            .iter()
            .copied()
            .filter(|it| *it != b'\\')
            .collect();
        let header = percent_decode(&header).decode_utf8_lossy();
        let mut words = header.split(['"', '\'', '=', ';', ',', ':', '<', '>', ' ', '\n', '\t']);
        words.find_map(|word| override_field(word.as_bytes()))
    }

    /// That of any part so far.
    pub(super) fn override_field(&self) -> Option<&'static str> {
        let unknown = self.is_broken().then_some(UNKNOWN_OVERRIDE);
        self.override_field.or(unknown)
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
        let header = String::from_utf8_lossy(&self.header).to_ascii_lowercase();
        let mut encodings = header.split("content-transfer-encoding").skip(1);
        let is_other = encodings.any(|rest| {
            let encoding = rest.split('\n').next().unwrap_or_default();
            let encoding = encoding
                .trim_start()
                .strip_prefix(':')
                .unwrap_or("?")
                .trim();
            !matches!(encoding, "7bit" | "8bit" | "binary")
        });
        is_other
            || header.contains("content-encoding")
            || !charset::is_written(&header, self.are_ascii)
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.next, Next::Nothing)
    }
}

/// The text after each `name=` in a part's header, except for file names.
fn values_of_name(header: &str) -> impl Iterator<Item = &str> {
    const NAME: &str = "name";
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    header.char_indices().filter_map(move |(at, _)| {
        let (before, rest) = header.split_at_checked(at)?;
        let (name, rest) = rest.split_at_checked(NAME.len())?;
        if before.ends_with(is_of_word) || !name.eq_ignore_ascii_case(NAME) {
            return None;
        }
        Some(rest.trim_start().strip_prefix('=')?.trim_start())
    })
}

/// Whether servers may find another name in a part's header than is read here, or generate one: not
/// exactly one `name=`, escapes (RFC 822), encoded words (RFC 2047), pieces or a charset (RFC
/// 2231), or a field from which some server takes a name.
fn has_other_names(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header).to_ascii_lowercase();
    let mut dispositions = header.lines().filter(|line| line.starts_with(DISPOSITION));
    let is_named = dispositions
        .next()
        .is_some_and(|line| values_of_name(line).count() == 1);
    // A folded line does not start with the name of a field.
    let is_other = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        !FIELDS.contains(&name)
    };
    let header = header.replace("filename*", "filename");
    !is_named
        || dispositions.next().is_some()
        || values_of_name(&header).count() != 1
        || header.lines().any(is_other)
        || header.contains('\\')
        || header.contains("=?")
        || header.contains("name*")
        || header.contains("content-id")
}

impl Next {
    fn header(line: usize) -> Self {
        Self::Header { is_cr: false, line }
    }
}
