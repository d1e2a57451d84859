//! The same request as a step: the product, through its public interface, with all its checks.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_step_host::{
    Cache, Compiler, Host, Job, Limits, Outcome, Policy, Properties, SecretSource, SecretValue,
    Step, StepFile,
};
use sha2::{Digest as _, Sha256};

use super::reference::Reference;
use crate::failure::Result;
use crate::{load, process, protocol};

/// A component that returns at once.
const NOTHING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/nothing.wasm"));

/// The options of the host and its steps.
#[derive(Debug, clap::Args)]
pub(crate) struct StepArgs {
    #[command(flatten)]
    reference: Reference,
    /// A component that does nothing, in place of the reference step.
    #[arg(long)]
    nothing: bool,
    /// Secrets that a run is granted.
    #[arg(long, default_value_t = 0)]
    secrets: usize,
    /// Steps and requests at a time; by default the host's own numbers.
    #[arg(long)]
    room: Option<u32>,
    /// Steps that are queued; by default the host's own number.
    #[arg(long)]
    queue: Option<u32>,
    /// Seconds that a step may take; by default the host's own limit.
    #[arg(long)]
    wall: Option<f64>,
    /// A directory of compiled components, for processes in which compiling takes long.
    #[arg(long)]
    compiled: Option<PathBuf>,
    /// The only certificate that is trusted.
    #[arg(long)]
    trust: Option<PathBuf>,
}

/// Everything that runs share.
struct Stage {
    host: Host,
    step: Step,
    file: StepFile,
    policy: Policy,
    properties: Properties,
}

/// Run rounds.
pub(crate) fn run(args: &StepArgs) -> Result<()> {
    process::allow_files()?;
    let stage = Arc::new(Stage::set_up(args)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    protocol::answer(|round| {
        let stage = Arc::clone(&stage);
        let once = move || {
            let stage = Arc::clone(&stage);
            async move { stage.run().await }
        };
        runtime.block_on(load::play(round, once))
    })
}

impl Stage {
    fn set_up(args: &StepArgs) -> Result<Self> {
        let mut builder = Host::builder().secret_source("bench", Tokens);
        if let Some(room) = args.room {
            builder = builder.concurrency(room).requests(room);
        }
        if let Some(queue) = args.queue {
            builder = builder.queue(queue);
        }
        if let Some(directory) = &args.compiled {
            builder = builder.compiler(Compiler::in_process().cache(Cache::at(directory)?));
        }
        if let Some(authority) = &args.trust {
            builder = builder.trust_roots(&fs::read(authority)?)?;
        }
        let host = builder.build()?;
        let step = host.load(if args.nothing {
            NOTHING
        } else {
            http_step_component::WASM
        })?;
        let first_secret = (args.secrets > 0).then_some("SECRET_0");
        Ok(Self {
            host,
            step,
            file: args.reference.step_file(first_secret)?,
            policy: policy(args)?,
            properties: Reference::properties(),
        })
    }

    /// One run, as an embedder makes it.
    async fn run(&self) -> Result<(), String> {
        let job =
            Job::new(self.file.clone(), self.policy.clone()).properties(self.properties.clone());
        let result = self.host.run(&self.step, job).await;
        match (result.outcome, result.error) {
            (Outcome::Success, None) => Ok(()),
            (_, Some(error)) => Err(error.message),
            (_, None) => Err(result.summary),
        }
    }
}

/// Permits the server alone, and grants secrets for it.
fn policy(args: &StepArgs) -> Result<Policy> {
    let origin = &args.reference.origin;
    let mut text = format!("allow: [\"{origin}\"]\n");
    if args.secrets > 0 {
        text += "secrets:\n";
    }
    for number in 0..args.secrets {
        text += &format!(
            "  SECRET_{number}: {{from: \"bench:{number}\", origins: [\"{origin}\"], places: [{{header: X-Token}}], headers: [X-Builder]}}\n"
        );
    }
    let policy = Policy::parse(text.as_bytes(), "policy.yaml");
    let policy = policy.map_err(|diagnostics| diagnostics.to_string())?;
    let defaults = Limits::default();
    let room_for_download = |limit: u64| limit.max(args.reference.download.unwrap_or(0));
    Ok(policy.limits(Limits {
        wall: args.wall.map_or(defaults.wall, Duration::from_secs_f64),
        // A download of a gibibyte takes longer than any other step.
        cpu: match args.reference.download {
            Some(_) => Duration::from_secs(300),
            None => defaults.cpu,
        },
        bytes_received: room_for_download(defaults.bytes_received),
        bytes_decoded: room_for_download(defaults.bytes_decoded),
        header_fields: defaults
            .header_fields
            .max(args.reference.fields as u32 + 32),
        ..defaults
    }))
}

/// Returns tokens of forty characters, as services issue them.
struct Tokens;

impl SecretSource for Tokens {
    fn read(&self, reference: &str) -> SecretValue {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let digest = Sha256::digest(reference);
        let random = digest.iter().cycle().zip(0_usize..).map(|(byte, place)| {
            let letter = ALPHABET.get((usize::from(*byte) + place) % ALPHABET.len());
            letter.copied().unwrap_or_default()
        });
        let token = b"ghp_".iter().copied().chain(random).take(40).collect();
        Box::pin(async move { Ok(token) })
    }
}
