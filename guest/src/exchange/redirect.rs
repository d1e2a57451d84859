//! Redirects: mostly the rules of the requests library.
//!
//! Redirects to another origin are stricter: `auth`, `cookies` and hidden headers are not sent;
//! other headers are sent, and with 307 and 308 the body. Redirects to the same origin are laxer:
//! a `Cookie` in `headers` is sent, which requests drops on every redirect.

use thiserror::Error;

use crate::bindings::ci::http_step::types::{ErrorKind, StepError};
use crate::log::mask::Masks;
use crate::method::Method;
use crate::percent::percent_encode;
use crate::request::Request;
use crate::request::target::{self, TargetError};

/// A redirect that can't be followed.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum RedirectError {
    #[error("Exceeded {0} redirects.")]
    TooMany(u32),
    #[error("the redirect{} can't be followed: {reason}", named(.to.as_deref()))]
    Location {
        /// The target, unless it may contain a password.
        to: Option<String>,
        reason: TargetError,
    },
    // Without a reason, which can quote the target.
    #[error("the redirect can't be followed: its hidden `Location` is not a valid URL")]
    Hidden,
}

impl From<RedirectError> for StepError {
    fn from(error: RedirectError) -> Self {
        Self {
            kind: ErrorKind::Redirect,
            message: error.to_string(),
        }
    }
}

fn named(to: Option<&str>) -> String {
    to.map_or_else(String::new, |to| format!(" to `{}`", to.escape_debug()))
}

/// The target of a redirect (RFC 9110, section 15.4); none if the response is not a redirect.
pub(crate) fn location(status: u16, headers: &[(String, Vec<u8>)]) -> Option<String> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Location"))
        .map(|(_, value)| text_of(value))
        .filter(|location| !location.is_empty())
}

/// The next request.
pub(crate) fn follow(
    mut request: Request,
    status: u16,
    location: &str,
    masks: &Masks,
) -> Result<Request, RedirectError> {
    let url = target::resolve(&request.url, location).map_err(|reason| {
        if masks.hides_location() {
            RedirectError::Hidden
        } else {
            unfollowable(location, reason)
        }
    })?;
    if url.origin() != request.url.origin() {
        // Dropped fields are not sent again, even if a later hop returns to the origin.
        request
            .headers
            .retain(|header| !masks.is_confidential(&header.name));
        request.cookies.clear();
        request.credentials = None;
    }
    if !matches!(status, 307 | 308) {
        request.method = method_after(status, request.method);
        request.content = None;
        request
            .headers
            .retain(|header| !describes_body(&header.name));
    }
    request.url = url;
    request.is_url_hidden = masks.hides_location();
    Ok(request)
}

/// The error for an invalid target. A text with `@` may contain a password, and what looks like
/// its scheme may be the user name, so it is not shown.
fn unfollowable(location: &str, reason: TargetError) -> RedirectError {
    let may_have_password = location.contains('@');
    let reason = match reason {
        TargetError::Scheme(_) if may_have_password && !location.contains("://") => {
            TargetError::UserInfo
        }
        reason => reason,
    };
    RedirectError::Location {
        to: (!may_have_password).then(|| excerpt(location)),
        reason,
    }
}

/// Browsers change the method to GET, since long before the RFCs allowed it.
fn method_after(status: u16, method: Method) -> Method {
    match (status, method) {
        (302 | 303, Method::Head) => Method::Head,
        (302 | 303, _) | (301, Method::Post) => Method::Get,
        (_, method) => method,
    }
}

fn describes_body(name: &str) -> bool {
    ["Content-Length", "Content-Type", "Transfer-Encoding"]
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
}

/// Decode UTF-8, which servers send though only ASCII is allowed. Other bytes are escaped, so that
/// the server gets the same bytes back.
fn text_of(value: &[u8]) -> String {
    match str::from_utf8(value) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => value.iter().fold(String::new(), |mut text, &byte| {
            if byte.is_ascii() {
                text.push(char::from(byte));
            } else {
                percent_encode(byte, &mut text);
            }
            text
        }),
    }
}

