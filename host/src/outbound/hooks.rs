//! Where wasi:http hands over: the host's side of `outgoing-handler`.

use std::future::Future;
use std::sync::Arc;

use http::{HeaderName, Request, Response};
use wasmtime_wasi_http as wasi_http;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

use super::Egress;
use super::arrived::arrived;
use super::error::Stage;
use super::failure::Failure;

/// The most of a request's body that a component hands over at once. Twice as
/// much waits to be sent, of each body that a component has open.
pub(crate) const BODY_CHUNK: usize = 64 << 10;

/// How often what a request aims at is told: as its origin and in errors, in its row and in
/// what is made of it.
const TOLD: usize = 6;

/// What is between two neighbours, and not for a component to say (RFC 9110,
/// section 7.6.1), beside what wasmtime names.
const HOP_BY_HOP: [HeaderName; 2] = [http::header::TE, http::header::TRAILER];

/// What a request has come to: the response and what there is left to do for
/// it, which is nothing, since connections are driven by tasks of their own.
type Answer = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ),
    wasi_http::Error,
>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Answer> + Send> {
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
            let options = options.unwrap_or_default();
            let carried = egress.carry_out(request, options, entry, under_way).await;
            let arrived =
                carried.and_then(|response| arrived(response, &journal).map_err(Failure::at_once));
            let response = arrived.map_err(refusal)?;
            let nothing: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, nothing))
        };
        // Without a secret there is nothing to compute but what a header takes.
        if self.lent.is_nothing() {
            return Box::new(carried);
        }
        let journal = Arc::clone(&self.journal);
        Box::new(self.cpu.beside(carried, move |used| {
            // Whoever waits for the run is told.
            _ = journal.spends(used);
        }))
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden)
    }
}

/// Whether a header is not for a component to write.
pub(crate) fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || HOP_BY_HOP.contains(name)
}
