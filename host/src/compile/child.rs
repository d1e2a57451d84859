//! The compiler as a process: an order and a component in, an artefact out.

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;

use wasmtime::{CodeBuilder, Engine, OutOfMemory};

use super::artefact::{Artefact, EngineId, Key};
use super::config;
use super::confine::confine;
use super::protocol::{Failure, Order};

/// Be the compiler of a host: the whole process that [`Compiler::child`](crate::Compiler::child) or
/// [`Compiler::this_program`](crate::Compiler::this_program) starts.
///
/// It reads its order from standard input and writes the result to standard output, so the process
/// must not use either. Call it first: it lowers the limits of its own process before it reads the
/// component.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if std::env::args().nth(1).as_deref() == Some("compile-child") {
///         return http_step_host::compile_child();
///     }
///     // … the program, with `Compiler::this_program(["compile-child"])`
///     ExitCode::SUCCESS
/// }
/// ```
#[must_use = "the process is to end with it"]
pub fn compile_child() -> ExitCode {
    let (reply, exit) = match compile(io::stdin().lock()) {
        Ok(artefact) => (artefact.into_bytes(), ExitCode::SUCCESS),
        Err(failure) => (failure.to_bytes(), ExitCode::FAILURE),
    };
    let mut stdout = io::stdout().lock();
    match stdout.write_all(&reply).and_then(|()| stdout.flush()) {
        Ok(()) => exit,
        // The host has ended.
        Err(_) => ExitCode::FAILURE,
    }
}

fn compile(mut stdin: impl Read) -> Result<Artefact, Failure> {
    let order =
        Order::read(&mut stdin).map_err(|_| Failure::Compiler("was given no order".to_owned()))?;
    confine(&order).map_err(|error| Failure::Compiler(format!("can't limit itself: {error}")))?;
    let mut wasm = Vec::new();
    stdin
        .read_to_end(&mut wasm)
        .map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => Failure::RunMemory,
            _ => Failure::Compiler(format!("can't read the component: {error}")),
        })?;
    let engine = Engine::new(&config::code()).map_err(failure(|reason| {
        Failure::Compiler(format!("can't set up its engine: {reason}"))
    }))?;
    let code = CodeBuilder::new(&engine)
        .wasm_binary(&wasm, None)
        .and_then(|builder| builder.compile_component_serialized())
        .map_err(failure(Failure::Invalid))?;
    Ok(Artefact::new(
        &Key::new(&wasm, EngineId::new(&engine)),
        &code,
    ))
}

fn failure(kind: impl Fn(String) -> Failure) -> impl Fn(wasmtime::Error) -> Failure {
    move |error| {
        if error.is::<OutOfMemory>() {
            return Failure::RunMemory;
        }
        kind(error.root_cause().to_string())
    }
}
