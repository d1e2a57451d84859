//! What a compiling process takes from itself before it looks at the component.

use std::io;

use super::protocol::Order;

/// Give up what compiling does not need, for good: what a process lowers in this
/// way it can't raise again.
///
/// `RLIMIT_AS` is not enforced on macOS; there, memory is unbounded. On systems
/// that are no Unix only the host's clock stands.
#[cfg(unix)]
pub(super) fn confine(order: &Order) -> io::Result<()> {
    use rustix::process::Resource;

    // A core dump would hold the component, and fill the disk.
    lower(Resource::Core, 0, 0)?;
    lower(Resource::Fsize, 0, 0)?;
    lower(Resource::As, order.memory, order.memory)?;
    // At the first limit the system sends SIGXCPU, which tells the host why its
    // compiler died; at the second SIGKILL, which can't be ignored.
    let seconds = order.cpu_seconds;
    lower(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    #[cfg(target_os = "linux")]
    {
        // Nobody waits for a compiler whose host has died.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        lower(Resource::Nproc, 0, 0)?;
        // What is open stays open, but nothing more can be: no file, no socket.
        lower(Resource::Nofile, 0, 0)?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn confine(_: &Order) -> io::Result<()> {
    Ok(())
}

/// Lower a limit, if it is not lower yet.
#[cfg(unix)]
fn lower(resource: rustix::process::Resource, soft: u64, hard: u64) -> io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};

    let given = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit {
        current: Some(soft.min(given)),
        maximum: Some(hard.min(given)),
    };
    Ok(setrlimit(resource, limit)?)
}
