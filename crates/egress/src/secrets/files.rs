//! The files that values of secrets are read from: no step may read them, by any path or link.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

/// The files of a run's secrets.
#[derive(Clone, Debug, Default)]
pub struct SecretFiles(Vec<SecretFile>);

/// A file that a value is read from.
#[derive(Clone, Debug)]
pub(super) struct SecretFile {
    path: PathBuf,
    /// The file that was opened, if it could be.
    opened: Option<FileId>,
}

/// The identity of a file, whatever its path. None on systems without inodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl SecretFiles {
    /// Those of a run without secrets.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, file: SecretFile) {
        self.0.push(file);
    }

    /// Whether a secret is read from an open file, or was when the run started. `path` is the path
    /// by which it was opened.
    #[must_use]
    pub fn contains(&self, file: &File, path: &Path) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Ok(metadata) = file.metadata() else {
            return true;
        };
        let id = FileId::new(&metadata);
        self.0.iter().any(|secret| {
            // The file may have been replaced since, by one with a new value.
            let now = fs::metadata(&secret.path).ok();
            let now = now.as_ref().and_then(FileId::new);
            let is_same = id.is_some() && (id == secret.opened || id == now);
            is_same || is_same_path(&secret.path, path)
        })
    }
}

impl SecretFile {
    pub(super) fn new(path: &str, file: Option<&File>) -> Self {
        let metadata = file.and_then(|file| file.metadata().ok());
        Self {
            path: path.into(),
            opened: metadata.as_ref().and_then(FileId::new),
        }
    }
}

impl FileId {
    #[cfg(unix)]
    fn new(metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;

        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    #[cfg(not(unix))]
    fn new(_: &Metadata) -> Option<Self> {
        None
    }
}

fn is_same_path(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
