//! The clocks that a component sees: correct, and coarse. Timing attacks on this machine's caches
//! or on another step measure nanoseconds; a step needs milliseconds, for a timeout or a date.

use std::time::{Duration, Instant, SystemTime};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The resolution of the clocks.
const RESOLUTION: Duration = Duration::from_millis(1);

/// The time of day.
pub(crate) struct CoarseWallClock;

impl HostWallClock for CoarseWallClock {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        // A clock that was never set is in 1970.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        coarse(now.unwrap_or_default())
    }
}

/// The time since a run began. It starts at one resolution step rather than at 0, which Go's
/// runtime treats as a broken clock.
pub(crate) struct CoarseMonotonicClock(Instant);

impl CoarseMonotonicClock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl HostMonotonicClock for CoarseMonotonicClock {
    fn resolution(&self) -> u64 {
        nanoseconds(RESOLUTION)
    }

    fn now(&self) -> u64 {
        nanoseconds(coarse(self.0.elapsed() + RESOLUTION))
    }
}

fn coarse(time: Duration) -> Duration {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_between_two_steps_is_the_earlier_one() {
        for (nanos, coarse_nanos) in [
            (0, 0),
            (999_999, 0),
            (1_000_000, 1_000_000),
            (5_999_999_999, 5_999_000_000),
        ] {
            assert_eq!(
                coarse(Duration::from_nanos(nanos)),
                Duration::from_nanos(coarse_nanos)
            );
        }
        let now = CoarseWallClock.now();
        assert_eq!(coarse(now), now);
    }

    #[test]
    fn the_monotonic_clock_never_says_0() {
        let clock = CoarseMonotonicClock::start();
        let first = clock.now();
        assert!(first >= clock.resolution());
        assert_eq!(first % clock.resolution(), 0);
    }
}
