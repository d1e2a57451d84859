//! The files that a step file names: to upload, to trust, to show as a certificate. This is the
//! only file of the library that reads them.
//!
//! A step file may be untrusted: it can name files below one directory that the caller chose, and
//! only those that the policy grants. A link is followed, and the policy is asked about its target:
//! then each part of that path is opened separately, without following links, so that a concurrent
//! writer of the directory can't have one file checked and another read. The file of a secret is
//! never read, whatever path or link leads to it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use http_step_egress::SecretFiles;
use http_step_policy::{Denial, Policy};
use thiserror::Error;

/// The maximum that is read for a step, all files together: they are in the host's memory, and in
/// the component's, twice.
const MAX: usize = 16 << 20;

/// Where files may be read.
#[derive(Clone, Debug, Default)]
pub(crate) enum Files {
    /// Nowhere.
    #[default]
    None,
    /// Below a directory, if the policy grants them.
    Under(PathBuf),
}

/// Why a file is not read.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    #[error("the file `{path}` of `{key}` can't be read: {reason}")]
    Unreadable {
        key: &'static str,
        path: String,
        reason: String,
    },
    /// The policy does not grant it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// A secret is read from it.
    #[error("the policy does not allow the file `{0}`: a secret is read from it")]
    OfSecret(String),
}

/// Reads the files of one step. Blocks.
pub(crate) struct Reader<'p> {
    files: Files,
    policy: &'p Policy,
    secret_files: &'p SecretFiles,
    left: usize,
}

impl<'p> Reader<'p> {
    pub(crate) fn new(files: Files, policy: &'p Policy, secret_files: &'p SecretFiles) -> Self {
        Self {
            files,
            policy,
            secret_files,
            left: MAX,
        }
    }

    /// How many bytes were read.
    pub(crate) fn total(&self) -> usize {
        MAX - self.left
    }

    /// Read the file that a key of the step file names.
    pub(crate) fn read(&mut self, key: &'static str, path: &str) -> Result<Vec<u8>, FileError> {
        let unreadable = |reason| FileError::Unreadable {
            key,
            path: path.to_owned(),
            reason,
        };
        let Files::Under(directory) = &self.files else {
            return Err(unreadable("this run may not read files".to_owned()));
        };
        if Path::new(path).is_absolute() {
            return Err(unreadable(absolute(directory)));
        }
        let in_words = |error: io::Error| unreadable(in_words(&error, directory));
        let root = Dir::open_ambient_dir(directory, ambient_authority()).map_err(in_words)?;
        let real = match root.canonicalize(path) {
            Ok(real) => real,
            Err(error) => {
                // Whether a file exists is only revealed if it may be read.
                if let Some(plain) = plain(path) {
                    self.policy.admit_file(path, &plain)?;
                }
                return Err(in_words(error));
            }
        };
        let Some(real) = real.to_str() else {
            return Err(unreadable("it leads to a path that is not text".to_owned()));
        };
        let slashed = with_slashes(real);
        let irregular = || unreadable("it is not a regular file".to_owned());
        if slashed.is_empty() {
            return Err(irregular());
        }
        self.policy.admit_file(path, &slashed)?;
        if !root.symlink_metadata(real).map_err(in_words)?.is_file() {
            return Err(irregular());
        }
        let file = open(root, Path::new(real)).map_err(in_words)?;
        // The open file counts, not what the name was before.
        if !file.metadata().map_err(in_words)?.is_file() || is_of_system(&file) {
            return Err(irregular());
        }
        if self.secret_files.contains(&file, &directory.join(real)) {
            return Err(FileError::OfSecret(path.to_owned()));
        }
        let mut content = Vec::new();
        file.take(self.left as u64 + 1)
            .read_to_end(&mut content)
            .map_err(in_words)?;
        match self.left.checked_sub(content.len()) {
            Some(left) => self.left = left,
            None => {
                return Err(unreadable(format!(
                    "the files are larger than {} MiB together; no limit of a policy raises that",
                    MAX >> 20
                )));
            }
        }
        Ok(content)
    }
}

/// Open a file by a path without links; a name that has become a link is an error.
fn open(root: Dir, path: &Path) -> io::Result<File> {
    let mut directory = root;
    let mut names = path.components().peekable();
    while let Some(name) = names.next() {
        if names.peek().is_some() {
            directory = directory.open_dir_nofollow(name)?;
        } else {
            let mut options = OpenOptions::new();
            options.read(true).follow(FollowSymlinks::No);
            // Opening a named pipe would wait for its writer.
            options.nonblock(true);
            let file = directory.open_with(name, &options)?;
            return Ok(file.into_std());
        }
    }
    Err(io::ErrorKind::IsADirectory.into())
}

