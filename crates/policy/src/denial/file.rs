//! Why a step file may not name a file, and what would allow it.

use http_step_yaml::excerpt;

use crate::files::{is_hidden, literal_glob};
use crate::grant::{Grant, Permission};

/// A file that a step file may not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeniedFile {
    /// As the step file has it.
    requested: String,
    /// What that resolves to.
    path: String,
    /// The policy file.
    file: Option<String>,
}

impl DeniedFile {
    pub(crate) fn new(requested: &str, path: &str, file: Option<&str>) -> Self {
        Self {
            requested: requested.to_owned(),
            path: path.to_owned(),
            file: file.map(str::to_owned),
        }
    }

    pub(crate) fn subject(&self) -> String {
        format!("the file `{}`", excerpt(&self.requested))
    }

    pub(crate) fn reason(&self) -> String {
        let resolved = if self.requested == self.path {
            String::new()
        } else {
            format!("it resolves to `{}`, and ", excerpt(&self.path))
        };
        match self.path.split('/').find(|name| is_hidden(name)) {
            Some(name) => format!(
                "{resolved}`{}` is hidden and no glob names it",
                excerpt(name)
            ),
            None => format!("{resolved}no glob matches it"),
        }
    }

    pub(crate) fn grant(&self) -> Grant {
        Grant {
            permission: Permission::File {
                glob: literal_glob(&self.path),
            },
            file: self.file.clone(),
        }
    }
}
