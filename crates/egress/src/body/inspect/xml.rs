//! XML: an attribute's value is a value, and so is text that is the whole content of its element. A
//! document type could define entities that servers insert elsewhere, so with one no handle is
//! whole. Text next to elements is not whole either, since servers that read the text of the outer
//! element join it with theirs. Elements with the same name in one element are items of a list,
//! and so are attributes and elements (xml2js).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::event::Event;
use super::{MAX_NAME, MAX_NAMES};

/// The maximum length of a processing instruction, including the XML declaration.
const MAX_INSTRUCTION: usize = 256;

/// The maximum depth.
const DEEPEST: usize = 512;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Text,
    /// Text of the element that has just started.
    OwnText,
    /// After `<`.
    Markup,
    /// The name of an element.
    Name,
    /// A start tag, and its last character that is not a blank.
    Tag(u8),
    Attribute(u8),
    EndTag,
    /// After `<!`.
    Declaration,
    /// After `<!-`.
    Dash,
    /// Up to the end of a comment, a CDATA section, or an instruction.
    Until(&'static [u8]),
    Nothing,
}

/// An open element, or the document.
#[derive(Default)]
struct Element {
    /// Hashes of its name: as in its end tag, and as it is compared with others.
    tag: u64,
    name: u64,
    has_text: bool,
    has_elements: bool,
    /// Its child elements and its attributes, by name: some servers join both (xml2js).
    fields: HashMap<u64, Items>,
}

/// Elements and attributes with the same name in one element.
#[derive(Default)]
struct Items {
    are_several: bool,
    /// The secrets whose values are in them.
    secrets: Vec<usize>,
}

pub(super) struct Xml {
    next: Next,
    /// The last bytes of what continues up to its end.
    last: Vec<u8>,
    /// The name of the current tag, and of its current attribute.
    name: Vec<u8>,
    attribute: Vec<u8>,
    is_attribute_over: bool,
    /// The hash of the name of the last attribute with a value.
    attribute_name: u64,
    /// The attributes of the current tag.
    attributes: HashMap<u64, Items>,
    /// The document, and the open elements in it.
    open: Vec<Element>,
    /// The number of names that they remember.
    remembered: usize,
    /// The secrets that were alone, and no longer are.
    joined: Vec<usize>,
}

impl Default for Xml {
    fn default() -> Self {
        Self {
            next: Next::default(),
            last: Vec::new(),
            name: Vec::new(),
            attribute: Vec::new(),
            is_attribute_over: false,
            attribute_name: 0,
            attributes: HashMap::new(),
            open: vec![Element::default()],
            remembered: 0,
            joined: Vec::new(),
        }
    }
}

