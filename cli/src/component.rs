//! Loading components: a file's in a separate compiler process and within limits, the built-in one
//! in this process. Both come from the cache, if they are there.

use std::env;
use std::path::{Path, PathBuf};

use http_step_host::{Cache, CacheError, Compiled, Compiler, Host, Limits, LoadError, Step};

use crate::exit::{Exit, Failure};
use crate::{input, terminal};

/// The argument with which this program runs as the compiler of another process.
pub(crate) const CHILD: &str = "compile-child";

/// A host, and the built-in reference step.
pub(crate) fn built_in() -> Result<(Host, Step), Failure> {
    let mut compiler = Compiler::in_process();
    // Without a cache it is as fast as before, so there is no warning.
    if let Some(Ok(cache)) = cache() {
        compiler = compiler.cache(cache);
    }
    let host = host(compiler)?;
    let step = host
        .load(http_step_component::WASM)
        .map_err(|error| error.to_string())?;
    Ok((host, step))
}

/// A component from a file.
pub(crate) struct Loaded {
    pub(crate) host: Host,
    pub(crate) compiled: Compiled,
    pub(crate) size: usize,
}

/// Load an untrusted file, within the limits of compiling.
pub(crate) fn load(path: &Path, limits: &Limits) -> Result<Loaded, Failure> {
    let compiler = own_compiler()?.limits(limits.into());
    let compiler = match cache() {
        Some(Ok(cache)) => compiler.cache(cache),
        Some(Err(error)) => {
            if matches!(error, CacheError::NotPrivate { .. }) {
                terminal::warning(format_args!("compiled components are not cached: {error}"));
            }
            compiler
        }
        None => compiler,
    };
    load_by(compiler, path)
}

/// As [`load`], but an error without a cache.
pub(crate) fn load_into_cache(path: &Path) -> Result<Loaded, Failure> {
    let cache = cache().ok_or("there is no cache directory for compiled components: set XDG_CACHE_HOME or HOME to an absolute path")?;
    let cache = cache.map_err(|error| format!("compiled components can't be cached: {error}"))?;
    load_by(own_compiler()?.cache(cache), path)
}

fn load_by(compiler: Compiler, path: &Path) -> Result<Loaded, Failure> {
    let wasm = input::file(path)?;
    let host = host(compiler)?;
    let compiled = host.compile(&wasm).map_err(|error| refused(path, &error))?;
    Ok(Loaded {
        host,
        compiled,
        size: wasm.len(),
    })
}

/// The message and the exit code for a component that can't be loaded.
pub(crate) fn refused(path: &Path, error: &LoadError) -> Failure {
    let exit = match error {
        LoadError::CompileTime { .. }
        | LoadError::CompileMemory { .. }
        | LoadError::TooMuchCode { .. }
        | LoadError::CompilerDied { .. }
        | LoadError::Compiler(_) => Exit::Exception,
        _ => Exit::Usage,
    };
    Failure {
        exit,
        message: format!("{}: {error}", path.display()),
    }
}

fn own_compiler() -> Result<Compiler, String> {
    Compiler::this_program([CHILD])
        .map_err(|error| format!("the path of this program is unknown: {error}"))
}

fn host(compiler: Compiler) -> Result<Host, String> {
    Host::builder()
        .compiler(compiler)
        // It runs only one step.
        .concurrency(1)
        .build()
        .map_err(|error| error.to_string())
}

/// The user's cache; none without a home.
fn cache() -> Option<Result<Cache, CacheError>> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(Cache::at(caches.join("http-step")))
}
