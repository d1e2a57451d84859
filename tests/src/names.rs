//! Host names that resolve as a test says.

use std::io;

use http_step_host::{Addresses, Resolve};

/// A resolver: names and their addresses, in order. Any other name that ends with `.test` resolves
/// to `127.0.0.1`; no other names exist.
pub struct Names(pub &'static [(&'static str, &'static [&'static str])]);

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Addresses {
        let known = self.0.iter().find(|(known, _)| *known == name);
        let addresses = match known {
            Some((_, addresses)) => Some(*addresses),
            None if name.ends_with(".test") => Some(&["127.0.0.1"][..]),
            None => None,
        };
        let addresses = addresses
            .map(|texts| {
                texts
                    .iter()
                    .map(|text| text.parse().expect("an address"))
                    .collect()
            })
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such name"));
        Box::pin(async move { addresses })
    }
}
