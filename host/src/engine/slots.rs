//! Admits steps to run: a number at a time, within the memory of all together. A number of
//! others waits, and any further step is refused at once.
//!
//! Under load, runs that have started finish before new ones start: starting all at once would
//! move the memory of each through the processor's caches again and again. So few start at a
//! time, and the next when those that run have been polled. Runs that wait for something other
//! than the processor make no difference.

use std::time::Duration;

use http_step_policy::Amount;
use thiserror::Error;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

/// How many start at a time, once as many run already.
const BEGIN: usize = 8;

/// How many start in a second at least, however long others compute.
const BEGIN_A_SECOND: usize = 1000;

/// How long a starting run lets others go first. Its worker of the runtime may be busy with
/// steps that compute and yield rarely, while other workers are idle.
const MAX_WAIT: Duration = Duration::from_millis((BEGIN * 1000 / BEGIN_A_SECOND) as u64);

/// The unit in which memory is reserved, so that a count of them fits a semaphore.
const UNIT: u64 = 1 << 10;

/// The slots of a host.
pub(crate) struct Slots {
    running: Semaphore,
    /// The memory that is not reserved, if there is a bound.
    memory: Option<Memory>,
    waiting: Semaphore,
    run: u32,
    wait: u32,
    beginning: Semaphore,
}

/// The memory of all that run.
struct Memory {
    bytes: u64,
    units: u32,
    free: Semaphore,
}

impl Memory {
    fn new(bytes: u64) -> Self {
        let units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX);
        Self {
            bytes,
            units,
            free: Semaphore::new(units as usize),
        }
    }

    /// The units of a budget, if it can be reserved at all.
    fn units(&self, bytes: u64) -> Result<u32, NoSlot> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok();
        let fits = units.filter(|units| *units <= self.units);
        fits.ok_or(NoSlot::TooMuch {
            memory: Amount::Bytes(bytes),
            all: Amount::Bytes(self.bytes),
        })
    }
}

/// A slot, until it is dropped.
pub(crate) struct Slot<'s> {
    _memory: Option<SemaphorePermit<'s>>,
    _running: SemaphorePermit<'s>,
}

/// Why there is no slot.
#[derive(Debug, Error)]
pub(crate) enum NoSlot {
    #[error(
        "the limit `memory` of this step is {memory}, and this host gives all steps together {all}; set `memory` in `limits` of the policy to less"
    )]
    TooMuch { memory: Amount, all: Amount },
    #[error(
        "the host is overloaded: it runs {run} at a time, and {wait} are queued; try again later"
    )]
    Overloaded { run: u32, wait: u32 },
    #[error(
        "the host is overloaded: the running steps have reserved its {all} of memory, and {wait} are queued; try again later"
    )]
    NoMemory { all: Amount, wait: u32 },
    #[error("the host does not run steps any more: {0}")]
    Closed(#[from] AcquireError),
}

impl Slots {
    /// Slots for a number of running and waiting steps, with a number of bytes for all that run.
    pub(crate) fn new(run: u32, wait: u32, memory: Option<u64>) -> Self {
        Self {
            memory: memory.map(Memory::new),
            running: Semaphore::new(run as usize),
            waiting: Semaphore::new(wait as usize),
            run,
            wait,
            beginning: Semaphore::new(BEGIN),
        }
    }

    /// How many steps run.
    pub(crate) fn taken(&self) -> usize {
        (self.run as usize).saturating_sub(self.running.available_permits())
    }

    /// Bytes that are reserved for those that run, if there is a bound.
    pub(crate) fn reserved(&self) -> u64 {
        self.memory.as_ref().map_or(0, |memory| {
            let free = memory.free.available_permits() as u64;
            u64::from(memory.units).saturating_sub(free) * UNIT
        })
    }

    /// A slot with this much memory, first come, first served.
    pub(crate) async fn take(&self, bytes: u64) -> Result<Slot<'_>, NoSlot> {
        let slot = self.room(bytes).await?;
        if self.taken() > BEGIN {
            self.beginning.acquire().await?.forget();
            let _beginning = Beginning {
                all: &self.beginning,
                since: Instant::now(),
            };
            // This returns when nothing else is ready, or after dozens of polls.
            let _ = timeout(MAX_WAIT, yield_now()).await;
        }
        Ok(slot)
    }

    async fn room(&self, bytes: u64) -> Result<Slot<'_>, NoSlot> {
        let memory = self.memory.as_ref();
        let memory = memory
            .map(|memory| Ok::<_, NoSlot>((memory, memory.units(bytes)?)))
            .transpose()?;
        if let Some(slot) = self.free_room(memory) {
            return Ok(slot);
        }
        let _place = self.waiting.try_acquire().map_err(|_| self.overloaded())?;
        // Waiting for memory takes no slot from a run that needs less: all acquire both in the same
        // order.
        let memory = match memory {
            None => None,
            Some((memory, units)) => Some(memory.free.acquire_many(units).await?),
        };
        Ok(Slot {
            _memory: memory,
            _running: self.running.acquire().await?,
        })
    }

    /// What is exhausted.
    fn overloaded(&self) -> NoSlot {
        match &self.memory {
            Some(memory) if self.running.available_permits() > 0 => NoSlot::NoMemory {
                all: Amount::Bytes(memory.bytes),
                wait: self.wait,
            },
            _ => NoSlot::Overloaded {
                run: self.run,
                wait: self.wait,
            },
        }
    }

    /// A slot that is free immediately.
    fn free_room<'s>(&'s self, memory: Option<(&'s Memory, u32)>) -> Option<Slot<'s>> {
        let memory = match memory {
            None => None,
            Some((memory, units)) => Some(memory.free.try_acquire_many(units).ok()?),
        };
        Some(Slot {
            _memory: memory,
            _running: self.running.try_acquire().ok()?,
        })
    }
}

