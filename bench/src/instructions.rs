//! How many instructions one step takes, without a clock: a regression shows on any machine,
//! however busy it is.
//!
//! Valgrind counts them in the process that runs the steps, not in the kernel. It presents its own
//! processor to programs, so code that detects CPU features takes the same path everywhere. What
//! still varies is when the server responds, and the effects of randomized hashing.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::worker::{Server, other, own};

/// How many more steps the longer of two runs makes: the difference of the two is the cost of these
/// steps alone.
const STEPS: usize = 200;

/// Steps in both runs, for what is set up once.
const WARM_UP: usize = 20;

/// What is compared, and with what.
#[derive(Debug, clap::Args)]
pub(crate) struct InstructionsArgs {
    /// The file of the expected numbers.
    #[arg(long)]
    expected: PathBuf,
    /// Write the counted numbers to that file.
    #[arg(long)]
    write: bool,
    /// The directory of valgrind's own files, which `callgrind_annotate` reads.
    #[arg(long)]
    scratch: PathBuf,
}

/// The file of the expected numbers.
#[derive(Debug, Deserialize, Serialize)]
struct Expected {
    /// Instructions of one step.
    step: u64,
    /// And with ten secrets granted to it.
    step_with_ten_secrets: u64,
    /// How much they may differ.
    tolerance_per_cent: f64,
}

/// Count, and compare.
pub(crate) fn run(args: &InstructionsArgs) -> Result<()> {
    fs::create_dir_all(&args.scratch)?;
    let expected: Expected = serde_json::from_slice(&fs::read(&args.expected)?)?;
    let server = Server::start(own(&["serve"])?)?;
    // Compiles the component, so that the others find it compiled.
    counted(&server, &args.scratch, "0", 1)?;
    let counted = Expected {
        step: of_one_step(&server, &args.scratch, "0")?,
        step_with_ten_secrets: of_one_step(&server, &args.scratch, "10")?,
        tolerance_per_cent: expected.tolerance_per_cent,
    };
    if args.write {
        let mut text = serde_json::to_string_pretty(&counted)?;
        text.push('\n');
        return Ok(fs::write(&args.expected, text)?);
    }
    let tolerance = expected.tolerance_per_cent;
    let mut out = std::io::stdout().lock();
    let mut differs = false;
    for (what, counted, expected) in [
        ("a step", counted.step, expected.step),
        (
            "a step with ten secrets",
            counted.step_with_ten_secrets,
            expected.step_with_ten_secrets,
        ),
    ] {
        let change = (counted as f64 / expected as f64 - 1.0) * 100.0;
        writeln!(
            out,
            "{what}: {counted} instructions, {change:+.1} % against {expected}"
        )?;
        differs |= change.abs() > tolerance;
    }
    if differs {
        return Err(format!(
            "that is more or less than {} expects; if it is meant to be, write it anew: make bench-instructions-write",
            args.expected.display()
        )
        .into());
    }
    Ok(())
}

fn of_one_step(server: &Server, scratch: &Path, secrets: &str) -> Result<u64> {
    let few = counted(server, scratch, secrets, WARM_UP)?;
    let many = counted(server, scratch, secrets, WARM_UP + STEPS)?;
    let steps = many
        .checked_sub(few)
        .ok_or("more steps take fewer instructions")?;
    Ok(steps / STEPS as u64)
}

/// The instructions of a process that runs this many steps, one at a time.
fn counted(server: &Server, scratch: &Path, secrets: &str, steps: usize) -> Result<u64> {
    let profile = scratch.join(format!("callgrind.{secrets}-secrets.{steps}-steps"));
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(&profile);
    let mut child = other(Path::new("valgrind"))
        .args(["--quiet", "--tool=callgrind"])
        .arg(out)
        .arg(std::env::current_exe()?)
        // One slot: valgrind has no room for the addresses of a thousand.
        .args(["step", "--room", "1", "--wall", "3600", "--compiled"])
        // Compiling takes a minute here.
        .arg(scratch.join("compiled"))
        .args(["--origin", &server.origin(), "--secrets", secrets])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind can't be started: {error}"))?;
    let round = Round {
        at_a_time: steps,
        seconds: 0.0,
    };
    if let Some(mut input) = child.stdin.take() {
        serde_json::to_writer(&mut input, &round)?;
        input.write_all(b"\n")?;
    }
    let output = child.wait_with_output()?;
    let sample: Sample = serde_json::from_slice(&output.stdout).map_err(|error| {
        format!(
            "under valgrind the steps end with {}: {error}",
            output.status
        )
    })?;
    if sample.done != steps as u64 {
        let why = sample.error.unwrap_or_default();
        return Err(format!(
            "under valgrind {} of {steps} steps fail: {why}",
            sample.failed
        )
        .into());
    }
    let profile = fs::read_to_string(&profile)?;
    let total = profile.lines().find_map(|line| {
        line.strip_prefix("summary: ")
            .or(line.strip_prefix("totals: "))
    });
    let total = total.ok_or("callgrind's file has no summary")?;
    Ok(total.trim().parse()?)
}
