//! XML: an attribute's value is a value, and so is text that is the whole content of its element. A
//! document type could define entities that servers insert elsewhere, so with one no handle is
//! whole. Text next to elements is not whole either, since servers that read the text of the outer
//! element join it with theirs. Elements with the same name in one element are items of a list,
//! and so are attributes and elements (xml2js). Parsers quote the text around an error, so a document
//! with one has no value. Servers that read XML by a regular expression find elements in comments and
//! CDATA sections, so a document with one has none either.

mod namespaces;
mod text;

use std::collections::HashMap;

use self::namespaces::Namespaces;
use self::text::{Characters, is_declaration};
use super::event::Event;
use super::hash;
use super::{MAX_NAME, MAX_NAMES};

/// The maximum length of a processing instruction, including the XML declaration.
const MAX_INSTRUCTION: usize = 256;

/// The maximum depth. Some parsers have a limit of 256.
const DEEPEST: usize = 128;

/// The maximum length of a text or a tag. Some parsers have a limit of 10 MB.
const MAX_PIECE: usize = 1 << 20;

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
    /// A start tag.
    Tag(InTag),
    Attribute(u8),
    EndTag,
    /// After the name of an end tag.
    EndTagBlank,
    /// The XML declaration.
    Instruction,
    Nothing,
}

