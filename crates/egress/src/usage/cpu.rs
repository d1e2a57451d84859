//! The CPU time of a run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::spawn_blocking;

/// How many bytes of a text from a component are processed before the task yields: hashing,
/// inspecting or redacting them takes about a millisecond.
pub const BYTES_PER_POLL: usize = 64 << 10;

/// The CPU time of a run: that of its thread while it is polled.
#[derive(Clone, Debug, Default)]
pub struct CpuMeter(Arc<CpuTimes>);

#[derive(Debug, Default)]
struct CpuTimes {
    /// Nanoseconds of completed polls.
    used: AtomicU64,
    /// The start of the current poll, on the thread's CPU clock.
    began: AtomicU64,
}

impl CpuMeter {
    /// The CPU time so far; to be called during a poll.
    pub fn now(&self) -> Duration {
        let began = self.0.began.load(Ordering::Relaxed);
        self.total() + Duration::from_nanos(thread_time().saturating_sub(began))
    }

    /// The CPU time of completed polls.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.0.used.load(Ordering::Relaxed))
    }

    /// Count synchronous work of the host for a run, outside of polls.
    pub(crate) fn measure_sync<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = thread_time();
        let done = work();
        self.add(thread_time().saturating_sub(began));
        done
    }

    /// Count a computation of the host for a run, on a thread for blocking work. None if the
    /// runtime shuts down.
    pub async fn measure_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let meter = self.clone();
        let done = spawn_blocking(move || meter.measure_sync(work)).await;
        done.ok()
    }

    fn add(&self, nanoseconds: u64) {
        self.0.used.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Count the CPU time of a separate task for the run, and report the total after each poll.
    pub fn measure_task<F: Future>(
        &self,
        future: F,
        on_poll: impl Fn(Duration) + Send + 'static,
    ) -> MeasuredTask<F> {
        MeasuredTask {
            future: Box::pin(future),
            meter: self.clone(),
            on_poll: Box::new(on_poll),
        }
    }

    /// Count the CPU time of a future.
    pub fn measure<F: Future>(&self, future: F) -> Measured<F> {
        Measured {
            future: Box::pin(future),
            meter: self.clone(),
        }
    }
}

pub struct Measured<F> {
    future: Pin<Box<F>>,
    meter: CpuMeter,
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_time();
        self.meter.0.began.store(began, Ordering::Relaxed);
        let poll = self.future.as_mut().poll(cx);
        self.meter.add(thread_time().saturating_sub(began));
        poll
    }
}

/// A separate task for a run, which may be polled on another thread at the same time.
pub struct MeasuredTask<F> {
    future: Pin<Box<F>>,
    meter: CpuMeter,
    on_poll: Box<dyn Fn(Duration) + Send>,
}

impl<F: Future> Future for MeasuredTask<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_time();
        let poll = self.future.as_mut().poll(cx);
        self.meter.add(thread_time().saturating_sub(began));
        (self.on_poll)(self.meter.total());
        poll
    }
}

/// The CPU time of this thread, in nanoseconds.
#[cfg(unix)]
pub(crate) fn thread_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or_default();
    seconds * 1_000_000_000 + nanoseconds
}

/// Wall time, on systems without such a clock: it is at least the CPU time, so a limit still holds.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const SOME: Duration = Duration::from_millis(20);

    /// Use CPU time.
    fn spin() {
        let began = thread_time();
        while Duration::from_nanos(thread_time() - began) < SOME {}
    }

    #[test]
    fn only_the_polls_of_a_run_count() {
        let meter = CpuMeter::default();
        let within = meter.clone();
        let mut polls = 0;
        let mut run = std::pin::pin!(meter.measure(std::future::poll_fn(move |_| {
            assert!(within.now() >= SOME * polls);
            spin();
            polls += 1;
            assert!(within.now() >= SOME * polls);
            // The CPU time of others between the polls is longer than that.
            assert!(within.now() < SOME * (polls + 1));
            if polls < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })));
        let cx = &mut Context::from_waker(Waker::noop());
        while run.as_mut().poll(cx).is_pending() {
            for _ in 0..5 {
                spin();
            }
        }
        assert!((SOME * 3..SOME * 4).contains(&meter.total()));
    }

    #[tokio::test]
    async fn work_of_the_host_counts_on_any_thread() {
        let meter = CpuMeter::default();
        assert_eq!(meter.measure_sync(|| 1), 1);
        meter.measure_sync(spin);
        assert_eq!(meter.measure_blocking(spin).await, Some(()));
        let on_poll = Arc::new(AtomicU64::new(0));
        let last = Arc::clone(&on_poll);
        let task = meter.measure_task(async { spin() }, move |used| {
            last.store(used.as_nanos() as u64, Ordering::Relaxed);
        });
        task.await;
        assert!(meter.total() >= SOME * 3);
        assert_eq!(
            Duration::from_nanos(on_poll.load(Ordering::Relaxed)),
            meter.total()
        );
    }
}
