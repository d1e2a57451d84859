//! The program under test.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use http_step_host::Cache;
use tempfile::TempDir;

/// A run of the program, in its own directory.
pub(crate) struct HttpStep {
    command: Command,
    directory: TempDir,
    stdin: Vec<u8>,
    /// What differs from run to run, and the words that replace it.
    words: Vec<(String, &'static str)>,
}

/// With arguments, separated by spaces.
pub(crate) fn http_step(arguments: &str) -> HttpStep {
    let directory = TempDir::new().unwrap();
    // A component is compiled once for all tests. If others can write that directory, a test with its
    // own component would get a warning.
    let common = Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches");
    let caches = match Cache::at(common.join("http-step")) {
        Err(_) if arguments.contains(".wasm") => directory.path().join(".cache"),
        _ => common,
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_http-step"));
    command
        .current_dir(&directory)
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("XDG_CACHE_HOME", caches)
        // Even if this is set, there must be no backtrace.
        .env("RUST_BACKTRACE", "1");
    for outer in [
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "NO_COLOR",
        "COLUMNS",
        "CI",
        "GITHUB_ACTIONS",
    ] {
        command.env_remove(outer);
    }
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    let path = directory.path().display().to_string();
    HttpStep {
        command,
        directory,
        stdin: Vec::new(),
        words: vec![(path, "DIR")],
    }
}

/// A shell script that can call the program.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "the other programs are where they are"
)]
pub(crate) fn shell(shell: &str, script: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_http-step")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let caches = Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches");
    let mut command = Command::new(shell);
    command
        .args(["-c", script])
        .env("PATH", format!("{}:{path}", program.display()))
        .env("XDG_CACHE_HOME", caches);
    command
}

impl HttpStep {
    /// With a further argument, whatever is in it.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// With a file in its directory.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), content).unwrap();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// With standard output redirected.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Show a text as a word.
    pub(crate) fn word(mut self, text: impl Into<String>, word: &'static str) -> Self {
        self.words.push((text.into(), word));
        self
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Run it to its end, and return the whole output.
    pub(crate) fn run(self) -> String {
        self.run_while(|_| {})
    }

    /// As [`HttpStep::run`], and do something while it runs.
    pub(crate) fn run_while(mut self, meanwhile: impl FnOnce(&mut Child)) -> String {
        let output = self.output(meanwhile);
        self.shown(&output)
    }

    /// Run it to its end, and return its standard output.
    pub(crate) fn run_for_stdout(mut self) -> String {
        let output = self.output(|_| {});
        String::from_utf8(output.stdout).unwrap()
    }

    fn output(&mut self, meanwhile: impl FnOnce(&mut Child)) -> Output {
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that has read enough closes its end.
        let _ = stdin.write_all(&self.stdin);
        drop(stdin);
        meanwhile(&mut child);
        child.wait_with_output().unwrap()
    }

    fn shown(&self, output: &Output) -> String {
        let code = output
            .status
            .code()
            .map_or_else(|| output.status.to_string(), |code| code.to_string());
        let mut shown = format!("exit code {code}\n");
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if bytes.is_empty() {
                continue;
            }
            let text = str::from_utf8(bytes).expect("the output is UTF-8");
            let end = if text.ends_with('\n') { "" } else { "¶\n" };
            write!(shown, "--- {name}\n{text}{end}").unwrap();
        }
        for (text, word) in &self.words {
            shown = shown.replace(text, word);
        }
        shown
    }
}
