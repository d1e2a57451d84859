//! The contract (`wit/`) as Rust types: what `bindgen!` makes of it. `wasi/imports.rs` supplies
//! it.

use sha2::Sha256;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package ci:http-step-host;

            // The world of a step without wasi:http, which wasmtime-wasi-http brings.
            world step {
                import ci:http-step/properties@0.1.0;
                import ci:http-step/auth@0.1.0;
                import ci:http-step/hash@0.1.0;
                import ci:http-step/log@0.1.0;
                use ci:http-step/types@0.1.0.{request-spec, step-result};
                export http-step: func(spec: request-spec) -> step-result;
            }
        ",
        world: "ci:http-step-host/step",
        imports: {
            "ci:http-step/hash.[constructor]sha256": trappable,
            "ci:http-step/hash.[method]sha256.update": async | trappable,
            "ci:http-step/hash.[static]sha256.finish": trappable,
            "ci:http-step/log.write": trappable,
            "ci:http-step/properties.get": trappable,
            "ci:http-step/properties.secret": trappable,
        },
        exports: { default: async },
        with: { "ci:http-step/hash.sha256": crate::contract::Hashing },
        additional_derives: [PartialEq],
    });
}

pub(crate) use bindings::ci::http_step::{auth, hash, log, properties, types};
pub(crate) use bindings::{Step, StepPre};

/// SHA-256 of what a component has written so far.
#[derive(Default)]
#[expect(unreachable_pub, reason = "the generated bindings hand it on")]
pub struct Hashing(pub(crate) Sha256);
