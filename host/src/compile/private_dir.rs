//! A directory that only this user can write, accessed through its descriptor: even if its path
//! changes, it is the one that was checked.

/// The prefix of files that are not complete yet.
const DRAFT: &str = ".";

/// A file of a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) size: u64,
    /// When it was written or read last: seconds and nanoseconds.
    pub(super) used: (i64, i64),
}

impl Entry {
    /// Whether a writer is still writing it, or was stopped in the middle.
    pub(super) fn is_draft(&self) -> bool {
        self.name.starts_with(DRAFT)
    }
}

#[cfg(not(unix))]
pub(super) use self::elsewhere::PrivateDir;
#[cfg(unix)]
pub(super) use self::unix::PrivateDir;

#[cfg(unix)]
mod unix {
    use std::fs::{self, DirBuilder, File, Metadata};
    use std::io::{self, ErrorKind, Write as _};
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    use std::path::{self, Path, PathBuf};
    use std::time::SystemTime;

    use rustix::fs::{AtFlags, Dir, Mode, OFlags, open, openat, renameat, statat, unlinkat};
    use rustix::io::Errno;
    use rustix::process::geteuid;

    use super::{DRAFT, Entry};
    use crate::compile::error::CacheError;

    /// Write permission of the group and of others.
    const OTHERS_WRITE: u32 = 0o022;
    /// Any permission of the group and of others.
    const OTHERS_ANYTHING: u32 = 0o077;
    /// Only owners can rename or remove their files in it.
    const STICKY: u32 = 0o1000;

    #[derive(Debug)]
    pub(in super::super) struct PrivateDir(File);

