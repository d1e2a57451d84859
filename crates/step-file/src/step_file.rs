//! A step file with short forms resolved and defaults filled in.

use http_step_json::Value;
use http_step_policy::{OF_POLICIES, OF_STEP_FILES};
use http_step_template::{Part, Reference, Template};
use http_step_yaml::{
    Diagnostics, FromNode, Given, Kind, Position, Report, Reported, value, value_or,
};

use crate::auth::Auth;
use crate::document::Document;
use crate::expect::{Expectation, Expectations, Level, limit_patterns};
use crate::fields::{Fields, FieldsOrText};
use crate::files::{File, Files};
use crate::header_names::HeaderNames;
use crate::json::Json;
use crate::method::{self, Method};
use crate::poll::Polling;
use crate::proxies::Proxies;
use crate::redirects;
use crate::renderable::Renderable;
use crate::retry::{IdempotencyKey, RetrySetting};
use crate::timeout::Timeouts;
use crate::tls::{ClientCertificate, Tls, Verify};
use crate::url::Url;

/// The maximum size of a step file: 1 MiB.
pub const MAX_LEN: usize = 1024 * 1024;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

const KIND: Kind = Kind {
    noun: "step file",
    longest: MAX_LEN,
    most_values: 100_000,
    smallest: Some("url: https://…"),
};

/// The request of a step file.
///
/// Strings are valid templates (see [`http_step_template`]), which are not rendered yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFile {
    /// The method: a known one, or a template with an expression.
    pub method: String,
    /// The URL, a template.
    pub url: String,
    /// Query parameters to append to the URL.
    pub params: Fields,
    /// Header fields. Text is one expression.
    pub headers: Fields,
    /// The body, if any.
    pub body: Option<Body>,
    /// Cookies. Text is one expression.
    pub cookies: Fields,
    /// The authentication, if any.
    pub auth: Option<Auth>,
    /// Timeouts.
    pub timeout: Renderable<Timeouts>,
    /// Whether to follow redirects.
    pub allow_redirects: Renderable<bool>,
    /// The number of redirects to follow, at most [`MAX_REDIRECTS`](crate::MAX_REDIRECTS).
    pub max_redirects: Renderable<u32>,
    /// `stream` of the requests library.
    pub stream: Renderable<bool>,
    /// How to verify the server's certificate.
    pub verify: Renderable<Verify>,
    /// The client certificate, if any.
    pub cert: Option<Renderable<ClientCertificate>>,
    /// Requirements for TLS besides those of the host's policy.
    pub tls: Renderable<Tls>,
    /// Proxies.
    pub proxies: Renderable<Proxies>,
    /// When the step runs again, if it does.
    pub retry: Option<Renderable<RetrySetting>>,
    /// How the host sets `Idempotency-Key`, if it does.
    pub idempotency_key: Option<IdempotencyKey>,
    /// How the step polls, if it has expectations to wait for ([`Level::Until`]).
    pub polling: Option<Polling>,
    /// What to expect of the response.
    pub expectations: Vec<Expectation>,
    /// Names of request headers whose values are hidden in the log.
    pub hide_request_headers: Vec<String>,
    /// Names of response headers whose values are hidden in the log.
    pub hide_response_headers: Vec<String>,
}

/// A request's body.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Entries are form-encoded; text is sent as it is, unless it is one expression
    /// whose value is the fields.
    Data(Fields),
    /// JSON. Each string in it, including keys of objects, is a template.
    Json(Value),
    /// Bytes, sent as they are and without a content type. Step files can't express this.
    Bytes(Vec<u8>),
    /// The content of a file, sent as it is and without a content type. The path is a template,
    /// as in `files`. Step files can't express this.
    File(String),
    /// `multipart/form-data`.
    Multipart {
        /// The fields. Text is one expression.
        fields: Fields,
        /// The files, at least one.
        files: Vec<File>,
    },
}

