//! Decides whether a request may be sent, and by which route, before anything else is done for it.

pub(crate) mod client;

use http::header::HOST;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Method, Request, Uri};
use http_step_policy::{Origin, Permit, Proxy, Scheme};

use crate::body::BoxBody;
use crate::connect::Route;
use crate::connect::pool::Key;
use crate::connect::tls::Identity;
use crate::egress::Egress;
use crate::error::{Stage, TransportError};
use crate::headers::check_spellings;
use crate::usage::audit::AuditEntry;

/// An allowed request.
pub(crate) struct Admitted {
    pub(crate) permit: Permit,
    pub(crate) route: Route,
}

impl Egress {
    /// Admit a request. Its authority is replaced by the canonical form of the origin that was
    /// checked, so that the server interprets it as the policy did.
    pub(crate) fn admit(
        &self,
        request: &mut Request<BoxBody>,
        entry: &AuditEntry,
    ) -> Result<Admitted, TransportError> {
        if is_for_intermediaries(request.method()) {
            return Err(TransportError::Refused(format!(
                "a step may not use the method {}",
                request.method()
            )));
        }
        check_spellings(request.headers())?;
        self.lead(request, entry)?;
        let origin = origin(request.uri())?;
        entry.set_origin(&origin);
        self.usage.count_host(&origin.host)?;
        let permit = self.policy.admit(&origin, request.method().as_str())?;
        entry.admitted(permit.rule());
        let route = self.route(&origin, &permit)?;
        if let Some(proxy) = &route.key.proxy {
            entry.set_proxy(proxy.url.to_string());
        }
        name_canonically(request, &origin)?;
        self.inject_head(request, &origin, entry)?;
        self.usage.count_header(request.headers(), Stage::Policy)?;
        Ok(Admitted { permit, route })
    }

    /// The route to an origin, which determines the connections that the request can share.
    fn route(&self, origin: &Origin, permit: &Permit) -> Result<Route, TransportError> {
        let tls = match origin.scheme {
            Scheme::Http => None,
            Scheme::Https => Some(self.identity(permit)?),
        };
        let requested = self.requested.proxies.for_origin(origin);
        let proxy: Option<Proxy> = self.policy.proxy_for(origin, requested)?;
        Ok(Route {
            key: Key {
                tenant: self.tenant.clone(),
                origin: origin.clone(),
                tls,
                proxy,
            },
        })
    }

    /// The TLS settings that the step requests, if the policy allows them.
    fn identity(&self, permit: &Permit) -> Result<Identity, TransportError> {
        let requested = &self.requested.tls;
        Ok(Identity {
            trust: requested.trust.clone(),
            client: requested.client.clone(),
            terms: permit.tls(&requested.request())?,
        })
    }
}

/// CONNECT would make the connection a tunnel. TRACE echoes what intermediaries have added; some
/// servers call it TRACK. Methods are case-sensitive, but not for every server.
fn is_for_intermediaries(method: &Method) -> bool {
    ["CONNECT", "TRACE", "TRACK"]
        .iter()
        .any(|name| method.as_str().eq_ignore_ascii_case(name))
}

fn origin(uri: &Uri) -> Result<Origin, TransportError> {
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(TransportError::Refused(
            "the request has no host".to_owned(),
        ));
    };
    let origin = Origin::from_url(&format!("{scheme}://{authority}/"))?;
    if authority.as_str().contains('@') {
        return Err(TransportError::Refused(format!(
            "the request to {origin} has a user name or a password before its host"
        )));
    }
    Ok(origin)
}

/// Write the origin of a request in canonical form.
fn name_canonically(request: &mut Request<BoxBody>, origin: &Origin) -> Result<(), TransportError> {
    let canonical = origin.authority();
    let unwritable = |part: &'static str| {
        move |error: &dyn std::fmt::Display| {
            TransportError::Refused(format!("the {part} can't be sent to {origin}: {error}"))
        }
    };
    let (of_host, of_target) = (unwritable("host"), unwritable("path and query"));
    let host = HeaderValue::from_str(&canonical).map_err(|error| of_host(&error))?;
    let mut uri = request.uri().clone().into_parts();
    let authority = Authority::try_from(canonical);
    uri.authority = Some(authority.map_err(|error| of_host(&error))?);
    // An empty path is `/` (RFC 9110, section 4.2.3) and must be written, which hyper doesn't do.
    let target = uri
        .path_and_query
        .as_ref()
        .map_or("/", PathAndQuery::as_str);
    let slash = if target.starts_with('/') { "" } else { "/" };
    let whole = PathAndQuery::try_from(format!("{slash}{target}"));
    uri.path_and_query = Some(whole.map_err(|error| of_target(&error))?);
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| of_target(&error))?;
    request.headers_mut().insert(HOST, host);
    Ok(())
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Empty};

    use super::*;

    #[test]
    fn a_request_has_its_origin_in_canonical_form() {
        for (requested, named, host) in [
            (
                "http://one.test/path?q=1",
                "http://one.test/path?q=1",
                "one.test",
            ),
            ("http://ONE.Test:80/", "http://one.test/", "one.test"),
            (
                "https://one.test:80/",
                "https://one.test:80/",
                "one.test:80",
            ),
            (
                "http://127.1:8080/",
                "http://127.0.0.1:8080/",
                "127.0.0.1:8080",
            ),
            ("http://0x7f000001/", "http://127.0.0.1/", "127.0.0.1"),
            ("http://[0:0::1]:80/", "http://[::1]/", "[::1]"),
            ("http://one.test", "http://one.test/", "one.test"),
            ("http://one.test?q=1", "http://one.test/?q=1", "one.test"),
        ] {
            let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
            let request = Request::get(requested).header(HOST, "other.test");
            let mut request: Request<BoxBody> = request.body(body).unwrap();
            let origin = origin(request.uri()).unwrap();
            name_canonically(&mut request, &origin).unwrap();
            assert_eq!(request.uri(), named);
            let hosts: Vec<_> = request.headers().get_all(HOST).iter().collect();
            assert_eq!(hosts, [host]);
        }
    }

    #[test]
    fn invalid_origins_are_refused() {
        for (requested, reason) in [
            ("/path", "the request has no host"),
            ("*", "the request has no host"),
            ("one.test:80", "the request has no host"),
            // With a name before it, it is not a valid origin.
            (
                "http://@one.test/",
                "the request to http://one.test has a user name or a password before its host",
            ),
        ] {
            let error = origin(&requested.parse().unwrap()).unwrap_err();
            assert_eq!(
                error,
                TransportError::Refused(reason.to_owned()),
                "{requested}"
            );
        }
    }
}