    impl PrivateDir {
        /// Open or create it. Also returns its absolute path.
        pub(in super::super) fn open(path: &Path) -> Result<(Self, PathBuf), CacheError> {
            let unusable = |error: io::Error| CacheError::Unusable {
                path: path.to_owned(),
                reason: error.to_string(),
            };
            let path = path::absolute(path).map_err(unusable)?;
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => CacheError::Unusable {
                        path: path.clone(),
                        reason: "it is not a directory".to_owned(),
                    },
                    _ => unusable(error),
                })?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let dir = open(&path, flags, Mode::empty()).map_err(|errno| match errno {
                Errno::LOOP | Errno::NOTDIR => CacheError::NotPrivate {
                    path: path.clone(),
                    why: "it is a symbolic link; name the directory that it leads to".to_owned(),
                },
                errno => unusable(errno.into()),
            })?;
            let dir = Self(File::from(dir));
            dir.check(&path)?;
            // As it is written, and as it resolves: either can change.
            let resolved = fs::canonicalize(&path).map_err(unusable)?;
            for parent in path.ancestors().chain(resolved.ancestors()).skip(1) {
                let metadata = fs::symlink_metadata(parent).map_err(unusable)?;
                check_parent(parent, &metadata)?;
            }
            Ok((dir, path))
        }

        /// Check that only this user can write to it. `path` is for the message.
        pub(in super::super) fn check(&self, path: &Path) -> Result<(), CacheError> {
            let metadata = self.0.metadata().map_err(|error| CacheError::Unusable {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            let why = if metadata.uid() != geteuid().as_raw() {
                "it belongs to another user; name a directory of your own"
            } else if metadata.mode() & OTHERS_WRITE != 0 {
                "others can write it; `chmod go-w` it, and remove what is in it"
            } else {
                return Ok(());
            };
            Err(CacheError::NotPrivate {
                path: path.to_owned(),
                why: why.to_owned(),
            })
        }

        /// A file of at most `most` bytes that belongs to this user, which marks it as used.
        /// Anything else counts as missing.
        pub(in super::super) fn open_file(
            &self,
            name: &str,
            most: u64,
        ) -> io::Result<Option<File>> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = match openat(&self.0, name, flags, Mode::empty()) {
                Ok(file) => File::from(file),
                Err(Errno::NOENT | Errno::LOOP) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            };
            let metadata = file.metadata()?;
            if !is_ours_alone(&metadata) || metadata.len() > most {
                return Ok(None);
            }
            // A file whose time can't be set can still be read.
            let _ = file.set_modified(SystemTime::now());
            Ok(Some(file))
        }

        /// Write a file, or replace one, atomically.
        pub(in super::super) fn write(
            &self,
            name: &str,
            suffix: &str,
            bytes: &[u8],
        ) -> io::Result<()> {
            // A process ID would not distinguish writers: containers that share the directory use
            // the same numbers.
            let random = (getrandom::u64()?, getrandom::u64()?);
            let draft = format!("{DRAFT}{:016x}{:016x}{suffix}", random.0, random.1);
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = openat(&self.0, &draft, flags, Mode::RUSR | Mode::WUSR)?;
            let written = File::from(file)
                .write_all(bytes)
                .and_then(|()| Ok(renameat(&self.0, &draft, &self.0, name)?));
            if written.is_err() {
                let _ = unlinkat(&self.0, &draft, AtFlags::empty());
            }
            written
        }

        /// The files whose names end in a suffix.
        pub(in super::super) fn files(&self, suffix: &str) -> io::Result<Vec<Entry>> {
            let mut files = Vec::new();
            for entry in Dir::read_from(&self.0)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().to_str() else {
                    continue;
                };
                if !name.ends_with(suffix) {
                    continue;
                }
                // Another process may have removed it.
                let Ok(stat) = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) else {
                    continue;
                };
                files.push(Entry {
                    name: name.to_owned(),
                    size: u64::try_from(stat.st_size).unwrap_or(0),
                    used: (
                        stat.st_mtime,
                        i64::try_from(stat.st_mtime_nsec).unwrap_or(0),
                    ),
                });
            }
            Ok(files)
        }

        pub(in super::super) fn remove(&self, name: &str) -> io::Result<()> {
            match unlinkat(&self.0, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(errno.into()),
            }
        }
    }

    /// Check that no other user can replace a directory in it.
    fn check_parent(path: &Path, metadata: &Metadata) -> Result<(), CacheError> {
        let why = if ![0, geteuid().as_raw()].contains(&metadata.uid()) {
            "it belongs to another user, who can put anything there"
        } else if !metadata.is_symlink()
            && metadata.mode() & OTHERS_WRITE != 0
            && metadata.mode() & STICKY == 0
        {
            "others can write it; `chmod go-w` it"
        } else {
            return Ok(());
        };
        Err(CacheError::NotPrivate {
            path: path.to_owned(),
            why: why.to_owned(),
        })
    }

    fn is_ours_alone(metadata: &Metadata) -> bool {
        metadata.is_file()
            && metadata.uid() == geteuid().as_raw()
            && metadata.mode() & OTHERS_ANYTHING == 0
    }
}

/// Which users can write to a directory can't be determined.
#[cfg(not(unix))]
mod elsewhere {
    use std::fs::File;
    use std::io;
    use std::path::{Path, PathBuf};

    use super::Entry;
    use crate::compile::error::CacheError;

    #[derive(Debug)]
    pub(in super::super) enum PrivateDir {}

    impl PrivateDir {
        pub(in super::super) fn open(path: &Path) -> Result<(Self, PathBuf), CacheError> {
            Err(CacheError::Unusable {
                path: path.to_owned(),
                reason: "this system doesn't say who can write to it".to_owned(),
            })
        }

        pub(in super::super) fn check(&self, _: &Path) -> Result<(), CacheError> {
            match *self {}
        }

        pub(in super::super) fn open_file(&self, _: &str, _: u64) -> io::Result<Option<File>> {
            match *self {}
        }

        pub(in super::super) fn write(&self, _: &str, _: &str, _: &[u8]) -> io::Result<()> {
            match *self {}
        }

        pub(in super::super) fn files(&self, _: &str) -> io::Result<Vec<Entry>> {
            match *self {}
        }

        pub(in super::super) fn remove(&self, _: &str) -> io::Result<()> {
            match *self {}
        }
    }
}
