//! The host and the components, set up once for all tests of a program.

use std::env;
use std::fs;
use std::sync::LazyLock;

use http_step_host::policy::FileGlob;
use http_step_host::{Cache, Compiler, Host, HostBuilder, Job, Policy, RunResult, Step, StepFile};

use crate::authority::Authority;
use crate::guest::Guest;
use crate::names::Names;

static HOST: LazyLock<Host> =
    LazyLock::new(|| host_builder().build().expect("the engine is set up"));

static REFERENCE: LazyLock<Step> = LazyLock::new(|| reference_of(&HOST));

static BENCH: LazyLock<Bench> = LazyLock::new(Bench::default);

/// The bench that tests share unless they need their own.
pub fn bench() -> &'static Bench {
    &BENCH
}

/// The host that all tests of a program share.
pub fn host() -> &'static Host {
    &HOST
}

/// A host builder. Hosts share compiled components, also with other runs of the tests.
pub fn host_builder() -> HostBuilder {
    let compiler = match Cache::at(concat!(env!("OUT_DIR"), "/compiled")) {
        Ok(cache) => Compiler::in_process().cache(cache),
        // Others can write there, or this is not Unix.
        Err(_) => Compiler::in_process(),
    };
    Host::builder().compiler(compiler)
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

/// A step file without errors.
pub fn step_file(text: &str) -> StepFile {
    StepFile::parse(text.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{text}"))
}

/// Run the reference step against one origin, the only one that it may reach. It may read files
/// that are not hidden, if the job names a directory.
pub async fn run(origin: &str, text: &str) -> RunResult {
    run_with(origin, text, |job| job).await
}

/// As [`run`], with the job set up further.
pub async fn run_with(origin: &str, text: &str, set_up: impl FnOnce(Job) -> Job) -> RunResult {
    let policy = Policy::nothing()
        .allow(origin.parse().expect("an origin"))
        .allow_file(FileGlob::visible());
    let job = set_up(Job::new(step_file(text), policy));
    HOST.run(&REFERENCE, job).await
}

/// A policy without errors.
pub fn policy(text: &str) -> Policy {
    Policy::parse(text.as_bytes(), "policy.yaml")
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{text}"))
}

/// A host for one test, with names that resolve to loopback and an authority that it trusts.
pub struct Bench {
    /// The host.
    pub host: Host,
    /// The reference step, in it.
    pub step: Step,
    /// The authority that it trusts.
    pub authority: Authority,
}

impl Default for Bench {
    fn default() -> Self {
        Self::with(|host| host)
    }
}

impl Bench {
    /// With the host set up further.
    pub fn with(set_up: impl FnOnce(HostBuilder) -> HostBuilder) -> Self {
        let authority = Authority::default();
        let builder = host_builder()
            .resolver(Names(&[]))
            .trust_roots(authority.pem().as_bytes())
            .expect("a root");
        let host = set_up(builder).build().expect("the engine is set up");
        let step = reference_of(&host);
        Self {
            host,
            step,
            authority,
        }
    }

    /// Run the reference step under a policy.
    pub async fn run(&self, policy: &str, text: &str) -> RunResult {
        self.run_with(policy, text, |job| job).await
    }

    /// As [`Bench::run`], with the job set up further.
    pub async fn run_with(
        &self,
        policy: &str,
        text: &str,
        set_up: impl FnOnce(Job) -> Job,
    ) -> RunResult {
        let job = set_up(Job::new(step_file(text), self::policy(policy)));
        self.host.run(&self.step, job).await
    }

    /// Run a component of `guests/` under a policy, with a URL.
    pub async fn run_guest(&self, guest: Guest, policy: &str, url: &str) -> RunResult {
        let step = self.host.load(&guest.wasm()).expect("the guest is a step");
        let job = Job::new(step_file(&format!("get: {url}")), self::policy(policy));
        self.host.run(&step, job).await
    }
}