/// The start of a location for errors, without its query.
fn excerpt(location: &str) -> String {
    const MAX_LEN: usize = 200;
    let address = location.split(['?', '#']).next().unwrap_or_default();
    address.chars().take(MAX_LEN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Header;
    use crate::request::body::Content;

    fn header(name: &str, value: &str) -> Header {
        Header {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    fn request(method: Method) -> Request {
        Request {
            method,
            url: target::parse("https://a.example/x/y?z").unwrap(),
            is_url_hidden: false,
            headers: vec![
                header("Accept", "*/*"),
                header("X-Token", "t"),
                header("Proxy-Authorization", "p"),
                header("Content-Type", "text/plain"),
            ],
            cookies: vec!["c=1".to_owned()],
            content: Some(Content {
                bytes: b"body".to_vec(),
                media_type: None,
            }),
            credentials: Some(header("X-Signature", "placeholder")),
        }
    }

    fn masks() -> Masks {
        Masks {
            request: vec!["x-token".to_owned()],
            response: vec![],
        }
    }

    #[test]
    fn methods_and_bodies() {
        use Method::{Delete, Get, Head, Options, Patch, Post, Put};
        for (status, before, after) in [
            (
                301,
                [Get, Head, Post, Put, Delete, Options, Patch],
                [Get, Head, Get, Put, Delete, Options, Patch],
            ),
            (
                302,
                [Get, Head, Post, Put, Delete, Options, Patch],
                [Get, Head, Get, Get, Get, Get, Get],
            ),
            (
                303,
                [Get, Head, Post, Put, Delete, Options, Patch],
                [Get, Head, Get, Get, Get, Get, Get],
            ),
            (
                307,
                [Get, Head, Post, Put, Delete, Options, Patch],
                [Get, Head, Post, Put, Delete, Options, Patch],
            ),
            (
                308,
                [Get, Head, Post, Put, Delete, Options, Patch],
                [Get, Head, Post, Put, Delete, Options, Patch],
            ),
        ] {
            for (before, after) in before.into_iter().zip(after) {
                let next = follow(request(before), status, "/n", &masks()).unwrap();
                let mut expected = request(after);
                expected.url = target::parse("https://a.example/n").unwrap();
                if status < 307 {
                    expected.content = None;
                    expected.headers.pop();
                }
                assert_eq!(next, expected, "{status} {before:?}");
            }
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let kept = request(Method::Get);
        let mut dropped = request(Method::Get);
        dropped.headers = vec![
            header("Accept", "*/*"),
            header("Content-Type", "text/plain"),
        ];
        dropped.cookies.clear();
        dropped.credentials = None;
        for (location, expected) in [
            ("/n", &kept),
            ("https://a.example:443/n", &kept),
            ("http://a.example/n", &dropped),
            ("https://a.example:8443/n", &dropped),
            ("//b.example/n", &dropped),
            ("https://sub.a.example/n", &dropped),
        ] {
            let next = follow(request(Method::Get), 307, location, &masks()).unwrap();
            let expected = Request {
                url: next.url.clone(),
                ..expected.clone()
            };
            assert_eq!(next, expected, "{location}");
            // Back home they are not put on again.
            let home = follow(next, 307, "https://a.example/x", &masks()).unwrap();
            assert_eq!(home.credentials, expected.credentials, "{location}");
            assert_eq!(home.headers, expected.headers, "{location}");
        }
    }

    #[test]
    fn what_is_a_redirect() {
        let headers = |value: &[u8]| vec![("location".to_owned(), value.to_vec())];
        for (status, value, expected) in [
            (301, &b"/a"[..], Some("/a")),
            (302, b" /a ", Some("/a")),
            (303, "/ü".as_bytes(), Some("/ü")),
            (307, b"/\xfc", Some("/%FC")),
            (308, b"", None),
            (300, b"/a", None),
            (304, b"/a", None),
            (200, b"/a", None),
            (201, b"/a", None),
        ] {
            assert_eq!(
                location(status, &headers(value)).as_deref(),
                expected,
                "{status}"
            );
        }
        assert_eq!(location(302, &[]), None);
    }

    #[test]
    fn errors_name_the_location_without_a_password() {
        for (location, message) in [
            (
                "ftp://b.example/f?q",
                "the redirect to `ftp://b.example/f` can't be followed: its scheme is `ftp`, but only http and https are supported",
            ),
            (
                "http:///x",
                "the redirect to `http:///x` can't be followed: it has no host",
            ),
            (
                "//a:b\u{1b}",
                "the redirect to `//a:b\\u{1b}` can't be followed: invalid port number",
            ),
            (
                "ftp://user:hunter2@b.example/",
                "the redirect can't be followed: its scheme is `ftp`, but only http and https are supported",
            ),
            (
                "http:user:hunter2@b.example/x",
                "the redirect can't be followed: it has no host",
            ),
            (
                "user:hunter2@b.example",
                "the redirect can't be followed: it contains a user name or a password, which everybody who sees the URL can read",
            ),
            (
                "//user:pass@b.example/",
                "the redirect can't be followed: it contains a user name or a password, which everybody who sees the URL can read",
            ),
        ] {
            let error = follow(request(Method::Get), 302, location, &masks()).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(
            RedirectError::TooMany(30).to_string(),
            "Exceeded 30 redirects."
        );
    }

    #[test]
    fn a_hidden_location_stays_hidden() {
        let masks = Masks {
            request: vec![],
            response: vec!["LOCATION".to_owned()],
        };
        for location in [
            "ftp://b.example/f",
            "token:x",
            "http:///x",
            "//u:p@h",
            "//a:b",
        ] {
            assert_eq!(
                follow(request(Method::Get), 302, location, &masks),
                Err(RedirectError::Hidden),
                "{location}"
            );
        }
        let next = follow(request(Method::Get), 302, "//b.example/one?two", &masks).unwrap();
        assert_eq!(next.shown_url(), "https://b.example/<HIDDEN>");
        let next = follow(next, 302, "three", &masks).unwrap();
        assert_eq!(next.url.as_str(), "https://b.example/three");
        assert_eq!(next.shown_url(), "https://b.example/<HIDDEN>");
        assert_eq!(
            RedirectError::Hidden.to_string(),
            "the redirect can't be followed: its hidden `Location` is not a valid URL"
        );
    }
}