/// A run that waits until running steps have been polled.
struct Beginning<'s> {
    all: &'s Semaphore,
    since: Instant,
}

impl Drop for Beginning<'_> {
    /// Let others start: one, or more if it has taken long.
    fn drop(&mut self) {
        let due = self.since.elapsed().as_millis() as usize * BEGIN_A_SECOND / 1000;
        if self.all.available_permits() < BEGIN {
            self.all.add_permits(due.div_ceil(BEGIN).max(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    use tokio::task::JoinSet;
    use tokio::time::advance;

    use super::*;

    /// How many steps run.
    #[derive(Default)]
    struct Running {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    /// A step as the runtime sees it: it starts, yields once, and ends.
    async fn step(slots: &Slots, running: &Running) {
        let _slot = slots.take(0).await.unwrap();
        let now = running.now.fetch_add(1, Ordering::Relaxed) + 1;
        running.most.fetch_max(now, Ordering::Relaxed);
        // Ready immediately, at the end of the queue.
        let mut is_first = true;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            match std::mem::take(&mut is_first) {
                true => Poll::Pending,
                false => Poll::Ready(()),
            }
        })
        .await;
        running.now.fetch_sub(1, Ordering::Relaxed);
    }

    #[tokio::test(start_paused = true)]
    async fn started_steps_finish_first() {
        const MANY: usize = 100 * BEGIN;
        let slots = Arc::new(Slots::new(MANY as u32, 0, None));
        let running = Arc::<Running>::default();
        let mut steps = JoinSet::new();
        for _ in 0..MANY {
            let (slots, running) = (Arc::clone(&slots), Arc::clone(&running));
            steps.spawn(async move { step(&slots, &running).await });
        }
        steps.join_all().await;
        assert_eq!(running.most.load(Ordering::Relaxed), BEGIN);
        assert_eq!(slots.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn more_steps_start_if_others_are_slow() {
        let begin_after = async |milliseconds| {
            let slots = Slots::new(1, 0, None);
            let all = &slots.beginning;
            all.try_acquire_many(BEGIN as u32).unwrap().forget();
            let since = Instant::now();
            advance(Duration::from_millis(milliseconds)).await;
            drop(Beginning { all, since });
            all.available_permits()
        };
        assert_eq!(begin_after(0).await, 1);
        assert_eq!(begin_after(8).await, 1);
        assert_eq!(begin_after(15).await, 2);
        assert_eq!(begin_after(800).await, 100);
    }

    #[test]
    fn a_step_beyond_the_queue_fails_at_once() {
        let slots = Slots::new(1, 1, None);
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(first)) = pin!(slots.take(0)).poll(&mut cx) else {
            panic!("there is room for one");
        };
        let mut second = pin!(slots.take(0));
        assert!(second.as_mut().poll(&mut cx).is_pending());
        let Poll::Ready(Err(error)) = pin!(slots.take(0)).poll(&mut cx) else {
            panic!("there is room for one that waits");
        };
        assert_eq!(
            error.to_string(),
            "the host is overloaded: it runs 1 at a time, and 1 are queued; try again later"
        );
        drop(first);
        let Poll::Ready(Ok(second)) = second.poll(&mut cx) else {
            panic!("it has run");
        };
        // A run with a slot does not wait any more.
        let mut third = pin!(slots.take(0));
        assert!(third.as_mut().poll(&mut cx).is_pending());
        assert_eq!(slots.taken(), 1);
        drop(second);
        assert!(third.poll(&mut cx).is_ready());
    }

    #[test]
    fn a_slot_has_its_memory() {
        const MIB: u64 = 1 << 20;
        let slots = Slots::new(4, 2, Some(10 * MIB));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(first)) = pin!(slots.take(6 * MIB)).poll(&mut cx) else {
            panic!("there is room for it");
        };
        let Poll::Ready(Ok(second)) = pin!(slots.take(4 * MIB)).poll(&mut cx) else {
            panic!("there is room for it, too");
        };
        assert_eq!((slots.taken(), slots.reserved()), (2, 10 * MIB));
        let mut third = pin!(slots.take(5 * MIB));
        assert!(third.as_mut().poll(&mut cx).is_pending());
        // It would fit before the third, and delay it.
        let mut fourth = pin!(slots.take(MIB));
        assert!(fourth.as_mut().poll(&mut cx).is_pending());
        let Poll::Ready(Err(error)) = pin!(slots.take(MIB)).poll(&mut cx) else {
            panic!("there is room for two that wait");
        };
        assert_eq!(
            error.to_string(),
            "the host is overloaded: the running steps have reserved its 10 MiB of memory, and 2 are queued; try again later"
        );
        drop(second);
        assert!(third.as_mut().poll(&mut cx).is_pending());
        assert!(fourth.as_mut().poll(&mut cx).is_pending());
        drop(first);
        let (Poll::Ready(Ok(third)), Poll::Ready(Ok(fourth))) =
            (third.poll(&mut cx), fourth.poll(&mut cx))
        else {
            panic!("there is room for both");
        };
        assert_eq!(slots.reserved(), 6 * MIB);
        drop((third, fourth));
        assert_eq!((slots.taken(), slots.reserved()), (0, 0));
    }

    #[test]
    fn a_budget_beyond_the_limit_does_not_wait() {
        let slots = Slots::new(1, 1, Some(10 << 20));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Err(error)) = pin!(slots.take(64 << 20)).poll(&mut cx) else {
            panic!("there is never so much");
        };
        assert_eq!(
            error.to_string(),
            "the limit `memory` of this step is 64 MiB, and this host gives all steps together 10 MiB; set `memory` in `limits` of the policy to less"
        );
    }
}
