//! From bytes to a step that can be run: any component that exports the world.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::Host;
use crate::compile::{Cached, Code, LoadError};
use crate::contract::{PACKAGE, StepPre};
use crate::trace;
use crate::wasi::state::State;

/// The function that a step exports.
const EXPORT: &str = "http-step";

/// A loaded component: compiled and linked, ready to be instantiated. Cheap to clone.
#[derive(Clone)]
pub struct Step {
    pub(crate) pre: StepPre<State>,
    /// The size of its file.
    pub(crate) bytes: usize,
    /// Its digest.
    pub(crate) sha256: Arc<str>,
}

/// What a component imports and exports, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces {
    /// Its imports.
    pub imports: Vec<String>,
    /// Its exports.
    pub exports: Vec<String>,
}

/// A component that was compiled, whether it is a step or not.
pub struct Compiled {
    /// What it imports and exports.
    pub interfaces: Interfaces,
    /// The step, or why it is not one.
    pub step: Result<Step, LoadError>,
    /// The digest of its bytes, in hexadecimal.
    pub sha256: String,
    /// The file in the cache.
    pub cached: Cached,
}

impl Host {
    /// Load a step from the bytes of a `.wasm` file.
    ///
    /// Compiling takes time and memory in proportion to the component: load it once, and run it
    /// often. This blocks until it is done; in asynchronous code, call it in
    /// `tokio::task::spawn_blocking`. For components that you don't trust, use a
    /// [`Compiler`](crate::Compiler) in a child process.
    ///
    /// # Errors
    ///
    /// It is not a component, not a step, or can't be compiled within the compiler's limits.
    pub fn load(&self, wasm: &[u8]) -> Result<Step, LoadError> {
        self.compile(wasm)?.step
    }

    /// As [`Host::load`], but describes the component even if it is not a step.
    ///
    /// # Errors
    ///
    /// It is not a component, or can't be compiled within the compiler's limits.
    pub fn compile(&self, wasm: &[u8]) -> Result<Compiled, LoadError> {
        let started = Instant::now();
        let Code {
            component,
            sha256,
            cached,
        } = self.compiler.compile(&self.engine, self.engine_id, wasm)?;
        let is_cached = matches!(cached, Cached::Found(_));
        trace::loaded(&sha256, is_cached, started.elapsed());
        let interfaces = self.interfaces_of(&component);
        Ok(Compiled {
            step: self.step(&component, &interfaces, wasm.len(), &sha256),
            interfaces,
            sha256,
            cached,
        })
    }

    fn step(
        &self,
        component: &Component,
        interfaces: &Interfaces,
        bytes: usize,
        sha256: &str,
    ) -> Result<Step, LoadError> {
        if !interfaces.exports.iter().any(|name| name == EXPORT) {
            let exports = match interfaces.exports.as_slice() {
                [] => "nothing".to_owned(),
                names => format!("`{}`", names.join("`, `")),
            };
            return Err(LoadError::NoExport { exports });
        }
        let known = |import: &String| {
            import.starts_with("wasi:") && import.contains("@0.2.") || import.starts_with(PACKAGE)
        };
        if let Some(import) = interfaces.imports.iter().find(|import| !known(import)) {
            return Err(LoadError::UnknownImport {
                import: import.clone(),
            });
        }
        let pre = self
            .linker
            .instantiate_pre(component)
            .map_err(|error| unlinked(&error, interfaces))?;
        let pre = StepPre::new(pre, &interfaces.imports)
            .map_err(|error| LoadError::OtherContract(format!("{error:#}")))?;
        Ok(Step {
            pre,
            bytes,
            sha256: sha256.into(),
        })
    }

    fn interfaces_of(&self, component: &Component) -> Interfaces {
        fn named<'a>(
            items: impl Iterator<Item = (&'a str, wasmtime::component::types::ComponentExtern<'a>)>,
        ) -> Vec<String> {
            items
                .filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
                .map(|(name, _)| name.to_owned())
                .collect()
        }
        let ty = component.component_type();
        Interfaces {
            imports: named(ty.imports(&self.engine)),
            exports: named(ty.exports(&self.engine)),
        }
    }
}

/// Why a component does not fit the linker. A step gets a part of WASI, and the whole contract.
fn unlinked(error: &wasmtime::Error, interfaces: &Interfaces) -> LoadError {
    let message = error.to_string();
    let missing = error
        .root_cause()
        .to_string()
        .ends_with("implementation is missing");
    let import = interfaces
        .imports
        .iter()
        .find(|import| import.starts_with("wasi:") && message.contains(&format!("`{import}`")));
    match import {
        Some(import) if missing => LoadError::UnknownImport {
            import: import.clone(),
        },
        _ => LoadError::OtherContract(format!("{error:#}")),
    }
}
