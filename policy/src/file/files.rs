//! `files`.

use std::borrow::Cow;

use http_step_yaml::{
    FromNode, List, Listed, Node, Position, Report, Reported, mapping, read_text, value_or,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::explain::glob_key;
use crate::files::FileGlob;
use crate::policy::Lines;

mapping! {
    /// The files that a step file may name.
    pub(crate) struct FileKeys as "a mapping, as in `read: [reports/*.xml]`" {
        /// Globs of the files that it may upload, trust or show as a certificate: by
        /// their paths from its directory. A wildcard stands for nothing hidden.
        #[schemars(extend("default" = json!([])), example = json!(["report.xml", "reports/**/*.xml", ".config/ci.json"]))]
        read: List<Glob>,
    }
}

/// A glob, and where it stands.
#[derive(Debug)]
pub(crate) struct Glob {
    at: Position,
    glob: FileGlob,
}

impl FromNode for Glob {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        let glob = read_text(node, "a glob of files", report)?;
        Ok(Self { at: node.at, glob })
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
    pub(crate) fn globs(self, lines: &mut Lines) -> Result<Vec<FileGlob>, Reported> {
        lines.note("files.read", &self.read);
        let globs = value_or(self.read, List(Vec::new()))?.0;
        for Glob { at, glob } in &globs {
            lines.set(glob_key(glob), at.line);
        }
        Ok(globs.into_iter().map(|Glob { glob, .. }| glob).collect())
    }
}
