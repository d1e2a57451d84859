//! Where a client hands over a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderName, Request, Response, header};

use super::Egress;
use super::arrived::{ResponseBody, arrived};
use super::body::BoxBody;
use super::error::{Error, Stage};
use super::failure::Failure;
use super::options::RequestOptions;

/// How often what a request aims at is told: as its origin and in errors, in its row and in
/// what is made of it.
const TOLD: usize = 6;

/// What is between two neighbours, and not for a client to say (RFC 9110, section 7.6.1),
/// or is the host's to say.
const FORBIDDEN: [HeaderName; 11] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    HeaderName::from_static("http2-settings"),
    header::TE,
    header::TRAILER,
];

/// Whether a header is not for a client to write.
#[must_use]
pub fn is_forbidden(name: &HeaderName) -> bool {
    FORBIDDEN.contains(name)
}

/// The response of a request that was sent, as soon as its head is there.
pub type Sending = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Error>> + Send>>;

impl Egress {
    /// Send a request. It counts from now on, whether anybody polls the future or not.
    pub fn send(&self, request: Request<BoxBody>, options: RequestOptions) -> Sending {
        // Counted here, and not when somebody waits for it: a component may ask
        // for many before it waits for one.
        let begun = self.journal.request(request.method().as_str());
        let authority = request.uri().authority().map_or(0, |it| it.as_str().len());
        let begun = begun.and_then(|begun| {
            let told = TOLD * authority;
            self.journal.keeps(told, Stage::Policy)?;
            Ok(begun)
        });
        let egress = self.clone();
        let carried = async move {
            let journal = Arc::clone(&egress.journal);
            let lent = Arc::clone(&egress.lent);
            let refusal = |failure: Failure| {
                let code = failure.code(&lent.veil());
                journal.failed(failure);
                code
            };
            let (entry, under_way) = begun.map_err(|error| refusal(Failure::at_once(error)))?;
            let carried = egress.carry_out(request, options, entry, under_way).await;
            let arrived =
                carried.and_then(|response| arrived(response, &journal).map_err(Failure::at_once));
            arrived.map_err(refusal)
        };
        // Without a secret there is nothing to compute but what a header takes.
        if self.lent.is_nothing() {
            return Box::pin(carried);
        }
        let journal = Arc::clone(&self.journal);
        Box::pin(self.cpu.beside(carried, move |used| {
            // Whoever waits for the run is told.
            _ = journal.spends(used);
        }))
    }
}
