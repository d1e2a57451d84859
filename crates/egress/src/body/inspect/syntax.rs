//! The syntax of a body, as servers interpret it, and the meaning of each of its bytes.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_step_policy::header_name;

use super::event::Event;
use super::form::Form;
use super::json::Json;
use super::media_type::{Format, format_of};
use super::multipart::Multipart;
use super::xml::Xml;
use crate::body::charset;

/// The field for the encoding of a body in MIME (RFC 2045, section 6).
const TRANSFER_ENCODING: &str = "content-transfer-encoding";

/// The syntax of a body.
pub(super) enum Syntax {
    Form(Form),
    Json(Json),
    Multipart(Multipart),
    Xml(Box<Xml>),
    /// The whole body is one value.
    Plain,
    /// No value is whole: a server may interpret the body as anything.
    Unknown,
}

impl Syntax {
    /// The syntax as all servers interpret it.
    pub(super) fn new(header: &HeaderMap, are_ascii: bool) -> Self {
        let mut types = values_of(header, &CONTENT_TYPE);
        let content_type = match (types.next(), types.next()) {
            (None, _) => return Self::Plain,
            (Some(one), None) if !is_recoded(header, are_ascii) => one.to_str().ok(),
            _ => None,
        };
        let multipart = |boundary| Multipart::new(boundary, are_ascii).map(Self::Multipart);
        let syntax = content_type.and_then(format_of).and_then(|it| match it {
            Format::Form => Some(Self::Form(Form::default())),
            Format::Json { is_lines } => Some(Self::Json(Json::new(is_lines))),
            Format::Xml => Some(Self::Xml(Box::default())),
            Format::Multipart { boundary } => multipart(boundary),
            Format::Text => Some(Self::Plain),
        });
        syntax.unwrap_or(Self::Unknown)
    }

    pub(super) fn is_multipart(&self) -> bool {
        matches!(self, Self::Multipart(_))
    }

    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    pub(super) fn step(&mut self, byte: u8) -> Event {
        match self {
            Self::Form(form) => form.step(byte),
            Self::Json(json) => json.step(byte),
            Self::Multipart(multipart) => multipart.step(byte),
            Self::Xml(xml) => xml.step(byte),
            Self::Plain => Event::Inside,
            Self::Unknown => Event::Outside,
        }
    }

    /// The name of the field whose value starts, or that has ended without one, as written.
    pub(super) fn name(&self) -> &[u8] {
        match self {
            Self::Form(form) => form.name(),
            Self::Multipart(multipart) => multipart.name(),
            Self::Json(_) | Self::Xml(_) | Self::Plain | Self::Unknown => b"",
        }
    }

    /// The names of fields without a value that some servers find in the value that has ended.
    pub(super) fn hidden_names(&self) -> Vec<String> {
        match self {
            Self::Form(form) => form.hidden_names(),
            _ => Vec::new(),
        }
    }

    /// Whether that value may be a secret, by its type.
    pub(super) fn may_hold_secret(&self) -> bool {
        !matches!(self, Self::Multipart(multipart) if !multipart.may_hold_secret())
    }

    /// Whether that name may specify how the value is decoded.
    pub(super) fn names_codec(&self) -> bool {
        matches!(self, Self::Form(form) if form.names_codec())
    }

    /// The body has ended.
    pub(super) fn finish(&mut self) {
        match self {
            Self::Form(form) => form.end_field(),
            Self::Multipart(multipart) => multipart.end_part(),
            Self::Json(json) => json.end(),
            Self::Xml(xml) => xml.end(),
            Self::Plain | Self::Unknown => {}
        }
    }

    /// The field that a framework may use as the method, if one was read so far.
    pub(super) fn override_field(&self) -> Option<&str> {
        match self {
            Self::Form(form) => form.override_field(),
            Self::Multipart(multipart) => multipart.override_field(),
            Self::Json(_) | Self::Xml(_) | Self::Plain | Self::Unknown => None,
        }
    }

    /// Whether some servers join fields with the same name.
    pub(super) fn has_fields(&self) -> bool {
        matches!(self, Self::Form(_) | Self::Multipart(_))
    }

