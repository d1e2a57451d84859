//! What a run has used of the processor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::spawn_blocking;

/// Processor time of a run: that of the thread, while the run is polled on it.
#[derive(Clone, Debug, Default)]
pub struct CpuMeter(Arc<CpuTimes>);

#[derive(Debug, Default)]
struct CpuTimes {
    /// Nanoseconds of the polls that are over.
    used: AtomicU64,
    /// When the present poll began, on the thread's processor clock.
    began: AtomicU64,
}

impl CpuMeter {
    /// What is used up to now; to be asked within a poll.
    pub fn now(&self) -> Duration {
        let began = self.0.began.load(Ordering::Relaxed);
        self.total() + Duration::from_nanos(thread_time().saturating_sub(began))
    }

    /// What the polls that are over have used.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.0.used.load(Ordering::Relaxed))
    }

    /// Count what the host does at once on a run's behalf, outside of what is measured.
    fn measure_sync<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = thread_time();
        let done = work();
        self.add(thread_time().saturating_sub(began));
        done
    }

    /// Count what the host computes for a run on a thread where it blocks nobody. None if the
    /// runtime is about to end.
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

    /// Count what a task beside the run uses on its behalf, and tell how much is used in
    /// all each time that it gives way.
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

    /// Count what a future uses.
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

/// A task beside the run, which may be polled on another thread at the same time.
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

/// The processor time of this thread, in nanoseconds.
#[cfg(unix)]
fn thread_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or_default();
    seconds * 1_000_000_000 + nanoseconds
}

/// Where there is no such clock, the time that passes: more than was used, so
/// that a limit holds.
#[cfg(not(unix))]
fn thread_time() -> u64 {
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

    /// Use up processor time.
    fn spin() {
        let began = thread_time();
        while Duration::from_nanos(thread_time() - began) < SOME {}
    }

    #[test]
    fn what_a_run_uses_in_its_polls_counts_and_nothing_else() {
        let meter = CpuMeter::default();
        let within = meter.clone();
        let mut polls = 0;
        let mut run = std::pin::pin!(meter.measure(std::future::poll_fn(move |_| {
            assert!(within.now() >= SOME * polls);
            spin();
            polls += 1;
            assert!(within.now() >= SOME * polls);
            // What others use between the polls is more than that.
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
    async fn what_the_host_does_for_a_run_counts_wherever_it_does_it() {
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
