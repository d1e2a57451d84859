//! What a component holds in place of a value.

use std::fmt;

use thiserror::Error;

/// Characters that all handles of a run have, and those that are one's own. Each stands
/// for five random bits. What looks for many handles is smaller for what they share.
const SHARED: usize = 20;
const OWN: usize = 10;

/// What handles begin with, so that people know one when they see it.
const PREFIX: &str = "hs";

/// Bytes of every handle: 32.
pub const HANDLE_BYTES: usize = PREFIX.len() + SHARED + OWN;

/// The 32 characters of handles. They mean themselves wherever a text can stand:
/// in a host name, a path, a query, a header, in JSON, XML and HTML.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Stands for a secret in one run: `hs`, twenty random characters that are the run's
/// (100 bits), and ten of its own (50 bits). It tells nothing of the value, not even its
/// length.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(Box<str>);

/// The system has no random numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(String);

/// The handles of one run.
#[derive(Debug)]
pub struct Handles {
    beginning: String,
}

impl Handles {
    /// Those of a new run.
    ///
    /// # Errors
    ///
    /// The system has no random numbers to give.
    pub fn new() -> Result<Self, NoRandomness> {
        Ok(Self {
            beginning: format!("{PREFIX}{}", random::<SHARED>()?),
        })
    }

    /// A new handle.
    ///
    /// # Errors
    ///
    /// The system has no random numbers to give.
    pub fn next(&self) -> Result<Handle, NoRandomness> {
        let text = format!("{}{}", self.beginning, random::<OWN>()?);
        Ok(Handle(text.into()))
    }
}

/// So many random characters.
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

    /// What all handles of its run begin with.
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
    fn no_two_are_alike_and_all_look_alike() {
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
