//! The request to send: the URL with its query, headers in order, the body.
//!
//! All errors of a plan are found here, before anything is sent or logged.

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod form;
pub(crate) mod multipart;
pub(crate) mod target;

use thiserror::Error;
use url::Url;

use self::auth::{Ask, AuthError};
use self::body::Content;
use self::multipart::MultipartError;
use self::target::TargetError;
use crate::bindings::ci::http_step::types::{ErrorKind, StepError};
use crate::cookies::Jar;
use crate::header::{self, Header, HeaderError, value_of};
use crate::method::Method;
use crate::render::{Body, Fields, Pair, Plan};

const USER_AGENT: &str = concat!("http-step/", env!("CARGO_PKG_VERSION"));

/// The codings that the requests library accepts with all its options. The host decodes them: the
/// component has no decoder and never sees a coding.
const ACCEPT_ENCODING: &str = "gzip, deflate, br, zstd";

/// A request. The headers that change from hop to hop are separate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Whether only the origin of the URL is shown.
    pub(crate) is_url_hidden: bool,
    /// The default headers and the step's own.
    pub(crate) headers: Vec<Header>,
    /// The step's own cookies, each `name=value`.
    pub(crate) cookies: Vec<String>,
    pub(crate) content: Option<Content>,
    /// The field of `auth`, which is not always `Authorization`.
    pub(crate) credentials: Option<Header>,
}

