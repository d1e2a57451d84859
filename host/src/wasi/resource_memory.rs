//! What the host holds for a component in the tables of `wasi:http`, counted as memory of the run:
//! tables of headers, request targets, and bodies that wait to be sent.
//!
//! wasmtime limits the size and the number of each, but not their total. So `counted_http.rs` replaces
//! the functions that make one grow, pass it on or drop it. What is received is counted by the
//! egress crate, where it arrives.

pub(super) mod body;

use std::sync::Arc;

use http_step_egress::{Reservation, RunMemory};
use http_step_policy::Exceeded;
use parking_lot::Mutex;

/// What a body takes in any case: its channel.
const BODY_BYTES: usize = 2 << 10;

/// What the pieces of a body take, shared by both of its ends.
pub(super) type Pieces = Arc<Mutex<Reservation>>;

/// What is held, by its number in the resource table.
pub(crate) struct ResourceMemory {
    memory: Arc<RunMemory>,
    parts: Vec<Part>,
}

/// What one resource holds.
#[derive(Default)]
pub(super) struct Part {
    /// A table of headers, shared by all resources that show it, as the table itself is.
    pub(super) header: Option<Arc<Reservation>>,
    /// The path and query of a request.
    target: Option<Reservation>,
    pub(super) body: Option<Pieces>,
}

impl ResourceMemory {
    pub(crate) fn new(memory: &Arc<RunMemory>) -> Self {
        Self {
            memory: Arc::clone(memory),
            parts: Vec::new(),
        }
    }

    /// A resource is dropped; returns what it held.
    pub(super) fn take(&mut self, number: u32) -> Part {
        let part = self.parts.get_mut(number as usize);
        part.map(std::mem::take).unwrap_or_default()
    }

    /// A resource holds this.
    pub(super) fn set(&mut self, number: u32, part: Part) {
        *self.part(number) = part;
    }

    pub(super) fn part(&mut self, number: u32) -> &mut Part {
        let index = number as usize;
        if index >= self.parts.len() {
            self.parts.resize_with(index + 1, Part::default);
        }
        #[expect(clippy::indexing_slicing, reason = "there are more than that by now")]
        &mut self.parts[index]
    }

    /// Room for a table of headers.
    pub(super) fn header_room(&self, bytes: usize) -> Result<Part, Exceeded> {
        Ok(Part {
            header: Some(Arc::new(Reservation::with_bytes(&self.memory, bytes)?)),
            ..Part::default()
        })
    }

    /// A resource shows the table of headers of another.
    pub(super) fn share_header(&mut self, from: u32, to: u32) {
        let header = self.part(from).header.clone();
        let part = Part {
            header,
            ..Part::default()
        };
        self.set(to, part);
    }

    /// A table of headers grows by this many bytes. If other resources show it, it is copied first.
    pub(super) fn grow_header(&mut self, number: u32, bytes: usize) -> Result<(), Exceeded> {
        let memory = Arc::clone(&self.memory);
        let header = &mut self.part(number).header;
        if let Some(room) = header.as_mut().and_then(Arc::get_mut) {
            return room.grow(bytes);
        }
        let copied = header.as_ref().map_or(0, |room| room.taken());
        *header = Some(Arc::new(Reservation::with_bytes(&memory, copied + bytes)?));
        Ok(())
    }

    /// A request's target has this many bytes.
    pub(super) fn resize_target(&mut self, number: u32, bytes: usize) -> Result<(), Exceeded> {
        let memory = Arc::clone(&self.memory);
        let target = &mut self.part(number).target;
        target
            .get_or_insert_with(|| Reservation::new(&memory))
            .resize(bytes)
    }

    /// A body exists that can be written to.
    pub(super) fn add_body(&mut self, number: u32) -> Result<Pieces, Exceeded> {
        let pieces = Arc::new(Mutex::new(Reservation::with_bytes(
            &self.memory,
            BODY_BYTES,
        )?));
        let part = Part {
            body: Some(Arc::clone(&pieces)),
            ..Part::default()
        };
        self.set(number, part);
        Ok(pieces)
    }
}

#[cfg(test)]
mod tests {
    use http_step_policy::Limits;

    use super::*;

    fn memory() -> Arc<RunMemory> {
        Arc::new(RunMemory::new(Limits::default()))
    }

    #[test]
    fn a_table_of_headers_counts_once_for_all_that_show_it() {
        let memory = memory();
        let mut resource_memory = ResourceMemory::new(&memory);
        resource_memory.grow_header(1, 100).unwrap();
        resource_memory.share_header(1, 2);
        resource_memory.share_header(2, 3);
        assert_eq!(memory.used(), 100);
        // It is copied.
        resource_memory.grow_header(3, 10).unwrap();
        assert_eq!(memory.used(), 210);
        resource_memory.take(1);
        assert_eq!(memory.used(), 210);
        // No other resource shows it any more.
        resource_memory.grow_header(2, 10).unwrap();
        assert_eq!(memory.used(), 220);
        resource_memory.take(2);
        resource_memory.take(3);
        resource_memory.take(4);
        assert_eq!(memory.used(), 0);
    }

    #[test]
    fn a_replacement_is_counted_instead() {
        let memory = memory();
        let mut resource_memory = ResourceMemory::new(&memory);
        resource_memory.resize_target(1, 100).unwrap();
        resource_memory.resize_target(1, 20).unwrap();
        assert_eq!(memory.used(), 20);
        let pieces = resource_memory.add_body(1).unwrap();
        assert_eq!(memory.used(), BODY_BYTES);
        resource_memory.take(1);
        // Its other end still exists.
        assert_eq!(memory.used(), BODY_BYTES);
        drop(pieces);
        assert_eq!(memory.used(), 0);
    }
}
