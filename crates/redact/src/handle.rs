//! Handles, which components hold in place of values.

use std::fmt;

use thiserror::Error;

/// The number of characters that all handles of a run share, and that each has for itself. Each
/// character encodes five random bits. The shared prefix keeps patterns of many handles small.
const SHARED: usize = 20;
const OWN: usize = 10;

/// The prefix of handles, by which people recognize them.
const PREFIX: &str = "hs";

/// The length of every handle in bytes: 32.
pub const HANDLE_BYTES: usize = PREFIX.len() + SHARED + OWN;

/// The 32 characters of handles. They need no escape anywhere: in host names, paths, queries,
/// headers, JSON, XML and HTML.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The handle of a secret in one run: `hs`, twenty random characters that all handles of the run
/// share (100 bits), and ten that no other handle has (50 bits). It reveals nothing about the
/// value, not even its length.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(Box<str>);

/// The system's random number generator failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the system's random number generator failed: {0}")]
pub struct NoRandomness(String);

/// The handles of one run.
#[derive(Debug)]
pub struct Handles {
    beginning: String,
}

impl Handles {
    /// The handles of a new run.
    ///
    /// # Errors
    ///
    /// The system's random number generator failed.
    pub fn new() -> Result<Self, NoRandomness> {
        Ok(Self {
            beginning: format!("{PREFIX}{}", random::<SHARED>()?),
        })
    }

    /// A new handle.
    ///
    /// # Errors
    ///
    /// The system's random number generator failed.
    pub fn next(&self) -> Result<Handle, NoRandomness> {
        let text = format!("{}{}", self.beginning, random::<OWN>()?);
        Ok(Handle(text.into()))
    }
}

/// Random characters.
fn random<const CHARACTERS: usize>() -> Result<String, NoRandomness> {
    let mut random = [0; CHARACTERS];
    getrandom::fill(&mut random).map_err(|error| NoRandomness(error.to_string()))?;
    let characters = random.iter().filter_map(|byte| {
        let character = ALPHABET.get(usize::from(byte & 31))?;
        Some(char::from(*character))
    });
    Ok(characters.collect())
}

impl Handle {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix of all handles of its run.
    pub(crate) fn shared(&self) -> &str {
        self.0.get(..PREFIX.len() + SHARED).unwrap_or(&self.0)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn handles_are_unique_and_uniform() {
        let runs = [Handles::new().unwrap(), Handles::new().unwrap()];
        let of_both = runs.iter().cycle().take(1000);
        let handles: BTreeSet<Handle> = of_both.map(|run| run.next().unwrap()).collect();
        assert_eq!(handles.len(), 1000);
        let shared = |handle: &Handle| handle.as_str()[..PREFIX.len() + SHARED].to_owned();
        assert_eq!(handles.iter().map(shared).collect::<BTreeSet<_>>().len(), 2);
        for handle in &handles {
            let text = handle.as_str();
            assert_eq!(text.len(), HANDLE_BYTES);
            assert!(text.starts_with(PREFIX));
            assert!(text.bytes().all(|byte| ALPHABET.contains(&byte)));
        }
        let used: BTreeSet<u8> = handles
            .iter()
            .flat_map(|handle| handle.as_str().bytes().skip(PREFIX.len()))
            .collect();
        assert_eq!(used, ALPHABET.iter().copied().collect());
    }
}
