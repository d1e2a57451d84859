//! What a run needs.

use std::path::PathBuf;
use std::sync::Arc;

use http_step_file::StepFile;
use http_step_policy::{Limits, Policy};

use crate::log::Sink;
use crate::spec::files::Files;
use crate::spec::properties::Properties;

/// Everything that a run needs.
pub struct Job {
    pub(super) file: StepFile,
    pub(super) tenant: Arc<str>,
    pub(super) policy: Policy,
    pub(super) properties: Properties,
    pub(super) files: Files,
    pub(super) sink: Option<Box<dyn Sink>>,
    pub(super) is_dry: bool,
}

impl Job {
    /// A step file, and what its run may reach and use. The component is already loaded, so the
    /// policy's limits for loading (`component_bytes`, `compile_time` and `compile_memory`) have no
    /// effect here; pass [`CompileLimits::from(policy.budgets())`](crate::CompileLimits) to the
    /// [`Compiler`](crate::Compiler).
    #[must_use]
    pub fn new(file: StepFile, policy: Policy) -> Self {
        Self {
            file,
            tenant: "".into(),
            policy,
            properties: Properties::default(),
            files: Files::None,
            sink: None,
            is_dry: false,
        }
    }

    /// The build's properties; none by default.
    #[must_use]
    pub fn properties(mut self, properties: Properties) -> Self {
        self.properties = properties;
        self
    }

    /// What the run may use, instead of its policy's limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.policy = self.policy.limits(limits);
        self
    }

    /// The tenant: one of several users of a host, who must not share connections. No tenant can
    /// take all of the [concurrent requests](crate::HostBuilder::requests) of the host, or all of
    /// its [lookups](crate::Resolve). By default, or with an empty name, there is no tenant: a host
    /// with several users has to name one for every job.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The directory below which the step file may name files, of those that its policy grants
    /// ([`Policy::allow_file`]); by default it may name none.
    #[must_use]
    pub fn files_under(mut self, directory: impl Into<PathBuf>) -> Self {
        self.files = Files::Under(directory.into());
        self
    }

    /// Show the first request of the step and the policy's decision, and end there: nothing is
    /// sent.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.is_dry = true;
        self
    }

    /// Receives the log while the step runs; the result contains it in any case.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }
}
