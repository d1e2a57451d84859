//! JSON (RFC 8259), one text or several, each in a line of its own. Its strings are
//! values, names included. What is no JSON, a server may read in a way of its own.

use super::{Event, LONGEST_NAME};

/// How deep it may be.
const DEEPEST: usize = 512;

/// What comes next.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Value,
    ValueOrEnd,
    NameOrEnd,
    Name,
    Colon,
    /// A comma, or the end of what it is in.
    Comma,
    /// The rest of a string.
    Text {
        is_name: bool,
    },
    Escape {
        is_name: bool,
    },
    /// The rest of a number or of a literal.
    Word,
    Nothing,
}

#[derive(Default)]
pub(super) struct Json {
    next: Next,
    /// Of each array and object that is open: whether it is an object.
    open: Vec<bool>,
    /// The name that is read, as it is written.
    name: Vec<u8>,
    is_name_read: bool,
}

impl Json {
    pub(super) fn step(&mut self, byte: u8) -> Event {
        match self.next {
            Next::Text { is_name } => return self.text(byte, is_name),
            Next::Escape { is_name } => {
                self.keep(byte, is_name);
                self.next = Next::Text { is_name };
                return Event::Inside;
            }
            Next::Word if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
                return Event::Outside;
            }
            Next::Word => self.next = Next::Comma,
            _ => {}
        }
        let is_between = self.open.is_empty() && self.next == Next::Comma;
        self.next = match (self.next, byte) {
            // RS is of JSON text sequences (RFC 7464).
            (_, b'\n' | b'\x1e') if is_between => Next::Value,
            (Next::Value, b'\x1e') if self.open.is_empty() => Next::Value,
            (next, b' ' | b'\t' | b'\r' | b'\n') => next,
            (Next::Value | Next::ValueOrEnd, b'"') => {
                self.next = Next::Text { is_name: false };
                return Event::Opens;
            }
            (Next::Name | Next::NameOrEnd, b'"') => {
                self.next = Next::Text { is_name: true };
                self.name.clear();
                return Event::Opens;
            }
            (Next::Value | Next::ValueOrEnd, b'[') => self.enter(false),
            (Next::Value | Next::ValueOrEnd, b'{') => self.enter(true),
            (Next::Value | Next::ValueOrEnd, b'-' | b'0'..=b'9' | b'a'..=b'z') => Next::Word,
            (Next::Colon, b':') => Next::Value,
            (Next::Comma, b',') => match self.open.last() {
                Some(true) => Next::Name,
                Some(false) => Next::Value,
                None => Next::Nothing,
            },
            (Next::ValueOrEnd | Next::Comma, b']') if self.open.last() == Some(&false) => {
                self.leave()
            }
            (Next::NameOrEnd | Next::Comma, b'}') if self.open.last() == Some(&true) => {
                self.leave()
            }
            _ => Next::Nothing,
        };
        Event::Outside
    }

    fn text(&mut self, byte: u8, is_name: bool) -> Event {
        match byte {
            b'"' => {
                self.is_name_read = is_name;
                self.next = if is_name { Next::Colon } else { Next::Comma };
                Event::Closes
            }
            b'\\' => {
                self.keep(byte, is_name);
                self.next = Next::Escape { is_name };
                Event::Inside
            }
            0..=0x1f => {
                self.next = Next::Nothing;
                Event::Outside
            }
            _ => {
                self.keep(byte, is_name);
                Event::Inside
            }
        }
    }

    fn keep(&mut self, byte: u8, is_name: bool) {
        if is_name && self.name.len() < LONGEST_NAME {
            self.name.push(byte);
        }
    }

    fn enter(&mut self, is_object: bool) -> Next {
        if self.open.len() >= DEEPEST {
            return Next::Nothing;
        }
        self.open.push(is_object);
        if is_object {
            Next::NameOrEnd
        } else {
            Next::ValueOrEnd
        }
    }

    fn leave(&mut self) -> Next {
        self.open.pop();
        Next::Comma
    }

    /// The name that has ended, in its own characters.
    pub(super) fn take_name(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_name_read) {
            return None;
        }
        let quoted = [b"\"", self.name.as_slice(), b"\""].concat();
        let name = serde_json::from_slice::<String>(&quoted).unwrap_or_default();
        Some(name.into_bytes())
    }

    pub(super) fn is_broken(&self) -> bool {
        self.next == Next::Nothing
    }
}
