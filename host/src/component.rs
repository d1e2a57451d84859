//! From bytes to a step that can be run: any component that exports the world.

use std::fmt::Write as _;

use thiserror::Error;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::contract::StepPre;
use crate::engine::Host;
use crate::state::State;

/// The function that a step exports.
const EXPORT: &str = "http-step";

/// A loaded component: compiled and linked, ready to be instantiated. Cheap to
/// clone.
#[derive(Clone)]
pub struct Step {
    pub(crate) pre: StepPre<State>,
    /// The size of its file.
    pub(crate) bytes: usize,
}

/// Why bytes are no step.
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
    /// No byte at all.
    #[error("this file is empty")]
    Empty,
    /// A core module.
    #[error(
        "this is a core WebAssembly module, not a component: build it for wasm32-wasip2, or with `cargo component build`"
    )]
    CoreModule,
    /// The bytes do not make sense.
    #[error("this component is not valid: {0}")]
    Invalid(String),
    /// The export is missing.
    #[error(
        "this component does not export `http-step`, so it is not a step of the world `ci:http-step/step`; it exports {exports}"
    )]
    NoExport {
        /// What it does export.
        exports: String,
    },
    /// The export, or an import, has another type than the contract's.
    #[error(
        "this component was built against another version of the contract than `ci:http-step@0.1.0`: {0}"
    )]
    OtherContract(String),
    /// An import that a step is not given.
    #[error("this component imports `{import}`, which a step is not given")]
    UnknownImport {
        /// The import's name.
        import: String,
    },
}

/// What a component imports and exports, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interfaces {
    /// What it asks for.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

impl Host {
    /// Load a component from the bytes of a `.wasm` file.
    ///
    /// Compiling takes time and memory in proportion to the component: load it
    /// once, and run it often.
    ///
    /// # Errors
    ///
    /// It is not a component, or not one of a step.
    pub fn load(&self, wasm: &[u8]) -> Result<Step, LoadError> {
        let component = self.compile(wasm)?;
        let interfaces = self.interfaces_of(&component);
        if !interfaces.exports.iter().any(|name| name == EXPORT) {
            let exports = match interfaces.exports.as_slice() {
                [] => "nothing".to_owned(),
                names => format!("`{}`", names.join("`, `")),
            };
            return Err(LoadError::NoExport { exports });
        }
        let known = |import: &String| {
            import.starts_with("wasi:") && import.contains("@0.2.")
                || import.starts_with("ci:http-step/")
        };
        if let Some(import) = interfaces.imports.iter().find(|import| !known(import)) {
            return Err(LoadError::UnknownImport {
                import: import.clone(),
            });
        }
        let pre = self
            .linker
            .instantiate_pre(&component)
            .map_err(|error| LoadError::OtherContract(format!("{error:#}")))?;
        let pre =
            StepPre::new(pre).map_err(|error| LoadError::OtherContract(format!("{error:#}")))?;
        Ok(Step {
            pre,
            bytes: wasm.len(),
        })
    }

    /// What a component imports and exports, whether it is a step or not.
    ///
    /// # Errors
    ///
    /// It is not a component.
    pub fn inspect(&self, wasm: &[u8]) -> Result<Interfaces, LoadError> {
        Ok(self.interfaces_of(&self.compile(wasm)?))
    }

    fn compile(&self, wasm: &[u8]) -> Result<Component, LoadError> {
        match wasm {
            [0, b'a', b's', b'm', _, _, 1, 0, ..] => {}
            [0, b'a', b's', b'm', _, _, 0, 0, ..] => return Err(LoadError::CoreModule),
            [] => return Err(LoadError::Empty),
            _ => {
                return Err(LoadError::NotWasm {
                    start: first_bytes(wasm),
                });
            }
        }
        Component::from_binary(&self.engine, wasm)
            .map_err(|error| LoadError::Invalid(error.root_cause().to_string()))
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

fn first_bytes(bytes: &[u8]) -> String {
    bytes.iter().take(4).fold(String::new(), |mut text, byte| {
        if !text.is_empty() {
            text.push(' ');
        }
        let _ = write!(text, "{byte:02x}");
        text
    })
}
