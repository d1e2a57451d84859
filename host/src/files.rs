//! The files that a step file names, for an upload. The only file of the
//! library that reads files.
//!
//! A step file may come from anybody: it can name files below one directory
//! that the caller chose, and no link leads out of it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use thiserror::Error;

/// The largest file that is read: it stands in the component's memory, twice.
const LARGEST: u64 = 16 << 20;

/// Where files may be read.
#[derive(Clone, Debug, Default)]
pub(crate) enum Files {
    /// Nowhere.
    #[default]
    None,
    /// Below a directory.
    Under(PathBuf),
}

/// A file that can't be sent.
#[derive(Debug, Error)]
#[error("the file `{path}` of `files` can't be sent: {reason}")]
pub(crate) struct FileError {
    path: String,
    reason: String,
}

impl Files {
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.content(path).map_err(|reason| FileError {
            path: path.to_owned(),
            reason,
        })
    }

    fn content(&self, path: &str) -> Result<Vec<u8>, String> {
        let Self::Under(root) = self else {
            return Err("this run may not read files; give the text with `content` instead".into());
        };
        let in_words = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => format!("there is no such file in {}", root.display()),
            _ => error.to_string(),
        };
        if Path::new(path).is_absolute() {
            return Err(format!("its path must be relative to {}", root.display()));
        }
        let root = Dir::open_ambient_dir(root, ambient_authority()).map_err(in_words)?;
        let file = root.open(path).map_err(in_words)?;
        if !file.metadata().map_err(in_words)?.is_file() {
            return Err("it is not a regular file".into());
        }
        let mut content = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut content)
            .map_err(in_words)?;
        if content.len() as u64 > LARGEST {
            return Err(format!("it is larger than {} MiB", LARGEST >> 20));
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_lies_below_the_directory_is_read() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(outer.path().join("secret"), "no").unwrap();
        fs::write(root.join("report.xml"), "<yes/>").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", root.join("link")).unwrap();
        let files = Files::Under(root.clone());

        assert_eq!(files.read("report.xml").unwrap(), b"<yes/>");
        let refused = |path: &str| files.read(path).unwrap_err().to_string();
        assert_eq!(
            refused("/etc/hostname"),
            format!(
                "the file `/etc/hostname` of `files` can't be sent: its path must be relative to {}",
                root.display()
            )
        );
        assert_eq!(
            refused("missing"),
            format!(
                "the file `missing` of `files` can't be sent: there is no such file in {}",
                root.display()
            )
        );
        for path in ["../secret", "link"] {
            assert_eq!(
                refused(path),
                format!(
                    "the file `{path}` of `files` can't be sent: a path led outside of the filesystem"
                )
            );
        }
        assert_eq!(
            Files::None.read("report.xml").unwrap_err().to_string(),
            "the file `report.xml` of `files` can't be sent: this run may not read files; give the text with `content` instead"
        );
    }
}
