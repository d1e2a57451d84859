//! The component: its export, and its imports as a [`HostImports`].

#![expect(unsafe_code, reason = "the generated export is an unsafe function")]

use http_step_template::{Names, Value};

use crate::bindings::ci::http_step::{auth, hash, log, properties};
use crate::bindings::{self, Guest, RequestSpec, StepResult};
use crate::exchange::transport;
use crate::host::{Failure, Hashing, Header, HostImports, Incoming, Outgoing, Scheme, Stream};
use crate::step;

struct Component;

impl Guest for Component {
    fn http_step(spec: RequestSpec) -> StepResult {
        step::run(spec, &Imports)
    }
}

bindings::export!(Component with_types_in bindings);

/// The imports of the world `step`.
struct Imports;

impl Names for Imports {
    fn property(&self, name: &str) -> Option<Value> {
        let json = properties::get(name)?;
        // The contract requires JSON. Anything else is taken as text.
        let mut value = json.parse().unwrap_or(Value::String(json));
        if let Some(spelled) = properties::spelled(name)
            && let Ok(spelled) = spelled.parse()
        {
            value.respell(&spelled);
        }
        Some(value)
    }

    fn secret(&self, name: &str) -> Option<String> {
        properties::secret(name)
    }
}

impl HostImports for Imports {
    fn log(&self, stream: Stream, text: &str) {
        log::write(stream, text);
    }

    fn credentials(&self, scheme: &Scheme) -> Result<Header, String> {
        auth::credentials(scheme).map(|auth::Field { name, value }| Header { name, value })
    }

    fn hash(&self) -> Box<dyn Hashing> {
        Box::new(HostHash(hash::Sha256::new()))
    }

    fn send<'r>(&self, request: &Outgoing<'r>) -> Result<Incoming<'r>, Failure> {
        transport::send(request)
    }
}

/// A SHA-256 that the host computes.
struct HostHash(hash::Sha256);

impl Hashing for HostHash {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> String {
        hash::Sha256::finish(self.0)
    }
}
