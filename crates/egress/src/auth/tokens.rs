//! Tokens of OAuth 2 (RFC 6749, section 4.4), kept for all runs of a tenant until they end.

use std::collections::VecDeque;
use std::sync::Arc;

use http_step_signing::oauth2::Token;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::connect::pool::Key;
use crate::secrets::{Fingerprint, Fingerprints};

/// The maximum number of tokens for a tenant, and of all tenants.
const MAX_FOR_TENANT: usize = 32;
const MAX_KEPT: usize = 256;

/// Holds a token. The lock makes other requests wait for the one that fetches it.
pub(crate) type Slot = Arc<AsyncMutex<Option<Arc<Token>>>>;

/// The key of a token: the route to its endpoint, the tenant, and everything that determines the
/// token.
#[derive(PartialEq)]
struct TokenKey {
    key: Key,
    client: Fingerprint,
}

/// The tokens of all runs.
pub(crate) struct Tokens {
    fingerprints: Fingerprints,
    /// The most recently used one is first.
    slots: Mutex<VecDeque<(TokenKey, Slot)>>,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            slots: Mutex::default(),
        }
    }

    /// The slot of a client.
    pub(crate) fn slot(&self, key: Key, client: &[&[u8]]) -> Slot {
        let client = self.fingerprints.fingerprint(client.iter().copied());
        let name = TokenKey { key, client };
        let mut slots = self.slots.lock();
        let known = slots.iter().position(|(other, _)| *other == name);
        let slot = match known.and_then(|at| slots.remove(at)) {
            Some((_, slot)) => slot,
            None => {
                let is_theirs = |(other, _): &(TokenKey, Slot)| other.key.tenant == name.key.tenant;
                if slots.iter().filter(|slot| is_theirs(slot)).count() >= MAX_FOR_TENANT
                    && let Some(at) = slots.iter().rposition(is_theirs)
                {
                    slots.remove(at);
                }
                slots.truncate(MAX_KEPT - 1);
                Slot::default()
            }
        };
        slots.push_front((name, Arc::clone(&slot)));
        slot
    }
}
