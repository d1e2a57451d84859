//! The placement of handles in a body: alone in a field, a string, a text or a part, or next to
//! other text of the component. A body is read in pieces and can have any length, so only a few
//! bytes of it are kept.

mod beside;
mod event;
mod form;
mod json;
mod media_type;
mod multipart;
mod part_header;
mod quoted;
mod syntax;
mod utf8;
mod words;
mod xml;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use http::HeaderMap;
use http_step_policy::{
    MAX_FIELD_NAME, Placement, decoded_field, field_names, may_hold_secret, parent_fields,
};
use http_step_redact::{HANDLE_BYTES, OpenEscape};

use self::beside::Beside;
use self::event::Event;
use self::quoted::Quoted;
use self::syntax::{Syntax, is_recoded, may_be_multipart};
use super::charset;
use super::content::context_of;
use crate::secrets::GrantedSecret;

/// The maximum number of remembered field names. A handle after that may be in a field whose name
/// has occurred before.
const MAX_NAMES: usize = 4096;

/// The longest name of a field whose value may be a secret, and of those that are distinguished.
const MAX_NAME: usize = MAX_FIELD_NAME;

const CHARSET_FIELD: &str = "_charset_";

/// The reported name if a server may find fields that are not known here.
const UNKNOWN_OVERRIDE: &str = "_method";

/// The placement of a handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnedPlacement {
    Whole,
    Composed,
    /// In a body with a field whose name is not plain, or in one whose name is not for a secret.
    NotPlain,
    /// In a field of this name, of which there are several.
    Repeated(String),
    /// In a list with other items, or in one of several elements with the same name.
    Joined,
    /// After an unfinished escape, which starts with this character.
    BehindEscape(char),
    /// In a body, or a part of one, that declares another charset or coding.
    Recoded,
}

impl OwnedPlacement {
    pub(crate) fn as_placement(&self) -> Placement<'_> {
        match self {
            Self::Whole => Placement::Whole,
            Self::Composed => Placement::Composed,
            Self::NotPlain => Placement::NotPlain,
            Self::Repeated(name) => Placement::Repeated(name),
            Self::Joined => Placement::Joined,
            Self::BehindEscape(sign) => Placement::BehindEscape(*sign),
            Self::Recoded => Placement::Recoded,
        }
    }
}

/// A handle that was found: the index of its secret, and its placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) secret: usize,
    pub(crate) placement: OwnedPlacement,
}

/// The current value.
#[derive(Default)]
struct Value {
    length: u64,
    /// The number of last bytes that may start its end.
    held: u64,
}

/// The hashes of a field's name, and of those of its parents: `a` and `a[b]` for `a[b][c]`.
struct Field {
    hash: u64,
    parents: Vec<u64>,
}

impl Field {
    fn new(name: &str) -> Self {
        Self {
            hash: hash(name),
            parents: parent_fields(name).map(hash).collect(),
        }
    }
}

