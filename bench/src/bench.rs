//! What the suites of the benchmark are given: the server, the contestants and their rounds.

use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::tls;
use crate::worker::{Server, Worker, other, own};

/// The reference step, as a file for contestants that take one.
pub(crate) const COMPONENT: &str = "step.wasm";

/// The directory of the certificates that the plain host trusts.
pub(crate) const CERTIFICATES: &str = "certificates";

/// What is compared, and where the page is written.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// The directory for `performance.md` and its plots.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// The `http-step` program.
    #[arg(long)]
    pub(crate) program: PathBuf,
    /// The host made of wasmtime's own parts.
    #[arg(long)]
    pub(crate) plain_host: PathBuf,
    /// A Python with the packages of `python/requirements.txt`.
    #[arg(long)]
    pub(crate) python: PathBuf,
    /// A directory for temporary files.
    #[arg(long)]
    pub(crate) scratch: PathBuf,
    /// Fewer and shorter rounds: enough to see that everything works.
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

/// Seconds per request, round by round.
pub(crate) fn each(played: &[Sample]) -> Vec<f64> {
    played.iter().map(Sample::each).collect()
}

impl Bench {
    /// The number of rounds after the one to warm up.
    pub(crate) fn rounds(&self) -> usize {
        if self.args.short { 3 } else { 7 }
    }

    /// The length of one, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        if self.args.short { 0.2 } else { 1.0 }
    }

    /// The request without a sandbox.
    pub(crate) fn native(&self, arguments: &[&str]) -> Result<Worker> {
        let origin = self.server.origin();
        let native = ["native", "--origin", &origin];
        Worker::start("native", own(&[&native[..], arguments].concat())?)
    }

    /// The product.
    pub(crate) fn step(&self, name: &str, arguments: &[&str]) -> Result<Worker> {
        Worker::start(name, own(&step(&self.server.origin(), arguments))?)
    }

    /// As [`Bench::step`], with TLS.
    pub(crate) fn step_over_tls(&self, name: &str) -> Result<Worker> {
        let authority = self.certificates().join(tls::AUTHORITY);
        let trust = ["--trust", &authority.to_string_lossy()];
        Worker::start(name, own(&step(&self.server.tls_origin()?, &trust))?)
    }

    /// As [`Bench::step`], with a variable in its environment.
    pub(crate) fn step_with(&self, name: &str, variable: &str, value: &str) -> Result<Worker> {
        let mut command = own(&step(&self.server.origin(), &[]))?;
        command.env(variable, value);
        Worker::start(name, command)
    }

    /// The host made of wasmtime's own parts: it creates instances, or sends requests to an origin.
    pub(crate) fn plain_host(&self, name: &str, origin: Option<&str>) -> Result<Worker> {
        let mut command = other(&self.args.plain_host);
        match origin {
            Some(origin) => command.args(["step", "--origin", origin]),
            None => command.arg("instantiate"),
        };
        command.arg(self.args.scratch.join(COMPONENT));
        Worker::start(name, command)
    }

    /// One of the scripts in `python/`.
    pub(crate) fn python(&self, name: &str, script: &str) -> Result<Worker> {
        let mut command = other(&self.args.python);
        let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
        command
            .arg(Path::new(scripts).join(script))
            .arg(self.server.origin())
            // No bytecode files among the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Worker::start(name, command)
    }

    fn certificates(&self) -> PathBuf {
        self.args.scratch.join(CERTIFICATES)
    }

    /// Alternate between contestants: one round to warm up, then those that count.
    pub(crate) fn compare(
        &self,
        workers: &mut [Worker],
        at_a_time: usize,
        seconds: f64,
        rounds: usize,
    ) -> Result<Vec<Rounds>> {
        let round = Round { at_a_time, seconds };
        let warm_up = Round {
            seconds: seconds / 2.0,
            ..round
        };
        self.alternate(workers, warm_up, 1)?;
        self.alternate(workers, round, rounds)
    }

    /// Alternate between contestants, from the first round on. No request may fail.
    pub(crate) fn alternate(
        &self,
        workers: &mut [Worker],
        round: Round,
        rounds: usize,
    ) -> Result<Vec<Rounds>> {
        let mut played = vec![Rounds::new(); workers.len()];
        for _ in 0..rounds {
            for (worker, played) in workers.iter_mut().zip(&mut played) {
                played.push(worker.round(round)?);
            }
        }
        Ok(played)
    }
}

fn step<'a>(origin: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [&["step", "--origin", origin], arguments].concat()
}
