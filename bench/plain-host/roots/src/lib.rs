//! The one root that wasmtime's transport trusts in the benchmark, and what a server needs that
//! it is to trust.

use pki_types::{Der, TrustAnchor};

macro_rules! made {
    ($file:literal) => {
        concat!(env!("OUT_DIR"), "/", $file)
    };
}

/// The roots, as the crate has them that this stands in for.
pub const TLS_SERVER_ROOTS: &[TrustAnchor<'static>] = &[TrustAnchor {
    subject: Der::from_slice(include_bytes!(made!("subject.der"))),
    subject_public_key_info: Der::from_slice(include_bytes!(made!("key.der"))),
    name_constraints: None,
}];

/// The authority's certificate, the server's, and its key, by the names of their files.
pub const FILES: [(&str, &str); 3] = [
    ("authority.pem", include_str!(made!("authority.pem"))),
    ("certificate.pem", include_str!(made!("certificate.pem"))),
    ("key.pem", include_str!(made!("key.pem"))),
];
