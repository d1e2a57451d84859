//! XML: an attribute's value is a value, and so is a text that is all of its element. A
//! document type could name texts to be put together elsewhere, so with one nothing is
//! whole.

use super::Event;

/// The longest processing instruction, the XML declaration included.
const LONGEST_INSTRUCTION: usize = 256;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Text,
    /// Text, all of which belongs to the element that has just begun.
    OwnText,
    /// `<` was read.
    Markup,
    /// A tag that begins an element, and its last character but blanks.
    Tag(u8),
    Attribute(u8),
    EndTag,
    /// `<!` was read.
    Declaration,
    /// `<!-` was read.
    Dash,
    /// Up to the end of a comment, of a CDATA section, of an instruction.
    Until(&'static [u8]),
    Nothing,
}

#[derive(Default)]
pub(super) struct Xml {
    next: Next,
    /// What was read last of what goes on up to its end.
    last: Vec<u8>,
}

impl Xml {
    pub(super) fn step(&mut self, byte: u8) -> Event {
        let (next, event) = match (self.next, byte) {
            (Next::Nothing, _) => (Next::Nothing, Event::Outside),
            (Next::Text, b'<') => (Next::Markup, Event::Outside),
            (Next::Text, _) => (Next::Text, Event::Outside),
            (Next::OwnText, b'<') => (Next::Markup, Event::Ending),
            (Next::OwnText, _) => (Next::OwnText, Event::Inside),
            (Next::Markup, b'/') => (Next::EndTag, Event::Closes),
            (Next::Markup, b'?') => (self.until(b"?>"), Event::Outside),
            (Next::Markup, b'!') => (Next::Declaration, Event::Outside),
            (Next::Markup, byte) if is_name_start(byte) => (Next::Tag(byte), Event::Outside),
            (Next::Declaration, b'-') => (Next::Dash, Event::Outside),
            // Its end is looked for behind it: `<!--->` is none.
            (Next::Dash, b'-') => (self.until(b"-->"), Event::Outside),
            (Next::Declaration, b'[') => (self.until(b"]]>"), Event::Outside),
            (Next::EndTag, b'>') => (Next::Text, Event::Outside),
            (Next::EndTag, byte) if byte != b'<' => (Next::EndTag, Event::Outside),
            (Next::Tag(last), byte) => self.tag(last, byte),
            (Next::Attribute(quote), byte) if byte == quote => (Next::Tag(quote), Event::Closes),
            (Next::Attribute(quote), byte) if byte != b'<' => {
                (Next::Attribute(quote), Event::Inside)
            }
            (Next::Until(end), byte) => (self.go_on(end, byte), Event::Outside),
            _ => (Next::Nothing, Event::Outside),
        };
        self.next = next;
        event
    }

    fn tag(&mut self, last: u8, byte: u8) -> (Next, Event) {
        match byte {
            b'>' if last == b'/' => (Next::Text, Event::Outside),
            b'>' => (Next::OwnText, Event::Opens),
            b'"' | b'\'' if last == b'=' => (Next::Attribute(byte), Event::Opens),
            b'"' | b'\'' | b'<' => (Next::Nothing, Event::Outside),
            b' ' | b'\t' | b'\r' | b'\n' => (Next::Tag(last), Event::Outside),
            byte => (Next::Tag(byte), Event::Outside),
        }
    }

    fn until(&mut self, end: &'static [u8]) -> Next {
        self.last.clear();
        Next::Until(end)
    }

    fn go_on(&mut self, end: &'static [u8], byte: u8) -> Next {
        let is_instruction = end == b"?>";
        self.last.push(byte);
        if self.last.ends_with(end) {
            let is_read = !is_instruction || is_in_ascii(&self.last);
            return if is_read { Next::Text } else { Next::Nothing };
        }
        if is_instruction && self.last.len() > LONGEST_INSTRUCTION {
            return Next::Nothing;
        }
        if !is_instruction && self.last.len() > LONGEST_INSTRUCTION {
            self.last.drain(..LONGEST_INSTRUCTION - end.len());
        }
        Next::Until(end)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.next == Next::Nothing
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || !byte.is_ascii()
}

/// Whether an instruction declares no encoding in which ASCII is something else.
fn is_in_ascii(instruction: &[u8]) -> bool {
    let text = String::from_utf8_lossy(instruction).to_ascii_lowercase();
    let Some((_, rest)) = text.split_once("encoding") else {
        return true;
    };
    let value = rest.trim_start().strip_prefix('=').unwrap_or_default();
    let value = value.trim_start();
    let encoding = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.split(quote).next());
    matches!(encoding, Some("utf-8" | "us-ascii" | "iso-8859-1"))
}
