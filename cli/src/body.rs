//! The body of a request from the command line, in curl's options: `-d`, `--json` and `-F`.
//!
//! This parses the options; the files that they name are read with those of step files, by the same
//! rules.

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::input;

/// The media type of a JSON body.
pub(crate) const JSON: &str = "application/json";

/// The value of `-d`.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// A field of a form: `NAME=VALUE`.
    Field(String, String),
    /// The whole body: `@FILE`.
    Whole(Source),
}

/// The value of `--json`.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    Value(http_step_host::json::Value),
    Whole(Source),
}

/// The source of a whole body.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(String),
    /// `@-`
    StandardInput,
}

/// The value of `-F`: a part of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    name: String,
    content: Content,
    content_type: Option<String>,
    filename: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// `NAME=VALUE`
    Text(String),
    /// `NAME=@FILE`
    File(String),
    /// `NAME=<FILE`: a field with the content of a file.
    FieldOfFile(String),
}

/// Parse `-d`.
pub(crate) fn data(text: &str) -> Result<Data, &'static str> {
    if let Some(source) = source(text)? {
        return Ok(Data::Whole(source));
    }
    if text.starts_with(['{', '[']) {
        return Err("write it as NAME=VALUE; a JSON body goes in --json");
    }
    match text.split_once('=') {
        Some(("", _)) | None => Err("write it as NAME=VALUE"),
        Some((name, value)) => Ok(Data::Field(name.to_owned(), value.to_owned())),
    }
}

/// Whether a field's value looks like more fields, as curl would send it.
pub(crate) fn holds_two_fields(data: &[Data]) -> bool {
    data.iter().any(|data| match data {
        Data::Field(_, value) => value
            .split_once('&')
            .is_some_and(|(_, rest)| rest.contains('=')),
        Data::Whole(_) => false,
    })
}

/// Parse `--json`.
pub(crate) fn json(text: &str) -> Result<Json, String> {
    if let Some(source) = source(text)? {
        return Ok(Json::Whole(source));
    }
    text.parse()
        .map(Json::Value)
        .map_err(|error| format!("this is not JSON: {error}"))
}

fn source(text: &str) -> Result<Option<Source>, &'static str> {
    match text.strip_prefix('@') {
        None => Ok(None),
        Some("") => {
            Err("the file's name is missing: write it as @FILE, or as @- for standard input")
        }
        Some("-") => Ok(Some(Source::StandardInput)),
        Some(path) => Ok(Some(Source::File(path.to_owned()))),
    }
}

/// Parse `-F`.
pub(crate) fn part(text: &str) -> Result<Part, &'static str> {
    const FORM: &str = "write it as NAME=VALUE, NAME=@FILE or NAME=<FILE";
    let (name, rest) = match text.split_once('=') {
        Some(("", _)) | None => return Err(FORM),
        Some(parts) => parts,
    };
    let (value, content_type, filename) = with_attributes(rest);
    let content = match (value.strip_prefix('@'), value.strip_prefix('<')) {
        (Some(""), _) | (_, Some("")) => return Err(FORM),
        (Some("-"), _) | (_, Some("-")) => {
            return Err("a part can't be read from standard input; name a file");
        }
        (Some(path), _) => Content::File(path.to_owned()),
        (_, Some(path)) => Content::FieldOfFile(path.to_owned()),
        (None, None) => Content::Text(value.to_owned()),
    };
    Ok(Part {
        name: name.to_owned(),
        content,
        content_type,
        filename,
    })
}

/// A value, and the `;type=…` and `;filename=…` that follow it. Any other `;` belongs to the text
/// before it, as in `;type=text/plain; charset=utf-8`.
fn with_attributes(text: &str) -> (&str, Option<String>, Option<String>) {
    let (mut content_type, mut filename) = (None, None);
    let Some((value, mut attribute)) = next_attribute(text) else {
        return (text, None, None);
    };
    loop {
        let (key, rest) = attribute;
        let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let (given, next) = match (quoted, next_attribute(rest)) {
            (Some((given, rest)), _) => (given, next_attribute(rest)),
            (None, Some((given, next))) => (given, Some(("", next))),
            (None, None) => (rest, None),
        };
        let slot = match key {
            Key::Type => &mut content_type,
            Key::Filename => &mut filename,
        };
        *slot = Some(given.to_owned());
        match next {
            Some((_, next)) => attribute = next,
            None => return (value, content_type, filename),
        }
    }
}

