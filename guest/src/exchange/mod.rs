//! Sending requests and following redirects.

mod error_code;
mod failure;
pub(crate) mod redirect;
pub(crate) mod transport;

use self::failure::{broken_response, may_have_been_sent, no_response};
use self::redirect::RedirectError;
use crate::bindings::ci::http_step::types::{
    Exchange, ReceivedResponse, SentRequest, Settings, StepError,
};
use crate::cookies::Jar;
use crate::digest::Digester;
use crate::header::{self, Header};
use crate::host::{HostImports, Incoming, Outgoing};
use crate::log::Log;
use crate::log::layout;
use crate::log::mask::Masks;
use crate::request::Request;
use crate::response;

/// The exchanges of a step, and the means to make them.
pub(crate) struct Trail<'h> {
    pub(crate) host: &'h dyn HostImports,
    pub(crate) log: Log<'h>,
    /// The requests and responses so far, with hidden values.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Trail<'_> {
    /// Send a request and follow redirects. Returns the last status.
    pub(crate) fn follow(
        &mut self,
        mut request: Request,
        settings: &Settings,
        masks: &Masks,
    ) -> Result<u16, StepError> {
        let mut jar = Jar::default();
        let mut redirects = 0;
        loop {
            let headers = request.wire_headers(&jar);
            let sent = sent_request(&request, masks.mask_request(&headers), self.host);
            let response = match self.host.send(&outgoing(&request, &headers, settings)) {
                Ok(response) => response,
                Err(failure) => {
                    if may_have_been_sent(failure.kind) {
                        self.exchanges.push(Exchange {
                            request: sent,
                            response: None,
                        });
                    }
                    return Err(no_response(&request, failure));
                }
            };
            let status = response.status;
            let location =
                redirect::location(status, &response.headers).filter(|_| settings.allow_redirects);
            self.receive(
                sent,
                response,
                &request,
                &mut jar,
                masks,
                location.is_some(),
            )?;
            let Some(location) = location else {
                return Ok(status);
            };
            if redirects >= settings.max_redirects {
                return Err(RedirectError::TooMany(settings.max_redirects).into());
            }
            redirects += 1;
            request = redirect::follow(request, status, &location, masks)?;
        }
    }

    /// Read a response to its end, and log it: hops are buffered, the last one is written.
    fn receive(
        &mut self,
        sent: SentRequest,
        response: Incoming<'_>,
        request: &Request,
        jar: &mut Jar,
        masks: &Masks,
        is_hop: bool,
    ) -> Result<(), StepError> {
        let Incoming {
            status,
            headers,
            mut body,
        } = response;
        let headers: Vec<Header> = headers
            .into_iter()
            .map(|(name, value)| header::received(name, value))
            .collect();
        jar.take(&request.url, &headers);
        let shown = masks.mask_response(&headers);
        let head = layout::exchange(&sent, status, &shown);
        let (digest, end) = if is_hop {
            self.log.hop(head);
            response::read(self.host, &mut *body, &headers, |text| {
                self.log.hop_content(text)
            })
        } else {
            self.log.answer(&head);
            response::read(self.host, &mut *body, &headers, |text| {
                self.log.content(text)
            })
        };
        let size = digest.size;
        self.exchanges.push(Exchange {
            request: sent,
            response: Some(ReceivedResponse {
                status,
                headers: shown,
                body: digest,
            }),
        });
        end.map_err(|failure| broken_response(request, size, failure))
    }
}

fn outgoing<'r>(request: &'r Request, headers: &'r [Header], settings: &Settings) -> Outgoing<'r> {
    Outgoing {
        method: request.method,
        url: &request.url,
        headers,
        body: request
            .content
            .as_ref()
            .map_or(&[], |content| &content.bytes),
        timeouts: settings.timeout,
    }
}

fn sent_request(request: &Request, headers: Vec<Header>, host: &dyn HostImports) -> SentRequest {
    SentRequest {
        method: request.method.name().to_owned(),
        url: request.shown_url().into_owned(),
        headers,
        body: request.content.as_ref().map(|content| {
            let mut digester = Digester::new(host);
            digester.update(&content.bytes);
            digester.finish()
        }),
    }
}
