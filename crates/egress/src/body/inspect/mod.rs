//! How handles stand in a body: each by itself in a field, a string, a text or a part, or
//! beside other text that the component chose. A body comes in pieces, and is as long as
//! the component likes: what is kept of it is a few bytes.

mod form;
mod json;
mod multipart;
mod syntax;
mod xml;

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use http::HeaderMap;
use http_step_policy::{Stands, override_field, parent_fields};
use http_step_redact::{HANDLE_BYTES, OpenEscape};

use self::form::Form;
use self::syntax::{Event, Syntax, is_recoded, may_be_form, may_be_multipart};
use super::content::context_of;
use crate::secrets::GrantedSecret;

/// Of how many fields the names are remembered. A handle behind them has a name that may
/// be another's, too.
const MAX_NAMES: usize = 4096;

/// How often a name may have brackets: `a[b][c]` has them twice. One that has more may be
/// another's, too.
const DEEPEST_FIELD: usize = 8;

/// The longest name of a field that is told from others.
const MAX_NAME: usize = 256;

/// The field by whose value some servers read all others (HTML Standard, section 4.10.21.6).
const CHARSET_FIELD: &str = "_charset_";

/// What is named where a server may read fields, and which is not known.
const UNKNOWN_OVERRIDE: &str = "_method";

/// How a handle stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Whole,
    Composed,
    /// In a field of this name, of which there are more.
    Repeated(String),
    /// In a list with other items, or in one of several elements of one name.
    Joined,
    /// Behind an escape that is open, and begins so.
    BehindEscape(char),
    /// In a body, or a part of one, that declares another charset or coding.
    Recoded,
}

impl Standing {
    pub(crate) fn stands(&self) -> Stands<'_> {
        match self {
            Self::Whole => Stands::Whole,
            Self::Composed => Stands::Composed,
            Self::Repeated(name) => Stands::Repeated(name),
            Self::Joined => Stands::Joined,
            Self::BehindEscape(sign) => Stands::BehindEscape(*sign),
            Self::Recoded => Stands::Recoded,
        }
    }
}

/// A handle that was found: the number of its secret, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) secret: usize,
    pub(crate) standing: Standing,
}

/// A value that is read.
#[derive(Default)]
struct Value {
    length: u64,
    /// The last bytes may be the beginning of its end.
    ending: u64,
}

/// The name of a field, and of those that it is a field of: `a` and `a[b]` of `a[b][c]`.
#[derive(Clone)]
struct Field {
    name: String,
    hash: u64,
    parents: Vec<u64>,
}

impl Field {
    fn new(name: String) -> Self {
        Self {
            hash: hash(&name),
            parents: parent_fields(&name).map(hash).collect(),
            name,
        }
    }

    /// Whether servers may join them.
    fn joins(&self, other: &Self) -> bool {
        self.hash == other.hash
            || self.parents.contains(&other.hash)
            || other.parents.contains(&self.hash)
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// A handle whose value may go on.
struct Pending {
    secret: usize,
    /// Where it begins.
    at: u64,
}

/// Reads a body as it comes.
pub(crate) struct BodyReader {
    syntax: Syntax,
    handles: Vec<[u8; HANDLE_BYTES]>,
    /// With how many characters all handles begin alike.
    shared: usize,
    /// The last characters that may be of a handle, each twice, so that they are in a row.
    last: [u8; 2 * HANDLE_BYTES],
    /// How many of them there are in a row.
    run: u64,
    read: u64,
    /// The escapes of what values are written in.
    escape: OpenEscape,
    /// Whether one was open before each of the last bytes, a bit each, and now.
    open: u64,
    value: Option<Value>,
    pending: Option<Pending>,
    /// The field that is read, by each of its names, and whether there was another one of
    /// them.
    field: Vec<Field>,
    is_field_repeated: bool,
    names: HashSet<u64>,
    /// The names of what these fields are of.
    parents: HashSet<u64>,
    /// The fields with handles in them, and whose.
    carrying: Vec<(Field, usize)>,
    /// The secrets found, and those of them found whole.
    met: BTreeSet<usize>,
    whole: BTreeSet<usize>,
    found: Vec<Found>,
    /// Whether the whole body declares another charset or coding.
    is_recoded: bool,
    /// Of JSON.
    override_field: Option<&'static str>,
    /// What servers may read that take a body for a form.
    form: Option<Form>,
    /// Whether a server reads fields in it, and this does not.
    is_unreadable: bool,
}

impl BodyReader {
    pub(crate) fn new(header: &HeaderMap, secrets: &[GrantedSecret]) -> Self {
        let syntax = Syntax::of(header);
        let is_recoded = is_recoded(header);
        let is_unreadable = syntax.is_plain() && (is_recoded || may_be_multipart(header));
        let form = (syntax.is_plain() && may_be_form(header)).then(Form::default);
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
            is_field_repeated: false,
            names: HashSet::new(),
            parents: HashSet::new(),
            carrying: Vec::new(),
            met: BTreeSet::new(),
            whole: BTreeSet::new(),
            found: Vec::new(),
            is_recoded,
            override_field: None,
            form,
            is_unreadable,
        }
    }

    /// Read on.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.read += 1;
            let event = self.syntax.step(*byte);
            self.take(event);
            if let Some(form) = &mut self.form {
                form.step(*byte);
            }
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
        for secret in self.syntax.take_joined() {
            self.tell(secret, Standing::Joined);
        }
        if self.syntax.is_broken() {
            // What was whole may be read otherwise.
            for secret in std::mem::take(&mut self.whole) {
                self.tell(secret, Standing::Composed);
            }
        }
    }

    /// There is no more.
    pub(crate) fn finish(&mut self) {
        if self.syntax.ends_value() {
            self.take(Event::Closes);
        } else {
            self.take(Event::Outside);
        }
    }

