//! The contract (`wit/`) as Rust types: what `bindgen!` makes of it, and what
//! the host supplies of it. WASI's own interfaces are linked in `engine.rs`.

use crate::credentials::Scheme;
use crate::log::Stream;
use crate::state::State;

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
        with: { "ci:http-step/hash.sha256": crate::hash::Hashing },
        additional_derives: [PartialEq],
    });
}

pub(crate) use bindings::ci::http_step::{auth, hash, log, properties, types};
pub(crate) use bindings::{Step, StepPre};

impl types::Host for State {}

impl properties::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let Some(value) = self.properties.get(&name) else {
            return Ok(None);
        };
        let text = value.to_string();
        // Until it has a copy, which it has to have room for.
        self.hands_over(text.len())?;
        Ok(Some(text))
    }

    fn spelled(&mut self, name: String) -> Option<String> {
        let spelled = self.properties.get(&name)?.spelled()?;
        Some(spelled.to_string())
    }

    fn secret(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let lent = &self.egress.lent;
        let (handle, remark) = (lent.handle(&name)?, lent.remark(&name));
        if let Some(remark) = remark {
            self.log.write_line(Stream::Stderr, &remark);
        }
        if handle.is_none() {
            self.missing_secret = Some(name);
        }
        Ok(handle)
    }
}

impl auth::Host for State {
    fn credentials(&mut self, scheme: auth::Scheme) -> Result<auth::Field, String> {
        let scheme = Scheme::try_from(scheme).map_err(|error| error.to_string())?;
        let promised = self.egress.credentials.promise(scheme);
        let promise = promised.map_err(|error| error.to_string())?;
        Ok(auth::Field {
            name: promise.field.to_string(),
            value: promise.stand_in.clone(),
        })
    }
}

impl log::Host for State {
    fn write(&mut self, stream: log::Stream, text: String) -> wasmtime::Result<()> {
        let stream = match stream {
            log::Stream::Header => Stream::Header,
            log::Stream::Stdout => Stream::Stdout,
            log::Stream::Content => Stream::Content,
            log::Stream::Stderr => Stream::Stderr,
        };
        self.hands_over(text.len())?;
        self.write_remarks();
        Ok(self.log.write(stream, &text)?)
    }
}
