//! A secret that a step asks for and no policy lends.

use std::fmt;
use std::sync::Arc;

use super::{Place, name};
use crate::denial::{in_argument, in_flow};
use crate::origin::Origin;
use crate::policy::Policy;

/// What would lend a secret that a policy does not know.
///
/// ```
/// use http_step_policy::Policy;
///
/// let origin = "https://api.example.com".parse()?;
/// let missing = Policy::public().missing_secret("TOKEN", &[origin]).unwrap();
/// assert_eq!(missing.argument(), "--secret TOKEN=env:TOKEN@https://api.example.com");
/// assert_eq!(
///     missing.to_string(),
///     "`--secret TOKEN=env:TOKEN@https://api.example.com` would give it, and so would \
///      `TOKEN: {from: env:TOKEN, origins: [https://api.example.com]}` under `secrets:` in a policy",
/// );
/// # Ok::<(), http_step_policy::OriginError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSecret {
    name: String,
    origins: Vec<String>,
    file: Option<Arc<str>>,
    is_url: bool,
}

impl Policy {
    /// What would lend a secret, for requests to origins, as far as they are known; none
    /// if it is lent, or if no expression can name it.
    #[must_use]
    pub fn missing_secret(&self, name: &str, origins: &[Origin]) -> Option<MissingSecret> {
        let is_missing = self.secret(name).is_none() && name::check(name).is_ok();
        is_missing.then(|| MissingSecret {
            name: name.to_owned(),
            origins: match origins {
                [] => vec!["https://…".to_owned()],
                origins => origins.iter().map(Origin::to_string).collect(),
            },
            file: self.terms().file.clone(),
            is_url: false,
        })
    }
}

impl MissingSecret {
    /// It is to be the URL of a request, for which no secret is lent by default.
    #[must_use]
    pub fn as_url(mut self) -> Self {
        self.is_url = true;
        self
    }

    /// The arguments of the program: one for each origin, and one for the places if there
    /// has to be one.
    #[must_use]
    pub fn argument(&self) -> String {
        let (name, variable) = (&self.name, self.variable());
        let argument = |origin| {
            let lent = format!("{name}=env:{variable}@{origin}");
            format!("--secret {}", in_argument(&lent))
        };
        let mut arguments: Vec<String> = self.origins.iter().map(argument).collect();
        if self.is_url {
            let places = format!("{name}={}", Place::Url);
            arguments.push(format!("--secret-places {}", in_argument(&places)));
        }
        arguments.join(" ")
    }

    /// An environment variable that may hold the value.
    fn variable(&self) -> String {
        let word = |c: char| match c.to_ascii_uppercase() {
            upper @ ('A'..='Z' | '0'..='9') => upper,
            _ => '_',
        };
        let variable: String = self.name.chars().map(word).collect();
        match variable.starts_with(|c: char| c.is_ascii_digit()) {
            true => format!("_{variable}"),
            false => variable,
        }
    }
}

impl fmt::Display for MissingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("a policy");
        let origins: Vec<String> = self.origins.iter().map(|origin| in_flow(origin)).collect();
        let places = match self.is_url {
            true => format!(", places: [{}]", Place::Url),
            false => String::new(),
        };
        write!(
            f,
            "`{}` would give it, and so would `{}: {{from: env:{}, origins: [{}]{places}}}` under `secrets:` in {file}",
            self.argument(),
            in_flow(&self.name),
            self.variable(),
            origins.join(", "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_lend_it() {
        let policy = Policy::parse(b"allow: []", "policy.yaml").unwrap();
        let said = |name: &str, origins: &[&str]| {
            let origins = origins.iter().map(|origin| origin.parse().unwrap());
            policy
                .missing_secret(name, &origins.collect::<Vec<_>>())
                .map(|missing| missing.to_string())
        };
        assert_eq!(
            said("A", &["https://a.example", "https://b.example"]).unwrap(),
            "`--secret A=env:A@https://a.example --secret A=env:A@https://b.example` would give it, and so would \
             `A: {from: env:A, origins: [https://a.example, https://b.example]}` under `secrets:` in policy.yaml"
        );
        assert_eq!(
            said("ci/größe-1", &["http://[::1]:8080"]).unwrap(),
            "`--secret ci/größe-1=env:CI_GR__E_1@http://[::1]:8080` would give it, and so would \
             `\"ci/größe-1\": {from: env:CI_GR__E_1, origins: [\"http://[::1]:8080\"]}` under `secrets:` in policy.yaml"
        );
        assert_eq!(
            said("1", &[]).unwrap(),
            "`--secret 1=env:_1@https://…` would give it, and so would \
             `1: {from: env:_1, origins: [\"https://…\"]}` under `secrets:` in policy.yaml"
        );
        let url = policy
            .missing_secret("HOOK", &[])
            .map(MissingSecret::as_url);
        assert_eq!(
            url.unwrap().to_string(),
            "`--secret HOOK=env:HOOK@https://… --secret-places HOOK=url` would give it, and so would \
             `HOOK: {from: env:HOOK, origins: [\"https://…\"], places: [url]}` under `secrets:` in policy.yaml"
        );
        assert_eq!(said("a b", &[]), None);
        let lent = "TOKEN=env:A@https://a.example".parse().unwrap();
        assert_eq!(policy.clone().lend(lent).missing_secret("TOKEN", &[]), None);
    }
}
