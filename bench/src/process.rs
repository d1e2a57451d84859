//! What the kernel knows of this process: its memory, and how many files it may have.

use std::fs;
use std::str::FromStr as _;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Result;

/// Bytes of memory that are this process's.
pub(crate) fn resident() -> Result<u64> {
    field("/proc/self/status", "VmRSS:")
}

/// Bytes of memory that were this process's at the most, since [`forget_peak`].
pub(crate) fn resident_peak() -> Result<u64> {
    field("/proc/self/status", "VmHWM:")
}

/// Bytes of memory that this process takes of the machine: of pages that are mapped more than
/// once, as those of a component's image are in each of its instances, each is counted once.
pub(crate) fn proportional() -> Result<u64> {
    field("/proc/self/smaps_rollup", "Pss:")
}

/// Have [`resident_peak`] begin anew.
pub(crate) fn forget_peak() -> Result<()> {
    // proc_pid_clear_refs(5): 5 resets the peak to what is resident now.
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

fn field(file: &str, key: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let value = text.lines().find_map(|line| line.strip_prefix(key));
    let kibibytes = value.and_then(|value| value.trim().strip_suffix(" kB"));
    let kibibytes = kibibytes.ok_or_else(|| format!("{file} has no {key}"))?;
    Ok(u64::from_str(kibibytes)? << 10)
}

/// As many open files as the system lets there be: each connection is one.
pub(crate) fn allow_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    Ok(setrlimit(Resource::Nofile, all)?)
}
