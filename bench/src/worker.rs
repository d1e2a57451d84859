//! The benchmark's side of a contestant: a process that is asked for rounds.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Result;
use crate::protocol::{Round, Sample};
use crate::server::{Ports, Seen};

/// A process that answers each line with a line. It ends when it is dropped.
struct Process {
    name: String,
    child: Child,
    // Taken on drop: the end of its input ends the process.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(name: &str, mut command: Command) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{name} can't be started: {error}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name} has no input or no output").into());
        };
        Ok(Self {
            name: name.to_owned(),
            child,
            input: Some(input),
            output: BufReader::new(output),
        })
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let heard = serde_json::from_str(&line);
        heard.map_err(|error| format!("{} answers {line:?}: {error}", self.name).into())
    }

    fn ask<T: DeserializeOwned>(&mut self, what: &impl Serialize) -> Result<T> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or("it was stopped")?;
        input
            .write_all(&line)
            .map_err(|error| format!("{} is not there any more: {error}", self.name))?;
        self.hear()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.input.take();
        // However it ends, it must not remain.
        _ = self.child.wait();
    }
}

/// This program again, as a contestant or the server.
pub(crate) fn own(arguments: &[&str]) -> Result<Command> {
    let mut command = other(&env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

/// Another program.
pub(crate) fn other(program: &Path) -> Command {
    let mut command = Command::new(program);
    // Otherwise a backtrace is captured for every error, expected ones too.
    command.env_remove("RUST_BACKTRACE");
    command
}

/// A contestant.
pub(crate) struct Worker(Process);

impl Worker {
    /// Start one.
    pub(crate) fn start(name: &str, command: Command) -> Result<Self> {
        Process::start(name, command).map(Self)
    }

    /// Its name in the tables.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Play a round in which some requests may fail.
    pub(crate) fn try_round(&mut self, round: Round) -> Result<Sample> {
        self.0.ask(&round)
    }

    /// Play a round in which none fails.
    pub(crate) fn round(&mut self, round: Round) -> Result<Sample> {
        let sample = self.try_round(round)?;
        if sample.failed > 0 || sample.done == 0 {
            let why = sample.error.unwrap_or_default();
            return Err(format!(
                "{}: {} of {} requests failed, {} at a time; the first: {why}",
                self.name(),
                sample.failed,
                sample.failed + sample.done,
                round.at_a_time
            )
            .into());
        }
        Ok(sample)
    }
}

/// The server.
pub(crate) struct Server {
    process: Process,
    ports: Ports,
}

impl Server {
    /// Start it.
    pub(crate) fn start(command: Command) -> Result<Self> {
        let mut process = Process::start("the server", command)?;
        let ports = process.hear()?;
        Ok(Self { process, ports })
    }

    /// Its origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.plain)
    }

    /// Its origin with TLS.
    pub(crate) fn tls_origin(&self) -> Result<String> {
        let port = self.ports.tls.ok_or("the server has no certificates")?;
        Ok(format!("https://127.0.0.1:{port}"))
    }

    /// What it received since it was last asked.
    pub(crate) fn seen(&mut self) -> Result<Seen> {
        self.process.ask(&())
    }
}
