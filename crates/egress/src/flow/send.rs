//! The entry point for the requests of a client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{Request, Response};

use crate::body::BoxBody;
use crate::body::response::{ResponseBody, metered};
use crate::egress::Egress;
use crate::error::failure::Failure;
use crate::error::{Error, Stage};
use crate::timeouts::RequestOptions;

/// How many copies of a request's authority exist: in its origin, in errors, in its audit row and
/// in what is made from that.
const TARGET_COPIES: usize = 6;

/// The response to a request, when its head has arrived.
pub type Sending = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Error>> + Send>>;

impl Egress {
    /// Send a request. It counts from now on, whether the future is polled or not.
    pub fn send(&self, mut request: Request<BoxBody>, options: RequestOptions) -> Sending {
        // Counted here and not in the future: a component may create many before it waits for one.
        let started = self.usage.start_request(request.method().as_str());
        let authority = request.uri().authority().map_or(0, |it| it.as_str().len());
        let started = started.and_then(|started| {
            let bytes = TARGET_COPIES * authority;
            self.usage.retain(bytes, Stage::Policy)?;
            let (entry, _) = &started;
            let key = self.idempotency.set(&mut request);
            if let Some(key) = key.inspect_err(|error| entry.failed(error))? {
                entry.set_key(key);
            }
            Ok(started)
        });
        let egress = self.clone();
        let response = async move {
            let usage = Arc::clone(&egress.usage);
            let secrets = Arc::clone(&egress.secrets);
            let refusal = |failure: Failure| {
                let code = failure.code(&secrets.redactor());
                usage.audit().failed(failure);
                code
            };
            let (entry, in_flight) = started.map_err(|error| refusal(Failure::at_once(error)))?;
            let response = egress.run_flow(request, options, entry, in_flight).await;
            let metered =
                response.and_then(|response| metered(response, &usage).map_err(Failure::at_once));
            metered.map_err(refusal)
        };
        // Without secrets and signatures only the header takes time.
        if self.secrets.is_empty() && self.credentials.is_empty() {
            return Box::pin(response);
        }
        let usage = Arc::clone(&self.usage);
        Box::pin(self.cpu.measure_task(response, move |used| {
            // An exceeded budget aborts the run.
            _ = usage.check_cpu(used);
        }))
    }
}
