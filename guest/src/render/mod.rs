//! Rendering: from a spec to plain data without expressions.
//!
//! A property can be a single text or, where the contract allows it, a whole set of names and
//! values, as in Buildbot.

mod auth;
pub(crate) mod url;

use http_step_template::{Names, RenderError, Template, Value, render_json, to_text};
use thiserror::Error;

use self::auth::ParameterError;
use crate::bindings::ci::http_step::types::{self, ErrorKind, RequestSpec, StepError};
use crate::host::Scheme;

/// A name and its value.
pub(crate) type Pair = (String, String);

/// The rendered request.
pub(crate) struct Plan {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) params: Fields,
    pub(crate) headers: Vec<Pair>,
    pub(crate) body: Option<Body>,
    pub(crate) cookies: Vec<Pair>,
    pub(crate) auth: Option<Auth>,
}

/// Names and values, or literal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    Entries(Vec<Pair>),
    Text(String),
}

/// The content of the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Data(Fields),
    Json(Value),
    Bytes(Vec<u8>),
    Multipart { fields: Vec<Pair>, files: Vec<File> },
}

/// A file of a multipart body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: Vec<Pair>,
    pub(crate) content: Vec<u8>,
}

/// Rendered credentials. It does not implement `Debug`, so that nothing prints it.
#[derive(Clone, PartialEq)]
pub(crate) enum Auth {
    /// RFC 7617.
    Basic { username: String, password: String },
    /// RFC 6750: the token.
    Bearer(String),
    /// Credentials that the host computes when it sends the request.
    Computed(Scheme),
}

/// Why a spec can't be rendered. Each error names the setting.
#[derive(Debug, Error)]
pub(crate) enum PlanError {
    #[error("`{setting}`: {source}")]
    Render {
        setting: &'static str,
        source: RenderError,
    },
    #[error("`json` is not JSON: {0}")]
    Json(http_step_json::Error),
    #[error("`{0}` is text, but it must be names and values")]
    Text(&'static str),
    #[error(
        "`{setting}` is {found}, but it must be names and values: an object or a list of `[name, value]` pairs"
    )]
    Shape {
        setting: &'static str,
        found: &'static str,
    },
    #[error(
        "the value of `auth` must be `[username, password]`, `{{\"basic\": {{\"username\": …, \"password\": …}}}}`, `{{\"bearer\": …}}`, or one of `hmac`, `aws-sigv4`, `digest` and `oauth2` with its parameters"
    )]
    AuthShape,
    #[error("the parameters of `auth` are not JSON: {0}")]
    AuthJson(http_step_json::Error),
    #[error("`auth`: {0}")]
    AuthParameter(#[from] ParameterError),
    #[error("this step does not support the authentication scheme `{0}`")]
    AuthScheme(String),
    #[error("this step does not support `{0}`")]
    Extension(String),
}

impl From<PlanError> for StepError {
    fn from(error: PlanError) -> Self {
        let kind = match &error {
            PlanError::Render {
                source: RenderError::UnknownProperty(_) | RenderError::UnknownSecret(_),
                ..
            } => ErrorKind::UnknownName,
            _ => ErrorKind::InvalidSpec,
        };
        Self {
            kind,
            message: error.to_string(),
        }
    }
}

/// Render a spec. Its settings have no expressions.
pub(crate) fn plan(spec: RequestSpec, names: &dyn Names) -> Result<Plan, PlanError> {
    if let Some(extension) = spec.extensions.into_iter().next() {
        return Err(PlanError::Extension(extension.name));
    }
    Ok(Plan {
        method: Setting("method", names).text(spec.method)?,
        url: Setting("url", names).text(spec.url)?,
        params: sorted(Setting("params", names).fields(spec.params)?),
        headers: Setting("headers", names).entries(spec.headers)?,
        body: spec.body.map(|body| render_body(body, names)).transpose()?,
        cookies: Setting("cookies", names).entries(spec.cookies)?,
        auth: match spec.auth {
            Some(auth) => Setting("auth", names).auth(auth)?,
            None => None,
        },
    })
}

/// Sort `params` by name, as HTTPStep does before it logs and sends them. Values of one name stay
/// in order.
fn sorted(mut params: Fields) -> Fields {
    if let Fields::Entries(entries) = &mut params {
        entries.sort_by(|(name, _), (other, _)| name.cmp(other));
    }
    params
}

fn render_body(body: types::Body, names: &dyn Names) -> Result<Body, PlanError> {
    Ok(match body {
        types::Body::Data(fields) => Body::Data(Setting("data", names).fields(fields)?),
        types::Body::Json(text) => {
            let value = text.parse().map_err(PlanError::Json)?;
            Body::Json(Setting("json", names).on(render_json(value, names))?)
        }
        types::Body::Bytes(bytes) => Body::Bytes(bytes),
        types::Body::Multipart(multipart) => Body::Multipart {
            fields: Setting("data", names).entries(multipart.fields)?,
            files: multipart
                .files
                .into_iter()
                .map(|file| Setting("files", names).file(file))
                .collect::<Result<_, _>>()?,
        },
    })
}