/// Whether the kernel generates a file's contents: `/proc` has the environment of this process,
/// which may contain secrets. Some of these files also block until there is data.
#[cfg(target_os = "linux")]
fn is_of_system(file: &File) -> bool {
    // From linux/magic.h: proc, sysfs, debugfs, tracefs, securityfs, cgroup and cgroup2.
    const MADE_UP: [u32; 7] = [
        0x9fa0,
        0x6265_6572,
        0x6462_6720,
        0x7472_6163,
        0x7363_6673,
        0x0027_e0eb,
        0x6367_7270,
    ];
    match rustix::fs::fstatfs(file) {
        Ok(system) => MADE_UP
            .iter()
            .any(|magic| i128::from(*magic) == i128::from(system.f_type)),
        // If the file system is unknown, nothing is read.
        Err(_) => true,
    }
}

#[cfg(not(target_os = "linux"))]
fn is_of_system(_: &File) -> bool {
    false
}

/// A path without `.` and `..`, if it stays below its start.
fn plain(path: &str) -> Option<String> {
    let mut names = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => names.push(name.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                names.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(names.join("/"))
}

/// A path as the policy writes it.
fn with_slashes(path: &str) -> String {
    let names = Path::new(path).components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

fn absolute(directory: &Path) -> String {
    format!(
        "its path is absolute; only files below {} are read, by their paths from there",
        directory.display()
    )
}

fn outside(directory: &Path) -> String {
    format!(
        "it is outside of {}; only files below that directory are read",
        directory.display()
    )
}

fn in_words(error: &io::Error, directory: &Path) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no such file in {}", directory.display()),
        // cap-std's error for a path that leads outside, which is not an error of the system.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => outside(directory),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn granting(globs: &[&str]) -> Policy {
        let globs = globs.iter().map(|glob| glob.parse().unwrap());
        globs.fold(Policy::nothing(), Policy::allow_file)
    }

    fn reading(files: Files, policy: &Policy) -> Reader<'_> {
        static NONE: SecretFiles = SecretFiles::none();
        Reader::new(files, policy, &NONE)
    }

    fn refused(reader: &mut Reader<'_>, path: &str) -> String {
        let error = reader.read("files", path).unwrap_err().to_string();
        let start = format!("the file `{path}` of `files` can't be read: ");
        error.strip_prefix(&start).unwrap_or(&error).to_owned()
    }

    #[test]
    fn only_files_below_the_directory_are_read() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(outer.path().join("secret"), "no").unwrap();
        fs::write(root.join("report.xml"), "<yes/>").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../secret", root.join("link")).unwrap();
        let policy = granting(&["**"]);
        let mut reader = reading(Files::Under(root.clone()), &policy);

        assert_eq!(reader.read("files", "report.xml").unwrap(), b"<yes/>");
        let outside = outside(&root);
        for (path, reason) in [
            ("/etc/hostname", absolute(&root)),
            (
                "missing",
                format!("there is no such file in {}", root.display()),
            ),
            (".", "it is not a regular file".to_owned()),
            ("../secret", outside.clone()),
            #[cfg(unix)]
            ("link", outside),
        ] {
            assert_eq!(refused(&mut reader, path), reason);
        }
        assert_eq!(
            refused(&mut reading(Files::None, &policy), "report.xml"),
            "this run may not read files"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_granted_by_its_target() {
        use std::os::unix::fs::symlink;

        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for directory in [".git", "keys", "reports"] {
            fs::create_dir(at(directory)).unwrap();
        }
        for file in [".git/config", "keys/key", "reports/one.xml", ".env"] {
            fs::write(at(file), file).unwrap();
        }
        for (target, link) in [
            ("reports/one.xml", "latest.xml"),
            ("latest.xml", "again.xml"),
            ("../.git/config", "reports/config.xml"),
            (".git", "git"),
            ("../keys", "reports/keys"),
            ("reports", ".hidden"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        let policy = granting(&["*.xml", "git/**", "reports/**"]);
        let mut reader = reading(Files::Under(root.path().to_owned()), &policy);
        for path in [
            "reports/one.xml",
            "./reports//one.xml",
            "latest.xml",
            "again.xml",
            ".hidden/one.xml",
            "git/../reports/one.xml",
        ] {
            let content = reader.read("files", path);
            assert_eq!(content.unwrap(), b"reports/one.xml", "{path}");
        }
        let mut report = String::new();
        for path in [
            ".env",
            ".git/config",
            "reports/config.xml",
            "git/config",
            "reports/../.git/config",
            "keys/key",
            "reports/keys/key",
            // Whether these exist is not revealed.
            ".git/missing",
            "keys/missing",
            "keys/../keys/missing",
        ] {
            report.push_str(&format!("{path}: {}\n", refused(&mut reader, path)));
        }
        expect_test::expect![[r#"
            .env: the policy does not allow the file `.env`: `.env` is hidden and no glob names it
            .git/config: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it
            reports/config.xml: the policy does not allow the file `reports/config.xml`: it resolves to `.git/config`, and `.git` is hidden and no glob names it
            git/config: the policy does not allow the file `git/config`: it resolves to `.git/config`, and `.git` is hidden and no glob names it
            reports/../.git/config: the policy does not allow the file `reports/../.git/config`: it resolves to `.git/config`, and `.git` is hidden and no glob names it
            keys/key: the policy does not allow the file `keys/key`: no glob matches it
            reports/keys/key: the policy does not allow the file `reports/keys/key`: it resolves to `keys/key`, and no glob matches it
            .git/missing: the policy does not allow the file `.git/missing`: `.git` is hidden and no glob names it
            keys/missing: the policy does not allow the file `keys/missing`: no glob matches it
            keys/../keys/missing: the policy does not allow the file `keys/../keys/missing`: it resolves to `keys/missing`, and no glob matches it
        "#]].assert_eq(&report);
    }

    /// A writer of the directory may replace a file by a link at any time.
    #[cfg(unix)]
    #[test]
    fn a_name_that_becomes_a_link_is_not_followed() {
        use std::os::unix::fs::symlink;

        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir(at("hidden")).unwrap();
        fs::write(at("hidden/file"), "no").unwrap();
        symlink("hidden", at("directory")).unwrap();
        symlink("hidden/file", at("file")).unwrap();
        for path in ["directory/file", "file"] {
            let root = Dir::open_ambient_dir(root.path(), ambient_authority()).unwrap();
            assert!(open(root, Path::new(path)).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        let policy = granting(&["pipe"]);
        let mut reader = reading(Files::Under(root.path().to_owned()), &policy);
        assert_eq!(refused(&mut reader, "pipe"), "it is not a regular file");
    }

    /// The name was a file's when it was checked.
    #[cfg(unix)]
    #[test]
    fn a_name_that_becomes_a_named_pipe_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        let (sender, opened) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let root = Dir::open_ambient_dir(root.path(), ambient_authority()).unwrap();
            let pipe = open(root, Path::new("pipe")).unwrap();
            sender.send(pipe.metadata().unwrap().is_file()).unwrap();
        });
        let within = std::time::Duration::from_secs(10);
        assert_eq!(opened.recv_timeout(within), Ok(false));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn generated_files_are_not_read() {
        for (directory, path) in [
            ("/", "proc/self/environ"),
            ("/proc", "self/environ"),
            ("/proc/self", "environ"),
            ("/proc/self", "task/../environ"),
            ("/proc/self", "root/proc/self/environ"),
            ("/sys", "kernel/uevent_seqnum"),
        ] {
            let policy = granting(&["**", "proc/self/environ"]);
            let mut reader = reading(Files::Under(directory.into()), &policy);
            assert!(reader.read("files", path).is_err(), "{directory} {path}");
        }
    }

    #[test]
    fn files_count_together() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("half"), vec![0; MAX / 2 + 1]).unwrap();
        let policy = granting(&["half"]);
        let mut reader = reading(Files::Under(root.path().to_owned()), &policy);
        assert_eq!(reader.read("files", "half").unwrap().len(), MAX / 2 + 1);
        assert_eq!(
            refused(&mut reader, "half"),
            "the files are larger than 16 MiB together; no limit of a policy raises that"
        );
    }

    /// The file that a secret is read from, by every path and link.
    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_of_a_secret_is_not_read() {
        use http_step_egress::{GrantedSecrets, MatcherCache, Sources};
        use http_step_policy::Secret;
        use std::sync::Arc;

        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir(at("keys")).unwrap();
        fs::write(at("keys/token"), "value-of-a-secret").unwrap();
        fs::write(at("other"), "value-of-a-secret").unwrap();
        fs::hard_link(at("keys/token"), at("hard")).unwrap();
        for (target, link) in [("keys/token", "soft"), ("soft", "again"), ("keys", "more")] {
            std::os::unix::fs::symlink(target, at(link)).unwrap();
        }
        // By a path of its own, too.
        let source = format!("file:{}", at("again").display());
        let secret = Secret::new("TOKEN", source.parse().unwrap());
        let policy = granting(&["**"]).grant_secret(secret);
        let (sources, matchers) = (Sources::default(), Arc::new(MatcherCache::default()));
        let secrets = GrantedSecrets::read(&policy, &sources, &matchers);
        let secrets = secrets.await.unwrap();
        let files = Files::Under(root.path().to_owned());
        let mut reader = Reader::new(files, &policy, secrets.files());
        let refused = |reader: &mut Reader<'_>, path: &str| {
            assert_eq!(
                refused(reader, path),
                format!("the policy does not allow the file `{path}`: a secret is read from it")
            );
        };
        for path in [
            "keys/token",
            "keys/../keys/./token",
            "hard",
            "soft",
            "again",
            "more/token",
        ] {
            refused(&mut reader, path);
        }
        assert_eq!(reader.read("files", "other").unwrap(), b"value-of-a-secret");
        // Nor the one that has come in its place, nor the one that was there.
        fs::rename(at("keys/token"), at("old")).unwrap();
        fs::rename(at("other"), at("keys/token")).unwrap();
        for path in ["old", "hard", "keys/token"] {
            refused(&mut reader, path);
        }
    }
}
