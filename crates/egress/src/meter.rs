//! What a run has used of processor and memory, against its limits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_step_policy::{Amount, Budget, Exceeded, Limits};
use tokio::task::spawn_blocking;

/// The memory that a run takes: its component's, and what the host holds for it. How much
/// that is, the component and the servers choose.
#[derive(Debug, Default)]
pub struct Memory {
    limits: Limits,
    used: AtomicUsize,
    peak: AtomicUsize,
}

impl Memory {
    /// All of it is free.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Take so many bytes more, if there is room for them.
    pub fn take(&self, bytes: usize) -> Result<(), Exceeded> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        let asked = before.saturating_add(bytes);
        let within = Exceeded::check(Budget::Memory, &self.limits, Amount::Bytes(asked as u64));
        match &within {
            Ok(()) => _ = self.peak.fetch_max(asked, Ordering::Relaxed),
            Err(_) => self.give_back(bytes),
        }
        within
    }

    /// Give so many bytes back.
    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// What is taken at this moment.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that there ever was.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }
}

/// What the host holds of a run's memory for one thing, until it is dropped.
#[derive(Debug)]
pub struct Room {
    memory: Arc<Memory>,
    taken: usize,
}

impl Room {
    /// Nothing yet.
    pub fn new(memory: &Arc<Memory>) -> Self {
        Self {
            memory: Arc::clone(memory),
            taken: 0,
        }
    }

    /// So many bytes.
    pub fn of(memory: &Arc<Memory>, bytes: usize) -> Result<Self, Exceeded> {
        let mut room = Self::new(memory);
        room.grow(bytes)?;
        Ok(room)
    }

    /// How many bytes it is.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Be so many bytes more.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.memory.take(bytes)?;
        self.taken = self.taken.saturating_add(bytes);
        Ok(())
    }

    /// Be so many bytes in all.
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

impl Drop for Room {
    fn drop(&mut self) {
        self.memory.give_back(self.taken);
    }
}

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
    fn count<T>(&self, work: impl FnOnce() -> T) -> T {
        let began = thread_time();
        let done = work();
        self.add(thread_time().saturating_sub(began));
        done
    }

    /// As [`count`](Self::count), on a thread where it keeps nobody waiting. None if the
    /// runtime is about to end.
    pub async fn count_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let meter = self.clone();
        let done = spawn_blocking(move || meter.count(work)).await;
        done.ok()
    }

    fn add(&self, nanoseconds: u64) {
        self.0.used.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Count what a task beside the run uses on its behalf, and tell how much is used in
    /// all each time that it gives way.
    pub fn beside<F: Future>(
        &self,
        future: F,
        told: impl Fn(Duration) + Send + 'static,
    ) -> Beside<F> {
        Beside {
            future: Box::pin(future),
            meter: self.clone(),
            told: Box::new(told),
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
pub struct Beside<F> {
    future: Pin<Box<F>>,
    meter: CpuMeter,
    told: Box<dyn Fn(Duration) + Send>,
}

impl<F: Future> Future for Beside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_time();
        let poll = self.future.as_mut().poll(cx);
        self.meter.add(thread_time().saturating_sub(began));
        (self.told)(self.meter.total());
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
        assert_eq!(meter.count(|| 1), 1);
        meter.count(spin);
        assert_eq!(meter.count_aside(spin).await, Some(()));
        let told = Arc::new(AtomicU64::new(0));
        let last = Arc::clone(&told);
        let task = meter.beside(async { spin() }, move |used| {
            last.store(used.as_nanos() as u64, Ordering::Relaxed);
        });
        task.await;
        assert!(meter.total() >= SOME * 3);
        assert_eq!(
            Duration::from_nanos(told.load(Ordering::Relaxed)),
            meter.total()
        );
    }

    #[test]
    fn room_is_given_back() {
        let memory = Arc::new(Memory::new(Limits {
            memory: 100,
            ..Limits::default()
        }));
        let mut room = Room::of(&memory, 60).unwrap();
        room.resize(40).unwrap();
        let other = Room::of(&memory, 60).unwrap();
        assert_eq!(
            room.grow(1).unwrap_err().to_string(),
            "the limit `memory` is exceeded: 101 of 100 bytes; `memory` under `limits:` of a policy sets it"
        );
        assert_eq!(room.taken(), 40);
        drop(other);
        room.resize(100).unwrap();
        drop(room);
        assert!(Room::of(&memory, 100).is_ok());
        assert_eq!(memory.peak(), 100);
    }
}