    /// What was found since.
    pub(crate) fn take_found(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    /// Whether the handle of a secret was found by now.
    pub(crate) fn has_found(&self, secret: usize) -> bool {
        self.met.contains(&secret)
    }

    /// How many bytes were read.
    pub(crate) fn read_by_now(&self) -> u64 {
        self.read
    }

    /// What escapes begin with in what values are written in.
    pub(crate) fn sign_of_escapes(&self) -> Option<char> {
        self.escape.sign()
    }

    /// Up to where all that was found is told of.
    pub(crate) fn cleared(&self) -> u64 {
        self.pending
            .as_ref()
            .map_or(self.read, |pending| pending.at)
    }

    /// The field by which a framework may act on another method, if there is one.
    pub(crate) fn override_field(&self) -> Option<&'static str> {
        let of_form = || self.form.as_ref().and_then(Form::override_field);
        self.override_field
            .or_else(|| self.syntax.override_field())
            .or_else(of_form)
            .or((self.is_unreadable && self.read > 0).then_some(UNKNOWN_OVERRIDE))
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Ending => {
                if let Some(value) = &mut self.value {
                    value.ending += 1;
                }
            }
            Event::Inside => {
                if let Some(value) = &mut self.value {
                    value.length += value.ending + 1;
                    value.ending = 0;
                }
                self.resolve(Standing::Composed);
            }
            Event::Opens => {
                self.resolve(Standing::Composed);
                self.value = Some(Value::default());
                self.begin_field();
            }
            Event::Closes => {
                self.resolve(Standing::Whole);
                self.value = None;
                if let Some(name) = self.syntax.take_key() {
                    self.override_field = self.override_field.or(override_field(&name));
                }
            }
            Event::Outside => {
                self.resolve(Standing::Composed);
                self.value = None;
            }
        }
    }

    fn begin_field(&mut self) {
        if !self.syntax.has_fields() {
            return;
        }
        let names = self.syntax.take_names().into_iter();
        let field: Vec<Field> = names.map(Field::new).collect();
        let remembered = self.names.len() + self.parents.len();
        let is_deep = field.iter().any(|it| it.parents.len() > DEEPEST_FIELD);
        let is_full = is_deep || !field.is_empty() && remembered >= MAX_NAMES;
        self.is_field_repeated = is_full || field.iter().any(|field| self.has_field(field));
        if field.iter().any(|field| field.name == CHARSET_FIELD) {
            self.is_recoded = true;
            for secret in self.met.clone() {
                self.tell(secret, Standing::Recoded);
            }
        }
        for field in &field {
            if !is_full {
                self.names.insert(field.hash);
                self.parents.extend(&field.parents);
            }
            let earlier = self.carrying.iter().filter(|(other, _)| other.joins(field));
            let earlier: Vec<usize> = earlier.map(|(_, secret)| *secret).collect();
            for secret in earlier {
                self.tell(secret, Standing::Repeated(field.name.clone()));
            }
        }
        self.field = field;
    }

    /// Whether servers may join a field with one that was read.
    fn has_field(&self, field: &Field) -> bool {
        self.names.contains(&field.hash)
            || self.parents.contains(&field.hash)
            || field.parents.iter().any(|it| self.names.contains(it))
    }

    /// A handle has ended with the last byte.
    fn find(&mut self, secret: usize) {
        if let Some(sign) = self.open_before_handle() {
            self.tell(secret, Standing::BehindEscape(sign));
            return;
        }
        if self.is_recoded || self.syntax.is_recoded() {
            self.tell(secret, Standing::Recoded);
            return;
        }
        let length = self.value.as_ref().map(|value| value.length);
        if length == Some(HANDLE_BYTES as u64) {
            self.pending = Some(Pending {
                secret,
                at: self.read - HANDLE_BYTES as u64,
            });
        } else {
            self.tell(secret, Standing::Composed);
        }
    }

    /// The sign of the escape that is open before the handle that was read last.
    fn open_before_handle(&self) -> Option<char> {
        let is_open = self.open >> HANDLE_BYTES & 1 == 1;
        self.escape.sign().filter(|_| is_open)
    }

    /// It is known what follows the last handle.
    fn resolve(&mut self, standing: Standing) {
        let Some(Pending { secret, .. }) = self.pending.take() else {
            return;
        };
        let standing = match (standing, self.field.first()) {
            _ if self.syntax.is_broken() => Standing::Composed,
            (Standing::Whole, Some(field)) if self.is_field_repeated => {
                Standing::Repeated(field.name.clone())
            }
            (Standing::Whole, Some(_)) => {
                let carrying = self.field.iter().map(|field| (field.clone(), secret));
                self.carrying.extend(carrying);
                Standing::Whole
            }
            (Standing::Whole, _) if !self.syntax.holds(secret) => Standing::Joined,
            (standing, _) => standing,
        };
        self.tell(secret, standing);
    }

    fn tell(&mut self, secret: usize, standing: Standing) {
        self.met.insert(secret);
        if standing == Standing::Whole {
            self.whole.insert(secret);
        }
        let found = Found { secret, standing };
        // A body may be full of them.
        if !self.found.contains(&found) {
            self.found.push(found);
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

    /// Whose handle the last characters are.
    fn handle(&self) -> Option<usize> {
        let at = usize::try_from(self.run % HANDLE_BYTES as u64).unwrap_or_default();
        let last = self.last.get(at..at + HANDLE_BYTES)?;
        // Else it would take long to look for each where none is.
        let shared = self.handles.first()?.get(..self.shared)?;
        if !last.starts_with(shared) {
            return None;
        }
        self.handles.iter().position(|handle| handle == last)
    }
}

#[cfg(test)]
mod tests;
