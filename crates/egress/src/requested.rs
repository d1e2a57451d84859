//! What a step requests of the gate beside its requests: TLS settings and proxies. The policy
//! decides whether it gets them.

use std::sync::Arc;

use http_step_policy::{Origin, PinnedKey, ProxyUrl, TlsRequest, TlsVersion, VerifyRequest};

use crate::connect::tls::{ClientCertificate, Trust};

/// What a step asks for.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    /// Of TLS.
    pub tls: RequestedTls,
    /// Of proxies.
    pub proxies: RequestedProxies,
}

/// How a step wants TLS to be.
#[derive(Clone, Debug, Default)]
pub struct RequestedTls {
    /// By what servers are judged.
    pub trust: Trust,
    /// Who the client says it is.
    pub client: Option<Arc<ClientCertificate>>,
    /// The oldest version.
    pub min_version: Option<TlsVersion>,
    /// The keys of which a server has to hold one.
    pub pinned_keys: Vec<PinnedKey>,
}

impl RequestedTls {
    /// As the policy is asked for it.
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

/// Proxies by what they are for: `https://example.com`, `https`, `all`, as the
/// requests library has them.
#[derive(Clone, Debug, Default)]
pub struct RequestedProxies(pub Vec<(String, ProxyUrl)>);

impl RequestedProxies {
    /// The proxy for an origin: the most particular, as the requests library
    /// chooses (`requests.utils.select_proxy`).
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
    fn the_most_particular_proxy() {
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
