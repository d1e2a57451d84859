//! Reading the files that arguments name. Messages start with the file.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{self, Path, PathBuf};

use http_step_file::{Diagnostics, MAX_LEN, StepFile};
use http_step_host::policy::{Host, Origin, Scheme};

/// Standard input, as the name of a step file.
pub(crate) const STDIN: &str = "-";

/// Whether a step file has no directory: standard input, also as `/dev/stdin`, and what a shell
/// passes for `<(…)`.
pub(crate) fn is_stream(step: &str) -> bool {
    let directory = directory(step);
    step == STDIN || directory.starts_with("/dev") || directory.starts_with("/proc")
}

/// Whether a step file is in the root directory, as in a container: all files of the machine are
/// below it, which is never intended.
pub(crate) fn is_in_root(step: &str) -> bool {
    let directory = directory(step);
    directory.has_root() && directory.parent().is_none()
}

/// The directory of a step file, whatever form its path has.
fn directory(step: &str) -> PathBuf {
    let whole = path::absolute(step).unwrap_or_default();
    let parent = whole.parent().unwrap_or(&whole);
    parent.canonicalize().unwrap_or_else(|_| parent.to_owned())
}

/// The maximum that is read of a file of properties or a component. Some paths have endless
/// contents.
const MAX_SIZE: usize = 64 << 20;

/// The content of a file.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display().to_string();
    let content = File::open(path)
        .and_then(|file| bounded(file, MAX_SIZE))
        .map_err(|error| in_words(&shown, &error))?;
    if content.len() > MAX_SIZE {
        return Err(format!(
            "{shown}: the file is larger than {} MiB",
            MAX_SIZE >> 20
        ));
    }
    Ok(content)
}

/// The maximum that is read of a body: it is in the component's memory, twice.
const MAX_BODY: usize = 16 << 20;

/// A body from standard input.
pub(crate) fn standard_input() -> Result<Vec<u8>, String> {
    let shown = shown(STDIN);
    let body = bounded(io::stdin().lock(), MAX_BODY).map_err(|error| in_words(shown, &error))?;
    if body.len() > MAX_BODY {
        return Err(format!(
            "{shown}: the body is larger than {} MiB",
            MAX_BODY >> 20
        ));
    }
    Ok(body)
}

/// A step file without errors.
pub(crate) fn step_file(path: &str) -> Result<StepFile, String> {
    let shown = shown(path);
    let text = if path == STDIN {
        bounded(io::stdin().lock(), MAX_LEN)
    } else {
        File::open(path).and_then(|file| bounded(file, MAX_LEN))
    };
    let text = text.map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(path),
        _ => in_words(shown, &error),
    })?;
    StepFile::parse(&text).map_err(|diagnostics| invalid("the step file", shown, &diagnostics))
}

/// The errors of a file, one per line. Each starts with `FILE:LINE:COLUMN: `, which editors can
/// jump to.
pub(crate) fn invalid(what: &str, shown: &str, diagnostics: &Diagnostics) -> String {
    let lines: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| format!("\n{shown}:{diagnostic}"))
        .collect();
    let count = match lines.len() {
        1 => "an error".to_owned(),
        count => format!("{count} errors"),
    };
    format!("{what} has {count}{}", lines.concat())
}

/// How messages name a step file.
pub(crate) fn shown(path: &str) -> &str {
    if path == STDIN {
        "standard input"
    } else {
        path
    }
}

/// Up to the maximum, and one byte more to detect that there is more.
fn bounded(source: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    source.take(most as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

fn in_words(shown: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("{shown}: there is no such file"),
        ErrorKind::IsADirectory => format!("{shown}: this is a directory, not a file"),
        _ => format!("{shown}: the file can't be read: {error}"),
    }
}

/// A missing step file may be meant as a URL, even one with a password.
fn missing(path: &str) -> String {
    if path.starts_with("${{") {
        return format!(
            "{path}: there is no such step file; a URL that is an expression goes into a step file, as `url: {path}`"
        );
    }
    match (meant_as_url(path), path.rsplit_once('@')) {
        (Some(url), _) => {
            format!("{path}: there is no such step file; if it is a URL, write `{url}`")
        }
        (None, Some((_, rest))) => format!("…@{rest}: there is no such step file"),
        (None, None) => format!("{path}: there is no such step file"),
    }
}

/// The URL that a path may be meant as: it starts with a host, and is unlikely to be a file's name.
fn meant_as_url(path: &str) -> Option<String> {
    // A scheme followed by one slash, or none.
    if let Some((start, rest)) = path.split_once(':')
        && let Some(scheme) = [Scheme::Https, Scheme::Http]
            .into_iter()
            .find(|scheme| start.eq_ignore_ascii_case(scheme.as_str()))
    {
        let rest = rest.trim_start_matches('/');
        let is_one = !rest.is_empty() && !rest.contains('@');
        return is_one.then(|| format!("{}://{rest}", scheme.as_str()));
    }
    let authority = path.split(['/', '?', '#']).next()?;
    let is_file_name = Path::new(path).extension().is_some_and(|extension| {
        ["yaml", "yml", "json"].contains(&extension.to_string_lossy().as_ref())
    });
    let origin: Origin = format!("http://{authority}").parse().ok()?;
    let scheme = match &origin.host {
        Host::Name(name) if name == "localhost" => Scheme::Http,
        Host::Name(name) if name.contains('.') && !name.starts_with('.') => Scheme::Https,
        Host::Name(_) if authority.contains(':') => Scheme::Https,
        Host::Name(_) => return None,
        Host::Address(_) => Scheme::Http,
    };
    (!is_file_name).then(|| format!("{}://{path}", scheme.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn step_files_without_a_directory() {
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", elsewhere.path().join("root")).unwrap();
        let through = |path: &str| elsewhere.path().join(path).display().to_string();
        for (step, is_of_system, in_root) in [
            ("-", true, false),
            ("/dev/stdin", true, false),
            ("//dev/./stdin", true, false),
            ("/dev/../dev/stdin", true, false),
            (&through("root/dev/stdin"), true, false),
            ("/proc/self/fd/0", true, false),
            ("/step.yaml", false, true),
            ("/dev/../step.yaml", false, true),
            (&through("root/step.yaml"), false, true),
            (&through("step.yaml"), false, false),
            ("/missing/step.yaml", false, false),
            ("step.yaml", false, false),
        ] {
            assert_eq!(is_stream(step), is_of_system, "{step}");
            assert_eq!(is_in_root(step), in_root, "{step}");
        }
    }

    #[test]
    fn paths_that_may_be_meant_as_urls() {
        for (path, url) in [
            ("example.com", Some("https://example.com")),
            ("example.com/a?b", Some("https://example.com/a?b")),
            ("ci:8080/hook", Some("https://ci:8080/hook")),
            ("localhost/", Some("http://localhost/")),
            ("127.0.0.1:8080/", Some("http://127.0.0.1:8080/")),
            ("[::1]:8080", Some("http://[::1]:8080")),
            ("http:/127.0.0.1:8080/x", Some("http://127.0.0.1:8080/x")),
            ("HTTPS:example.com", Some("https://example.com")),
            ("https:/user:password@example.com", None),
            ("https:", None),
            ("deploy.yaml", None),
            ("steps/deploy.yml", None),
            ("../deploy", None),
            ("./deploy", None),
            ("/tmp/deploy", None),
            ("deploy", None),
            ("", None),
            ("user:password@example.com", None),
        ] {
            assert_eq!(meant_as_url(path).as_deref(), url, "{path}");
        }
    }
}
