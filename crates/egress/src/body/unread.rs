//! What a server finds on an HTTP/1.1 connection if it doesn't read a request's body.
//!
//! Many servers answer a GET, or a request that they refuse, without reading its body, and keep the
//! connection. To them, the body is the start of the next request. If it looks like one, the next
//! head, with its secrets, becomes a part of that request (CL.0 request smuggling). So a connection
//! is only reused after a body in which no line is the start of a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where in a body a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At its start. Servers skip empty lines before a request, and some skip blanks.
    Start,
    /// At the start of another line.
    Line,
    /// After a CR, which ends a line for lenient servers.
    Return,
    /// After the blanks at the start of a line.
    Indent,
    /// In characters that a method or the name of a field may have (`tchar`, RFC 9110, section
    /// 5.6.2).
    Word,
    /// In a line that starts like JSON or XML.
    Document,
    /// In a line that starts like a form.
    Form,
    /// Some server may find a request.
    Request,
}

/// Reads the bytes of a body as a server does that expects a request.
pub(super) struct UnreadBody {
    state: State,
    /// The number of bytes that are not written yet.
    left: u64,
    is_harmless: Arc<AtomicBool>,
}

impl UnreadBody {
    /// For a body of this length. After each piece, `is_harmless` says whether the connection can
    /// take another request.
    pub(super) fn new(length: u64, is_harmless: Arc<AtomicBool>) -> Self {
        let body = Self {
            state: State::Start,
            left: length,
            is_harmless,
        };
        body.update();
        body
    }

    /// The next bytes. Those beyond the length are not written.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let bytes = bytes.get(..left).unwrap_or(bytes);
        for byte in bytes {
            // A long upload is not read to its end.
            if self.state == State::Request {
                break;
            }
            self.state = self.state.next(*byte);
        }
        self.left -= bytes.len() as u64;
        self.update();
    }

    /// Of an incomplete body, a server may read the next request as the rest.
    fn update(&self) {
        let is_harmless = self.left == 0 && self.state.has_no_request();
        self.is_harmless.store(is_harmless, Ordering::Release);
    }
}

impl State {
    /// Whether no line of it can be the start of a request or a header field, and none is empty,
    /// which would end a header. The text after it, which is the next request, continues its last
    /// line or is a line by itself.
    fn has_no_request(self) -> bool {
        use State::{Document, Form, Line, Return, Start};
        matches!(self, Start | Line | Return | Document | Form)
    }

    fn next(self, byte: u8) -> Self {
        use State::{Document, Form, Indent, Line, Request, Return, Start, Word};
        match (self, byte) {
            (Request, _) => Request,
            // Some servers end lines at other control characters, too.
            (_, 0..=0x1f | 0x7f) if !b"\t\r\n".contains(&byte) => Request,
            (Return, b'\n') => Line,
            (Document | Form, b'\r') => Return,
            (Document | Form, b'\n') => Line,
            (Document, _) => Document,
            // No form has a blank, so it is no line with a method, a target and a version.
            (Form, b' ' | b'\t') => Request,
            (Form, _) => Form,
            (Line | Return | Indent, b' ' | b'\t') => Indent,
            (Start | Line | Return | Indent | Word, b'=') => Form,
            (Start | Line | Return | Indent | Word, _) if b"\",<[]{}".contains(&byte) => Document,
            (Start | Line | Return | Indent | Word, _) if is_tchar(byte) => Word,
            // To servers that read Latin-1, some bytes beyond ASCII are blanks, so the word before
            // them is complete.
            (Start | Line | Return | Indent | Word, _) => Request,
        }
    }
}

/// Whether a byte may be in a token (RFC 9110, section 5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests;
