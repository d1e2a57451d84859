//! Sources of the values of secrets.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use http_step_policy::SourceRef;
use http_step_redact::{MAX_LEN, Value};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::files::{SecretFile, SecretFiles};

/// The result of a [`SecretSource`]: the value, or the reason for a failure, worded to follow a
/// colon and without a value.
pub type SecretValue = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;

/// Provides the values of secrets, such as a vault.
///
/// A policy refers to a value as `SCHEME:REFERENCE`; [`Sources::set`] registers a source for a
/// scheme. `env` and `file` are built in.
pub trait SecretSource: Send + Sync + 'static {
    /// The value of a reference. It is read once per run.
    fn read(&self, reference: &str) -> SecretValue;
}

/// The sources of a host, by scheme.
#[derive(Clone)]
pub struct Sources(BTreeMap<String, Source>);

#[derive(Clone)]
enum Source {
    /// Files, as the host's process sees them. Steps can't read the same files.
    Files,
    Other(Arc<dyn SecretSource>),
}

impl Default for Sources {
    fn default() -> Self {
        let mut sources = Self(BTreeMap::new());
        sources.set(SourceRef::ENV, Environment);
        sources.0.insert(SourceRef::FILE.to_owned(), Source::Files);
        sources
    }
}

impl Sources {
    /// Register a source for a scheme.
    pub fn set(&mut self, scheme: &str, source: impl SecretSource) {
        let source = Source::Other(Arc::new(source));
        self.0.insert(scheme.to_owned(), source);
    }

    /// The value that a policy refers to. A file that it is read from is added to `files`.
    pub(super) async fn read(
        &self,
        from: &SourceRef,
        files: &mut SecretFiles,
    ) -> Result<Value, String> {
        let Some(source) = self.0.get(from.scheme()) else {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            return Err(format!(
                "the host has no source `{}`; it has {}",
                from.scheme(),
                known.join(", ")
            ));
        };
        let bytes = match source {
            Source::Other(source) => source.read(from.reference()).await?,
            Source::Files => {
                let path = from.reference().to_owned();
                let read = spawn_blocking(move || read_file(&path));
                let (file, bytes) = read.await.map_err(|error| error.to_string())?;
                files.add(file);
                bytes?
            }
        };
        value(bytes)
    }
}

/// Some editors write this before a text. It is not part of a secret, and would be sent with it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn value(bytes: Vec<u8>) -> Result<Value, String> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        drop(Zeroizing::new(bytes));
        return Err("it begins with a byte order mark; save it as UTF-8 without one".to_owned());
    }
    Value::new(bytes).map_err(|error| error.to_string())
}

/// An error that no file exists, and where it was searched.
fn nothing_at(path: &str) -> String {
    match env::current_dir() {
        Ok(directory) if Path::new(path).is_relative() => {
            format!("there is no file {path} in {}", directory.display())
        }
        _ => format!("there is no file {path}"),
    }
}

/// Environment variables of the host's process.
struct Environment;

impl SecretSource for Environment {
    fn read(&self, name: &str) -> SecretValue {
        let value = env::var_os(name)
            .map(|value| value.into_encoded_bytes())
            .ok_or_else(|| format!("the environment variable `{name}` is not set"));
        Box::pin(async { value })
    }
}

/// Read a file, and return its identity with its content. Blocks.
fn read_file(path: &str) -> (SecretFile, Result<Vec<u8>, String>) {
    let about = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => nothing_at(path),
        io::ErrorKind::PermissionDenied => {
            format!("the file {path} is not for this user to read")
        }
        _ => format!("{path}: {error}"),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return (SecretFile::new(path, None), Err(about(error))),
    };
    let secret = SecretFile::new(path, Some(&file));
    // A line break at the end is not part of the value.
    let longest = MAX_LEN + 2;
    // The size of a generated file is unknown. The buffer must not grow, which would leave a copy
    // in memory.
    let mut value = Vec::with_capacity(longest + 1);
    let mut file = file.take((longest + 1) as u64);
    let read = match file.read_to_end(&mut value) {
        Err(error) => Err(about(error)),
        Ok(_) if value.len() > longest => {
            Err(format!("the file {path} is longer than {MAX_LEN} bytes"))
        }
        Ok(_) => Ok(value),
    };
    (secret, read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_sent() {
        let error = value(b"\xef\xbb\xbftoken\n".to_vec()).err();
        assert_eq!(
            error.as_deref(),
            Some("it begins with a byte order mark; save it as UTF-8 without one")
        );
        assert!(value(b"tok\xef\xbb\xbfen\n".to_vec()).is_ok());
    }
}
