//! A dry run: a request is created, checked and shown, but not sent, and no name is resolved for
//! it.

use std::future::pending;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use http_step_policy::{Decision, Place};

use crate::admit::Admitted;
use crate::auth::sign::Proof;
use crate::body::BoxBody;
use crate::body::inspect::BodyReader;
use crate::egress::{DryRun, Egress};
use crate::error::TransportError;
use crate::inject::Destination;
use crate::redact::Unredacted;
use crate::secrets::REDACTED;
use crate::usage::audit::AuditEntry;

/// The maximum length of a body that is inspected, in bytes.
const MAX_LOOKED_AT: usize = 1 << 20;

/// The maximum length of a body that is shown, in bytes.
const MAX_SHOWN: usize = 4 << 10;

impl Egress {
    /// Process a request up to the point where it would be sent. The first one ends the run: later
    /// ones depend on its response.
    pub(crate) async fn show_dry_run(
        &self,
        request: Request<BoxBody>,
        dry_run: &DryRun,
        entry: &AuditEntry,
        proofs: &[Proof],
    ) -> Result<Unredacted, TransportError> {
        let (written, body) = request.into_parts();
        // As the component wrote it, with handles, which are not shown.
        let mut sent = Request::from_parts(written.clone(), empty());
        let Admitted { route, .. } = self.admit(&mut sent, entry)?;
        let origin = &route.key.origin;
        let body = Limited::new(body, MAX_LOOKED_AT).collect().await;
        let body = body.map(|body| body.to_bytes()).ok();
        let mut destination = Destination::from_request(&sent, origin);
        let mut reader = BodyReader::new(
            &written.headers,
            written.uri.query(),
            self.secrets.secrets(),
        );
        reader.read(body.as_deref().unwrap_or_default());
        reader.finish();
        self.admit_body(&mut reader, &mut destination, entry)?;
        self.check_credentials(proofs, &destination, entry)?;
        let decision = match self.policy.judge(&origin.to_string(), &destination.method) {
            Decision::Denied(denial) => return Err(denial.into()),
            // The rule would reveal the host of a secret URL.
            _ if entry.hides_origin() => {
                format!("{} {REDACTED} is allowed", destination.method)
            }
            decision => decision.to_string(),
        };
        let mut lines = head(&written, dry_run);
        for Proof { placeholder, .. } in proofs {
            lines.push(format!("\t{}: {}", placeholder.field, placeholder.value));
        }
        lines.extend(content(&written, body.as_deref()));
        lines.push("Dry run, nothing is sent:".to_owned());
        lines.push(format!("\t{decision}"));
        for injected in entry.injected() {
            lines.push(match injected.place {
                Place::Signature => format!("\tthe secret `{}` signs it", injected.name),
                Place::Token => format!("\tthe secret `{}` has a token for it", injected.name),
                place => format!("\tthe secret `{}` is put into the {place}", injected.name),
            });
        }
        self.usage.signal().end_dry_run(lines);
        pending().await
    }
}

fn empty() -> BoxBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn head(written: &Parts, dry_run: &DryRun) -> Vec<String> {
    let target = |uri: &Uri| {
        uri.path_and_query()
            .map_or("/".to_owned(), ToString::to_string)
    };
    let mut lines = vec![
        "Request:".to_owned(),
        format!("\t{} {}", written.method, target(&written.uri)),
        "Request Headers:".to_owned(),
    ];
    for (name, value) in &written.headers {
        // It is for the body with handles, not the one that would be sent.
        if *name == CONTENT_LENGTH {
            continue;
        }
        let is_hidden = *name == AUTHORIZATION
            || dry_run
                .redacted_headers
                .iter()
                .any(|hidden| hidden.eq_ignore_ascii_case(name.as_str()));
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if is_hidden { REDACTED } else { &*value };
        lines.push(format!("\t{name}: {value}"));
    }
    lines
}

/// A body, if it is short text.
fn content(written: &Parts, body: Option<&[u8]>) -> Vec<String> {
    let Some(body) = body else {
        return vec![
            "Body:".to_owned(),
            format!("\t<more than {MAX_LOOKED_AT} bytes>"),
        ];
    };
    if body.is_empty() {
        return Vec::new();
    }
    let shown = match std::str::from_utf8(body) {
        Ok(text) if body.len() <= MAX_SHOWN && !text.contains(is_unprintable) => text.to_owned(),
        _ => {
            let media_type = written.headers.get(CONTENT_TYPE);
            let media_type = media_type.and_then(|value| value.to_str().ok());
            format!(
                "<{} bytes, {}>",
                body.len(),
                media_type.unwrap_or("of no type")
            )
        }
    };
    let lines = shown.lines().map(|line| format!("\t{line}"));
    ["Body:".to_owned()].into_iter().chain(lines).collect()
}

fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}
