//! Where a client sends a request.

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

/// How many copies there are of a request's authority: in its origin, in errors, in its audit
/// row and in what is made of that.
const TARGET_COPIES: usize = 6;

/// The response of a request that was sent, as soon as its head is there.
pub type Sending = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Error>> + Send>>;

impl Egress {
    /// Send a request. It counts from now on, whether anybody polls the future or not.
    pub fn send(&self, request: Request<BoxBody>, options: RequestOptions) -> Sending {
        // Counted here, and not when somebody waits for it: a component may ask
        // for many before it waits for one.
        let started = self.usage.start_request(request.method().as_str());
        let authority = request.uri().authority().map_or(0, |it| it.as_str().len());
        let started = started.and_then(|started| {
            let bytes = TARGET_COPIES * authority;
            self.usage.retain(bytes, Stage::Policy)?;
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
        // Without secrets the only work is that of the headers.
        if self.secrets.is_empty() {
            return Box::pin(response);
        }
        let usage = Arc::clone(&self.usage);
        Box::pin(self.cpu.measure_task(response, move |used| {
            // An exceeded budget aborts the run.
            _ = usage.check_cpu(used);
        }))
    }
}
