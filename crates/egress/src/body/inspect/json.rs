//! JSON (RFC 8259): one text, in one line if servers may read each line as a text. Its strings are
//! values, except for names. A server may interpret invalid JSON differently, or quote a piece of it.
//! Servers may join the items of an array, including those of nested arrays (as ECMAScript's `String`
//! does).

use std::collections::HashMap;

use super::event::Event;
use super::utf8::Utf8;
use super::{MAX_NAME, MAX_NAMES, hash};

/// The maximum depth.
const DEEPEST: usize = 512;

/// The maximum length of a number.
const MAX_WORD: usize = 64;

/// What comes next.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Value,
    ValueOrEnd,
    NameOrEnd,
    Name,
    Colon,
    /// A comma, or the end of the array or object.
    Comma,
    /// The rest of a string.
    Text {
        is_name: bool,
    },
    Escape {
        is_name: bool,
    },
    /// The hexadecimal digits of an escape.
    Digits {
        is_name: bool,
        missing: u8,
    },
    /// The rest of a number or of a literal.
    Word,
    Nothing,
}

/// An open array or object.
enum Level {
    /// An object with its fields, by a hash of their names.
    Object {
        fields: HashMap<u64, Items>,
        last: u64,
    },
    /// An array, and the index of the items that servers may join its items with: those of an
    /// enclosing array, or of a field of an object.
    Array { outermost: usize, items: Items },
}

/// The items of an array, or the values of fields of one name.
#[derive(Default)]
struct Items {
    are_several: bool,
    /// The secrets among them.
    secrets: Vec<usize>,
}

#[derive(Default)]
pub(super) struct Json {
    is_lines: bool,
    utf8: Utf8,
    next: Next,
    /// The current number or literal.
    word: Vec<u8>,
    /// The number of the current escape.
    code: u16,
    /// Whether the first half of a surrogate pair was read last.
    is_half: bool,
    open: Vec<Level>,
    /// The number of fields that the objects remember.
    remembered: usize,
    /// The secrets that were alone in an array, and no longer are.
    joined: Vec<usize>,
    /// The name of the current field, as written.
    name: Vec<u8>,
}

impl Json {
    /// With line breaks in the text, or only behind it: servers that read one text reject the second
    /// line.
    pub(super) fn new(is_lines: bool) -> Self {
        Self {
            is_lines,
            ..Self::default()
        }
    }

