//! What a step requests of the egress gate besides its requests: TLS settings and proxies. The
//! policy decides whether it gets them.

use std::sync::Arc;

use http_step_policy::{Origin, PinnedKey, ProxyUrl, TlsRequest, TlsVersion, VerifyRequest};

use crate::connect::tls::{ClientCertificate, Trust};

/// The requests of a step.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    /// TLS settings.
    pub tls: RequestedTls,
    /// Proxies.
    pub proxies: RequestedProxies,
}

/// The TLS settings that a step requests.
#[derive(Clone, Debug, Default)]
pub struct RequestedTls {
    /// How servers are verified.
    pub trust: Trust,
    /// The client certificate.
    pub client: Option<Arc<ClientCertificate>>,
    /// The minimum version.
    pub min_version: Option<TlsVersion>,
    /// The server must have one of these keys, if there are any.
    pub pinned_keys: Vec<PinnedKey>,
}

impl RequestedTls {
    /// The settings as the policy checks them.
    pub(crate) fn request(&self) -> TlsRequest {
        TlsRequest {
            verify: match self.trust {
                Trust::Roots => VerifyRequest::Default,
                Trust::Only(_) => VerifyRequest::CaFile,
                Trust::Anyone => VerifyRequest::None,
            },
            client_certificate: self.client.is_some(),
            min_version: self.min_version,
            pinned_keys: self.pinned_keys.clone(),
        }
    }
}

/// Proxies by their scope, as in the requests library: `https://example.com`, `https`, `all`.
#[derive(Clone, Debug, Default)]
pub struct RequestedProxies(pub Vec<(String, ProxyUrl)>);

impl RequestedProxies {
    /// The proxy for an origin: the most specific one, as in the requests library
    /// (`requests.utils.select_proxy`).
    pub(crate) fn for_origin(&self, origin: &Origin) -> Option<&ProxyUrl> {
        let scheme = origin.scheme.as_str();
        let host = &origin.host;
        [
            format!("{scheme}://{host}"),
            scheme.to_owned(),
            format!("all://{host}"),
            "all".to_owned(),
        ]
        .iter()
        .find_map(|wanted| {
            let fitting = |(target, _): &&(String, ProxyUrl)| target.eq_ignore_ascii_case(wanted);
            self.0.iter().find(fitting).map(|(_, url)| url)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_proxy() {
        let proxies = RequestedProxies(
            [
                ("all", "http://all.test:1"),
                ("https", "http://https.test:1"),
                ("all://one.test", "http://one.test:1"),
                ("HTTPS://two.test", "http://two.test:1"),
            ]
            .map(|(target, url)| (target.to_owned(), url.parse().unwrap()))
            .to_vec(),
        );
        for (origin, proxy) in [
            ("http://three.test", "http://all.test:1"),
            ("http://one.test", "http://one.test:1"),
            ("https://one.test", "http://https.test:1"),
            ("https://two.test:8443", "http://two.test:1"),
        ] {
            let found = proxies.for_origin(&origin.parse().unwrap()).unwrap();
            assert_eq!(found.to_string(), proxy, "{origin}");
        }
        assert!(
            RequestedProxies::default()
                .for_origin(&"http://one.test".parse().unwrap())
                .is_none()
        );
    }
}
