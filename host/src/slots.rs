//! Room for steps: so many run at a time, so many wait for their turn, and who comes
//! after them is told at once.
//!
//! Where there is more to do than a processor can, it is those that have begun who are
//! to come to their end: to begin with all that come is to have the memory of all of them
//! in turn fetched into the processor's caches, and out again. So few begin at a time,
//! and the next of them when those that run have had their turn. How many wait for
//! something that is not the processor makes no difference to that.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

/// How many begin at a time, where as many run already.
const BEGIN: usize = 8;

/// How many begin in a second at the least, however long others take for their turn.
const BEGIN_A_SECOND: usize = 1000;

/// How long who begins lets others go first. The runtime's worker that he waits on may be
/// kept by steps that compute, which give way once in a while, and others be idle.
const LONGEST: Duration = Duration::from_millis((BEGIN * 1000 / BEGIN_A_SECOND) as u64);

/// Turns to run.
pub(crate) struct Slots {
    running: Semaphore,
    waiting: Semaphore,
    run: u32,
    wait: u32,
    beginning: Semaphore,
}

/// Why there is no turn.
#[derive(Debug, Error)]
pub(crate) enum NoSlot {
    #[error(
        "the host is overloaded: it runs {run} at a time, and {wait} wait for their turn; try again later"
    )]
    Overloaded { run: u32, wait: u32 },
    #[error("the host does not run steps any more: {0}")]
    Closed(#[from] AcquireError),
}

impl Slots {
    /// So many that run, so many that wait.
    pub(crate) fn new(run: u32, wait: u32) -> Self {
        Self {
            running: Semaphore::new(run as usize),
            waiting: Semaphore::new(wait as usize),
            run,
            wait,
            beginning: Semaphore::new(BEGIN),
        }
    }

    /// How many run.
    pub(crate) fn taken(&self) -> usize {
        (self.run as usize).saturating_sub(self.running.available_permits())
    }

    /// A turn, in the order in which it was asked for.
    pub(crate) async fn take(&self) -> Result<SemaphorePermit<'_>, NoSlot> {
        let slot = self.room().await?;
        if self.taken() > BEGIN {
            self.beginning.acquire().await?.forget();
            let _beginning = Beginning {
                all: &self.beginning,
                since: Instant::now(),
            };
            // This comes back when nothing else is ready, or after dozens that were.
            let _ = timeout(LONGEST, yield_now()).await;
        }
        Ok(slot)
    }

    async fn room(&self) -> Result<SemaphorePermit<'_>, NoSlot> {
        if let Ok(slot) = self.running.try_acquire() {
            return Ok(slot);
        }
        let _place = self.waiting.try_acquire().map_err(|_| NoSlot::Overloaded {
            run: self.run,
            wait: self.wait,
        })?;
        Ok(self.running.acquire().await?)
    }
}

/// Somebody who waits until those that run have had their turn.
struct Beginning<'s> {
    all: &'s Semaphore,
    since: Instant,
}

impl Drop for Beginning<'_> {
    /// Others may begin: one, or more if it has taken its time.
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

    /// What a step is to the runtime: it begins, lets others go first once, and ends.
    async fn step(slots: &Slots, running: &Running) {
        let _slot = slots.take().await.unwrap();
        let now = running.now.fetch_add(1, Ordering::Relaxed) + 1;
        running.most.fetch_max(now, Ordering::Relaxed);
        // Ready at once, at the end of the queue.
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
    async fn those_that_have_begun_come_to_their_end_first() {
        const MANY: usize = 100 * BEGIN;
        let slots = Arc::new(Slots::new(MANY as u32, 0));
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
    async fn where_others_take_their_time_more_begin() {
        let begin_after = async |milliseconds| {
            let slots = Slots::new(1, 0);
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
    fn who_comes_after_those_that_wait_is_told_at_once() {
        let slots = Slots::new(1, 1);
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(first)) = pin!(slots.take()).poll(&mut cx) else {
            panic!("there is room for one");
        };
        let mut second = pin!(slots.take());
        assert!(second.as_mut().poll(&mut cx).is_pending());
        let Poll::Ready(Err(error)) = pin!(slots.take()).poll(&mut cx) else {
            panic!("there is room for one that waits");
        };
        assert_eq!(
            error.to_string(),
            "the host is overloaded: it runs 1 at a time, and 1 wait for their turn; try again later"
        );
        drop(first);
        let Poll::Ready(Ok(second)) = second.poll(&mut cx) else {
            panic!("it has waited for its turn");
        };
        // Who has his turn does not wait any more.
        let mut third = pin!(slots.take());
        assert!(third.as_mut().poll(&mut cx).is_pending());
        assert_eq!(slots.taken(), 1);
        drop(second);
        assert!(third.poll(&mut cx).is_ready());
    }
}