    pub(super) fn step(&mut self, byte: u8) -> Event {
        if self.is_broken() || !self.utf8.admits(byte) {
            self.next = Next::Nothing;
            return Event::Outside;
        }
        match self.next {
            Next::Text { is_name } => return self.text(byte, is_name),
            Next::Escape { is_name } => {
                self.keep(byte, is_name);
                self.next = self.escape(byte, is_name);
                return Event::Inside;
            }
            Next::Digits { is_name, missing } => {
                self.keep(byte, is_name);
                self.next = self.digit(byte, is_name, missing);
                return Event::Inside;
            }
            Next::Word if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
                self.next = self.word(byte);
                return Event::Outside;
            }
            Next::Word => self.next = self.end_word(),
            _ => {}
        }
        let is_outside = self.open.is_empty();
        self.next = match (self.next, byte) {
            (next, b'\n' | b'\r') if self.is_lines && (!is_outside || next == Next::Value) => {
                Next::Nothing
            }
            (next, b' ' | b'\t' | b'\r' | b'\n') => next,
            (Next::Value | Next::ValueOrEnd, b'[') => self.enter_array(),
            (Next::Value | Next::ValueOrEnd, b'{') => self.enter_object(),
            // Many servers reject other texts.
            _ if is_outside => Next::Nothing,
            (Next::Value | Next::ValueOrEnd, b'"') => {
                self.next = Next::Text { is_name: false };
                return Event::Opens;
            }
            (Next::Name | Next::NameOrEnd, b'"') => {
                self.next = Next::Text { is_name: true };
                self.name.clear();
                return Event::Opens;
            }
            (Next::Value | Next::ValueOrEnd, b'-' | b'0'..=b'9' | b'a'..=b'z') => {
                self.word.clear();
                self.word(byte)
            }
            (Next::Colon, b':') => Next::Value,
            (Next::Comma, b',') if self.is_in_array() => {
                self.join_items();
                Next::Value
            }
            (Next::Comma, b',') => Next::Name,
            (Next::ValueOrEnd | Next::Comma, b']') if self.is_in_array() => self.leave(),
            (Next::NameOrEnd | Next::Comma, b'}') if self.is_in_object() => self.leave(),
            _ => Next::Nothing,
        };
        Event::Outside
    }

    /// The body has ended.
    pub(super) fn end(&mut self) {
        if !self.open.is_empty() {
            self.next = Next::Nothing;
        }
    }

    fn word(&mut self, byte: u8) -> Next {
        self.word.push(byte);
        match self.word.len() {
            0..=MAX_WORD => Next::Word,
            _ => Next::Nothing,
        }
    }

    fn end_word(&self) -> Next {
        match serde_json::from_slice::<serde_json::Value>(&self.word) {
            Ok(_) => Next::Comma,
            Err(_) => Next::Nothing,
        }
    }

    fn text(&mut self, byte: u8, is_name: bool) -> Event {
        match byte {
            _ if self.is_half && byte != b'\\' => {
                self.next = Next::Nothing;
                Event::Outside
            }
            b'"' if is_name => {
                self.next = if self.begin_field() {
                    Next::Colon
                } else {
                    Next::Nothing
                };
                Event::Name
            }
            b'"' => {
                self.next = Next::Comma;
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

    fn escape(&mut self, byte: u8, is_name: bool) -> Next {
        match byte {
            b'u' => {
                self.code = 0;
                Next::Digits {
                    is_name,
                    missing: 4,
                }
            }
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' if !self.is_half => {
                Next::Text { is_name }
            }
            _ => Next::Nothing,
        }
    }

    /// A digit of an escape. Some servers reject NUL (PostgreSQL) and halves of a surrogate pair.
    fn digit(&mut self, byte: u8, is_name: bool, missing: u8) -> Next {
        let Some(digit) = char::from(byte).to_digit(16) else {
            return Next::Nothing;
        };
        self.code = self.code << 4 | digit as u16;
        if missing > 1 {
            let missing = missing - 1;
            return Next::Digits { is_name, missing };
        }
        let is_second = std::mem::take(&mut self.is_half);
        match self.code {
            0xdc00..=0xdfff if is_second => {}
            0 | 0xdc00..=0xdfff => return Next::Nothing,
            _ if is_second => return Next::Nothing,
            code => self.is_half = (0xd800..=0xdbff).contains(&code),
        }
        Next::Text { is_name }
    }

    fn keep(&mut self, byte: u8, is_name: bool) {
        if is_name && self.name.len() < MAX_NAME {
            self.name.push(byte);
        }
    }

    fn is_in_object(&self) -> bool {
        matches!(self.open.last(), Some(Level::Object { .. }))
    }

    fn is_in_array(&self) -> bool {
        matches!(self.open.last(), Some(Level::Array { .. }))
    }

    fn enter(&mut self, level: Level, next: Next) -> Next {
        if self.open.len() >= DEEPEST {
            return Next::Nothing;
        }
        self.open.push(level);
        next
    }

    fn enter_object(&mut self) -> Next {
        let fields = HashMap::new();
        self.enter(Level::Object { fields, last: 0 }, Next::NameOrEnd)
    }

    /// A field has the name that was read. Returns whether all fields with that name are known.
    fn begin_field(&mut self) -> bool {
        let Some(name) = self.decoded_name() else {
            return false;
        };
        let Some(Level::Object { fields, last }) = self.open.last_mut() else {
            return false;
        };
        *last = hash(name.to_lowercase());
        if let Some(items) = fields.get_mut(last) {
            items.are_several = true;
            self.joined.append(&mut items.secrets);
        } else {
            fields.insert(*last, Items::default());
            self.remembered += 1;
        }
        self.remembered <= MAX_NAMES && self.name.len() < MAX_NAME
    }

    fn enter_array(&mut self) -> Next {
        let outermost = match self.open.last() {
            Some(Level::Array { outermost, .. }) => *outermost,
            Some(Level::Object { .. }) => self.open.len() - 1,
            None => self.open.len(),
        };
        let items = Items::default();
        self.enter(Level::Array { outermost, items }, Next::ValueOrEnd)
    }

    /// The items that servers may join the current one with.
    fn items(&mut self) -> Option<&mut Items> {
        let at = match self.open.last()? {
            Level::Array { outermost, .. } => *outermost,
            Level::Object { .. } => self.open.len() - 1,
        };
        match self.open.get_mut(at)? {
            Level::Array { items, .. } => Some(items),
            Level::Object { fields, last } => fields.get_mut(last),
        }
    }

    /// The current array has another item. Of empty arrays and of objects, too, servers make text.
    fn join_items(&mut self) {
        let Some(items) = self.items() else { return };
        items.are_several = true;
        let secrets = std::mem::take(&mut items.secrets);
        self.joined.extend(secrets);
    }

    /// The string that has ended is this secret's value. Returns whether it is alone so far among
    /// the items that servers may join.
    pub(super) fn holds(&mut self, secret: usize) -> bool {
        let Some(items) = self.items() else {
            return true;
        };
        if !items.are_several {
            items.secrets.push(secret);
        }
        !items.are_several
    }

    pub(super) fn take_joined(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.joined)
    }

    fn leave(&mut self) -> Next {
        if let Some(Level::Object { fields, .. }) = self.open.pop() {
            self.remembered -= fields.len();
        }
        Next::Comma
    }

    fn decoded_name(&self) -> Option<String> {
        let quoted = [b"\"", self.name.as_slice(), b"\""].concat();
        serde_json::from_slice(&quoted).ok()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.next == Next::Nothing
    }
}
