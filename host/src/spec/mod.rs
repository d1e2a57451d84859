//! From a step file to the contract's request-spec. What the guest renders is passed on unchanged;
//! what the host enforces is rendered here.

mod expectations;
pub(crate) mod files;
pub(crate) mod properties;
mod settings;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http_step_egress::{ErrorKind, PemError, Requested, SecretFiles};
use http_step_file::{
    Auth, Body, DEFAULT_MAX_REDIRECTS, Fields, File, FileContent, Filename, MAX_REDIRECTS,
    Renderable, RetrySetting, StepFile, Timeouts,
};
use http_step_policy::{Grant, Origin, Policy};
use http_step_retry::{Poll, Retry};
use http_step_template::{Names, RenderError, Template, Value, escape, render_json, to_text};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::task::spawn_blocking;

use self::files::{FileError, Files, Reader};
use self::properties::Properties;
use self::settings::Settings;
use crate::contract::types;
use crate::expect::Expectations;

/// Why a step file can't become a request-spec.
#[derive(Debug, Error)]
pub(crate) enum SpecError {
    #[error("`{key}`: {source}")]
    Render {
        key: Cow<'static, str>,
        source: RenderError,
    },
    #[error(
        "`{key}`: the secret `{name}` can't stand here: the host obeys this key, and a step has no more than a handle"
    )]
    Secret {
        key: Cow<'static, str>,
        name: String,
    },
    #[error("`{key}`: the expression's value does not fit: {reason}")]
    Type { key: &'static str, reason: String },
    #[error("the file `{path}` of `{key}` is of no use: {source}")]
    Pem {
        key: &'static str,
        path: String,
        source: PemError,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{name}`: {reason}")]
    Expectation { name: String, reason: String },
    #[error("the files of the step file can't be read: {0}")]
    Reading(String),
}

impl SpecError {
    /// The grant that is missing, if the policy denied it.
    pub(crate) fn grant(&self) -> Option<Grant> {
        match self {
            Self::File(FileError::Denied(denial)) => denial.grant(),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::File(FileError::Denied(_) | FileError::OfSecret(_)) => ErrorKind::Denied,
            Self::Render {
                source: RenderError::UnknownProperty(_),
                ..
            } => ErrorKind::UnknownName,
            _ => ErrorKind::InvalidSpec,
        }
    }
}

/// A prepared step file: what the component gets, and what is requested of the egress gate.
pub(crate) struct Prepared {
    pub(crate) spec: types::RequestSpec,
    pub(crate) requested: Requested,
    pub(crate) retry: Option<Retry>,
    pub(crate) poll: Option<Poll>,
    pub(crate) expectations: Option<Expectations>,
    /// Bytes of the files in both, and of a body that is given as bytes.
    pub(crate) file_bytes: usize,
}

/// Prepare the run of a step file.
pub(crate) async fn prepare(
    file: StepFile,
    properties: &Arc<Properties>,
    files: Files,
    policy: &Policy,
    secret_files: &SecretFiles,
) -> Result<Prepared, SpecError> {
    let settings = settings::settings(&file, properties)?;
    let names_files =
        matches!(file.body, Some(Body::Multipart { .. } | Body::File(_))) || settings.names_files();
    if !names_files {
        let reader = Reader::new(files, policy, secret_files);
        return prepared(&file, properties, settings, reader);
    }
    let (properties, policy) = (Arc::clone(properties), policy.clone());
    let secret_files = secret_files.clone();
    let read = move || {
        let reader = Reader::new(files, &policy, &secret_files);
        prepared(&file, &properties, settings, reader)
    };
    spawn_blocking(read)
        .await
        .map_err(|error| SpecError::Reading(error.to_string()))?
}

fn prepared(
    file: &StepFile,
    properties: &Properties,
    settings: Settings,
    mut reader: Reader<'_>,
) -> Result<Prepared, SpecError> {
    let given = match &file.body {
        Some(Body::Bytes(bytes)) => bytes.len(),
        _ => 0,
    };
    let retry = match &file.retry {
        Some(retry) => setting("retry", retry, properties)?.map(|RetrySetting(retry)| retry),
        None => None,
    };
    let expected = expectations::expectations(file, properties)?;
    let mut spec = spec(file, properties, &settings, &mut reader)?;
    spec.settings.host_judges_status = expected.as_ref().is_some_and(Expectations::judge_status);
    Ok(Prepared {
        retry,
        poll: file
            .polling
            .as_ref()
            .map(|it| expectations::poll(it, properties))
            .transpose()?,
        expectations: expected,
        spec,
        requested: settings.requested(&mut reader)?,
        file_bytes: reader.total().saturating_add(given),
    })
}

fn spec(
    file: &StepFile,
    properties: &Properties,
    settings: &Settings,
    reader: &mut Reader<'_>,
) -> Result<types::RequestSpec, SpecError> {
    Ok(types::RequestSpec {
        method: file.method.clone(),
        url: file.url.clone(),
        params: fields(&file.params),
        headers: fields(&file.headers),
        body: file
            .body
            .as_ref()
            .map(|content| body(content, properties, reader))
            .transpose()?,
        cookies: fields(&file.cookies),
        auth: file.auth.as_ref().map(auth),
        hide_request_headers: file.hide_request_headers.clone(),
        hide_response_headers: file.hide_response_headers.clone(),
        settings: contract_settings(file, properties, settings)?,
        extensions: Vec::new(),
    })
}

fn entries(entries: &[(String, String)]) -> Vec<types::Field> {
    entries
        .iter()
        .map(|(name, value)| types::Field {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

fn fields(fields: &Fields) -> types::Fields {
    match fields {
        Fields::Entries(named) => types::Fields::Entries(entries(named)),
        Fields::Text(text) => types::Fields::Text(text.clone()),
    }
}

fn body(
    body: &Body,
    properties: &Properties,
    reader: &mut Reader<'_>,
) -> Result<types::Body, SpecError> {
    Ok(match body {
        Body::Data(data) => types::Body::Data(fields(data)),
        Body::Json(value) => types::Body::Json(value.to_string()),
        Body::Bytes(bytes) => types::Body::Bytes(bytes.clone()),
        Body::File(path) => {
            types::Body::Bytes(reader.read("data", &rendered_path("data", path, properties)?)?)
        }
        Body::Multipart {
            fields: named,
            files: parts,
        } => types::Body::Multipart(types::Multipart {
            fields: fields(named),
            files: parts
                .iter()
                .map(|part| file(part, properties, reader))
                .collect::<Result<_, _>>()?,
        }),
    })
}

fn file(
    file: &File,
    properties: &Properties,
    reader: &mut Reader<'_>,
) -> Result<types::File, SpecError> {
    let (content, last_component) = match &file.content {
        FileContent::Text(text) => (types::Content::Text(text.clone()), None),
        FileContent::Path(path) => {
            let path = rendered_path("files", path, properties)?;
            let last = path.rsplit('/').next().unwrap_or_default();
            // The component parses it as a template, and it was rendered already.
            let last = escape(last).into_owned();
            (
                types::Content::Bytes(reader.read("files", &path)?),
                Some(last),
            )
        }
    };
    let filename = match &file.filename {
        Filename::Text(text) => Some(text.clone()),
        Filename::OfPath => last_component,
        Filename::None => None,
    };
    Ok(types::File {
        name: file.name.clone(),
        filename,
        content_type: file.content_type.clone(),
        headers: entries(&file.headers),
        content,
    })
}

fn auth(auth: &Auth) -> types::Auth {
    match auth {
        Auth::Basic { username, password } => types::Auth::Basic(types::UserPassword {
            username: username.clone(),
            password: password.clone(),
        }),
        Auth::Bearer(token) => types::Auth::Bearer(token.clone()),
        Auth::Expression(expression) => types::Auth::Expression(expression.clone()),
        Auth::Other { scheme, parameters } => types::Auth::Other(types::AuthScheme {
            scheme: scheme.clone(),
            parameters: parameters.to_string(),
        }),
    }
}

fn contract_settings(
    file: &StepFile,
    properties: &Properties,
    requested: &Settings,
) -> Result<types::Settings, SpecError> {
    let timeout: Timeouts = setting("timeout", &file.timeout, properties)?.unwrap_or_default();
    let max_redirects =
        setting("max_redirects", &file.max_redirects, properties)?.unwrap_or(DEFAULT_MAX_REDIRECTS);
    if max_redirects > MAX_REDIRECTS {
        return Err(SpecError::Type {
            key: "max_redirects",
            reason: format!("{max_redirects} is more than {MAX_REDIRECTS}"),
        });
    }
    Ok(types::Settings {
        timeout: types::Timeouts {
            connect: timeout.connect.map(nanoseconds),
            read: timeout.read.map(nanoseconds),
            total: timeout.total.map(nanoseconds),
        },
        allow_redirects: setting("allow_redirects", &file.allow_redirects, properties)?
            .unwrap_or(true),
        max_redirects,
        stream: setting("stream", &file.stream, properties)?.unwrap_or(false),
        verify: requested.verify(),
        cert: requested.cert(),
        proxies: requested.proxies(),
        host_judges_status: false,
    })
}

/// A time limit beyond a `u64` of nanoseconds, 584 years, becomes that.
fn nanoseconds(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|duration| u64::try_from(duration.as_nanos()).ok())
        .unwrap_or(u64::MAX)
}

/// A setting's value; none if its expression is null, which in a step file means that it is not
/// set.
pub(crate) fn setting<T: Clone + DeserializeOwned>(
    key: &'static str,
    setting: &Renderable<T>,
    properties: &Properties,
) -> Result<Option<T>, SpecError> {
    match setting {
        Renderable::Value(value) => Ok(Some(value.clone())),
        Renderable::Expression(text) => {
            let value = rendered(key, text, properties)?;
            serde_json::Value::try_from(&value)
                .and_then(serde_json::from_value)
                .map_err(|error| SpecError::Type {
                    key,
                    reason: error.to_string(),
                })
        }
    }
}

fn rendered_path(
    key: &'static str,
    path: &str,
    properties: &Properties,
) -> Result<String, SpecError> {
    rendered(key, path, properties).map(|path| to_text(&path).into_owned())
}

fn rendered(key: &'static str, text: &str, properties: &Properties) -> Result<Value, SpecError> {
    Template::parse(text)
        .map_err(RenderError::from)
        .and_then(|template| template.render(&KnownProperties(properties)))
        .map_err(|error| not_rendered(key, error))
}

/// Render a value that the host uses, and no component.
fn rendered_json(key: &str, value: Value, properties: &Properties) -> Result<Value, SpecError> {
    render_json(value, &KnownProperties(properties))
        .map_err(|error| not_rendered(key.to_owned(), error))
}

fn not_rendered(key: impl Into<Cow<'static, str>>, error: RenderError) -> SpecError {
    let key = key.into();
    match error {
        RenderError::UnknownSecret(name) => SpecError::Secret { key, name },
        source => SpecError::Render { key, source },
    }
}

/// The origin of a step's first request, as far as the properties determine it.
pub(crate) fn origin(file: &StepFile, properties: &Properties) -> Option<Origin> {
    struct Guessed<'a>(&'a Properties);

    impl Names for Guessed<'_> {
        fn property(&self, name: &str) -> Option<Value> {
            self.0.get(name).cloned()
        }

        fn secret(&self, _: &str) -> Option<String> {
            Some("secret".to_owned())
        }
    }
    let url = Template::parse(&file.url).ok()?;
    let url = url.render(&Guessed(properties)).ok()?;
    Origin::from_url(&to_text(&url)).ok()
}

/// What a setting's expression can name. A setting can't use a secret: its handle would be taken
/// for the value.
struct KnownProperties<'a>(&'a Properties);

impl Names for KnownProperties<'_> {
    fn property(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}
