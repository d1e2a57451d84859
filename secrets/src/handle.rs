//! What a component holds in place of a value.

use std::fmt;

use thiserror::Error;

/// Characters of a handle, of which each stands for five random bits.
const RANDOM: usize = 30;

/// What handles begin with, so that people know one when they see it.
const PREFIX: &str = "hs";

/// Bytes of every handle: 32.
pub const HANDLE_BYTES: usize = PREFIX.len() + RANDOM;

/// The 32 characters of handles. They mean themselves wherever a text can stand:
/// in a host name, a path, a query, a header, in JSON, XML and HTML.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Stands for a secret in one run: `hs` and thirty random characters (150 bits).
/// It tells nothing of the value, not even its length.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(Box<str>);

/// The system has no random numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(String);

impl Handle {
    /// A new handle.
    ///
    /// # Errors
    ///
    /// The system has no random numbers to give.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).map_err(|error| NoRandomness(error.to_string()))?;
        let characters = random.iter().filter_map(|byte| {
            let character = ALPHABET.get(usize::from(byte & 31))?;
            Some(char::from(*character))
        });
        Ok(Self(PREFIX.chars().chain(characters).collect()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
    fn no_two_are_alike_and_all_look_alike() {
        let handles: BTreeSet<Handle> = (0..1000).map(|_| Handle::random().unwrap()).collect();
        assert_eq!(handles.len(), 1000);
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
