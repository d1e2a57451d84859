//! One benchmark from beginning to end: the suites in turn, and the page of what they say.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::Report;
use crate::suite;
use crate::worker::{Server, Worker, own};

/// What is compared, and where the page goes.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// Where `performance.md` and the directory of its plots go.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// The `http-step` program.
    #[arg(long)]
    pub(crate) program: PathBuf,
    /// The host of wasmtime's own parts.
    #[arg(long)]
    pub(crate) plain_host: PathBuf,
    /// The Python that has what is in `python/requirements.txt`.
    #[arg(long)]
    pub(crate) python: PathBuf,
    /// Where files go that are of no use afterwards.
    #[arg(long)]
    pub(crate) scratch: PathBuf,
    /// Fewer and shorter rounds: enough to see that all of it works.
    #[arg(long)]
    pub(crate) short: bool,
}

/// What the suites are given.
pub(crate) struct Bench {
    pub(crate) args: BenchArgs,
    pub(crate) server: Server,
}

/// The rounds of one contestant.
pub(crate) type Rounds = Vec<Sample>;

impl Bench {
    /// So many rounds after the one that warms up.
    pub(crate) fn rounds(&self) -> usize {
        if self.args.short { 2 } else { 7 }
    }

    /// How long one is, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        if self.args.short { 0.2 } else { 1.0 }
    }

    /// A contestant that is a part of this program.
    pub(crate) fn worker(&self, name: &str, arguments: &[&str]) -> Result<Worker> {
        Worker::start(name, own(arguments)?)
    }

    /// As [`Bench::worker`], with an environment.
    pub(crate) fn other_worker(&self, name: &str, command: Command) -> Result<Worker> {
        Worker::start(name, command)
    }

    /// Have contestants take turns: one round to warm up, then those that count.
    pub(crate) fn compare(
        &self,
        workers: &mut [Worker],
        at_a_time: usize,
        seconds: f64,
        rounds: usize,
    ) -> Result<Vec<Rounds>> {
        let round = Round { at_a_time, seconds };
        for worker in workers.iter_mut() {
            worker.round(Round {
                seconds: seconds / 2.0,
                ..round
            })?;
        }
        let mut played = vec![Rounds::new(); workers.len()];
        for _ in 0..rounds {
            for (worker, played) in workers.iter_mut().zip(&mut played) {
                played.push(worker.round(round)?);
            }
        }
        Ok(played)
    }
}

/// Run all of it, and write the page.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    let mut report = Report::default();
    let certificates = args.scratch.join("certificates");
    let server = Server::start(own(&[
        "serve",
        "--certificates",
        &certificates.to_string_lossy(),
    ])?)?;
    let mut bench = Bench { args, server };
    for (name, suite) in suite::ALL {
        progress(&format!("Measuring {name} …"))?;
        suite(&mut bench, &mut report).map_err(|error| format!("{name}: {error}"))?;
    }
    let page = report.write(&bench.args.out)?;
    progress(&format!("Written: {}", page.display()))
}

fn progress(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{line}")?)
}