/// The setting being rendered, for errors, and the names that it can use.
struct Setting<'a>(&'static str, &'a dyn Names);

impl Setting<'_> {
    fn on<T>(&self, result: Result<T, impl Into<RenderError>>) -> Result<T, PlanError> {
        result.map_err(|source| PlanError::Render {
            setting: self.0,
            source: source.into(),
        })
    }

    /// Render text.
    fn text(&self, template: String) -> Result<String, PlanError> {
        if !has_expression(&template) {
            return Ok(template);
        }
        Ok(into_text(self.value(&template)?))
    }

    /// The value of text that contains an expression.
    fn value(&self, template: &str) -> Result<Value, PlanError> {
        self.on(Template::parse(template).map_err(RenderError::from))
            .and_then(|template| self.on(template.render(self.1)))
    }

    /// The value, if the text consists of exactly one expression.
    fn sole_value(&self, template: &str) -> Result<Option<Value>, PlanError> {
        if !has_expression(template) {
            return Ok(None);
        }
        let template = self.on(Template::parse(template))?;
        match template.sole_expression() {
            Some(_) => self.on(template.render(self.1)).map(Some),
            None => Ok(None),
        }
    }

    fn fields(&self, fields: types::Fields) -> Result<Fields, PlanError> {
        match fields {
            types::Fields::Entries(entries) => self.list(entries).map(Fields::Entries),
            types::Fields::Text(text) => match self.sole_value(&text)? {
                Some(value @ (Value::Object(_) | Value::Array(_))) => {
                    self.named_values(value).map(Fields::Entries)
                }
                Some(value) => Ok(Fields::Text(into_text(value))),
                None => self.text(text).map(Fields::Text),
            },
        }
    }

    /// Fields that can't be text.
    fn entries(&self, fields: types::Fields) -> Result<Vec<Pair>, PlanError> {
        match fields {
            types::Fields::Entries(entries) => self.list(entries),
            types::Fields::Text(text) => match self.sole_value(&text)? {
                Some(Value::Null) => Ok(Vec::new()),
                Some(value) => self.named_values(value),
                None => Err(PlanError::Text(self.0)),
            },
        }
    }

    fn list(&self, entries: Vec<types::Field>) -> Result<Vec<Pair>, PlanError> {
        let mut pairs = Vec::with_capacity(entries.len());
        for types::Field { name, value } in entries {
            let name = self.text(name)?;
            match self.sole_value(&value)? {
                Some(value) => push_values(name, value, &mut pairs),
                None => pairs.push((name, self.text(value)?)),
            }
        }
        Ok(pairs)
    }

    /// The names and values of an expression's value.
    fn named_values(&self, value: Value) -> Result<Vec<Pair>, PlanError> {
        let mut pairs = Vec::new();
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    push_values(name, value, &mut pairs);
                }
            }
            Value::Array(items) => {
                for item in items {
                    let [name, value] = pair(item).ok_or(self.shape("a list of other things"))?;
                    push_values(into_text(name), value, &mut pairs);
                }
            }
            Value::String(_) => return Err(PlanError::Text(self.0)),
            Value::Null => return Err(self.shape("null")),
            Value::Bool(_) => return Err(self.shape("true or false")),
            Value::Number(_) => return Err(self.shape("a number")),
        }
        Ok(pairs)
    }

    fn shape(&self, found: &'static str) -> PlanError {
        PlanError::Shape {
            setting: self.0,
            found,
        }
    }

    /// Text that an expression can omit with null.
    fn optional(&self, template: Option<String>) -> Result<Option<String>, PlanError> {
        let Some(template) = template else {
            return Ok(None);
        };
        match self.sole_value(&template)? {
            Some(Value::Null) => Ok(None),
            Some(value) => Ok(Some(into_text(value))),
            None => self.text(template).map(Some),
        }
    }

    fn file(&self, file: types::File) -> Result<File, PlanError> {
        Ok(File {
            name: self.text(file.name)?,
            filename: self.optional(file.filename)?,
            content_type: self.optional(file.content_type)?,
            headers: self.list(file.headers)?,
            content: match file.content {
                types::Content::Text(text) => self.text(text)?.into_bytes(),
                types::Content::Bytes(bytes) => bytes,
            },
        })
    }
}

fn pair(value: Value) -> Option<[Value; 2]> {
    match value {
        Value::Array(items) => items.try_into().ok(),
        _ => None,
    }
}

/// Add a value. A list repeats the name for each item; null omits it.
fn push_values(name: String, value: Value, pairs: &mut Vec<Pair>) {
    match value {
        Value::Null => {}
        Value::Array(items) => pairs.extend(
            items
                .into_iter()
                .filter(|item| !item.is_null())
                .map(|item| (name.clone(), into_text(item))),
        ),
        value => pairs.push((name, into_text(value))),
    }
}

fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => to_text(&value).into_owned(),
    }
}

/// A quick check, since most text has none.
fn has_expression(text: &str) -> bool {
    text.contains("${{")
}

#[cfg(test)]
mod tests;
