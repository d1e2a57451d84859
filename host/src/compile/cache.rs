//! Artefacts on disk, to be found again by the digest of their component and the
//! id of the engine.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thiserror::Error;

use super::artefact::{Artefact, Kept, Key, LABEL};
use super::private_dir::{Entry, PrivateDir};

/// What the names of artefacts end with. No other file is touched.
const SUFFIX: &str = ".artefact";

/// How much is kept by default.
const CAPACITY: u64 = 1 << 30;

/// How long ago a draft was last written to if its writer is taken for dead. To
/// write one takes seconds; the rest is for clocks that disagree, as those of a
/// network's file system do.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Compiled components in a directory that only this user can write.
///
/// Hosts, processes and containers can share it. What is damaged, or is not what
/// its name says, is compiled anew. If it grows over its capacity, what was used
/// longest ago goes.
#[derive(Debug)]
pub struct Cache {
    dir: PrivateDir,
    path: PathBuf,
    capacity: u64,
}

/// Why a directory is no cache, or an artefact could not be kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Somebody else could put code there, which the host would run.
    #[error("{path}: {why}", path = .path.display())]
    NotPrivate {
        /// The directory, or one that it is in.
        path: PathBuf,
        /// In words, with what mends it.
        why: String,
    },
    /// The system said no.
    #[error("{path}: {reason}", path = .path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// In words.
        reason: String,
    },
}

impl Cache {
    /// A directory, which is made if there is none.
    ///
    /// It has to be this user's, and nobody else may be able to write it or to
    /// put another in its place: the directories that it is in belong to this
    /// user or to root, and others can't write them, or they are sticky, as
    /// `/tmp` is. It is no symbolic link.
    ///
    /// # Errors
    ///
    /// It is not so; the directory can't be made; or the system is no Unix, where
    /// this can't be told.
    pub fn at(path: impl AsRef<Path>) -> Result<Self, CacheError> {
        let (dir, path) = PrivateDir::open(path.as_ref())?;
        Ok(Self {
            dir,
            path,
            capacity: CAPACITY,
        })
    }

    /// How many bytes are kept; a gibibyte by default.
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

    /// The artefact of a key and its file, if it is there and right.
    pub(super) fn get(&self, key: &Key, most: u64) -> Option<(Kept, PathBuf)> {
        let name = name(key);
        self.check().ok()?;
        let most = most.saturating_add(LABEL as u64);
        let file = self.dir.open_file(&name, most).ok()??;
        let kept = Kept::check(file, key).ok()?.ok()?;
        Some((kept, self.path.join(name)))
    }

    /// Keep an artefact. Gives its file.
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

    /// Whether it still is what it was when it was opened.
    fn check(&self) -> Result<(), CacheError> {
        self.dir.check(&self.path)
    }

    /// Remove what was used longest ago, but never `latest`, and what writers have
    /// left behind. What they still write counts once it is there.
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