/// The hash of a name, for comparisons.
fn hash(name: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Whether a field sets the charset of all others for some servers (HTML Standard, section
/// 4.10.21.6).
fn is_charset_field(name: &[u8]) -> bool {
    let name = decoded_field(name).to_ascii_lowercase();
    String::from_utf8_lossy(&name).contains(CHARSET_FIELD)
}

/// The secrets whose handles are in fields, by the hashes of the fields' names.
#[derive(Default)]
struct Carrying {
    named: HashMap<u64, BTreeSet<usize>>,
    /// Those in subfields of a field of this name.
    below: HashMap<u64, BTreeSet<usize>>,
}

impl Carrying {
    fn add(&mut self, field: &Field, secret: usize) {
        self.named.entry(field.hash).or_default().insert(secret);
        for parent in &field.parents {
            self.below.entry(*parent).or_default().insert(secret);
        }
    }

    /// Those in fields that servers may join with this one.
    fn joined_with(&self, field: &Field) -> BTreeSet<usize> {
        let parents = field.parents.iter().map(|it| self.named.get(it));
        let own = [self.named.get(&field.hash), self.below.get(&field.hash)];
        let all = parents.chain(own).flatten().flatten();
        all.copied().collect()
    }
}

/// A handle whose value may continue.
struct Pending {
    secret: usize,
    /// Its start.
    at: u64,
}

/// The field that a framework may use as the method, in JSON in a query.
pub(crate) fn quoted_override(query: &[u8]) -> Option<String> {
    let mut quoted = Quoted::new();
    for byte in decoded_field(query) {
        quoted.step(byte);
    }
    quoted.end_text();
    quoted.override_field().map(str::to_owned)
}

/// Reads a body in pieces.
pub(crate) struct BodyReader {
    syntax: Syntax,
    handles: Vec<[u8; HANDLE_BYTES]>,
    /// The length of the prefix that all handles share.
    shared: usize,
    /// The last characters that may belong to a handle, each stored twice, so that they are
    /// contiguous.
    last: [u8; 2 * HANDLE_BYTES],
    /// The number of consecutive ones.
    run: u64,
    read: u64,
    /// The escapes in the syntax of values.
    escape: OpenEscape,
    /// Whether an escape was unfinished before each of the last bytes and is now, a bit each.
    open: u64,
    value: Option<Value>,
    pending: Option<Pending>,
    /// The current field by each of the names that are compared, the name as written, and whether
    /// another field has one of these names.
    field: Vec<Field>,
    field_name: String,
    is_field_repeated: bool,
    /// Whether its name may specify how its value is decoded.
    is_field_recoded: bool,
    /// Whether its name is not for a secret.
    is_field_odd: bool,
    names: HashSet<u64>,
    /// The parent names of all fields.
    parents: HashSet<u64>,
    carrying: Carrying,
    /// The secrets that were found, and those that were found whole.
    met: BTreeSet<usize>,
    whole: BTreeSet<usize>,
    found: Vec<Found>,
    /// Whether the whole body declares another charset or coding.
    is_recoded: bool,
    /// Fields that servers may find if they assume another type.
    beside: Beside,
    /// Whether a server finds fields in it that are not found here.
    is_unreadable: bool,
}

impl BodyReader {
    /// A reader for the body of a request with this header.
    pub(crate) fn new(header: &HeaderMap, query: Option<&str>, secrets: &[GrantedSecret]) -> Self {
        let are_ascii = secrets.iter().all(|secret| secret.value().is_ascii());
        let syntax = Syntax::new(header, are_ascii);
        let is_recoded =
            is_recoded(header, are_ascii) || charset::is_of_url_other(header, query, are_ascii);
        let is_unreadable = is_recoded || !syntax.is_multipart() && may_be_multipart(header);
        let handle = |secret: &GrantedSecret| secret.handle.as_str().as_bytes().try_into();
        let handles: Vec<[u8; HANDLE_BYTES]> = secrets
            .iter()
            .map(|secret| handle(secret).unwrap_or([0; HANDLE_BYTES]))
            .collect();
        let first = handles.first().copied().unwrap_or_default();
        let alike = |handle: &[u8; HANDLE_BYTES]| {
            let pairs = handle.iter().zip(&first);
            pairs.take_while(|(one, other)| one == other).count()
        };
        let beside = Beside::new(&syntax, header);
        Self {
            shared: handles.iter().map(alike).min().unwrap_or_default(),
            value: syntax.is_plain().then(Value::default),
            syntax,
            handles,
            last: [0; 2 * HANDLE_BYTES],
            run: 0,
            read: 0,
            escape: OpenEscape::new(context_of(header)),
            open: 0,
            pending: None,
            field: Vec::new(),
            field_name: String::new(),
            is_field_repeated: false,
            is_field_recoded: false,
            is_field_odd: false,
            names: HashSet::new(),
            parents: HashSet::new(),
            carrying: Carrying::default(),
            met: BTreeSet::new(),
            whole: BTreeSet::new(),
            found: Vec::new(),
            is_recoded,
            beside,
            is_unreadable,
        }
    }

    /// Read a piece.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.read += 1;
            let event = self.syntax.step(*byte);
            self.take(event);
            self.beside.step(*byte);
            self.escape.step(*byte);
            self.open = self.open << 1 | u64::from(self.escape.is_open());
            if byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7') {
                self.note(*byte);
                self.run += 1;
                if self.run >= HANDLE_BYTES as u64
                    && let Some(secret) = self.handle()
                {
                    self.find(secret);
                }
            } else {
                self.run = 0;
            }
        }
        self.check_whole();
    }

    /// Values that were whole may no longer be.
    fn check_whole(&mut self) {
        for secret in self.syntax.take_joined() {
            self.report(secret, OwnedPlacement::Joined);
        }
        if let Some(placement) = self.broken() {
            for secret in std::mem::take(&mut self.whole) {
                self.report(secret, placement.clone());
            }
        }
    }

    /// The placement of all handles, if servers may interpret the body differently.
    fn broken(&self) -> Option<OwnedPlacement> {
        match self.syntax.is_broken() {
            true if self.syntax.is_odd() => Some(OwnedPlacement::NotPlain),
            true => Some(OwnedPlacement::Composed),
            false => None,
        }
    }

    /// The body has ended.
    pub(crate) fn finish(&mut self) {
        self.syntax.finish();
        self.beside.finish();
        self.take(self.syntax.end_event());
        self.check_whole();
    }

    /// The handles that were found since the last call.
    pub(crate) fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    /// Whether a handle of a secret was found so far.
    pub(crate) fn has_found(&self, secret: usize) -> bool {
        self.met.contains(&secret)
    }

    /// The number of bytes that were read so far.
    pub(crate) fn read_by_now(&self) -> u64 {
        self.read
    }

    /// The first character of escapes in the syntax of values.
    pub(crate) fn sign_of_escapes(&self) -> Option<char> {
        self.escape.sign()
    }

    /// The position up to which all findings were reported.
    pub(crate) fn cleared(&self) -> u64 {
        self.pending
            .as_ref()
            .map_or(self.read, |pending| pending.at)
    }

    /// The field that can make a server use another method, if there is one.
    pub(crate) fn override_field(&self) -> Option<&str> {
        self.syntax
            .override_field()
            .or_else(|| self.beside.override_field())
            .or((self.is_unreadable && self.read > 0).then_some(UNKNOWN_OVERRIDE))
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::PossibleEnd => {
                if let Some(value) = &mut self.value {
                    value.held += 1;
                }
            }
            Event::Inside => {
                if let Some(value) = &mut self.value {
                    value.length += value.held + 1;
                    value.held = 0;
                }
                self.resolve(OwnedPlacement::Composed);
            }
            Event::Opens => {
                self.resolve(OwnedPlacement::Composed);
                self.value = self.syntax.may_hold_secret().then(Value::default);
                self.begin_field();
            }
            Event::Closes => {
                self.resolve(OwnedPlacement::Whole);
                self.value = None;
                for name in self.syntax.hidden_names() {
                    self.add_field(name.as_bytes());
                }
            }
            Event::Bare => self.begin_field(),
            Event::Name => {
                self.resolve(OwnedPlacement::Composed);
                self.value = None;
            }
            Event::Outside => {
                self.resolve(OwnedPlacement::Composed);
                self.value = None;
            }
        }
    }

    fn begin_field(&mut self) {
        if !self.syntax.has_fields() {
            return;
        }
        let name = self.syntax.name();
        self.is_field_recoded = self.syntax.names_codec();
        self.is_field_odd = !may_hold_secret(name);
        let name = name.to_vec();
        if !self.is_recoded && is_charset_field(&name) {
            self.is_recoded = true;
            for secret in self.met.clone() {
                self.report(secret, OwnedPlacement::Recoded);
            }
        }
        self.add_field(&name);
    }

    /// There is a field of this name, maybe within the value of the last one.
    fn add_field(&mut self, name: &[u8]) {
        self.field_name = String::from_utf8_lossy(name).into_owned();
        // None if it is not plain, and the body is broken.
        let names = field_names(name).unwrap_or_default();
        let field: Vec<Field> = names.iter().map(|name| Field::new(name)).collect();
        let remembered = self.names.len() + self.parents.len();
        let is_full = !field.is_empty() && remembered >= MAX_NAMES;
        self.is_field_repeated = is_full || field.iter().any(|field| self.has_field(field));
        for field in &field {
            if !is_full {
                self.names.insert(field.hash);
                self.parents.extend(&field.parents);
            }
            for secret in self.carrying.joined_with(field) {
                let name = self.field_name.clone();
                self.report(secret, OwnedPlacement::Repeated(name));
            }
        }
        self.field = field;
    }

    /// Whether servers may join a field with an earlier one.
    fn has_field(&self, field: &Field) -> bool {
        self.names.contains(&field.hash)
            || self.parents.contains(&field.hash)
            || field.parents.iter().any(|it| self.names.contains(it))
    }

    /// A handle has ended with the last byte.
    fn find(&mut self, secret: usize) {
        if let Some(sign) = self.open_before_handle() {
            self.report(secret, OwnedPlacement::BehindEscape(sign));
            return;
        }
        if self.is_recoded || self.is_field_recoded || self.syntax.is_recoded() {
            self.report(secret, OwnedPlacement::Recoded);
            return;
        }
        if self.beside.is_in_field() {
            self.report(secret, OwnedPlacement::Composed);
            return;
        }
        let length = self.value.as_ref().map(|value| value.length);
        if length == Some(HANDLE_BYTES as u64) {
            self.pending = Some(Pending {
                secret,
                at: self.read - HANDLE_BYTES as u64,
            });
        } else {
            self.report(secret, OwnedPlacement::Composed);
        }
    }

    /// The first character of the unfinished escape before the last handle.
    fn open_before_handle(&self) -> Option<char> {
        let is_open = self.open >> HANDLE_BYTES & 1 == 1;
        self.escape.sign().filter(|_| is_open)
    }

    /// The text after the last handle is known.
    fn resolve(&mut self, placement: OwnedPlacement) {
        let Some(Pending { secret, .. }) = self.pending.take() else {
            return;
        };
        let placement = match (placement, self.field.first()) {
            (placement, _) if self.syntax.is_broken() => self.broken().unwrap_or(placement),
            (OwnedPlacement::Whole, Some(_)) if self.is_field_repeated => {
                OwnedPlacement::Repeated(self.field_name.clone())
            }
            (OwnedPlacement::Whole, Some(_)) if self.is_field_odd => OwnedPlacement::NotPlain,
            (OwnedPlacement::Whole, Some(_)) => {
                for field in &self.field {
                    self.carrying.add(field, secret);
                }
                OwnedPlacement::Whole
            }
            (OwnedPlacement::Whole, _) if !self.syntax.holds(secret) => OwnedPlacement::Joined,
            (placement, _) => placement,
        };
        self.report(secret, placement);
    }

    fn report(&mut self, secret: usize, placement: OwnedPlacement) {
        self.met.insert(secret);
        if placement == OwnedPlacement::Whole {
            self.whole.insert(secret);
        }
        // A body may contain many of them, each in a field with another name.
        let kind = discriminant(&placement);
        let is_alike = |it: &Found| it.secret == secret && discriminant(&it.placement) == kind;
        if !self.found.iter().any(is_alike) {
            self.found.push(Found { secret, placement });
        }
    }

    fn note(&mut self, byte: u8) {
        let at = usize::try_from(self.run % HANDLE_BYTES as u64).unwrap_or_default();
        for at in [at, at + HANDLE_BYTES] {
            if let Some(place) = self.last.get_mut(at) {
                *place = byte;
            }
        }
    }

    /// The secret whose handle the last characters are.
    fn handle(&self) -> Option<usize> {
        let at = usize::try_from(self.run % HANDLE_BYTES as u64).unwrap_or_default();
        let last = self.last.get(at..at + HANDLE_BYTES)?;
        // Otherwise comparing all handles at each position would take long.
        let shared = self.handles.first()?.get(..self.shared)?;
        if !last.starts_with(shared) {
            return None;
        }
        self.handles.iter().position(|handle| handle == last)
    }
}

#[cfg(test)]
mod tests;
