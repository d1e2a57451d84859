//! The state that all requests of a run share, and that all runs share.

use std::sync::Arc;

use http_step_policy::{Exceeded, Policy};

use crate::auth::Credentials;
use crate::auth::tokens::Tokens;
use crate::connect::Connector;
use crate::connect::pool::Pool;
use crate::connect::resolve::{Lookups, Resolve};
use crate::connect::tls::{Roots, Tls};
use crate::error::{Stage, TransportError};
use crate::fair_semaphore::FairSemaphore;
use crate::idempotency::Idempotency;
use crate::requested::Requested;
use crate::secrets::{AddError, GrantedSecrets, Room};
use crate::usage::RunUsage;
use crate::usage::cpu::CpuMeter;
use crate::usage::memory::Reservation;

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
    /// The idempotency keys of its requests.
    pub idempotency: Arc<Idempotency>,
    /// Set for a dry run, in which nothing is sent.
    pub dry_run: Option<Arc<DryRun>>,
    /// Its usage and audit log.
    pub usage: Arc<RunUsage>,
    /// Measures the CPU time that the host spends for it.
    pub cpu: CpuMeter,
}

impl Egress {
    /// Build the matcher of a token or signature for the run, with a reservation of its memory.
    /// That takes time: it is done outside of the runtime's workers, one at a time for a run.
    pub(crate) async fn build_matcher(
        &self,
        build: impl FnOnce(&dyn Fn(usize) -> Result<Room, Exceeded>) -> Result<(), AddError>
        + Send
        + 'static,
    ) -> Result<(), TransportError> {
        let _turn = self.secrets.turn_to_build().await;
        let memory = Arc::clone(self.usage.memory());
        let build = move || build(&|bytes| Ok(Box::new(Reservation::with_bytes(&memory, bytes)?)));
        let built = self.cpu.measure_blocking(build).await;
        self.usage
            .abort_if_exceeded(self.usage.check_cpu(self.cpu.total()), Stage::Policy)?;
        match built {
            Some(Ok(())) => Ok(()),
            Some(Err(AddError::Refused(error))) => {
                Err(TransportError::Refused(error.into_reason()))
            }
            Some(Err(AddError::Exceeded(exceeded))) => {
                self.usage.abort_if_exceeded(Err(exceeded), Stage::Policy)
            }
            None => Err(TransportError::Refused(
                "the host is about to end".to_owned(),
            )),
        }
    }
}

/// A dry run, and how it shows requests.
#[derive(Clone, Debug, Default)]
pub struct DryRun {
    /// The names of the headers whose values are redacted.
    pub redacted_headers: Vec<String>,
}