/// The position in a start tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTag {
    /// After its name, or after a value.
    End,
    Blank,
    AttributeName,
    /// After an attribute's name.
    Equals,
    /// After `=`.
    Quote,
    Slash,
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
    /// The prefixes that it declares.
    prefixes: Vec<u64>,
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
    characters: Characters,
    namespaces: Namespaces,
    /// The number of bytes before the current one.
    read: u64,
    /// The length of the current piece.
    piece: usize,
    /// The text of the XML declaration.
    instruction: Vec<u8>,
    /// The name of the current tag, and of its current attribute.
    name: Vec<u8>,
    attribute: Vec<u8>,
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
            characters: Characters::default(),
            namespaces: Namespaces::default(),
            read: 0,
            piece: 0,
            instruction: Vec::new(),
            name: Vec::new(),
            attribute: Vec::new(),
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
        if self.is_broken() || !self.characters.admit(byte) {
            self.next = Next::Nothing;
            return Event::Outside;
        }
        let is_complete = self.characters.is_complete();
        let (next, event) = match (self.next, byte) {
            (Next::Text, b'<') if is_complete => (Next::Markup, Event::Outside),
            (Next::Text, byte) => (self.text(byte, Next::Text), Event::Outside),
            (Next::OwnText, b'<') if is_complete => (Next::Markup, Event::PossibleEnd),
            (Next::OwnText, byte) => (self.text(byte, Next::OwnText), Event::Inside),
            (Next::Markup, b'/') => {
                self.name.clear();
                (Next::EndTag, Event::Closes)
            }
            // The declaration. Many parsers reject other instructions.
            (Next::Markup, b'?') if self.read == 1 => (Next::Instruction, Event::Outside),
            (Next::Markup, byte) => {
                self.name.clear();
                (self.name(byte, Next::Name), Event::Outside)
            }
            (Next::Name, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n') => match self.begin() {
                true => self.tag(InTag::End, byte),
                false => (Next::Nothing, Event::Outside),
            },
            (Next::Name, byte) => (self.name(byte, Next::Name), Event::Outside),
            (Next::EndTag | Next::EndTagBlank, b'>') => (self.end_element(), Event::Outside),
            (Next::EndTag | Next::EndTagBlank, b' ' | b'\t' | b'\r' | b'\n') => {
                (Next::EndTagBlank, Event::Outside)
            }
            (Next::EndTag, byte) => (self.name(byte, Next::EndTag), Event::Outside),
            (Next::Tag(at), byte) => self.tag(at, byte),
            (Next::Attribute(quote), byte) if byte == quote => {
                match is_complete && self.namespaces.end_attribute() {
                    true => (Next::Tag(InTag::End), Event::Closes),
                    false => (Next::Nothing, Event::Outside),
                }
            }
            (Next::Attribute(_), byte) if byte == b'<' || !self.characters.admit_in_text(byte) => {
                (Next::Nothing, Event::Outside)
            }
            (Next::Attribute(quote), byte) => {
                self.namespaces.add(byte);
                (Next::Attribute(quote), Event::Inside)
            }
            (Next::Instruction, byte) => (self.instruction(byte), Event::Outside),
            _ => (Next::Nothing, Event::Outside),
        };
        self.read += 1;
        self.piece = if next == Next::Markup {
            0
        } else {
            self.piece + 1
        };
        self.next = if self.piece > MAX_PIECE {
            Next::Nothing
        } else {
            next
        };
        event
    }

    /// The body has ended.
    pub(super) fn end(&mut self) {
        let is_whole = matches!(self.open.as_slice(), [document] if document.has_elements);
        if self.next != Next::Text || !is_whole {
            self.next = Next::Nothing;
        }
    }

    /// A character of text that is not next to an element.
    fn text(&mut self, byte: u8, next: Next) -> Next {
        if !self.characters.admit_in_text(byte) {
            return Next::Nothing;
        }
        if byte.is_ascii_whitespace() && self.characters.is_complete() {
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
        if !is_of_name(byte) || self.name.len() >= MAX_NAME {
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
        self.remembered <= MAX_NAMES && self.namespaces.begin_tag(&self.name)
    }

    /// The value of an attribute of the current tag starts. Returns whether all attributes of its
    /// name are known.
    fn begin_attribute(&mut self) -> bool {
        self.attribute_name = local(&self.attribute);
        count(
            &mut self.attributes,
            self.attribute_name,
            &mut self.remembered,
            &mut self.joined,
        );
        self.remembered <= MAX_NAMES && self.namespaces.begin_attribute(&self.attribute)
    }

    fn tag(&mut self, at: InTag, byte: u8) -> (Next, Event) {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let next = match (at, byte) {
            (InTag::End | InTag::Blank, b'>') => return self.open_element(),
            (InTag::Slash, b'>') => return (self.close_tag(), Event::Outside),
            (InTag::End | InTag::Blank, b'/') => InTag::Slash,
            (InTag::End | InTag::Blank, _) if is_blank => InTag::Blank,
            (InTag::Blank, byte) if is_of_name(byte) => {
                self.attribute.clear();
                self.attribute.push(byte);
                InTag::AttributeName
            }
            (InTag::AttributeName | InTag::Equals, b'=') => InTag::Quote,
            (InTag::AttributeName | InTag::Equals, _) if is_blank => InTag::Equals,
            (InTag::AttributeName, byte) if is_of_name(byte) && self.attribute.len() < MAX_NAME => {
                self.attribute.push(byte);
                at
            }
            (InTag::Quote, _) if is_blank => at,
            (InTag::Quote, b'"' | b'\'') if self.begin_attribute() => {
                return (Next::Attribute(byte), Event::Opens);
            }
            _ => return (Next::Nothing, Event::Outside),
        };
        (Next::Tag(next), Event::Outside)
    }

    fn open_element(&mut self) -> (Next, Event) {
        let Some(prefixes) = self.namespaces.end_tag() else {
            return (Next::Nothing, Event::Outside);
        };
        if self.open.len() > DEEPEST {
            return (Next::Nothing, Event::Outside);
        }
        self.open.push(Element {
            tag: hash(&self.name),
            name: local(&self.name),
            fields: std::mem::take(&mut self.attributes),
            prefixes,
            ..Element::default()
        });
        (Next::OwnText, Event::Opens)
    }

    /// The tag of an empty element has ended.
    fn close_tag(&mut self) -> Next {
        let Some(prefixes) = self.namespaces.end_tag() else {
            return Next::Nothing;
        };
        self.namespaces.leave(&prefixes);
        self.remembered -= std::mem::take(&mut self.attributes).len();
        Next::Text
    }

    /// End the innermost element.
    fn end_element(&mut self) -> Next {
        let is_document = self.open.len() == 1;
        match self.open.pop() {
            Some(element) if !is_document && element.tag == hash(&self.name) => {
                self.remembered -= element.fields.len();
                self.namespaces.leave(&element.prefixes);
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

    fn instruction(&mut self, byte: u8) -> Next {
        self.instruction.push(byte);
        match self.instruction.strip_suffix(b"?>") {
            Some(text) if is_declaration(text) => Next::Text,
            None if self.instruction.len() <= MAX_INSTRUCTION => Next::Instruction,
            _ => Next::Nothing,
        }
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

/// The hash of a name in lower case, without its prefix.
fn local(name: &[u8]) -> u64 {
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    hash(local.to_ascii_lowercase())
}

/// Whether a character may be in a name. In other alphabets, parsers differ.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte)
}