impl StepFile {
    /// A POST request to a URL with defaults for everything else.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            method: method::DEFAULT.to_owned(),
            url: url.into(),
            params: Fields::default(),
            headers: Fields::default(),
            body: None,
            cookies: Fields::default(),
            auth: None,
            timeout: Renderable::Value(Timeouts::default()),
            allow_redirects: Renderable::Value(true),
            max_redirects: Renderable::Value(redirects::DEFAULT_MAX_REDIRECTS),
            stream: Renderable::Value(false),
            verify: Renderable::Value(Verify::default()),
            cert: None,
            tls: Renderable::Value(Tls::default()),
            proxies: Renderable::Value(Proxies::default()),
            retry: None,
            idempotency_key: None,
            polling: None,
            expectations: Vec::new(),
            hide_request_headers: Vec::new(),
            hide_response_headers: Vec::new(),
        }
    }

    /// Whether `headers` sets `Idempotency-Key`: then it is the same in every attempt.
    #[must_use]
    pub fn sets_idempotency_key(&self) -> bool {
        self.headers.has_header(IDEMPOTENCY_KEY)
    }

    /// The secret that the URL starts with, if it does: the whole URL, or all but its query.
    #[must_use]
    pub fn url_secret(&self) -> Option<String> {
        match Template::parse(&self.url).ok()?.parts().first()? {
            Part::Expression(Reference::Secret { name }) => Some((*name).to_owned()),
            _ => None,
        }
    }

    /// Read a step file: YAML 1.2 or JSON, in UTF-8, of at most
    /// [`MAX_LEN`] bytes.
    ///
    /// # Errors
    ///
    /// All its errors.
    pub fn parse(text: &[u8]) -> Result<Self, Diagnostics> {
        http_step_yaml::read(text, &KIND, |root, report| {
            if root.is_rather(&OF_POLICIES, &OF_STEP_FILES) {
                return Err(report.add(root.at, "this is a policy file, not a step file"));
            }
            let document = Document::from_node(root, report)?;
            from_document(document, root.at, report)
        })
    }
}

/// Combine the keys.
fn from_document(
    mut document: Document,
    at: Position,
    report: &mut Report,
) -> Result<StepFile, Reported> {
    let request_line = request_line(&mut document, at, report);
    let body = body(&mut document, report);
    let headers = value(document.headers).map(|headers| headers.map(|headers| headers.0));
    let hidden = value_or(document.hide_request_headers, HeaderNames::default());
    // With invalid headers it is unknown which are missing.
    let hidden = match (&headers, hidden) {
        (Ok(headers), Ok(hidden)) => report.within("hide_request_headers", |report| {
            hidden.resolve(headers.as_ref().unwrap_or(&Fields::default()), report)
        }),
        (_, hidden) => hidden.map(HeaderNames::unchecked),
    };
    let idempotency_key = idempotency_key(document.idempotency_key, &headers, report);
    let expect = value_or(document.expect, Expectations::default())
        .and_then(|expect| expect.resolve(Level::Expect));
    let warn =
        value_or(document.warn, Expectations::default()).and_then(|warn| warn.resolve(Level::Warn));
    let polling = Polling::resolve(
        document.until.as_ref(),
        document.every,
        document.within,
        report,
    );
    if let (Some(until), Some(_)) = (&document.until, &document.retry) {
        let message =
            "`until` repeats the request, also after errors that may be temporary; remove `retry`";
        report.add(until.at, message);
    }
    let until = value_or(document.until, Expectations::default())
        .and_then(|until| until.resolve(Level::Until));
    let (method, url) = request_line?;
    let expectations = [until?, expect?, warn?].concat();
    limit_patterns(&expectations, report)?;
    let defaults = StepFile::new(url);
    Ok(StepFile {
        method,
        params: value(document.params)?.map_or(defaults.params, |FieldsOrText(fields)| fields),
        headers: headers?.unwrap_or(defaults.headers),
        body: body?,
        cookies: value(document.cookies)?.map_or(defaults.cookies, |cookies| cookies.0),
        auth: value(document.auth)?,
        timeout: value_or(document.timeout, defaults.timeout)?,
        allow_redirects: value_or(document.allow_redirects, defaults.allow_redirects)?,
        max_redirects: value(document.max_redirects)?.map_or(defaults.max_redirects, |limit| {
            limit.map(|redirects| redirects.0)
        }),
        stream: value_or(document.stream, defaults.stream)?,
        verify: value_or(document.verify, defaults.verify)?,
        cert: value(document.cert)?,
        tls: value_or(document.tls, defaults.tls)?,
        proxies: value_or(document.proxies, defaults.proxies)?,
        retry: value(document.retry)?,
        idempotency_key: idempotency_key?,
        polling: polling?,
        expectations,
        hide_request_headers: hidden?,
        hide_response_headers: value_or(document.hide_response_headers, HeaderNames::default())?
            .unchecked(),
        url: defaults.url,
    })
}

