//! The settings of a step file that are for the egress gate: TLS and proxies. The host renders
//! them, reads the files that they name, and asks the policy for them; the component is given the
//! requested settings.

use std::sync::Arc;

use http_step_egress::{
    Certificates, ClientCertificate, PemError, Requested, RequestedProxies, RequestedTls, Trust,
};
use http_step_file::{ClientCertificate as Cert, Proxies, StepFile, Tls, Verify};
use http_step_policy::{ProxyUrl, ProxyUrlError};

use super::files::Reader;
use super::properties::Properties;
use super::{SpecError, setting};
use crate::contract::types;

/// The rendered settings of a step file.
pub(crate) struct Settings {
    verify: Verify,
    cert: Option<Cert>,
    tls: Tls,
    proxies: Vec<(String, ProxyUrl)>,
}

/// Render the settings of a step file.
pub(crate) fn settings(file: &StepFile, properties: &Properties) -> Result<Settings, SpecError> {
    let cert = match &file.cert {
        Some(cert) => setting("cert", cert, properties)?,
        None => None,
    };
    let proxies: Proxies = setting("proxies", &file.proxies, properties)?.unwrap_or_default();
    let proxy = |(target, url): (String, String)| match url.parse() {
        Ok(url) => Ok((target, url)),
        Err(error) => Err(SpecError::Type {
            key: "proxies",
            reason: ProxyUrlError::to_string(&error),
        }),
    };
    Ok(Settings {
        verify: setting("verify", &file.verify, properties)?.unwrap_or(Verify::Roots),
        cert,
        tls: setting("tls", &file.tls, properties)?.unwrap_or_default(),
        proxies: proxies.0.into_iter().map(proxy).collect::<Result<_, _>>()?,
    })
}

impl Settings {
    /// Whether there are files to read.
    pub(crate) fn names_files(&self) -> bool {
        self.cert.is_some() || matches!(self.verify, Verify::CaFile(_))
    }

    /// What is requested of the egress gate.
    pub(crate) fn requested(self, reader: &mut Reader<'_>) -> Result<Requested, SpecError> {
        let trust = match &self.verify {
            Verify::Roots => Trust::Roots,
            Verify::None => Trust::Anyone,
            Verify::CaFile(path) => {
                let pem = reader.read("verify", path)?;
                let certificates =
                    Certificates::from_pem(&pem).map_err(unusable("verify", path))?;
                Trust::Only(Arc::new(certificates))
            }
        };
        let client = match &self.cert {
            Some(cert) => Some(Arc::new(client(cert, reader)?)),
            None => None,
        };
        Ok(Requested {
            tls: RequestedTls {
                trust,
                client,
                min_version: self.tls.min_version,
                pinned_keys: self.tls.pinned_keys,
            },
            proxies: RequestedProxies(self.proxies),
        })
    }

    pub(crate) fn verify(&self) -> types::Verify {
        match &self.verify {
            Verify::Roots => types::Verify::Roots,
            Verify::CaFile(path) => types::Verify::CaFile(path.clone()),
            Verify::None => types::Verify::None,
        }
    }

    pub(crate) fn cert(&self) -> Option<types::ClientCertificate> {
        self.cert.as_ref().map(|cert| types::ClientCertificate {
            certificate: cert.certificate.clone(),
            key: cert.key.clone(),
        })
    }

    /// Without the proxies' credentials, which the component must not see.
    pub(crate) fn proxies(&self) -> Vec<types::Proxy> {
        let proxies = self.proxies.iter();
        proxies
            .map(|(target, url)| types::Proxy {
                target: target.clone(),
                url: url.to_string(),
            })
            .collect()
    }
}

fn client(cert: &Cert, reader: &mut Reader<'_>) -> Result<ClientCertificate, SpecError> {
    let certificate = reader.read("cert", &cert.certificate)?;
    let key = match &cert.key {
        Some(path) => Some(reader.read("cert", path)?),
        None => None,
    };
    ClientCertificate::from_pem(&certificate, key.as_deref()).map_err(|error| {
        let path = match (&error, &cert.key) {
            (PemError::NoKey | PemError::EncryptedKey | PemError::OtherKey, Some(key)) => key,
            _ => &cert.certificate,
        };
        unusable("cert", path)(error)
    })
}

fn unusable(key: &'static str, path: &str) -> impl FnOnce(PemError) -> SpecError {
    let path = path.to_owned();
    move |source| SpecError::Pem { key, path, source }
}
