//! Why bytes are not a step, and why a directory is not a cache.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why bytes are not a step.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not WebAssembly.
    #[error(
        "this is not WebAssembly: a component begins with the bytes 00 61 73 6d, this with {start}"
    )]
    NotWasm {
        /// The first bytes, in hexadecimal.
        start: String,
    },
    /// The file is empty.
    #[error("this file is empty")]
    Empty,
    /// A core module.
    #[error(
        "this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`"
    )]
    CoreModule,
    /// The bytes are not valid.
    #[error("this component is not valid: {0}")]
    Invalid(String),
    /// The export is missing.
    #[error(
        "this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports {exports}"
    )]
    NoExport {
        /// Its exports.
        exports: String,
    },
    /// The export, or an import, differs from the contract's type.
    #[error(
        "this component was built against another version of the contract than `ci:http-step@0.2.0` and `@0.1.0`: {0}"
    )]
    OtherContract(String),
    /// An import that a step is not given.
    #[error("this component imports `{import}`, which a step is not given")]
    UnknownImport {
        /// The import's name.
        import: String,
    },
    /// It has too many bytes.
    #[error(
        "this component is too large: the limit `component_bytes` is exceeded: {size} of {limit} bytes; set `component_bytes` under `limits:` in the policy"
    )]
    TooLarge {
        /// The maximum.
        limit: u64,
        /// The size.
        size: u64,
    },
    /// Compiling took too long.
    #[error("this component takes too long to compile: the limit `compile_time` is exceeded, which is {} s", .limit.as_secs_f64())]
    CompileTime {
        /// The maximum.
        limit: Duration,
    },
    /// Compiling took too much memory.
    #[error(
        "this component takes too much memory to compile: the limit `compile_memory` is exceeded, which is {limit} bytes"
    )]
    CompileMemory {
        /// The maximum.
        limit: u64,
    },
    /// The compiled code is too large.
    #[error("this component compiles to more than {limit} bytes, which is the limit")]
    TooMuchCode {
        /// The maximum.
        limit: u64,
    },
    /// The compiler's process ended without a message.
    #[error("the compiler died on this component: {how}")]
    CompilerDied {
        /// Its exit status, and its standard error.
        how: String,
    },
    /// The compiler's process could not be started, or is not a compiler.
    #[error("the compiler can't be used: {0}")]
    Compiler(String),
}

/// Why a directory can't be a cache, or an artefact could not be kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Another user could put code there, which the host would run.
    #[error("{path}: {why}", path = .path.display())]
    NotPrivate {
        /// The directory, or one that it is in.
        path: PathBuf,
        /// The reason, and how to fix it.
        why: String,
    },
    /// The system returned an error.
    #[error("{path}: {reason}", path = .path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// Check that bytes start as a component does.
pub(super) fn check_start(wasm: &[u8]) -> Result<(), LoadError> {
    match wasm {
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', _, _, 0, 0, ..] => Err(LoadError::CoreModule),
        [] => Err(LoadError::Empty),
        _ => Err(LoadError::NotWasm {
            start: first_bytes(wasm),
        }),
    }
}

fn first_bytes(bytes: &[u8]) -> String {
    bytes.iter().take(4).fold(String::new(), |mut text, byte| {
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "{byte:02x}");
        text
    })
}
