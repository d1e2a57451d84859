//! The host and the components: set up once for all tests of a program.

use std::env;
use std::fs;
use std::sync::LazyLock;

use http_step_host::{Host, Job, Policy, RunResult, Step, StepFile};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new().expect("the engine is set up"));

static REFERENCE: LazyLock<Step> = LazyLock::new(|| reference_of(&HOST));

/// The host that all tests of a program share.
pub fn host() -> &'static Host {
    &HOST
}

/// The reference step.
pub fn reference() -> &'static Step {
    &REFERENCE
}

/// The reference step, in a host that a test has set up.
pub fn reference_of(host: &Host) -> Step {
    let step = match env::var_os("HTTP_STEP_COMPONENT") {
        Some(path) => host.load(&fs::read(path).expect("the component is there")),
        None => host.load(http_step_component::WASM),
    };
    step.expect("the component is a step")
}

/// A step file without mistakes.
pub fn step_file(text: &str) -> StepFile {
    StepFile::parse(text.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

/// Run the reference step against one origin, which is all it may reach.
pub async fn run(origin: &str, text: &str) -> RunResult {
    run_with(origin, text, |job| job).await
}

/// As [`run`], with the job set up further.
pub async fn run_with(origin: &str, text: &str, set_up: impl FnOnce(Job) -> Job) -> RunResult {
    let policy = Policy::nothing().allow(origin.parse().expect("an origin"));
    let job = set_up(Job::new(step_file(text), policy));
    HOST.run(&REFERENCE, job).await
}
