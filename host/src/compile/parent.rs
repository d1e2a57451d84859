//! The host's side of a compiling process: start it, send the component, wait for it, and leave
//! nothing of it behind.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::runtime;
use tokio::time::timeout;

use super::CompileLimits;
use super::LoadError;
use super::artefact::{Artefact, Key, LABEL, Unfit};
use super::protocol::{Failure, Order, Reply};
use crate::stderr;

/// How much of the compiler's standard error is read.
const WORDS: u64 = 1024;

/// A program that calls [`compile_child`](crate::compile_child).
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// What a compiling process leaves behind.
struct Remains {
    said: Vec<u8>,
    words: Vec<u8>,
    status: ExitStatus,
}

/// Have a component compiled. It blocks.
pub(super) fn compile(
    program: &Program,
    limits: &CompileLimits,
    key: &Key,
    wasm: &[u8],
) -> Result<Artefact, LoadError> {
    let remains = on_a_thread(async {
        let mut child = start(program)?;
        let conversation = converse(&mut child, limits, wasm);
        let remains = timeout(limits.compile_time, conversation).await;
        // Whatever it is doing: it has to end, and its process ID has to be free again.
        let _ = child.kill().await;
        Ok(remains)
    })
    .map_err(|error| unusable(program, &format!("can't be run: {error}")))?;
    let Ok(remains) = remains else {
        return Err(LoadError::CompileTime {
            limit: limits.compile_time,
        });
    };
    let remains = remains?;
    match Reply::parse(remains.said, key) {
        Reply::Artefact(artefact) => Ok(artefact),
        Reply::Failure(Failure::Invalid(reason)) => Err(LoadError::Invalid(reason)),
        Reply::Failure(Failure::RunMemory) => Err(out_of_memory(limits)),
        Reply::Failure(Failure::Compiler(reason)) => Err(unusable(program, &reason)),
        Reply::Unfit(Unfit::Engine) => {
            Err(unusable(program, "is of another build than this program"))
        }
        Reply::Unfit(unfit) => Err(unusable(program, &format!("gave no artefact: {unfit}"))),
        Reply::Garbled => Err(death(remains.status, &remains.words, limits)),
    }
}

/// A separate runtime on a separate thread: the caller may be on a thread of another runtime, which
/// can't be blocked. The thread lives as long as the child, which on Linux dies with the thread
/// that started it.
fn on_a_thread<T: Send>(work: impl Future<Output = io::Result<T>> + Send) -> io::Result<T> {
    let run = || {
        runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(work)
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("http-step-compile".to_owned())
            .spawn_scoped(scope, run)?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")))
    })
}

fn start(program: &Program) -> io::Result<Child> {
    Command::new(&program.path)
        .args(&program.arguments)
        // The environment may contain secrets of the build.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Send it the order, and read its reply.
async fn converse(
    child: &mut Child,
    limits: &CompileLimits,
    wasm: &[u8],
) -> Result<Remains, LoadError> {
    let lost = |error: io::Error| LoadError::Compiler(format!("it can't be heard: {error}"));
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(lost(io::ErrorKind::BrokenPipe.into()));
    };
    let order = Order {
        cpu_seconds: whole_seconds(limits.compile_time),
        memory: limits.compile_memory,
    };
    let send = async move {
        // A compiler that has died, or has read enough, says why on the other pipes.
        if stdin.write_all(&order.to_bytes()).await.is_ok() {
            let _ = stdin.write_all(wasm).await;
        }
        // The end of its input is the end of the component.
        drop(stdin);
        Ok(())
    };
    let hear = async {
        let most = limits.artefact_bytes.saturating_add(LABEL as u64);
        let mut said = Vec::new();
        // One byte more shows that the output is too long.
        let mut stdout = stdout.take(most.saturating_add(1));
        stdout.read_to_end(&mut said).await.map_err(lost)?;
        if said.len() as u64 > most {
            return Err(LoadError::TooMuchCode {
                limit: limits.artefact_bytes,
            });
        }
        Ok(said)
    };
    let hear_words = async {
        let mut words = Vec::new();
        // Failing to read its standard error is no reason to fail.
        let _ = stderr.take(WORDS).read_to_end(&mut words).await;
        Ok(words)
    };
    let ((), said, words) = tokio::try_join!(send, hear, hear_words)?;
    let status = child.wait().await.map_err(lost)?;
    Ok(Remains {
        said,
        words,
        status,
    })
}

/// Why a compiler died without a reply.
fn death(status: ExitStatus, words: &[u8], limits: &CompileLimits) -> LoadError {
    let words = String::from_utf8_lossy(words);
    // The message with which Rust's allocator aborts.
    if words.contains("memory allocation of ") && !status.success() {
        return out_of_memory(limits);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;

        let ran_out = rustix::process::Signal::XCPU.as_raw();
        if status.signal() == Some(ran_out) {
            return LoadError::CompileTime {
                limit: limits.compile_time,
            };
        }
    }
    let words = stderr::on_one_line(&words);
    LoadError::CompilerDied {
        how: if words.is_empty() {
            status.to_string()
        } else {
            format!("{status}; its last words: {words}")
        },
    }
}

fn unusable(program: &Program, why: &str) -> LoadError {
    LoadError::Compiler(format!("`{}` {why}", program.path.display()))
}

fn out_of_memory(limits: &CompileLimits) -> LoadError {
    LoadError::CompileMemory {
        limit: limits.compile_memory,
    }
}

/// Processor time is limited in whole seconds, at least one.
fn whole_seconds(time: Duration) -> u64 {
    let more = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(more).max(1)
}