#[derive(Clone, Copy)]
enum Key {
    Type,
    Filename,
}

/// The text before the next attribute, which attribute it is, and the text after its `=`.
fn next_attribute(text: &str) -> Option<(&str, (Key, &str))> {
    text.match_indices(';').find_map(|(at, _)| {
        let (before, attribute) = text.split_at(at);
        let attribute = attribute.trim_start_matches(';').trim_start();
        let of = |key, name| Some((before, (key, attribute.strip_prefix(name)?)));
        of(Key::Type, "type=").or_else(|| of(Key::Filename, "filename="))
    })
}

impl Part {
    /// Its form in the `files` of a step file.
    fn document(&self) -> Value {
        let (key, text, is_field) = match &self.content {
            Content::Text(text) => ("content", text, true),
            Content::File(path) => ("path", path, false),
            Content::FieldOfFile(path) => ("path", path, true),
        };
        let mut file = Map::from_iter([(key.to_owned(), json!(text))]);
        if is_field || self.filename.is_some() {
            file.insert("filename".to_owned(), json!(self.filename));
        }
        file.insert("content_type".to_owned(), json!(self.content_type));
        json!([self.name, file])
    }
}

/// The body from the options.
pub(crate) enum Body {
    None,
    /// Below `data` of a step file.
    Fields(Vec<(String, String)>),
    /// Below `files` of a step file.
    Parts(Value),
    Json(http_step_host::json::Value),
    /// A file or standard input, unchanged, and its media type.
    Whole(Source, &'static str),
}

impl Body {
    /// At most one of these options is given.
    pub(crate) fn from_args(
        json: Option<Json>,
        data: Vec<Data>,
        form: &[Part],
    ) -> Result<Self, String> {
        if let Some(json) = json {
            return Ok(match json {
                Json::Value(value) => Self::Json(value),
                Json::Whole(source) => Self::Whole(source, JSON),
            });
        }
        if !form.is_empty() {
            return Ok(Self::Parts(form.iter().map(Part::document).collect()));
        }
        let is_alone = data.len() == 1;
        let mut fields = Vec::with_capacity(data.len());
        for item in data {
            match item {
                Data::Field(name, value) => fields.push((name, value)),
                Data::Whole(source) if is_alone => {
                    return Ok(Self::Whole(source, "application/x-www-form-urlencoded"));
                }
                Data::Whole(_) => {
                    return Err(
                        "`-d @FILE` sends the whole body, so it can't be combined with another -d; write all of the body into the file, or send the fields with -F"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(if fields.is_empty() {
            Self::None
        } else {
            Self::Fields(fields)
        })
    }
}

/// A body from standard input. JSON is checked: if it is empty, the program before the pipe has
/// failed.
pub(crate) fn standard_input(is_json: bool) -> Result<Vec<u8>, String> {
    let bytes = input::standard_input()?;
    if is_json {
        serde_json::from_slice::<IgnoredAny>(&bytes)
            .map_err(|error| format!("standard input is not JSON: {error}"))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_as_in_curl() {
        let text = |text: &str| Content::Text(text.to_owned());
        let file = |path: &str| Content::File(path.to_owned());
        for (written, content, content_type, filename) in [
            ("a=b", text("b"), None, None),
            ("a=", text(""), None, None),
            ("a=b=c;d", text("b=c;d"), None, None),
            (
                "a={};type=application/json",
                text("{}"),
                Some("application/json"),
                None,
            ),
            ("a=@x/y.txt", file("x/y.txt"), None, None),
            (
                "a=@y;type=text/csv;filename=z.csv",
                file("y"),
                Some("text/csv"),
                Some("z.csv"),
            ),
            (
                "a=@y; filename=\"z;type=.csv\"; type=text/csv; charset=utf-8",
                file("y"),
                Some("text/csv; charset=utf-8"),
                Some("z;type=.csv"),
            ),
            ("a=@y;filename=", file("y"), None, Some("")),
            (
                "a=<y;type=text/plain",
                Content::FieldOfFile("y".to_owned()),
                Some("text/plain"),
                None,
            ),
        ] {
            let expected = Part {
                name: "a".to_owned(),
                content,
                content_type: content_type.map(str::to_owned),
                filename: filename.map(str::to_owned),
            };
            assert_eq!(part(written), Ok(expected), "{written}");
        }
        for wrong in [
            "a",
            "=b",
            "a=@",
            "a=<",
            "a=@;type=text/plain",
            "a=@-",
            "a=<-",
        ] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }
}
