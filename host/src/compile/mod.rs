//! From the bytes of a component to its machine code: from the cache, or by the compiler, which
//! runs in this process or in a child process.
//!
//! A component of a few kilobytes can keep a compiler busy for hours, with gigabytes of memory.
//! Nothing in the compiler's process can stop it at the right moment, so components that an
//! embedder does not trust are compiled by a process that limits itself before it reads the
//! component, and that can be killed.
//!
//! The child limits the *resources* of compiling. It does not protect from a compiler that produces
//! wrong code: the host runs its machine code, so a component that has taken over the compiler
//! through a bug of Cranelift has taken over the host, too.

mod artefact;
mod cache;
mod child;
mod code;
pub(crate) mod config;
mod confine;
mod error;
mod parent;
mod private_dir;
mod protocol;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_step_policy::Limits;
use wasmtime::Engine;
use wasmtime::component::Component;

use self::artefact::{Artefact, Key};
use self::parent::Program;

pub(crate) use self::artefact::EngineId;
pub use self::cache::Cache;
pub use self::child::compile_child;
pub use self::error::{CacheError, LoadError};

/// How a [`Host`](crate::Host) compiles: in its own process or in a child, with a
/// [`Cache`] or without.
///
/// ```no_run
/// use http_step_host::{Cache, Compiler, Host};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let compiler = Compiler::this_program(["compile-child"])?
///     .cache(Cache::at("/var/cache/my-service/steps")?);
/// let host = Host::builder().compiler(compiler).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Compiler {
    /// The child's; none to compile in this process.
    program: Option<Program>,
    cache: Option<Cache>,
    limits: CompileLimits,
}

impl Compiler {
    /// Compile in the host's own process, which is the default. It starts no process, but does not
    /// limit what compiling takes: of [`CompileLimits`] only `component_bytes` applies. Use it for
    /// components that are trusted.
    #[must_use]
    pub fn in_process() -> Self {
        Self::default()
    }

    /// Compile in a child process, within [`CompileLimits`]. `program` calls [`compile_child`] if
    /// it is given `arguments`. It is trusted as this program is, because the host runs the machine
    /// code that it returns. It has to be built with the same version of this crate and of
    /// wasmtime.
    ///
    /// It gets no environment.
    #[must_use]
    pub fn child<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: Some(Program {
                path: program.into(),
                arguments: arguments.into_iter().map(Into::into).collect(),
            }),
            ..Self::default()
        }
    }

    /// As [`Compiler::child`], with the running program.
    ///
    /// # Errors
    ///
    /// The system does not report which program that is.
    pub fn this_program<A: Into<OsString>>(
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Self> {
        // On Linux, the file that is running, even if an update has replaced it.
        let running = Path::new("/proc/self/exe");
        let program = if cfg!(target_os = "linux") && running.exists() {
            running.to_owned()
        } else {
            std::env::current_exe()?
        };
        Ok(Self::child(program, arguments))
    }

    /// Cache compiled components.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Limit what compiling may take.
    #[must_use]
    pub fn limits(mut self, limits: CompileLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The code of a component, for an engine and its id.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        id: EngineId,
        wasm: &[u8],
    ) -> Result<Code, LoadError> {
        if wasm.len() as u64 > self.limits.component_bytes {
            return Err(LoadError::TooLarge {
                limit: self.limits.component_bytes,
                size: wasm.len() as u64,
            });
        }
        error::check_start(wasm)?;
        let key = Key::new(wasm, id);
        if let Some((component, path)) = self.cached(engine, &key) {
            return Ok(Code::new(component, &key, Cached::Found(path)));
        }
        let (component, artefact) = match &self.program {
            None => self.compile_here(engine, &key, wasm)?,
            Some(program) => {
                let artefact = parent::compile(program, &self.limits, &key, wasm)?;
                // The child's engine has no pool, so a component is not too large for it.
                let component = code::load(engine, &artefact).map_err(invalid)?;
                (component, Some(artefact))
            }
        };
        let cached = match (&self.cache, artefact) {
            (Some(cache), Some(artefact)) => match cache.put(&key, &artefact) {
                Ok(path) => Cached::Put(path),
                Err(error) => Cached::Failed(error),
            },
            _ => Cached::Off,
        };
        Ok(Code::new(component, &key, cached))
    }

    fn cached(&self, engine: &Engine, key: &Key) -> Option<(Component, PathBuf)> {
        let cache = self.cache.as_ref()?;
        let (kept, path) = cache.get(key, self.limits.artefact_bytes)?;
        if let Some(component) = code::map(engine, &kept) {
            return Some((component, path));
        }
        let artefact = kept.read(key).ok()?.ok()?;
        // Compiling it again returns the reason why it can't be loaded.
        let component = code::load(engine, &artefact).ok()?;
        Some((component, path))
    }

    fn compile_here(
        &self,
        engine: &Engine,
        key: &Key,
        wasm: &[u8],
    ) -> Result<(Component, Option<Artefact>), LoadError> {
        let component = Component::from_binary(engine, wasm).map_err(invalid)?;
        let artefact = match self.cache {
            Some(_) => component.serialize().ok(),
            None => None,
        };
        Ok((component, artefact.map(|code| Artefact::new(key, &code))))
    }
}

fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(error.root_cause().to_string())
}

/// A component's machine code, and its origin.
pub(crate) struct Code {
    pub(crate) component: Component,
    pub(crate) sha256: String,
    pub(crate) cached: Cached,
}

impl Code {
    fn new(component: Component, key: &Key, cached: Cached) -> Self {
        Self {
            component,
            sha256: key.wasm(),
            cached,
        }
    }
}

/// How a [`Cache`] was used for a component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cached {
    /// There is no cache.
    Off,
    /// The code was in this file.
    Found(PathBuf),
    /// It was compiled, and kept in this file.
    Put(PathBuf),
    /// It was compiled, and could not be kept.
    Failed(CacheError),
}

/// What compiling a component may take. The defaults permit all realistic steps.
///
/// ```
/// use http_step_host::CompileLimits;
/// use std::time::Duration;
///
/// let limits = CompileLimits { compile_time: Duration::from_secs(5), ..CompileLimits::default() };
/// assert_eq!(limits.component_bytes, 64 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Wall time and, rounded up to a second, processor time.
    pub compile_time: Duration,
    /// Bytes of the compiler's address space, including its program. macOS does not enforce it.
    pub compile_memory: u64,
    /// Bytes of the compiled code.
    pub artefact_bytes: u64,
}

impl From<&Limits> for CompileLimits {
    /// The limits of a policy. A policy has none for the compiled code.
    fn from(limits: &Limits) -> Self {
        Self {
            component_bytes: limits.component_bytes,
            compile_time: limits.compile_time,
            compile_memory: limits.compile_memory,
            artefact_bytes: 256 << 20,
        }
    }
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}
