//! `http-step compile`: a component's machine code, ahead of its first run.

use std::fs;
use std::time::Instant;

use http_step_host::Cached;

use crate::args::CompileArgs;
use crate::component::{load_into_cache, refused};
use crate::exit::{Exit, Failure};
use crate::terminal;

pub(crate) fn compile(args: &CompileArgs) -> Result<Exit, Failure> {
    let path = args.component.as_path();
    let start = Instant::now();
    let loaded = load_into_cache(path)?;
    let seconds = start.elapsed().as_secs_f64();
    let compiled = loaded.compiled;
    if let Err(error) = &compiled.step {
        return Err(refused(path, error));
    }
    terminal::output(&format!(
        "{}: {} bytes, SHA-256 {}\n",
        path.display(),
        loaded.size,
        compiled.sha256
    ));
    match compiled.cached {
        Cached::Found(file) => {
            terminal::output(&format!("Already compiled: {}\n", file.display()));
        }
        Cached::Put(file) => {
            let size = fs::metadata(&file).map_or(0, |metadata| metadata.len());
            terminal::output(&format!(
                "Compiled in {seconds:.2} s to {size} bytes: {}\n",
                file.display()
            ));
        }
        Cached::Failed(error) => {
            return Err(format!("the compiled code can't be cached: {error}").into());
        }
        _ => {}
    }
    Ok(Exit::Success)
}
