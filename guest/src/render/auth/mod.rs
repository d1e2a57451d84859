//! Rendering of `auth`, by its scheme.

mod parameters;
mod scheme;

use http_step_template::{Value, render_json};

use super::{PlanError, Setting, into_text};
use crate::bindings::ci::http_step::types;
use crate::render::Auth;

pub(crate) use self::parameters::ParameterError;

impl Setting<'_> {
    pub(super) fn auth(&self, auth: types::Auth) -> Result<Option<Auth>, PlanError> {
        Ok(Some(match auth {
            types::Auth::Basic(types::UserPassword { username, password }) => Auth::Basic {
                username: self.text(username)?,
                password: self.text(password)?,
            },
            types::Auth::Bearer(token) => Auth::Bearer(self.text(token)?),
            types::Auth::Expression(expression) => match self.value(&expression)? {
                Value::Null => return Ok(None),
                value => auth_of(value)?,
            },
            types::Auth::Other(types::AuthScheme { scheme, parameters }) => {
                let Some(read) = scheme::reader(&scheme) else {
                    return Err(PlanError::AuthScheme(scheme));
                };
                let parameters = parameters.parse().map_err(PlanError::AuthJson)?;
                Auth::Computed(read(self.on(render_json(parameters, self.1))?)?)
            }
        }))
    }
}

/// Credentials from a single value.
fn auth_of(value: Value) -> Result<Auth, PlanError> {
    let entries = match value {
        Value::Object(entries) => entries,
        value => {
            let [username, password] = pair(value).ok_or(PlanError::AuthShape)?;
            return basic(username, password).ok_or(PlanError::AuthShape);
        }
    };
    let mut entries = entries.into_iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else {
        return Err(PlanError::AuthShape);
    };
    let auth = match (name.as_str(), value) {
        ("bearer", token) => scalar(token).map(Auth::Bearer),
        ("basic", Value::Object(mut keys)) if keys.len() == 2 => {
            match (keys.shift_remove("username"), keys.shift_remove("password")) {
                (Some(username), Some(password)) => basic(username, password),
                _ => None,
            }
        }
        (name, value) => match scheme::reader(name) {
            Some(read) => Some(Auth::Computed(read(value)?)),
            None => None,
        },
    };
    auth.ok_or(PlanError::AuthShape)
}

fn basic(username: Value, password: Value) -> Option<Auth> {
    Some(Auth::Basic {
        username: scalar(username)?,
        password: scalar(password)?,
    })
}

/// The text of a scalar value.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(_) | Value::Number(_) => Some(into_text(value)),
        _ => None,
    }
}

/// The items of `[username, password]`.
fn pair(value: Value) -> Option<[Value; 2]> {
    match value {
        Value::Array(items) => items.try_into().ok(),
        _ => None,
    }
}
