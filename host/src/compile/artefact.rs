//! A compiled component, labelled with the component and the engine that it was compiled for, so
//! that it can't be confused with another.
//!
//! The code comes first, so that its file can be mapped directly; the label is at the end.
//!
//! | bytes | |
//! |---|---|
//! | … | the code, as wasmtime serializes it |
//! | 16 | the format: `http-step code 2` |
//! | 32 | SHA-256 of the component |
//! | 32 | SHA-256 of what the engine's code depends on: [`EngineId`] |
//! | 32 | BLAKE3 of the code: each start of the program computes it, and SHA-256 takes three times as long |
//! | 8 | length of the code, little endian |

use std::fmt::Write as _;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Seek as _};
use std::ops::Range;

use sha2::{Digest, Sha256};
use thiserror::Error;
use wasmtime::Engine;

/// The start of every label. A change of the layout changes the number.
const FORMAT: &[u8; 16] = b"http-step code 2";

/// The length of the label.
pub(super) const LABEL: usize = 16 + 32 + 32 + 32 + 8;

/// What the engine's machine code depends on: wasmtime's exact version, the target, the CPU
/// features, the settings of the compiler and the features of WebAssembly.
///
/// Wasmtime's own check of its artefacts covers less: only the major version. A release that fixes
/// the compiler would reuse the code of the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EngineId([u8; 32]);

impl EngineId {
    pub(crate) fn new(engine: &Engine) -> Self {
        let mut digest = Digesting(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut digest);
        Self(digest.0.finalize().into())
    }
}

/// A hasher that returns its whole digest.
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

    /// The digest of the component, in hexadecimal.
    pub(super) fn wasm(&self) -> String {
        hexadecimal(&self.wasm)
    }

    /// The digest of the engine, in hexadecimal.
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

/// The label of code.
#[derive(Clone, Copy)]
struct Label([u8; LABEL]);

impl Label {
    fn new(key: &Key, digest: &blake3::Hash, length: u64) -> Self {
        let mut label = [0; LABEL];
        let parts = [
            FORMAT.as_slice(),
            &key.wasm,
            &key.engine.0,
            digest.as_bytes(),
            &length.to_le_bytes(),
        ];
        for (place, byte) in label.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        Self(label)
    }

    /// Check that it labels code of this digest and length with a key.
    fn check(&self, key: &Key, digest: &blake3::Hash, length: u64) -> Result<(), Unfit> {
        // The expected parts, each with the error if it differs.
        let right = Self::new(key, digest, length);
        let same = |bytes: Range<usize>| self.0.get(bytes.clone()) == right.0.get(bytes);
        for (bytes, unfit) in [
            (0..16, Unfit::Format),
            (16..48, Unfit::Component),
            (48..80, Unfit::Engine),
            (112..LABEL, Unfit::Length),
            (80..112, Unfit::Code),
        ] {
            if !same(bytes) {
                return Err(unfit);
            }
        }
        Ok(())
    }
}

/// An artefact with a valid label.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Artefact {
    /// The code, followed by the label.
    bytes: Vec<u8>,
}

/// A file of an artefact with a valid label.
#[derive(Debug)]
pub(super) struct Kept {
    file: File,
}

