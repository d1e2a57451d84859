//! `files`.

use std::borrow::Cow;

use http_step_yaml::{
    FromNode, List, Listed, Node, Position, Report, Reported, mapping, read_text, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::files::FileGlob;
use crate::terms::{Lines, glob_key};

mapping! {
    /// The files that a step file may name.
    pub(crate) struct FileKeys as "a mapping, as in `read: [reports/*.xml]`" {
        /// Globs of the files that it may upload or use for certificates, by their paths from its
        /// directory. Wildcards do not match hidden files.
        #[schemars(extend("default" = json!([])), example = json!(["report.xml", "reports/**/*.xml", ".config/ci.json"]))]
        read: List<Glob>,
    }
}

/// A valid glob and its position. It is compiled again after all globs are counted.
#[derive(Debug)]
pub(crate) struct Glob {
    at: Position,
    text: String,
}

/// The maximum number of names of all globs: each with a wildcard is an automaton of some thousand
/// bytes.
const MAX_NAMES: usize = 4096;

impl FromNode for Glob {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let glob: FileGlob = read_text(node, "a glob of files", report)?;
        let text = glob.to_string();
        Ok(Self { at: node.at, text })
    }
}

impl Listed for Glob {
    const ITEMS: &'static str = "globs of files";
}

impl JsonSchema for Glob {
    fn schema_name() -> Cow<'static, str> {
        "Glob".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A glob of files: `report.xml`, `reports/*.xml`, `reports/**`.",
            "type": "string",
            "minLength": 1,
            "pattern": "^[^/]",
        })
    }
}

impl FileKeys {
    pub(crate) fn globs(
        self,
        lines: &mut Lines,
        report: &mut Report,
    ) -> Result<Vec<FileGlob>, Reported> {
        lines.note("files.read", &self.read);
        let items = value_or(self.read, List(Vec::new()))?.0;
        let mut names = 0;
        let mut globs = Vec::new();
        for Glob { at, text } in items {
            names += text.split('/').count();
            if names > MAX_NAMES {
                let message = format!(
                    "too many globs: the limit is {MAX_NAMES} names between slashes for all of them"
                );
                return Err(report.add(at, message));
            }
            let glob: FileGlob = text.parse().map_err(|error| report.add(at, error))?;
            lines.set(glob_key(&glob), at.line);
            globs.push(glob);
        }
        Ok(globs)
    }
}
