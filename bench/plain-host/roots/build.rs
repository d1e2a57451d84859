//! Makes an authority, and a certificate for the loopback address that it signs.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use pki_types::CertificateDer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "http-step's benchmark");
    let key = KeyPair::generate()?;
    let root = authority.self_signed(&key)?;
    let issuer = Issuer::new(authority, key);

    let server_key = KeyPair::generate()?;
    let server = CertificateParams::new(["127.0.0.1".to_owned()])?;
    let server = server.signed_by(&server_key, &issuer)?;

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    fs::write(out.join("authority.pem"), root.pem())?;
    fs::write(out.join("certificate.pem"), server.pem())?;
    fs::write(out.join("key.pem"), server_key.serialize_pem())?;

    let der = CertificateDer::from(root.der().to_vec());
    let anchor = webpki::anchor_from_trusted_cert(&der)?;
    fs::write(out.join("subject.der"), anchor.subject.as_ref())?;
    fs::write(out.join("key.der"), anchor.subject_public_key_info.as_ref())?;
    Ok(())
}