/// Why bytes are not the requested artefact.
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
    /// Label code.
    pub(super) fn new(key: &Key, code: &[u8]) -> Self {
        let label = Label::new(key, &blake3::hash(code), code.len() as u64);
        Self {
            bytes: [code, &label.0].concat(),
        }
    }

    /// Check that bytes are the artefact of a key.
    pub(super) fn check(bytes: Vec<u8>, key: &Key) -> Result<Self, Unfit> {
        let (code, label) = bytes.split_last_chunk().ok_or(Unfit::Format)?;
        Label(*label).check(key, &blake3::hash(code), code.len() as u64)?;
        Ok(Self { bytes })
    }

    /// The code.
    pub(super) fn code(&self) -> &[u8] {
        let length = self.bytes.len().saturating_sub(LABEL);
        self.bytes.get(..length).unwrap_or_default()
    }

    /// The code and the label.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The code and the label.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Kept {
    /// Check that a file is the artefact of a key.
    pub(super) fn check(mut file: File, key: &Key) -> io::Result<Result<Self, Unfit>> {
        let Some(length) = file.metadata()?.len().checked_sub(LABEL as u64) else {
            return Ok(Err(Unfit::Format));
        };
        let mut digest = blake3::Hasher::new();
        digest.update_reader((&mut file).take(length))?;
        let mut label = [0; LABEL];
        file.read_exact(&mut label)?;
        let checked = Label(label).check(key, &digest.finalize(), length);
        Ok(checked.map(|()| Self { file }))
    }

    /// The file, which starts with the code.
    #[cfg(target_os = "linux")]
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Its contents.
    pub(super) fn read(mut self, key: &Key) -> io::Result<Result<Artefact, Unfit>> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes)?;
        Ok(Artefact::check(bytes, key))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn key(wasm: &[u8], engine: u8) -> Key {
        Key::new(wasm, EngineId([engine; 32]))
    }

    /// A changed artefact, read as bytes and as a file.
    fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, Unfit> {
        let key = key(b"wasm", 1);
        let mut bytes = Artefact::new(&key, b"code").bytes;
        change(&mut bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        let kept = Kept::check(file, &key).unwrap();
        let artefact = Artefact::check(bytes, &key);
        let read = kept.and_then(|kept| kept.read(&key).unwrap());
        assert_eq!(read, artefact);
        artefact.map(|artefact| artefact.code().to_vec())
    }

    #[test]
    fn a_label_matches_its_code() {
        assert_eq!(changed(|_| {}).unwrap(), b"code");
    }

    #[test]
    fn a_changed_bit_is_detected() {
        let length = Artefact::new(&key(b"wasm", 1), b"code").bytes.len();
        for place in 0..length {
            let expected = match place {
                4..20 => Unfit::Format,
                20..52 => Unfit::Component,
                52..84 => Unfit::Engine,
                116..124 => Unfit::Length,
                _ => Unfit::Code,
            };
            for bit in 0..8 {
                let error = changed(|bytes| bytes[place] ^= 1 << bit);
                assert_eq!(error, Err(expected), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn truncation_and_additions_are_detected() {
        let length = Artefact::new(&key(b"wasm", 1), b"code").bytes.len();
        for end in 0..length {
            let cut = changed(|bytes| bytes.truncate(end));
            assert_eq!(cut, Err(Unfit::Format), "{end}");
        }
        assert_eq!(changed(|bytes| bytes.push(0)), Err(Unfit::Format));
        assert_eq!(changed(|bytes| bytes.insert(0, 0)), Err(Unfit::Length));
        let without_first = changed(|bytes| {
            bytes.remove(0);
        });
        assert_eq!(without_first, Err(Unfit::Length));
    }

    #[test]
    fn a_label_is_for_one_component_and_one_engine() {
        let bytes = Artefact::new(&key(b"wasm", 1), b"code").bytes;
        assert_eq!(
            Artefact::check(bytes.clone(), &key(b"other", 1)),
            Err(Unfit::Component)
        );
        assert_eq!(Artefact::check(bytes, &key(b"wasm", 2)), Err(Unfit::Engine));
    }

    #[test]
    fn an_engine_id_covers_what_its_code_depends_on() {
        let id = |config: &wasmtime::Config| EngineId::new(&Engine::new(config).unwrap());
        let mut config = crate::compile::config::code();
        let plain = id(&config);
        assert_eq!(plain, id(&crate::compile::config::code()));
        config.max_wasm_stack(1 << 18);
        assert_eq!(plain, id(&config));
        config.epoch_interruption(false);
        assert_ne!(plain, id(&config));
    }

    #[test]
    #[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
    fn an_engine_id_covers_the_cpu() {
        let mut config = crate::compile::config::code();
        let this_one = EngineId::new(&Engine::new(&config).unwrap());
        // Code for a named target uses no special CPU features.
        config.target("x86_64-unknown-linux-gnu").unwrap();
        assert_ne!(this_one, EngineId::new(&Engine::new(&config).unwrap()));
    }
}
