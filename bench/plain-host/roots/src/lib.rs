//! The one root that wasmtime's transport trusts in the benchmark, and the files of a server that
//! it has to trust.

use pki_types::{Der, TrustAnchor};

macro_rules! made {
    ($file:literal) => {
        concat!(env!("OUT_DIR"), "/", $file)
    };
}

/// The roots, as in the crate that this replaces.
pub const TLS_SERVER_ROOTS: &[TrustAnchor<'static>] = &[TrustAnchor {
    subject: Der::from_slice(include_bytes!(made!("subject.der"))),
    subject_public_key_info: Der::from_slice(include_bytes!(made!("key.der"))),
    name_constraints: None,
}];

/// The names of the files: the authority's certificate, the server's, and its key.
pub const FILES: [(&str, &str); 3] = [
    ("authority.pem", include_str!(made!("authority.pem"))),
    ("certificate.pem", include_str!(made!("certificate.pem"))),
    ("key.pem", include_str!(made!("key.pem"))),
];