/// Why a plan is not a valid request.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum RequestError {
    #[error("Wrong method given: '{}' is not known", .0.escape_debug())]
    Method(String),
    #[error("`url` can't be used: {0}")]
    Url(TargetError),
    #[error(
        "`url` contains a user name or a password; put them into `auth`, which logs don't show"
    )]
    UserInfo,
    #[error("`params` contains a line break or another control character; escape it, as in `%0A`")]
    Params,
    #[error("in `headers`, {0}")]
    Header(#[from] HeaderError),
    #[error(
        "`headers` contains `Content-Type`, but a request with `files` needs its own, which has the boundary between files; remove it"
    )]
    MultipartContentType,
    #[error(
        "`headers` contains `Content-Length: {given}`, but the body has {actual} bytes; remove it, since the step sets it"
    )]
    ContentLength { given: String, actual: usize },
    #[error("there are cookies in both `headers` and `cookies`; put all of them into `cookies`")]
    TwoCookies,
    #[error("the cookie `{}` can't be sent: {}", .0.escape_debug(), "a name can't contain `=`, and neither a name nor a value can contain `;` or a control character")]
    Cookie(String),
    #[error(transparent)]
    Multipart(#[from] MultipartError),
    #[error(transparent)]
    Auth(#[from] AuthError),
}

impl From<RequestError> for StepError {
    fn from(error: RequestError) -> Self {
        Self {
            kind: ErrorKind::InvalidSpec,
            message: error.to_string(),
        }
    }
}

/// Build the request of a plan. The host is asked for credentials last, if there is no other error.
pub(crate) fn build(plan: Plan, ask: &Ask<'_>) -> Result<Request, RequestError> {
    let method =
        Method::parse(&plan.method).ok_or_else(|| RequestError::Method(plan.method.clone()))?;
    let url = url(&plan.url, &plan.params)?;
    let mut headers = with_defaults(plan.headers)?;
    let own_cookies = take(&mut headers, "Cookie");
    let cookies = cookies(&own_cookies, plan.cookies)?;
    if matches!(plan.body, Some(Body::Multipart { .. }))
        && value_of(&headers, "Content-Type").is_some()
    {
        return Err(RequestError::MultipartContentType);
    }
    let content = plan.body.map(body::encode).transpose()?.flatten();
    check_length(&headers, content.as_ref())?;
    let credentials = plan.auth.map(|auth| auth::field(&auth, ask)).transpose()?;
    if let Some(field) = &credentials {
        take(&mut headers, &field.name);
    }
    Ok(Request {
        method,
        url,
        is_url_hidden: false,
        headers,
        cookies,
        content,
        credentials,
    })
}

impl Request {
    /// The headers as they are sent, in the order of the requests library.
    pub(crate) fn wire_headers(&self, jar: &Jar) -> Vec<Header> {
        let mut headers = self.headers.clone();
        let mut push = |name: &str, value: String| {
            headers.push(Header {
                name: name.to_owned(),
                value,
            });
        };
        if let Some(cookies) = self.cookie_header(jar) {
            push("Cookie", cookies);
        }
        if value_of(&self.headers, "Content-Length").is_none() {
            match &self.content {
                Some(content) => push("Content-Length", content.bytes.len().to_string()),
                None if self.method.says_no_body() => push("Content-Length", "0".to_owned()),
                None => {}
            }
        }
        if let Some(media_type) = self
            .content
            .as_ref()
            .and_then(|content| content.media_type.as_ref())
            && value_of(&self.headers, "Content-Type").is_none()
        {
            push("Content-Type", media_type.clone());
        }
        headers.extend(self.credentials.clone());
        headers
    }

    /// The step's cookies, then the jar's. Cookies that a server set replace the step's, and those it
    /// deleted are removed.
    fn cookie_header(&self, jar: &Jar) -> Option<String> {
        let set = jar.get(&self.url);
        let is_replaced = |crumb: &str| {
            let name = crumb.split('=').next().unwrap_or_default();
            jar.replaces(&self.url, name.trim())
        };
        let own = self
            .cookies
            .iter()
            .filter(|crumb| !is_replaced(crumb))
            .cloned();
        let crumbs: Vec<String> = own
            .chain(set.iter().map(|(name, value)| format!("{name}={value}")))
            .collect();
        (!crumbs.is_empty()).then(|| crumbs.join("; "))
    }
}

fn url(text: &str, params: &Fields) -> Result<Url, RequestError> {
    let mut url = target::parse(text).map_err(|error| match error {
        TargetError::UserInfo => RequestError::UserInfo,
        other => RequestError::Url(other),
    })?;
    match params {
        Fields::Entries(entries) => target::append_query(&mut url, &form::encode(entries)),
        Fields::Text(text) if text.contains(char::is_control) => return Err(RequestError::Params),
        Fields::Text(text) => target::append_query(&mut url, text),
    }
    Ok(url)
}

/// The default headers that the step does not set, then the step's.
fn with_defaults(own: Vec<Pair>) -> Result<Vec<Header>, RequestError> {
    let mut own = own
        .into_iter()
        .map(|(name, value)| header::checked(name, &value))
        .collect::<Result<Vec<_>, _>>()?;
    let mut headers = Vec::with_capacity(own.len() + 6);
    for (name, value) in [
        ("User-Agent", USER_AGENT),
        ("Accept-Encoding", ACCEPT_ENCODING),
        ("Accept", "*/*"),
    ] {
        let replacing = take(&mut own, name);
        if replacing.is_empty() {
            headers.push(Header {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
        headers.extend(replacing);
    }
    headers.extend(own);
    Ok(headers)
}

/// Remove the fields with a name from a list.
fn take(headers: &mut Vec<Header>, name: &str) -> Vec<Header> {
    headers
        .extract_if(.., |header| header.name.eq_ignore_ascii_case(name))
        .collect()
}

fn cookies(headers: &[Header], cookies: Vec<Pair>) -> Result<Vec<String>, RequestError> {
    if !headers.is_empty() && !cookies.is_empty() {
        return Err(RequestError::TwoCookies);
    }
    let of_headers = headers
        .iter()
        .flat_map(|header| header.value.split(';'))
        .map(str::trim)
        .filter(|crumb| !crumb.is_empty())
        .map(str::to_owned);
    let of_cookies = cookies.into_iter().map(|(name, value)| {
        let is_bad = |c: char| c == ';' || c.is_control();
        if name.is_empty() || name.contains('=') || name.contains(is_bad) || value.contains(is_bad)
        {
            return Err(RequestError::Cookie(name));
        }
        Ok(format!("{name}={value}"))
    });
    of_headers.map(Ok).chain(of_cookies).collect()
}

/// A wrong length would make a server wait, or take the rest of the body for another request.
fn check_length(headers: &[Header], content: Option<&Content>) -> Result<(), RequestError> {
    let actual = content.map_or(0, |content| content.bytes.len());
    let mut given = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("Content-Length"))
        .map(|header| header.value.as_str());
    match (given.next(), given.next()) {
        (None, _) => Ok(()),
        (Some(value), None) if value == actual.to_string() => Ok(()),
        (Some(value), None) => Err(RequestError::ContentLength {
            given: value.to_owned(),
            actual,
        }),
        (Some(first), Some(second)) => Err(RequestError::ContentLength {
            given: format!("{first}, {second}"),
            actual,
        }),
    }
}

#[cfg(test)]
mod tests;
