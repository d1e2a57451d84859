//! An allocator that counts the memory of the Brotli library: its window and tables depend on
//! the stream, and the library does not report their size.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use brotli_decompressor::{Allocator, SliceWrapper, SliceWrapperMut};

/// An allocator that counts the bytes in use. All clones share one counter.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// The bytes in use.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl<T: Clone + Default> Allocator<T> for Counted {
    type AllocatedMemory = Cell<T>;

    fn alloc_cell(&mut self, length: usize) -> Cell<T> {
        let items = vec![T::default(); length].into_boxed_slice();
        self.0.fetch_add(size_of_val(&*items), Ordering::Relaxed);
        Cell {
            items,
            of: self.clone(),
        }
    }

    fn free_cell(&mut self, cell: Cell<T>) {
        drop(cell);
    }
}

/// An allocation. It is counted until it is dropped, since the library does not free all of
/// them through the allocator.
#[derive(Debug)]
pub(super) struct Cell<T> {
    items: Box<[T]>,
    of: Counted,
}

impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self {
            items: Box::default(),
            of: Counted::default(),
        }
    }
}

impl<T> Drop for Cell<T> {
    fn drop(&mut self) {
        self.of
            .0
            .fetch_sub(size_of_val(&*self.items), Ordering::Relaxed);
    }
}

impl<T> SliceWrapper<T> for Cell<T> {
    fn slice(&self) -> &[T] {
        &self.items
    }
}

impl<T> SliceWrapperMut<T> for Cell<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}
