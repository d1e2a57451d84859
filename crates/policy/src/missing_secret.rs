//! A secret that a step uses and the policy does not have.

use crate::grant::{Grant, Permission};
use crate::origin::Origin;
use crate::policy::Policy;
use crate::secret::{Place, check_secret_name};

impl Policy {
    /// What would grant a secret for requests to origins, as far as they are known; as the
    /// URL of a request if `is_url`. None if the policy has the secret, or if no expression
    /// can refer to it.
    ///
    /// ```
    /// use http_step_policy::Policy;
    ///
    /// let origin = "https://api.example.com".parse()?;
    /// let missing = Policy::public().missing_secret("TOKEN", &[origin], false).unwrap();
    /// assert_eq!(
    ///     missing.policy_line().to_string(),
    ///     "`TOKEN: {from: env:TOKEN, origins: [https://api.example.com]}` under `secrets:`",
    /// );
    /// # Ok::<(), http_step_policy::OriginError>(())
    /// ```
    #[must_use]
    pub fn missing_secret(&self, name: &str, origins: &[Origin], is_url: bool) -> Option<Grant> {
        let is_missing = self.secret(name).is_none() && check_secret_name(name).is_ok();
        is_missing.then(|| Grant {
            permission: Permission::Secret {
                name: name.to_owned(),
                variable: variable(name),
                origins: origins.to_vec(),
                // No secret is granted as a URL by default.
                places: is_url.then_some(Place::Url).into_iter().collect(),
            },
            file: self.terms().file.as_deref().map(str::to_owned),
        })
    }
}

/// A name for an environment variable that holds the value.
fn variable(name: &str) -> String {
    let word = |c: char| match c.to_ascii_uppercase() {
        upper @ ('A'..='Z' | '0'..='9') => upper,
        _ => '_',
    };
    let variable: String = name.chars().map(word).collect();
    match variable.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{variable}"),
        false => variable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_line_that_grants_a_missing_secret() {
        let policy = Policy::parse(b"allow: []", "policy.yaml").unwrap();
        let line = |name: &str, origins: &[&str], is_url| {
            let origins: Vec<_> = origins
                .iter()
                .map(|origin| origin.parse().unwrap())
                .collect();
            let missing = policy.missing_secret(name, &origins, is_url);
            missing.map(|grant| grant.policy_line().to_string())
        };
        assert_eq!(
            line("A", &["https://a.example", "https://b.example"], false).unwrap(),
            "`A: {from: env:A, origins: [https://a.example, https://b.example]}` under `secrets:`"
        );
        assert_eq!(
            line("ci/größe-1", &["http://[::1]:8080"], false).unwrap(),
            "`\"ci/größe-1\": {from: env:CI_GR__E_1, origins: [\"http://[::1]:8080\"]}` under `secrets:`"
        );
        assert_eq!(
            line("1", &[], false).unwrap(),
            "`1: {from: env:_1, origins: [\"https://…\"]}` under `secrets:`"
        );
        assert_eq!(
            line("HOOK", &[], true).unwrap(),
            "`HOOK: {from: env:HOOK, origins: [\"https://…\"], places: [url]}` under `secrets:`"
        );
        assert_eq!(line("a b", &[], false), None);
        let granted = Secret::new("TOKEN", "env:A".parse().unwrap());
        let policy = policy.clone().grant_secret(granted);
        assert_eq!(policy.missing_secret("TOKEN", &[], false), None);
    }
}