    /// A value that is whole belongs to this secret. Returns whether it is alone so far among the
    /// items that servers may join.
    pub(super) fn holds(&mut self, secret: usize) -> bool {
        match self {
            Self::Json(json) => json.holds(secret),
            Self::Xml(xml) => xml.holds(secret),
            Self::Form(_) | Self::Multipart(_) | Self::Plain | Self::Unknown => true,
        }
    }

    /// The secrets whose values are no longer alone.
    pub(super) fn take_joined(&mut self) -> Vec<usize> {
        match self {
            Self::Json(json) => json.take_joined(),
            Self::Xml(xml) => xml.take_joined(),
            Self::Form(_) | Self::Multipart(_) | Self::Plain | Self::Unknown => Vec::new(),
        }
    }

    /// Whether it violates its syntax, so that it is unknown how a server interprets it.
    pub(super) fn is_broken(&self) -> bool {
        match self {
            Self::Json(json) => json.is_broken(),
            Self::Multipart(multipart) => multipart.is_broken(),
            Self::Xml(xml) => xml.is_broken(),
            Self::Form(form) => form.is_broken(),
            Self::Plain | Self::Unknown => false,
        }
    }

    /// Whether a field has a name that is not plain.
    pub(super) fn is_odd(&self) -> bool {
        match self {
            Self::Form(form) => form.is_odd(),
            Self::Multipart(multipart) => multipart.is_odd(),
            Self::Json(_) | Self::Xml(_) | Self::Plain | Self::Unknown => false,
        }
    }

    /// Whether the current part declares another charset or coding.
    pub(super) fn is_recoded(&self) -> bool {
        matches!(self, Self::Multipart(multipart) if multipart.is_recoded())
    }

    /// The event at the end of the body.
    pub(super) fn end_event(&self) -> Event {
        match self {
            Self::Form(form) => form.end_event(),
            Self::Plain => Event::Closes,
            _ => Event::Outside,
        }
    }
}

/// Whether a request declares a charset or coding for its body in which values are not written.
pub(super) fn is_recoded(header: &HeaderMap, are_ascii: bool) -> bool {
    let mut types = values_of(header, &CONTENT_TYPE);
    let transfer_encoding = HeaderName::from_static(TRANSFER_ENCODING);
    let mut encodings = values_of(header, &transfer_encoding);
    values_of(header, &CONTENT_ENCODING).next().is_some()
        || encodings.any(|it| !matches!(it.as_bytes(), b"7bit" | b"8bit" | b"binary"))
        || types.any(|it| {
            !it.to_str()
                .is_ok_and(|it| charset::is_written(it, are_ascii))
        })
}

/// The values of the fields that some server takes for this one: for CGI, `Content_Type` is one.
fn values_of<'h>(
    header: &'h HeaderMap,
    name: &'h HeaderName,
) -> impl Iterator<Item = &'h HeaderValue> {
    let fields = header.iter();
    fields.filter_map(move |(other, value)| {
        (header_name(other.as_str()) == name.as_str()).then_some(value)
    })
}

/// Whether some servers may interpret a body as a form: without a type, or with several.
pub(super) fn may_be_form(header: &HeaderMap) -> bool {
    values_of(header, &CONTENT_TYPE).next().is_none() || has_type(header, "urlencoded")
}

/// The same for a multipart body.
pub(super) fn may_be_multipart(header: &HeaderMap) -> bool {
    has_type(header, "multipart")
}

/// Whether a body is text by its type.
pub(super) fn is_text(header: &HeaderMap) -> bool {
    let mut types = values_of(header, &CONTENT_TYPE);
    let content_type = types.next().map(HeaderValue::as_bytes);
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let is_one = types.next().is_none();
    let content_type = String::from_utf8_lossy(&content_type);
    let essence = content_type.split([';', ',']).next().unwrap_or_default();
    let mut words = ["text/", "xml", "yaml", "csv", "json"].iter();
    is_one && words.any(|word| essence.contains(word))
}

/// Whether a type contains a word.
fn has_type(header: &HeaderMap, word: &str) -> bool {
    let lower = |it: &HeaderValue| it.as_bytes().to_ascii_lowercase();
    let mut types = values_of(header, &CONTENT_TYPE).map(lower);
    types.any(|it| String::from_utf8_lossy(&it).contains(word))
}
