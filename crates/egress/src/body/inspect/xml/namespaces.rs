//! The prefixes of names (Namespaces in XML 1.0).

use std::collections::{HashMap, HashSet};

use crate::body::inspect::hash;

/// The maximum length of a namespace.
const MAX_URI: usize = 256;

/// The prefixes of the current tag and of open elements, by their hashes.
#[derive(Default)]
pub(super) struct Namespaces {
    /// How many open elements declare each.
    declared: HashMap<u64, usize>,
    /// Those that the current tag declares, and those that it uses.
    of_tag: Vec<u64>,
    used: Vec<u64>,
    /// The names of its attributes, and those without their prefix.
    attributes: HashSet<u64>,
    /// The namespace that is the value of the current attribute.
    uri: Option<Vec<u8>>,
}

impl Namespaces {
    /// A tag starts. Returns whether its name is one.
    pub(super) fn begin_tag(&mut self, name: &[u8]) -> bool {
        self.of_tag.clear();
        self.used.clear();
        self.attributes.clear();
        self.add_name(name)
    }

    fn add_name(&mut self, name: &[u8]) -> bool {
        match split(name) {
            Some((Some(prefix), _)) => self.used.push(hash(prefix)),
            Some((None, _)) => {}
            None => return false,
        }
        true
    }

    /// The value of an attribute of the tag starts. Returns whether its name is one, and no other
    /// attribute may have the same.
    pub(super) fn begin_attribute(&mut self, name: &[u8]) -> bool {
        self.uri = None;
        let is_new = self.attributes.insert(hash(name));
        let is_name = match split(name) {
            Some((Some(b"xmlns"), prefix)) => {
                self.uri = Some(Vec::new());
                self.of_tag.push(hash(prefix));
                !matches!(prefix, b"xml" | b"xmlns")
            }
            Some((None, b"xmlns")) => {
                self.uri = Some(Vec::new());
                true
            }
            Some((Some(_), local)) => {
                let local = [b":", local].concat();
                self.attributes.insert(hash(&local)) && self.add_name(name)
            }
            Some((None, _)) => true,
            None => false,
        };
        is_new && is_name
    }

    /// A character of an attribute's value.
    pub(super) fn add(&mut self, byte: u8) {
        if let Some(uri) = self.uri.as_mut().filter(|uri| uri.len() <= MAX_URI) {
            uri.push(byte);
        }
    }

    /// The attribute has ended. Returns whether it is a namespace, if it should be one.
    pub(super) fn end_attribute(&mut self) -> bool {
        self.uri.take().is_none_or(|uri| is_namespace(&uri))
    }

    /// The tag has ended. Returns the prefixes that are declared until its element ends, if those
    /// that it uses are declared.
    pub(super) fn end_tag(&mut self) -> Option<Vec<u64>> {
        let of_tag = std::mem::take(&mut self.of_tag);
        for prefix in &of_tag {
            *self.declared.entry(*prefix).or_default() += 1;
        }
        let xml = hash(b"xml");
        let is_declared = |prefix: &u64| *prefix == xml || self.declared.contains_key(prefix);
        self.used.iter().all(is_declared).then_some(of_tag)
    }

    /// An element that declares these has ended.
    pub(super) fn leave(&mut self, prefixes: &[u64]) {
        for prefix in prefixes {
            if let Some(count) = self.declared.get_mut(prefix) {
                *count -= 1;
                if *count == 0 {
                    self.declared.remove(prefix);
                }
            }
        }
    }
}

/// The prefix and the rest of a name of ASCII characters.
fn split(name: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let is_name = |name: &[u8]| {
        let mut bytes = name.iter();
        let is_start = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        let is_rest = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        bytes.next().is_some_and(is_start) && bytes.all(is_rest)
    };
    let colon = name.iter().position(|byte| *byte == b':');
    let (prefix, local) = match colon.and_then(|at| name.split_at_checked(at)) {
        Some((prefix, local)) => (Some(prefix), local.get(1..)?),
        None => (None, name),
    };
    (prefix.is_none_or(is_name) && is_name(local)).then_some((prefix, local))
}

/// Whether a text is an absolute URI, as parsers demand, and no reserved one.
fn is_namespace(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else {
        return false;
    };
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '#', '?']).unwrap_or(rest.len())),
        None => ("x", rest),
    };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~:/#?=".contains(&byte);
    let reserved = [
        "http://www.w3.org/XML/1998/namespace",
        "http://www.w3.org/2000/xmlns/",
    ];
    text.len() <= MAX_URI
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(is_host)
        && !host.is_empty()
        && host.bytes().all(is_host)
        && path.bytes().all(is_path)
        && path.matches('#').count() <= 1
        && !reserved.contains(&text)
}
