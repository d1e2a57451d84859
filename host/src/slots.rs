//! Room for steps: so many run at a time, so many wait for their turn, and who comes
//! after them is told at once.

use thiserror::Error;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// Turns to run.
pub(crate) struct Slots {
    running: Semaphore,
    waiting: Semaphore,
    run: u32,
    wait: u32,
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
        }
    }

    /// How many run.
    pub(crate) fn taken(&self) -> usize {
        (self.run as usize).saturating_sub(self.running.available_permits())
    }

    /// A turn, in the order in which it was asked for.
    pub(crate) async fn take(&self) -> Result<SemaphorePermit<'_>, NoSlot> {
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

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

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
