//! What the process holds, to detect what an attack leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use http_step_host::Resources;

use crate::arena::ARENA;

/// How long the resources of an attack may take to be released.
const SETTLE: Duration = Duration::from_secs(5);

/// The initial contents of a component's memory. The engine creates it when a component first runs,
/// and keeps it as long as the component is loaded.
const IMAGE: &str = "/memfd:wasm-memory-image (deleted)";

/// What has to be as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// How many descriptors there are of a kind: `socket`, `pipe`, a file's path.
    descriptors: BTreeMap<String, usize>,
    /// What the host's runs hold.
    host: Resources,
}

impl Footprint {
    /// What the process holds now.
    pub fn now() -> Self {
        let mut descriptors = BTreeMap::new();
        for entry in fs::read_dir("/proc/self/fd").unwrap() {
            let Ok(target) = fs::read_link(entry.unwrap().path()) else {
                continue;
            };
            let target = target.to_string_lossy();
            let kind = target.split(":[").next().unwrap().to_owned();
            if kind != IMAGE {
                *descriptors.entry(kind).or_default() += 1;
            }
        }
        Self {
            descriptors,
            host: ARENA.host.resources(),
        }
    }

    /// Wait until the process holds this again; the error is what it holds instead.
    pub fn returns(&self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let now = Self::now();
            if now == *self {
                return Ok(());
            }
            if started.elapsed() > SETTLE {
                return Err(format!(
                    "it leaves something behind: {self:#?} was {now:#?}"
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Bytes of memory that the process has now.
pub fn resident() -> usize {
    status("VmRSS:")
}

/// The most since [`forget_peak`].
pub fn peak() -> usize {
    status("VmHWM:")
}

/// Reset the peak.
pub fn forget_peak() {
    // A kernel without this keeps the peak of all attacks so far, which makes the test stricter.
    _ = fs::write("/proc/self/clear_refs", "5");
}

fn status(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kibibytes.parse::<usize>().unwrap() << 10
}
