//! The files that a step file names: to upload, to trust, to show as a
//! certificate. The only file of the library that reads them.
//!
//! A step file may come from anybody: it can name files below one directory
//! that the caller chose, and no link leads out of it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use thiserror::Error;

/// The most that is read for a step, all its files together: they stand in the
/// host's memory, and in the component's, twice.
const MOST: usize = 16 << 20;

/// Where files may be read.
#[derive(Clone, Debug, Default)]
pub(crate) enum Files {
    /// Nowhere.
    #[default]
    None,
    /// Below a directory.
    Under(PathBuf),
}

/// A file that can't be read.
#[derive(Debug, Error)]
#[error("the file `{path}` of `{key}` can't be read: {reason}")]
pub(crate) struct FileError {
    key: &'static str,
    path: String,
    reason: String,
}

/// Reads the files of one step. Blocks.
pub(crate) struct Reader {
    files: Files,
    left: usize,
}

impl Reader {
    pub(crate) fn new(files: Files) -> Self {
        Self { files, left: MOST }
    }

    /// How many bytes were read.
    pub(crate) fn total(&self) -> usize {
        MOST - self.left
    }

    /// Read the file that a key of the step file names.
    pub(crate) fn read(&mut self, key: &'static str, path: &str) -> Result<Vec<u8>, FileError> {
        self.content(path).map_err(|reason| FileError {
            key,
            path: path.to_owned(),
            reason,
        })
    }

    fn content(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let Files::Under(root) = &self.files else {
            return Err("this run may not read files".into());
        };
        let in_words = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => format!("there is no such file in {}", root.display()),
            _ => error.to_string(),
        };
        if Path::new(path).is_absolute() {
            return Err(format!("its path is not relative to {}", root.display()));
        }
        let root = Dir::open_ambient_dir(root, ambient_authority()).map_err(in_words)?;
        // To open a named pipe would be to wait for its writer.
        if !root.metadata(path).map_err(in_words)?.is_file() {
            return Err("it is not a regular file".into());
        }
        let file = root.open(path).map_err(in_words)?;
        let mut content = Vec::new();
        file.take(self.left as u64 + 1)
            .read_to_end(&mut content)
            .map_err(in_words)?;
        self.left = self
            .left
            .checked_sub(content.len())
            .ok_or_else(|| format!("the files are larger than {} MiB together", MOST >> 20))?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn refused(reader: &mut Reader, path: &str) -> String {
        let error = reader.read("files", path).unwrap_err().to_string();
        let start = format!("the file `{path}` of `files` can't be read: ");
        error.strip_prefix(&start).unwrap().to_owned()
    }

    #[test]
    fn only_what_lies_below_the_directory_is_read() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(outer.path().join("secret"), "no").unwrap();
        fs::write(root.join("report.xml"), "<yes/>").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", root.join("link")).unwrap();
        let mut reader = Reader::new(Files::Under(root.clone()));

        assert_eq!(reader.read("files", "report.xml").unwrap(), b"<yes/>");
        for (path, reason) in [
            (
                "/etc/hostname",
                format!("its path is not relative to {}", root.display()),
            ),
            (
                "missing",
                format!("there is no such file in {}", root.display()),
            ),
            (".", "it is not a regular file".to_owned()),
            (
                "../secret",
                "a path led outside of the filesystem".to_owned(),
            ),
            ("link", "a path led outside of the filesystem".to_owned()),
        ] {
            assert_eq!(refused(&mut reader, path), reason);
        }
        assert_eq!(
            refused(&mut Reader::new(Files::None), "report.xml"),
            "this run may not read files"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        let mut reader = Reader::new(Files::Under(root.path().to_owned()));
        assert_eq!(refused(&mut reader, "pipe"), "it is not a regular file");
    }

    #[test]
    fn files_count_together() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("half"), vec![0; MOST / 2 + 1]).unwrap();
        let mut reader = Reader::new(Files::Under(root.path().to_owned()));
        assert_eq!(reader.read("files", "half").unwrap().len(), MOST / 2 + 1);
        assert_eq!(
            refused(&mut reader, "half"),
            "the files are larger than 16 MiB together"
        );
    }
}
