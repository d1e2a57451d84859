//! The files of a multipart body.

use std::borrow::Cow;

use http_step_template::Template;
use http_step_yaml::{
    Content, FromNode, Given, Node, Position, Report, Reported, mapping, read_all, value, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::fields::{self, PartHeaders};
use crate::header;
use crate::text::{Text, anything, checked, has_expression};

/// A file of a multipart body (RFC 7578). Strings are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The form field's name.
    pub name: String,
    /// The filename that is sent.
    pub filename: Filename,
    /// The part's media type, if any.
    pub content_type: Option<String>,
    /// Further headers of the part.
    pub headers: Vec<(String, String)>,
    /// The content of the part.
    pub content: FileContent,
}

/// The filename of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filename {
    /// A template.
    Text(String),
    /// The last component of the rendered path.
    OfPath,
    /// None: the server takes the part for a field, which can have a content type and headers.
    None,
}

/// The source of a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// Text, sent as UTF-8.
    Text(String),
    /// The path of a file, sent as it is.
    Path(String),
}

/// Files by the form field's name, which can be repeated.
#[derive(Debug)]
pub(crate) struct Files(pub(crate) Vec<File>);

/// A path, checked as far as possible before it is rendered.
#[derive(Debug)]
struct FilePath {
    path: String,
    /// The last component, unless an expression is part of the path.
    filename: Filename,
}

/// Text in a header of a part, on one line.
#[derive(Debug)]
struct Line(String);

mapping! {
    /// A file.
    struct Parts as "a path, or a mapping with `path` or `content`" {
        /// The path of the file to send.
        path: FilePath,
        /// Text to send as the file.
        content: Text,
        /// The filename that is sent. By default it is the last component of
        /// `path`, or the field's name beside `content`. Null is none: the part is
        /// then a field to the server.
        filename: Line,
        /// The part's media type, such as `text/csv`.
        content_type: Line,
        /// Further headers of the part.
        headers: PartHeaders,
    }
}

impl FromNode for Files {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let files = match &node.content {
            Content::Mapping(entries) => read_all(entries, |entry| {
                report.within(&entry.key, |report| {
                    file(&entry.key, entry.at, &entry.value, report)
                })
            }),
            Content::List(items) => read_all(items, |item| pair(item, report)),
            _ => {
                return Err(node.unfit(
                    "a mapping of names to files or a list of `[name, file]`",
                    report,
                ));
            }
        };
        Ok(Self(files?.into_iter().flatten().collect()))
    }
}

fn pair(node: &Node, report: &mut Report) -> Result<Option<File>, Reported> {
    let (name, value) = fields::pair_of(node, "a `[name, file]` pair", report)?;
    let Some(text) = name.scalar_text() else {
        return Err(name.unfit("a name", report));
    };
    report.within(text, |report| file(text, name.at, value, report))
}

/// Read a file; null is no file.
fn file(
    name: &str,
    at: Position,
    node: &Node,
    report: &mut Report,
) -> Result<Option<File>, Reported> {
    let name = checked(name, at, header::value, report);
    match &node.content {
        Content::Null => name.map(|_| None),
        Content::String(_) => {
            let FilePath { path, filename } = FilePath::from_node(node, report)?;
            Ok(Some(File {
                name: name?,
                filename,
                content_type: None,
                headers: Vec::new(),
                content: FileContent::Path(path),
            }))
        }
        // As a tuple in the requests library.
        Content::List(_) => Err(report.add(
            node.at,
            "expected a path, or a mapping with `path` or `content`, not a list: write `(filename, content, content_type)` as `{filename: …, content: …, content_type: …}`",
        )),
        _ => parts(node, name, report).map(Some),
    }
}

fn parts(
    node: &Node,
    name: Result<String, Reported>,
    report: &mut Report,
) -> Result<File, Reported> {
    let parts = Parts::from_node(node, report)?;
    let content = content(parts.path, parts.content, node.at, report);
    let filename = value(parts.filename);
    let content_type = value(parts.content_type);
    let headers = value_or(parts.headers, PartHeaders(Vec::new()));
    let (content, of_path) = content?;
    let name = name?;
    let filename = match (filename?, &content) {
        (Some(Line(text)), _) => Filename::Text(text),
        // `None` in the requests library.
        (None, _) if is_null(node, "filename") => Filename::None,
        (None, FileContent::Path(_)) => of_path,
        // Without a filename it would be a field. The requests library uses the name as well.
        (None, FileContent::Text(_)) => Filename::Text(name.clone()),
    };
    Ok(File {
        filename,
        name,
        content_type: content_type?.map(|Line(text)| text),
        headers: headers?.0,
        content,
    })
}

/// Whether a key is present with the value null.
fn is_null(node: &Node, key: &str) -> bool {
    match &node.content {
        Content::Mapping(entries) => entries
            .iter()
            .any(|entry| entry.key == key && entry.value.is_null()),
        _ => false,
    }
}

fn content(
    path: Option<Given<FilePath>>,
    content: Option<Given<Text>>,
    at: Position,
    report: &mut Report,
) -> Result<(FileContent, Filename), Reported> {
    match (path, content) {
        (Some(path), None) => {
            let FilePath { path, filename } = path.value?;
            Ok((FileContent::Path(path), filename))
        }
        (None, Some(content)) => Ok((FileContent::Text(content.value?.0), Filename::None)),
        (Some(_), Some(content)) => {
            Err(report.add(content.at, "a file can't have both `path` and `content`"))
        }
        (None, None) => Err(report.add(at, "a file needs a `path` or `content`")),
    }
}

impl FromNode for FilePath {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::String(text) = &node.content else {
            return Err(node.unfit("the path of a file", report));
        };
        let path = checked(text, node.at, anything, report)?;
        if Template::parse(&path).is_ok_and(|template| has_expression(&template)) {
            return Ok(Self {
                path,
                filename: Filename::OfPath,
            });
        }
        match path.rsplit('/').next() {
            None | Some("" | "." | "..") => {
                Err(report.add(node.at, "the path does not name a file"))
            }
            Some(last) => {
                let filename = checked(last, node.at, header::value, report)?;
                Ok(Self {
                    filename: Filename::Text(filename),
                    path,
                })
            }
        }
    }
}

impl FromNode for Line {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        match node.scalar_text() {
            Some(text) => checked(text, node.at, header::value, report).map(Self),
            None => Err(node.unfit("a string", report)),
        }
    }
}

impl JsonSchema for Files {
    fn schema_name() -> Cow<'static, str> {
        "Files".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let path = generator.subschema_for::<FilePath>();
        let parts = generator.subschema_for::<Parts>();
        let name = generator.subschema_for::<Text>();
        let file = json_schema!({"anyOf": [path, parts, {"type": "null"}]});
        json_schema!({
            "description": "Files by the form field's name, or `[name, file]` pairs, which can repeat a name.",
            "anyOf": [
                {"type": "object", "additionalProperties": file},
                {
                    "type": "array",
                    "items": {
                        "type": "array",
                        "prefixItems": [name, file],
                        "minItems": 2,
                        "maxItems": 2,
                    },
                },
            ],
        })
    }
}

impl JsonSchema for FilePath {
    fn schema_name() -> Cow<'static, str> {
        "FilePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The path of a file. `${{ … }}` expressions are rendered.",
            "type": "string",
            "minLength": 1,
        })
    }
}

impl JsonSchema for Line {
    fn schema_name() -> Cow<'static, str> {
        Text::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::json_schema(generator)
    }
}
