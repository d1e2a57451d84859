//! The memory of a run, and its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_step_policy::{Amount, Budget, Exceeded, Limits};

/// The memory of a run: the component's, and what the host holds for it. The component and the
/// servers choose how much that is.
#[derive(Debug, Default)]
pub struct RunMemory {
    limits: Limits,
    used: AtomicUsize,
    peak: AtomicUsize,
}

impl RunMemory {
    /// Memory of which nothing is used.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Reserve bytes, if they are available.
    pub fn take(&self, bytes: usize) -> Result<(), Exceeded> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        let requested = before.saturating_add(bytes);
        let within = Exceeded::check(
            Budget::Memory,
            &self.limits,
            Amount::Bytes(requested as u64),
        );
        match &within {
            Ok(()) => _ = self.peak.fetch_max(requested, Ordering::Relaxed),
            Err(_) => self.give_back(bytes),
        }
        within
    }

    /// Release bytes.
    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The bytes in use.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The maximum of the bytes in use.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }
}

/// A reservation of a run's memory for one purpose, released on drop.
#[derive(Debug)]
pub struct Reservation {
    memory: Arc<RunMemory>,
    taken: usize,
}

impl Reservation {
    /// An empty reservation.
    pub fn new(memory: &Arc<RunMemory>) -> Self {
        Self {
            memory: Arc::clone(memory),
            taken: 0,
        }
    }

    /// A reservation of a number of bytes.
    pub fn with_bytes(memory: &Arc<RunMemory>, bytes: usize) -> Result<Self, Exceeded> {
        let mut room = Self::new(memory);
        room.grow(bytes)?;
        Ok(room)
    }

    /// Its size in bytes.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Increase it.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.memory.take(bytes)?;
        self.taken = self.taken.saturating_add(bytes);
        Ok(())
    }

    /// Set its size.
    pub fn resize(&mut self, bytes: usize) -> Result<(), Exceeded> {
        match bytes.checked_sub(self.taken) {
            Some(more) => self.grow(more),
            None => {
                self.memory.give_back(self.taken - bytes);
                self.taken = bytes;
                Ok(())
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.memory.give_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_released() {
        let memory = Arc::new(RunMemory::new(Limits {
            memory: 100,
            ..Limits::default()
        }));
        let mut room = Reservation::with_bytes(&memory, 60).unwrap();
        room.resize(40).unwrap();
        let other = Reservation::with_bytes(&memory, 60).unwrap();
        assert_eq!(
            room.grow(1).unwrap_err().to_string(),
            "the limit `memory` is exceeded: 101 of 100 bytes; set `memory` under `limits:` in the policy"
        );
        assert_eq!(room.taken(), 40);
        drop(other);
        room.resize(100).unwrap();
        drop(room);
        assert!(Reservation::with_bytes(&memory, 100).is_ok());
        assert_eq!(memory.peak(), 100);
    }
}
