//! The contract as Rust types, and the minimum that a host has to implement.

use sha2::{Digest, Sha256};
use wasmtime::component::{HasSelf, Linker, Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package ci:http-step-plain;

            world step {
                import ci:http-step/properties@0.2.0;
                import ci:http-step/auth@0.2.0;
                import ci:http-step/hash@0.2.0;
                import ci:http-step/log@0.2.0;
                use ci:http-step/types@0.2.0.{request-spec, step-result};
                export http-step: func(spec: request-spec) -> step-result;
            }
        ",
        world: "ci:http-step-plain/step",
        imports: {
            "ci:http-step/hash.[constructor]sha256": trappable,
            "ci:http-step/hash.[method]sha256.update": trappable,
            "ci:http-step/hash.[static]sha256.finish": trappable,
        },
        exports: { default: async },
        with: { "ci:http-step/hash.sha256": super::Hashing },
    });
}

pub(crate) use bindings::StepPre;
pub(crate) use bindings::ci::http_step::types;
use bindings::ci::http_step::{auth, hash, log, properties};

/// Wasmtime's defaults: no check, no secret, no limit.
struct Defaults;

impl WasiHttpHooks for Defaults {}

/// The host's side of one run.
pub(crate) struct State {
    pub(crate) log: String,
    hooks: Defaults,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl Default for State {
    fn default() -> Self {
        Self {
            log: String::new(),
            hooks: Defaults,
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().build(),
            http: WasiHttpCtx::new(),
        }
    }
}

/// Everything that a step imports.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    bindings::Step::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

impl types::Host for State {}

impl properties::Host for State {
    fn get(&mut self, name: String) -> Option<String> {
        let json = match name.as_str() {
            "number" => "42",
            "branch" => "\"main\"",
            "builder" => "\"x86_64\"",
            _ => return None,
        };
        Some(json.to_owned())
    }

    fn spelled(&mut self, _: String) -> Option<String> {
        None
    }

    fn secret(&mut self, _: String) -> Option<String> {
        None
    }
}

impl auth::Host for State {
    fn credentials(&mut self, _: auth::Scheme) -> Result<auth::Field, String> {
        Err("there are none here".to_owned())
    }
}

/// The SHA-256 of what a component has written so far.
#[derive(Default)]
pub struct Hashing(Sha256);

impl hash::Host for State {}

impl hash::HostSha256 for State {
    fn new(&mut self) -> wasmtime::Result<Resource<Hashing>> {
        Ok(self.table.push(Hashing::default())?)
    }

    fn update(&mut self, hash: Resource<Hashing>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.table.get_mut(&hash)?.0.update(bytes);
        Ok(())
    }

    fn finish(&mut self, hash: Resource<Hashing>) -> wasmtime::Result<String> {
        let digest = self.table.delete(hash)?.0.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn drop(&mut self, hash: Resource<Hashing>) -> wasmtime::Result<()> {
        self.table.delete(hash)?;
        Ok(())
    }
}

impl log::Host for State {
    fn write(&mut self, _: log::Stream, text: String) {
        self.log += &text;
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
