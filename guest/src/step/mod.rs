//! One step, from its spec to its result.

use crate::bindings::ci::http_step::types::{RequestSpec, StepError, StepResult};
use crate::cookies::Jar;
use crate::exchange::Trail;
use crate::host::HostImports;
use crate::log::Log;
use crate::log::layout;
use crate::log::mask::Masks;
use crate::{judge, render, request};

/// Run a step.
pub fn run(spec: RequestSpec, host: &dyn HostImports) -> StepResult {
    let mut trail = Trail {
        host,
        log: Log::new(host),
        exchanges: Vec::new(),
    };
    let host_judges_status = spec.settings.host_judges_status;
    match perform(spec, &mut trail) {
        Ok(status) => judge::answered(status, host_judges_status, trail.exchanges),
        Err(error) => {
            trail.log.exception(&error.message);
            judge::failed(error, trail.exchanges)
        }
    }
}

/// Run the stages. Returns the status of the last response.
fn perform(mut spec: RequestSpec, trail: &mut Trail<'_>) -> Result<u16, StepError> {
    let mut masks = Masks {
        request: std::mem::take(&mut spec.hide_request_headers),
        response: std::mem::take(&mut spec.hide_response_headers),
    };
    let settings = spec.settings.clone();
    let url = spec.url.clone();
    let plan = render::plan(spec, trail.host)?;
    let announcement = layout::announcement(&plan);
    let request = request::build(plan, &|scheme| trail.host.credentials(scheme))?;
    // The placeholder of credentials is always hidden, whatever the field's name.
    masks
        .request
        .extend(request.credentials.iter().map(|field| field.name.clone()));
    trail.log.write(&announcement);
    for warning in render::url::warnings(&url, trail.host) {
        trail.log.warning(&warning);
    }
    for warning in masks.warnings(&request.wire_headers(&Jar::default())) {
        trail.log.warning(&warning);
    }
    trail.follow(request, &settings, &masks)
}

#[cfg(test)]
mod tests;
