//! The names that a secret can have.

use http_step_template::{Reference, Template};
use thiserror::Error;

/// A name that no expression can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "this is not a valid name of a secret: use letters, digits, `_`, `-`, `.`, `:` and `/`, as in `API_TOKEN`"
)]
pub struct SecretNameError;

/// Check that `${{ secret.NAME }}` can refer to a secret.
///
/// # Errors
///
/// No expression can.
pub fn check(name: &str) -> Result<(), SecretNameError> {
    let expression = format!("${{{{ secret.{name} }}}}");
    match Template::parse(&expression) {
        Ok(template) if template.sole_expression() == Some(&Reference::Secret { name }) => Ok(()),
        _ => Err(SecretNameError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["TOKEN", "a.b", "ci/token:1-x_y", "größe", "1", "."] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in [
            "",
            " A",
            "A ",
            "a b",
            "A | default(1)",
            "a }}${{ secret.b",
            "a}}",
            "a\n",
            "$A",
        ] {
            assert_eq!(check(name), Err(SecretNameError), "{name}");
        }
    }
}