impl Xml {
    pub(super) fn step(&mut self, byte: u8) -> Event {
        let (next, event) = match (self.next, byte) {
            (Next::Nothing, _) => (Next::Nothing, Event::Outside),
            (Next::Text, b'<') => (Next::Markup, Event::Outside),
            (Next::Text, byte) => (self.text(byte, Next::Text), Event::Outside),
            (Next::OwnText, b'<') => (Next::Markup, Event::PossibleEnd),
            (Next::OwnText, byte) => (self.text(byte, Next::OwnText), Event::Inside),
            (Next::Markup, b'/') => {
                self.name.clear();
                (Next::EndTag, Event::Closes)
            }
            (Next::Markup, b'?') => (self.until(b"?>"), Event::Outside),
            (Next::Markup, b'!') => (Next::Declaration, Event::Outside),
            (Next::Markup, byte) if is_name_start(byte) => {
                self.name.clear();
                (self.name(byte, Next::Name), Event::Outside)
            }
            (Next::Name, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n') => match self.begin() {
                true => self.tag(0, byte),
                false => (Next::Nothing, Event::Outside),
            },
            (Next::Name, byte) => (self.name(byte, Next::Name), Event::Outside),
            (Next::Declaration, b'-') => (Next::Dash, Event::Outside),
            // The end is searched after it: `<!--->` does not end the comment.
            (Next::Dash, b'-') => (self.until(b"-->"), Event::Outside),
            // The text in a section belongs to the element.
            (Next::Declaration, b'[') => match self.text(byte, Next::Text) {
                Next::Nothing => (Next::Nothing, Event::Outside),
                _ => (self.until(b"]]>"), Event::Outside),
            },
            (Next::EndTag, b'>') => (self.end(), Event::Outside),
            (Next::EndTag, b' ' | b'\t' | b'\r' | b'\n') => (Next::EndTag, Event::Outside),
            (Next::EndTag, byte) => (self.name(byte, Next::EndTag), Event::Outside),
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

    /// A character of text that is not next to an element.
    fn text(&mut self, byte: u8, next: Next) -> Next {
        if byte.is_ascii_whitespace() {
            return next;
        }
        let is_in_document = self.open.len() == 1;
        match self.open.last_mut() {
            Some(element) if !element.has_elements && !is_in_document => {
                element.has_text = true;
                next
            }
            _ => Next::Nothing,
        }
    }

    fn name(&mut self, byte: u8, next: Next) -> Next {
        if b"\"'<=&".contains(&byte) || self.name.len() >= MAX_NAME {
            return Next::Nothing;
        }
        self.name.push(byte);
        next
    }

    /// Start an element with this name, unless it is next to text, or after the root element.
    fn begin(&mut self) -> bool {
        let name = local(&self.name);
        let is_in_document = self.open.len() == 1;
        let parent = self.open.last_mut();
        let is_let = |it: &&mut Element| !(it.has_text || is_in_document && it.has_elements);
        let Some(parent) = parent.filter(is_let) else {
            return false;
        };
        parent.has_elements = true;
        count(
            &mut parent.fields,
            name,
            &mut self.remembered,
            &mut self.joined,
        );
        self.attribute.clear();
        self.is_attribute_over = false;
        self.remembered <= MAX_NAMES
    }

    /// An attribute of the current tag starts. Returns whether all attributes of its name are known.
    fn begin_attribute(&mut self) -> bool {
        self.attribute_name = local(&self.attribute);
        self.attribute.clear();
        self.is_attribute_over = false;
        count(
            &mut self.attributes,
            self.attribute_name,
            &mut self.remembered,
            &mut self.joined,
        );
        self.remembered <= MAX_NAMES
    }

    fn tag(&mut self, last: u8, byte: u8) -> (Next, Event) {
        match byte {
            b'>' if last == b'/' => {
                self.remembered -= std::mem::take(&mut self.attributes).len();
                (Next::Text, Event::Outside)
            }
            b'>' if self.open.len() > DEEPEST => (Next::Nothing, Event::Outside),
            b'>' => {
                let (tag, name) = (hashed(&self.name), local(&self.name));
                self.open.push(Element {
                    tag,
                    name,
                    fields: std::mem::take(&mut self.attributes),
                    ..Element::default()
                });
                (Next::OwnText, Event::Opens)
            }
            b'"' | b'\'' if last == b'=' => match self.begin_attribute() {
                true => (Next::Attribute(byte), Event::Opens),
                false => (Next::Nothing, Event::Outside),
            },
            b'"' | b'\'' | b'<' => (Next::Nothing, Event::Outside),
            b' ' | b'\t' | b'\r' | b'\n' => {
                self.is_attribute_over = !self.attribute.is_empty();
                (Next::Tag(last), Event::Outside)
            }
            b'/' => (Next::Tag(byte), Event::Outside),
            // Not well-formed: lenient servers find other attributes.
            _ if matches!(last, b'=' | b'/') => (Next::Nothing, Event::Outside),
            b'=' if self.attribute.is_empty() => (Next::Nothing, Event::Outside),
            b'=' => (Next::Tag(byte), Event::Outside),
            _ if self.is_attribute_over || self.attribute.len() >= MAX_NAME => {
                (Next::Nothing, Event::Outside)
            }
            byte => {
                self.attribute.push(byte);
                (Next::Tag(byte), Event::Outside)
            }
        }
    }

    /// End the innermost element.
    fn end(&mut self) -> Next {
        let is_document = self.open.len() == 1;
        match self.open.pop() {
            Some(element) if !is_document && element.tag == hashed(&self.name) => {
                self.remembered -= element.fields.len();
                Next::Text
            }
            _ => Next::Nothing,
        }
    }

    /// The text or the attribute that has ended is this secret's value. Returns whether no other
    /// element or attribute has the same name so far.
    pub(super) fn holds(&mut self, secret: usize) -> bool {
        let is_attribute = matches!(self.next, Next::Tag(_));
        let (parent, name) = match self.open.as_mut_slice() {
            [.., parent] if is_attribute => (parent, local(&self.name)),
            [.., parent, element] => (parent, element.name),
            _ => return false,
        };
        let mut is_alone = hold(&mut parent.fields, name, secret);
        if is_attribute {
            is_alone &= hold(&mut self.attributes, self.attribute_name, secret);
        }
        is_alone
    }

    pub(super) fn take_joined(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.joined)
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
        if is_instruction && self.last.len() > MAX_INSTRUCTION {
            return Next::Nothing;
        }
        if !is_instruction && self.last.len() > MAX_INSTRUCTION {
            self.last.drain(..MAX_INSTRUCTION - end.len());
        }
        Next::Until(end)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.next == Next::Nothing
    }
}

/// A field of this name starts.
fn count(
    fields: &mut HashMap<u64, Items>,
    name: u64,
    remembered: &mut usize,
    joined: &mut Vec<usize>,
) {
    if let Some(items) = fields.get_mut(&name) {
        items.are_several = true;
        joined.append(&mut items.secrets);
    } else {
        fields.insert(name, Items::default());
        *remembered += 1;
    }
}

/// A field of this name has a secret. Returns whether no other one has that name so far.
fn hold(fields: &mut HashMap<u64, Items>, name: u64, secret: usize) -> bool {
    let Some(items) = fields.get_mut(&name) else {
        return false;
    };
    if !items.are_several {
        items.secrets.push(secret);
    }
    !items.are_several
}

fn hashed(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The hash of a name in lower case, without its prefix.
fn local(name: &[u8]) -> u64 {
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    hashed(&local.to_ascii_lowercase())
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || !byte.is_ascii()
}

/// Whether an instruction declares no encoding that is incompatible with ASCII.
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
