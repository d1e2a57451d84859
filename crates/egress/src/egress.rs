//! The state that all requests of a run share, and that all runs share.

use std::sync::Arc;

use http_step_policy::Policy;

use crate::auth::Credentials;
use crate::auth::tokens::Tokens;
use crate::connect::Connector;
use crate::connect::pool::Pool;
use crate::connect::resolve::{Lookups, Resolve};
use crate::connect::tls::{Roots, Tls};
use crate::error::{Stage, TransportError};
use crate::fair_semaphore::FairSemaphore;
use crate::requested::Requested;
use crate::secrets::GrantedSecrets;
use crate::usage::RunUsage;
use crate::usage::cpu::CpuMeter;

/// The connections of the process and what opens them, shared by all runs.
pub struct Transport {
    pub(crate) connector: Connector,
    pub(crate) pool: Arc<Pool>,
    /// Bounds the requests in flight.
    pub(crate) permits: FairSemaphore,
    pub(crate) tokens: Tokens,
}

impl Transport {
    /// A transport without connections, for this many concurrent requests.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>, roots: Roots, requests: usize) -> Self {
        Self {
            connector: Connector {
                lookups: Lookups::new(resolver),
                tls: Tls::new(roots),
            },
            pool: Arc::new(Pool::for_requests(requests)),
            permits: FairSemaphore::new(requests),
            tokens: Tokens::new(),
        }
    }

    /// The number of free permits for requests.
    #[must_use]
    pub fn available_requests(&self) -> usize {
        self.permits.available()
    }

    /// The number of idle connections.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.pool.idle_connections()
    }
}

/// The egress gate of one run.
#[derive(Clone)]
pub struct Egress {
    /// The connections that it uses.
    pub transport: Arc<Transport>,
    /// The tenant whose run it is.
    pub tenant: Arc<str>,
    /// The policy.
    pub policy: Policy,
    /// The TLS settings and proxies that its step requests.
    pub requested: Arc<Requested>,
    /// The secrets that are granted to it.
    pub secrets: Arc<GrantedSecrets>,
    /// The credentials that it has requested.
    pub credentials: Arc<Credentials>,
    /// Set for a dry run, in which nothing is sent.
    pub dry_run: Option<Arc<DryRun>>,
    /// Its usage and audit log.
    pub usage: Arc<RunUsage>,
    /// Measures the CPU time that the host spends for it.
    pub cpu: CpuMeter,
}

impl Egress {
    /// Build a matcher for the run, which takes time: outside of the runtime's workers.
    pub(crate) async fn build_matcher<T: Send + 'static>(
        &self,
        build: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TransportError> {
        let built = self.cpu.measure_blocking(build).await;
        let spent = self.usage.check_cpu(self.cpu.total());
        spent.map_err(|exceeded| TransportError::Exceeded {
            exceeded,
            stage: Stage::Policy,
        })?;
        built.ok_or_else(|| TransportError::Refused("the host is about to end".to_owned()))
    }
}

/// A dry run, and how it shows requests.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// The names of the headers whose values are redacted.
    pub redacted_headers: Vec<String>,
}
