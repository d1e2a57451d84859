//! One benchmark from beginning to end: the suites in turn, and the page of what they say.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::report::Report;
use crate::worker::{Server, Worker, other, own};
use crate::{suite, tls};

/// The reference step, as a file for who takes it as one.
const COMPONENT: &str = "step.wasm";

/// Where the certificates are that the plain host trusts.
const CERTIFICATES: &str = "certificates";

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

/// Seconds for one request, round by round.
pub(crate) fn each(played: &[Sample]) -> Vec<f64> {
    played.iter().map(Sample::each).collect()
}

impl Bench {
    /// So many rounds after the one that warms up.
    pub(crate) fn rounds(&self) -> usize {
        if self.args.short { 3 } else { 7 }
    }

    /// How long one is, in seconds.
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

    /// The host of wasmtime's own parts: it makes instances, or requests to an origin.
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
            // No files of bytecode among the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Worker::start(name, command)
    }

    fn certificates(&self) -> PathBuf {
        self.args.scratch.join(CERTIFICATES)
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
        let warm_up = Round {
            seconds: seconds / 2.0,
            ..round
        };
        self.turns(workers, warm_up, 1)?;
        self.turns(workers, round, rounds)
    }

    /// Have contestants take turns, from the first round on. No request may fail.
    pub(crate) fn turns(
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

/// Run all of it, and write the page.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    fs::create_dir_all(&args.scratch)?;
    fs::write(args.scratch.join(COMPONENT), http_step_component::WASM)?;
    let certificates = args.scratch.join(CERTIFICATES);
    let made = other(&args.plain_host)
        .arg("certificates")
        .arg(&certificates)
        .status();
    match made {
        Ok(status) if status.success() => {}
        made => {
            return Err(format!(
                "{} makes no certificates: {made:?}",
                args.plain_host.display()
            )
            .into());
        }
    }
    let server = own(&["serve", "--certificates", &certificates.to_string_lossy()])?;
    let mut bench = Bench {
        args,
        server: Server::start(server)?,
    };
    let mut report = Report::default();
    for (name, suite) in suite::ALL {
        progress(&format!("Measuring {name} …"))?;
        suite(&mut bench, &mut report).map_err(|error| format!("{name}: {error}"))?;
    }
    let page = report.write(&bench.args.out)?;
    progress(&format!("Written: {}", page.display()))
}

fn progress(line: &str) -> Result<()> {
    Ok(writeln!(io::stderr(), "{line}")?)
}
