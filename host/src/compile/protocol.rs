//! The protocol between the host and its compiler, over pipes: an order and the component in, an
//! artefact or a failure out.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::artefact::{Artefact, Key, Unfit};

/// The start of an order.
const ORDER: &[u8; 16] = b"http-step order1";

/// The start of a failure.
const FAILURE: &[u8; 16] = b"http-step error1";

/// The maximum length of a failure's text, in characters. The component can influence it.
const MAX_LEN: usize = 4096;

/// The maximum length of a failure: no character takes more than six bytes of JSON.
const MAX_REPORT: usize = 6 * MAX_LEN + 64;

/// What the compiler may use. The component follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Processor time in whole seconds, as the system counts it.
    pub(super) cpu_seconds: u64,
    /// Bytes of address space.
    pub(super) memory: u64,
}

impl Order {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = ORDER.to_vec();
        bytes.extend_from_slice(&self.cpu_seconds.to_le_bytes());
        bytes.extend_from_slice(&self.memory.to_le_bytes());
        bytes
    }

    pub(super) fn read(mut from: impl Read) -> io::Result<Self> {
        let mut start = [0; 16];
        from.read_exact(&mut start)?;
        if start != *ORDER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut number = || {
            let mut bytes = [0; 8];
            from.read_exact(&mut bytes)?;
            io::Result::Ok(u64::from_le_bytes(bytes))
        };
        Ok(Self {
            cpu_seconds: number()?,
            memory: number()?,
        })
    }
}

/// Why the compiler returns no artefact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Failure {
    /// The component is not valid.
    Invalid(String),
    /// Memory ran out.
    RunMemory,
    /// An error of the compiler itself, with its message.
    Compiler(String),
}

impl Failure {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = FAILURE.to_vec();
        // Writing strings does not fail.
        let _ = serde_json::to_writer(&mut bytes, &self.shortened());
        bytes
    }

    fn shortened(&self) -> Self {
        let shortened = |text: &String| match text.char_indices().nth(MAX_LEN) {
            Some((end, _)) => text.chars().take(end).collect(),
            None => text.clone(),
        };
        match self {
            Self::Invalid(text) => Self::Invalid(shortened(text)),
            Self::RunMemory => Self::RunMemory,
            Self::Compiler(text) => Self::Compiler(shortened(text)),
        }
    }
}

/// The compiler's reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Artefact(Artefact),
    Unfit(Unfit),
    Failure(Failure),
    /// An invalid reply, or none.
    Garbled,
}

impl Reply {
    pub(super) fn parse(bytes: Vec<u8>, key: &Key) -> Self {
        if let Some(report) = bytes.strip_prefix(FAILURE) {
            return match report {
                _ if report.len() > MAX_REPORT => Self::Garbled,
                report => serde_json::from_slice(report).map_or(Self::Garbled, Self::Failure),
            };
        }
        match Artefact::check(bytes, key) {
            Ok(artefact) => Self::Artefact(artefact),
            // It is something else, or ended early.
            Err(Unfit::Format | Unfit::Length) => Self::Garbled,
            Err(unfit) => Self::Unfit(unfit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::EngineId;

    fn key(wasm: &[u8]) -> Key {
        let engine = wasmtime::Engine::new(&crate::compile::config::code()).unwrap();
        Key::new(wasm, EngineId::new(&engine))
    }

    #[test]
    fn an_order_arrives_and_leaves_the_component() {
        let order = Order {
            cpu_seconds: 60,
            memory: u64::MAX,
        };
        let mut bytes = order.to_bytes();
        bytes.extend_from_slice(b"wasm");
        let mut from = bytes.as_slice();
        assert_eq!(Order::read(&mut from).unwrap(), order);
        assert_eq!(from, b"wasm");
        for end in 0..order.to_bytes().len() {
            assert!(Order::read(&bytes[..end]).is_err(), "{end}");
        }
        bytes[0] ^= 1;
        assert!(Order::read(bytes.as_slice()).is_err());
    }

    #[test]
    fn replies() {
        let key = key(b"wasm");
        let artefact = Artefact::new(&key, b"code");
        let other = Artefact::new(&self::key(b"other"), b"code").into_bytes();
        let mut cut = artefact.bytes().to_vec();
        cut.pop();
        let invalid = Failure::Invalid("no \"section\"\u{1b}".to_owned());
        let lying = [FAILURE.as_slice(), br#"{"invalid":7}"#].concat();
        let endless = format!(r#"{{"invalid":"{}"}}"#, "x".repeat(MAX_REPORT));
        let endless = [FAILURE.as_slice(), endless.as_bytes()].concat();
        for (bytes, reply) in [
            (artefact.bytes().to_vec(), Reply::Artefact(artefact)),
            (other, Reply::Unfit(Unfit::Component)),
            (cut, Reply::Garbled),
            (invalid.to_bytes(), Reply::Failure(invalid)),
            (
                Failure::RunMemory.to_bytes(),
                Reply::Failure(Failure::RunMemory),
            ),
            (lying, Reply::Garbled),
            (endless, Reply::Garbled),
            (b"running 1 test\n".to_vec(), Reply::Garbled),
            (Vec::new(), Reply::Garbled),
        ] {
            let shown = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(Reply::parse(bytes, &key), reply, "{shown}");
        }
    }

    #[test]
    fn a_long_text_is_shortened() {
        // The character with the longest encoding.
        let failure = Failure::Compiler("\u{1}".repeat(MAX_LEN + 1));
        let bytes = failure.to_bytes();
        assert_eq!(
            Reply::parse(bytes, &key(b"wasm")),
            Reply::Failure(Failure::Compiler("\u{1}".repeat(MAX_LEN)))
        );
    }
}
