//! The kernel's figures for this process: its memory, and how many files it may open.

use std::fs;
use std::str::FromStr as _;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Result;

/// Bytes of resident memory of this process.
pub(crate) fn resident() -> Result<u64> {
    field("/proc/self/status", "VmRSS:")
}

/// The peak of the resident memory of this process since [`forget_peak`], in bytes.
pub(crate) fn resident_peak() -> Result<u64> {
    field("/proc/self/status", "VmHWM:")
}

/// Bytes of memory that this process takes of the machine: pages that are mapped more than once, as
/// those of a component's image are in each of its instances, are counted once.
pub(crate) fn proportional() -> Result<u64> {
    field("/proc/self/smaps_rollup", "Pss:")
}

/// Reset [`resident_peak`].
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

/// Allow as many open files as the system permits: each connection is one.
pub(crate) fn allow_files() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    Ok(setrlimit(Resource::Nofile, all)?)
}
