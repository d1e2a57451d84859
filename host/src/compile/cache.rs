//! Artefacts on disk, named by the digest of their component and the ID of the engine.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::artefact::{Artefact, Kept, Key, LABEL};
use super::error::CacheError;
use super::private_dir::{Entry, PrivateDir};

/// The suffix of artefacts' names. No other file is touched.
const SUFFIX: &str = ".artefact";

/// The default capacity.
const CAPACITY: u64 = 1 << 30;

/// How old a draft is when its writer is considered dead. Writing one takes seconds; the rest is
/// for clocks that differ, as with a network file system.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Compiled components in a directory that only this user can write.
///
/// Hosts, processes and containers can share it. An entry that is damaged, or does not match its
/// name, is compiled again. If the cache exceeds its capacity, the least recently used entries are
/// removed.
#[derive(Debug)]
pub struct Cache {
    dir: PrivateDir,
    path: PathBuf,
    capacity: u64,
}

impl Cache {
    /// Open a directory, or create it.
    ///
    /// It has to belong to this user, and no other user may be able to write to it or to replace
    /// it: its parent directories belong to this user or to root, and others can't write to them,
    /// or they are sticky, as `/tmp` is. It is not a symbolic link.
    ///
    /// # Errors
    ///
    /// This is not the case; the directory can't be created; or the system is not Unix, where this
    /// can't be determined.
    pub fn at(path: impl AsRef<Path>) -> Result<Self, CacheError> {
        let (dir, path) = PrivateDir::open(path.as_ref())?;
        Ok(Self {
            dir,
            path,
            capacity: CAPACITY,
        })
    }

    /// The maximum number of bytes to keep; a gibibyte by default.
    #[must_use]
    pub fn capacity(mut self, bytes: u64) -> Self {
        self.capacity = bytes;
        self
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The artefact of a key and its file, if it exists and is valid.
    pub(super) fn get(&self, key: &Key, most: u64) -> Option<(Kept, PathBuf)> {
        let name = name(key);
        self.check().ok()?;
        let most = most.saturating_add(LABEL as u64);
        let file = self.dir.open_file(&name, most).ok()??;
        let kept = Kept::check(file, key).ok()?.ok()?;
        Some((kept, self.path.join(name)))
    }

    /// Keep an artefact. Returns its file.
    pub(super) fn put(&self, key: &Key, artefact: &Artefact) -> Result<PathBuf, CacheError> {
        let name = name(key);
        self.check()?;
        self.dir
            .write(&name, SUFFIX, artefact.bytes())
            .and_then(|()| self.trim(&name))
            .map_err(|error| CacheError::Unusable {
                path: self.path.clone(),
                reason: error.to_string(),
            })?;
        Ok(self.path.join(name))
    }

    /// Check that it still is what it was when it was opened.
    fn check(&self) -> Result<(), CacheError> {
        self.dir.check(&self.path)
    }

    /// Remove what was used least recently, but never `latest`, and abandoned drafts. Other drafts
    /// count once they are complete.
    fn trim(&self, latest: &str) -> std::io::Result<()> {
        let (drafts, mut files): (Vec<_>, Vec<_>) = self
            .dir
            .files(SUFFIX)?
            .into_iter()
            .partition(Entry::is_draft);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let abandoned = now.unwrap_or_default().saturating_sub(ABANDONED).as_secs();
        let abandoned = i64::try_from(abandoned).unwrap_or(0);
        for draft in drafts.iter().filter(|draft| draft.used.0 < abandoned) {
            self.dir.remove(&draft.name)?;
        }
        files.sort_by_key(|file| file.used);
        let mut total: u64 = files.iter().map(|file| file.size).sum();
        for file in files {
            if total <= self.capacity {
                break;
            }
            if file.name != latest {
                self.dir.remove(&file.name)?;
                total = total.saturating_sub(file.size);
            }
        }
        Ok(())
    }
}

fn name(key: &Key) -> String {
    format!("{}-{}{SUFFIX}", key.wasm(), key.engine())
}
