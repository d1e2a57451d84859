//! A compiled component, labelled with what it was compiled from and for, so
//! that no other is taken for it.
//!
//! | bytes | |
//! |---|---|
//! | 16 | the format: `http-step code 1` |
//! | 32 | SHA-256 of the component |
//! | 32 | SHA-256 of what the engine's code depends on: [`EngineId`] |
//! | 32 | SHA-256 of the code |
//! | 8 | length of the code, little endian |
//! | … | the code, as wasmtime serializes it |

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use thiserror::Error;
use wasmtime::Engine;

/// How every artefact begins. A change of the layout changes the number.
pub(super) const FORMAT: &[u8; 16] = b"http-step code 1";

/// How long the label is.
pub(super) const LABEL: usize = 16 + 32 + 32 + 32 + 8;

/// What the engine's machine code depends on: wasmtime's exact version, the
/// target, the CPU features it compiles for, the settings of the compiler and
/// the features of WebAssembly.
///
/// What wasmtime itself writes into its artefacts, and checks when it loads
/// them, is less: of its version the first number alone. A release that mends
/// the compiler would go on with the code of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EngineId([u8; 32]);

impl EngineId {
    pub(crate) fn of(engine: &Engine) -> Self {
        let mut digest = Digesting(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut digest);
        Self(digest.0.finalize().into())
    }
}

/// A hasher whose whole digest can be had.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Which component, compiled for which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    wasm: [u8; 32],
    engine: EngineId,
}

impl Key {
    pub(super) fn new(wasm: &[u8], engine: EngineId) -> Self {
        Self {
            wasm: Sha256::digest(wasm).into(),
            engine,
        }
    }

    /// The component's digest, in hexadecimal.
    pub(super) fn wasm(&self) -> String {
        hexadecimal(&self.wasm)
    }

    /// The engine's, in hexadecimal.
    pub(super) fn engine(&self) -> String {
        hexadecimal(&self.engine.0)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An artefact whose label is right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Artefact {
    /// The label, and the code after it.
    bytes: Vec<u8>,
}

/// Why bytes are not the artefact that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Unfit {
    #[error("it is no artefact, or one of another format")]
    Format,
    #[error("it is compiled from another component")]
    Component,
    #[error("it is compiled for another engine: another version, other settings, or another CPU")]
    Engine,
    #[error("its code is not of the length that its label says")]
    Length,
    #[error("its code is not what its label says: a byte of it has changed")]
    Code,
}

impl Artefact {
    /// Put the label on code.
    pub(super) fn new(key: &Key, code: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(LABEL + code.len());
        bytes.extend_from_slice(FORMAT);
        bytes.extend_from_slice(&key.wasm);
        bytes.extend_from_slice(&key.engine.0);
        bytes.extend_from_slice(&Sha256::digest(code));
        bytes.extend_from_slice(&(code.len() as u64).to_le_bytes());
        bytes.extend_from_slice(code);
        Self { bytes }
    }

    /// Take bytes for the artefact of a key, if that is what they are.
    pub(super) fn check(bytes: Vec<u8>, key: &Key) -> Result<Self, Unfit> {
        let rest = bytes.strip_prefix(FORMAT).ok_or(Unfit::Format)?;
        let (wasm, rest) = rest.split_first_chunk::<32>().ok_or(Unfit::Length)?;
        let (engine, rest) = rest.split_first_chunk::<32>().ok_or(Unfit::Length)?;
        let (digest, rest) = rest.split_first_chunk::<32>().ok_or(Unfit::Length)?;
        let (length, code) = rest.split_first_chunk::<8>().ok_or(Unfit::Length)?;
        if *wasm != key.wasm {
            return Err(Unfit::Component);
        }
        if *engine != key.engine.0 {
            return Err(Unfit::Engine);
        }
        if code.len() as u64 != u64::from_le_bytes(*length) {
            return Err(Unfit::Length);
        }
        if *digest != <[u8; 32]>::from(Sha256::digest(code)) {
            return Err(Unfit::Code);
        }
        Ok(Self { bytes })
    }

    /// The code.
    pub(super) fn code(&self) -> &[u8] {
        self.bytes.get(LABEL..).unwrap_or_default()
    }

    /// The label and the code.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The label and the code.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(wasm: &[u8], engine: u8) -> Key {
        Key::new(wasm, EngineId([engine; 32]))
    }

    /// An artefact, changed.
    fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Artefact, Unfit> {
        let key = key(b"wasm", 1);
        let mut bytes = Artefact::new(&key, b"code").bytes;
        change(&mut bytes);
        Artefact::check(bytes, &key)
    }

    #[test]
    fn what_was_labelled_fits() {
        assert_eq!(changed(|_| {}).unwrap().code(), b"code");
    }

    #[test]
    fn no_bit_of_it_can_change() {
        let length = Artefact::new(&key(b"wasm", 1), b"code").bytes.len();
        for place in 0..length {
            let expected = match place {
                0..16 => Unfit::Format,
                16..48 => Unfit::Component,
                48..80 => Unfit::Engine,
                112..120 => Unfit::Length,
                _ => Unfit::Code,
            };
            for bit in 0..8 {
                let error = changed(|bytes| bytes[place] ^= 1 << bit);
                assert_eq!(error, Err(expected), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn nothing_can_be_cut_off_or_added() {
        let length = Artefact::new(&key(b"wasm", 1), b"code").bytes.len();
        for end in 0..length {
            let expected = if end < 16 {
                Unfit::Format
            } else {
                Unfit::Length
            };
            assert_eq!(changed(|bytes| bytes.truncate(end)), Err(expected), "{end}");
        }
        assert_eq!(changed(|bytes| bytes.push(0)), Err(Unfit::Length));
    }

    #[test]
    fn it_fits_one_component_and_one_engine() {
        let bytes = Artefact::new(&key(b"wasm", 1), b"code").bytes;
        assert_eq!(
            Artefact::check(bytes.clone(), &key(b"other", 1)),
            Err(Unfit::Component)
        );
        assert_eq!(Artefact::check(bytes, &key(b"wasm", 2)), Err(Unfit::Engine));
    }

    #[test]
    fn an_engine_is_known_by_what_its_code_depends_on() {
        let id = |config: &wasmtime::Config| EngineId::of(&Engine::new(config).unwrap());
        let mut config = crate::engine::code();
        let plain = id(&config);
        assert_eq!(plain, id(&crate::engine::code()));
        config.max_wasm_stack(1 << 18);
        assert_eq!(plain, id(&config));
        config.epoch_interruption(false);
        assert_ne!(plain, id(&config));
    }

    #[test]
    #[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
    fn an_engine_is_known_by_its_cpu() {
        let mut config = crate::engine::code();
        let this_one = EngineId::of(&Engine::new(&config).unwrap());
        // A target that is named is compiled for as if its CPU had nothing special.
        config.target("x86_64-unknown-linux-gnu").unwrap();
        assert_ne!(this_one, EngineId::of(&Engine::new(&config).unwrap()));
    }
}
