//! The files of a multipart body.

use std::borrow::Cow;

use http_step_template::Template;
use http_step_yaml::{
    Content, Entry, FromNode, Given, Node, Position, Report, Reported, mapping, read_all, value,
    value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::fields::PartHeaders;
use crate::header;
use crate::text::{Text, anything, checked, has_expression};

/// A file of a multipart body (RFC 7578). Texts are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The form field's name.
    pub name: String,
    /// The name that the server is told. None beside a path that an expression
    /// is part of: then it is the last component of what the path renders to.
    pub filename: Option<String>,
    /// The part's media type, if any.
    pub content_type: Option<String>,
    /// Further headers of the part.
    pub headers: Vec<(String, String)>,
    /// What the part holds.
    pub content: FileContent,
}

/// What a file's content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// Text, sent as UTF-8.
    Text(String),
    /// The path of a file, sent as it is.
    Path(String),
}

/// Files by the form field's name.
#[derive(Debug)]
pub(crate) struct Files(pub(crate) Vec<File>);

/// A path that names a file, as far as can be told before it is rendered.
#[derive(Debug)]
struct FilePath {
    path: String,
    /// The last component, unless an expression is part of the path.
    filename: Option<String>,
}

/// Text that stands in one line of a part's head.
#[derive(Debug)]
struct Line(String);

mapping! {
    /// A file.
    struct Parts as "a path, or a mapping with `path` or `content`" {
        /// The path of the file to send.
        path: FilePath,
        /// Text to send as the file.
        content: Text,
        /// The name that the server is told. Default: the last component of `path`.
        filename: Line,
        /// The part's media type, as in `text/csv`.
        content_type: Line,
        /// Further headers of the part.
        headers: PartHeaders,
    }
}

impl FromNode for Files {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let Content::Mapping(entries) = &node.content else {
            return Err(node.unfit("a mapping of names to files", report));
        };
        let given = entries.iter().filter(|entry| !entry.value.is_null());
        read_all(given, |entry| {
            report.within(&entry.key, |report| file(entry, report))
        })
        .map(Self)
    }
}

fn file(entry: &Entry, report: &mut Report) -> Result<File, Reported> {
    let name = checked(&entry.key, entry.at, header::value, report);
    let node = &entry.value;
    if let Content::String(_) = node.content {
        let FilePath { path, filename } = FilePath::from_node(node, report)?;
        return Ok(File {
            name: name?,
            filename,
            content_type: None,
            headers: Vec::new(),
            content: FileContent::Path(path),
        });
    }
    let parts = Parts::from_node(node, report)?;
    let content = content(parts.path, parts.content, node.at, report);
    let filename = value(parts.filename);
    let content_type = value(parts.content_type);
    let headers = value_or(parts.headers, PartHeaders(Vec::new()));
    let (content, last_component) = content?;
    let name = name?;
    let filename = filename?.map(|Line(text)| text).or(last_component);
    Ok(File {
        // Without a filename it would be a field; the requests library, too,
        // takes the name then.
        filename: match content {
            FileContent::Text(_) => filename.or_else(|| Some(name.clone())),
            FileContent::Path(_) => filename,
        },
        name,
        content_type: content_type?.map(|Line(text)| text),
        headers: headers?.0,
        content,
    })
}

fn content(
    path: Option<Given<FilePath>>,
    content: Option<Given<Text>>,
    at: Position,
    report: &mut Report,
) -> Result<(FileContent, Option<String>), Reported> {
    match (path, content) {
        (Some(path), None) => {
            let FilePath { path, filename } = path.value?;
            Ok((FileContent::Path(path), filename))
        }
        (None, Some(content)) => Ok((FileContent::Text(content.value?.0), None)),
        (Some(_), Some(content)) => {
            Err(report.add(content.at, "a file has a `path` or `content`, not both"))
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
                filename: None,
            });
        }
        match path.rsplit('/').next() {
            None | Some("" | "." | "..") => Err(report.add(node.at, "the path names no file")),
            Some(last) => {
                let filename = checked(last, node.at, header::value, report)?;
                Ok(Self {
                    filename: Some(filename),
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
        json_schema!({
            "description": "Files by the form field's name.",
            "type": "object",
            "additionalProperties": {"anyOf": [path, parts, {"type": "null"}]},
        })
    }
}

impl JsonSchema for FilePath {
    fn schema_name() -> Cow<'static, str> {
        "FilePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The path of a file, in which `${{ … }}` expressions are rendered.",
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
