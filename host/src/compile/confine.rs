//! Limits that a compiling process sets for itself before it reads the component.

use std::io;

use super::protocol::Order;

/// Give up what compiling does not need, for good: a process can't raise these limits again.
///
/// `RLIMIT_AS` is not enforced on macOS; there, memory is unlimited. On systems other than Unix
/// only the host's timeout applies.
#[cfg(unix)]
pub(super) fn confine(order: &Order) -> io::Result<()> {
    use rustix::process::Resource;

    // A core dump would contain the component, and fill the disk.
    lower(Resource::Core, 0, 0)?;
    lower(Resource::Fsize, 0, 0)?;
    lower(Resource::As, order.memory, order.memory)?;
    // At the first limit the system sends SIGXCPU, which shows the host why its compiler died; at
    // the second SIGKILL, which can't be ignored.
    let seconds = order.cpu_seconds;
    lower(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    #[cfg(target_os = "linux")]
    {
        // A compiler whose host has died is of no use.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        lower(Resource::Nproc, 0, 0)?;
        // Open files stay open, but no file or socket can be opened.
        lower(Resource::Nofile, 0, 0)?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn confine(_: &Order) -> io::Result<()> {
    Ok(())
}

/// Lower a limit, unless it is lower already.
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
