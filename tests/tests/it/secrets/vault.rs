//! A platform's own source of secrets, and a run that is granted some.

use http_step_host::policy::{Place, Policy, Secret};
use http_step_host::{Job, RunResult, SecretSource, SecretValue};
use http_step_tests::{Bench, step_file};

/// Values by reference.
#[derive(Clone, Copy)]
pub struct Vault(pub &'static [(&'static str, &'static str)]);

impl SecretSource for Vault {
    fn read(&self, reference: &str) -> SecretValue {
        let found = self.0.iter().find(|(name, _)| *name == reference);
        let value = found
            .map(|(_, value)| value.as_bytes().to_vec())
            .ok_or_else(|| format!("the vault has no `{reference}`"));
        Box::pin(async { value })
    }
}

/// A secret of the vault, granted to an origin.
pub fn secret(name: &str, origin: &str) -> Secret {
    Secret::new(name, format!("vault:{name}").parse().unwrap()).origin(origin.parse().unwrap())
}

/// A secret that may be in each of these places, by itself.
pub fn secret_in(name: &str, origin: &str, places: &[Place]) -> Secret {
    let places = places.iter().copied();
    places.fold(secret(name, origin), Secret::place)
}

/// A secret that may have other text beside it, in each of these places.
pub fn composed(name: &str, origin: &str, places: &[Place]) -> Secret {
    let places = places.iter().copied();
    places.fold(secret(name, origin), Secret::compose)
}

/// Run the reference step.
pub async fn run(text: &str, policy: Policy, vault: Vault) -> RunResult {
    let bench = Bench::with(|host| host.secret_source("vault", vault));
    bench
        .host
        .run(&bench.step, Job::new(step_file(text), policy))
        .await
}