/// `idempotency_key`, which is set in one place only.
fn idempotency_key(
    given: Option<Given<IdempotencyKey>>,
    headers: &Result<Option<Fields>, Reported>,
    report: &mut Report,
) -> Result<Option<IdempotencyKey>, Reported> {
    let at = given.as_ref().map(|given| given.at);
    let key = value(given)?;
    if let (Some(at), Ok(Some(headers))) = (at, headers)
        && headers.has_header(IDEMPOTENCY_KEY)
    {
        return Err(report.add(
            at,
            "`headers` already sets `Idempotency-Key`; remove it, or `idempotency_key`",
        ));
    }
    Ok(key)
}

/// The method and the URL: by `url` and `method`, or by one short form.
fn request_line(
    document: &mut Document,
    at: Position,
    report: &mut Report,
) -> Result<(String, String), Reported> {
    let forms = [
        ("url", None, document.url.take()),
        ("get", Some("GET"), document.get.take()),
        ("post", Some("POST"), document.post.take()),
        ("put", Some("PUT"), document.put.take()),
        ("delete", Some("DELETE"), document.delete.take()),
        ("head", Some("HEAD"), document.head.take()),
        ("options", Some("OPTIONS"), document.options.take()),
        ("patch", Some("PATCH"), document.patch.take()),
    ];
    let mut given: Vec<(&str, Option<&str>, Given<Url>)> = forms
        .into_iter()
        .filter_map(|(key, method, url)| url.map(|url| (key, method, url)))
        .collect();
    given.sort_by_key(|(_, _, url)| url.at);
    let mut given = given.into_iter();
    let Some((key, short, url)) = given.next() else {
        return Err(report.add(
            at,
            "the URL is missing: add `url: https://…`, or the method with it, as in `get: https://…`",
        ));
    };
    let mut outcome = Ok(());
    for (other, _, url) in given {
        let message = format!("`{key}` already gives the URL; remove `{key}` or `{other}`");
        outcome = Err(report.add(url.at, message));
    }
    let method = match (document.method.take(), short) {
        (None, short) => Ok(short.unwrap_or(method::DEFAULT).to_owned()),
        (Some(method), None) => method.value.map(|Method(method)| method),
        (Some(method), Some(_)) => Err(report.add(
            method.at,
            format!(
                "`{key}` already gives the method; remove `method`, or replace `{key}` with `url`"
            ),
        )),
    };
    let Url(url) = url.value?;
    outcome.and(Ok((method?, url)))
}

/// The body: `data`, `json`, or `files` with or without `data`.
fn body(document: &mut Document, report: &mut Report) -> Result<Option<Body>, Reported> {
    let data = document.data.take();
    let files = document.files.take();
    if let Some(json) = document.json.take() {
        let other = match (&data, &files) {
            (None, None) => return json.value.map(|Json(value)| Some(Body::Json(value))),
            (Some(_), _) => "data",
            (None, Some(_)) => "files",
        };
        let message = format!("a request has only one body; remove `json` or `{other}`");
        return Err(report.add(json.at, message));
    }
    let at = data.as_ref().map(|data| data.at);
    let data = value(data)?.map(|FieldsOrText(fields)| fields);
    let files = value_or(files, Files(Vec::new()))?.0;
    // Without files there is no multipart body, as in the requests library.
    if files.is_empty() {
        return Ok(data.map(Body::Data));
    }
    let fields = data.unwrap_or_default();
    if let (Fields::Text(text), Some(at)) = (&fields, at)
        && crate::text::sole_expression(text).is_none()
    {
        return Err(report.add(
            at,
            "with `files`, `data` must be fields: a mapping, a list of `[name, value]` or one expression, not text",
        ));
    }
    Ok(Some(Body::Multipart { fields, files }))
}
