//! URLs that a step can request: absolute, http or https, without credentials.
//!
//! All later stages get the parsed URL and never the text, so that they can't disagree about the
//! host.

use thiserror::Error;
use url::{Position, Url};

use crate::percent::percent_encode;

/// Why a URL is invalid. The sentences refer to the URL as "it".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TargetError {
    #[error("it is empty")]
    Empty,
    #[error("it contains a space or a control character; write a space as `%20`")]
    Blank,
    // Not shown: a URL without its scheme can still be a secret.
    #[error(
        "it has no scheme, as in `https://…`; if it is a secret, the policy must grant it for the place `url`"
    )]
    NoScheme,
    #[error("its scheme is `{0}`, but only http and https are supported")]
    Scheme(String),
    #[error("it contains a user name or a password, which everybody who sees the URL can read")]
    UserInfo,
    #[error("it has no host")]
    NoHost,
    #[error("its host `{0}` has an empty label between two dots")]
    EmptyLabel(String),
    #[error("{0}")]
    Invalid(#[from] url::ParseError),
}

/// Parse an absolute URL. Its fragment is kept for display and not sent.
pub(crate) fn parse(text: &str) -> Result<Url, TargetError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TargetError::Empty);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(TargetError::Blank);
    }
    // `localhost:8080` has a colon, but no scheme.
    match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => absolute(scheme, rest, text),
        _ => Err(TargetError::NoScheme),
    }
}

/// Resolve a Location header against the URL of its response. A missing fragment is inherited
/// (RFC 9110, section 10.2.2).
pub(crate) fn resolve(base: &Url, location: &str) -> Result<Url, TargetError> {
    let location = location.trim();
    let mut url = match location.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => {
            let rest = rest.strip_prefix("//").unwrap_or_default();
            absolute(scheme, rest, location)?
        }
        _ => match location.strip_prefix("//") {
            Some(rest) => absolute(
                base.scheme(),
                rest,
                &format!("{}:{location}", base.scheme()),
            )?,
            None => base.join(location)?,
        },
    };
    // The URL standard parses `\` as `/`, so a relative text can still contain a host.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::UserInfo);
    }
    if url.fragment().is_none() {
        url.set_fragment(base.fragment());
    }
    with_whole_name(url).map(normalized)
}

/// Append to the query. Characters that are not allowed in a query are escaped; existing escapes
/// stay.
pub(crate) fn append_query(url: &mut Url, more: &str) {
    if more.is_empty() {
        return;
    }
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{more}"),
        _ => more.to_owned(),
    };
    url.set_query(Some(&query));
    escape_rest(url);
}

/// The origin: `https://example.org:8443`.
pub(crate) fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

/// The URL for errors, without its query, which can be long and confidential.
pub(crate) fn address(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

fn absolute(scheme: &str, rest: &str, text: &str) -> Result<Url, TargetError> {
    if !["http", "https"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return Err(TargetError::Scheme(scheme.to_owned()));
    }
    // The URL standard skips an empty authority.
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(TargetError::NoHost);
    }
    if authority.contains('@') {
        return Err(TargetError::UserInfo);
    }
    with_whole_name(Url::parse(text)?).map(normalized)
}

/// The URL standard allows empty labels, which names can't have.
fn with_whole_name(url: Url) -> Result<Url, TargetError> {
    if let Some(host) = url.domain()
        && host
            .strip_suffix('.')
            .unwrap_or(host)
            .split('.')
            .any(str::is_empty)
    {
        return Err(TargetError::EmptyLabel(host.to_owned()));
    }
    Ok(url)
}

/// Whether a text is a scheme (RFC 3986, section 3.1).
pub(crate) fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The normalized URL, as it is sent.
fn normalized(mut url: Url) -> Url {
    escape_rest(&mut url);
    url
}

/// Escape six characters that the URL standard does not escape everywhere. RFC 3986 forbids them,
/// some servers refuse them, and the requests library also escapes them. `[`, `]` and a `%`
/// outside of an escape stay, though the RFC forbids them as well.
fn escape_rest(url: &mut Url) {
    if let Some(path) = escaped(url.path()) {
        url.set_path(&path);
    }
    if let Some(query) = url.query().and_then(escaped) {
        url.set_query(Some(&query));
    }
}

fn escaped(text: &str) -> Option<String> {
    const FORBIDDEN: [char; 6] = ['\\', '^', '`', '{', '|', '}'];
    text.contains(FORBIDDEN).then(|| {
        let mut escaped = String::new();
        for c in text.chars() {
            match u8::try_from(c) {
                Ok(byte) if FORBIDDEN.contains(&c) => percent_encode(byte, &mut escaped),
                _ => escaped.push(c),
            }
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn valid_urls() {
        for (text, url) in [
            ("http://example.org", "http://example.org/"),
            (
                " https://example.org/a?b=c#d \n",
                "https://example.org/a?b=c#d",
            ),
            ("HTTP://Example.ORG:80/%7Ea/../b", "http://example.org/b"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
            ("http://127.1/", "http://127.0.0.1/"),
            (
                "https://bücher.example/ü?ü",
                "https://xn--bcher-kva.example/%C3%BC?%C3%BC",
            ),
            (
                "http://a/{x}|y?{z}|`^\\",
                "http://a/%7Bx%7D%7Cy?%7Bz%7D%7C%60%5E%5C",
            ),
            ("http://a/%7e%zz?%zz", "http://a/%7e%zz?%zz"),
            ("http://a?x", "http://a/?x"),
            ("http://a/@b:c@d", "http://a/@b:c@d"),
            ("http://a#ü|<b>", "http://a/#%C3%BC|%3Cb%3E"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), url, "{text}");
        }
    }

    #[test]
    fn invalid_urls() {
        for (text, error) in [
            (" ", TargetError::Empty),
            ("http://a/b c", TargetError::Blank),
            ("http://a/b\tc", TargetError::Blank),
            ("http://a\u{a0}b", TargetError::Blank),
            ("example.org/a?b#c", TargetError::NoScheme),
            ("localhost:8080", TargetError::NoScheme),
            ("//example.org", TargetError::NoScheme),
            ("ftp://example.org/", TargetError::Scheme("ftp".to_owned())),
            ("http://user:pass@example.org/", TargetError::UserInfo),
            ("http://user@example.org/", TargetError::UserInfo),
            ("http://@example.org/", TargetError::UserInfo),
            ("http:///example.org", TargetError::NoHost),
            ("http://?x", TargetError::NoHost),
            ("http://:80/", url::ParseError::EmptyHost.into()),
            (
                "http://a..test/",
                TargetError::EmptyLabel("a..test".to_owned()),
            ),
            (
                "http://.a.test:80/",
                TargetError::EmptyLabel(".a.test".to_owned()),
            ),
            (
                "http://a.test../",
                TargetError::EmptyLabel("a.test..".to_owned()),
            ),
            ("http://a:99999/", url::ParseError::InvalidPort.into()),
            ("http://[::1/", url::ParseError::InvalidIpv6Address.into()),
            ("http://a%00b/", url::ParseError::IdnaError.into()),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn errors_help_and_show_no_password() {
        const NO_SCHEME: &str = "it has no scheme, as in `https://…`; if it is a secret, the policy must grant it for the place `url`";
        for (text, message) in [
            ("example.org/a?token=b", NO_SCHEME),
            ("user:pass@example.org", NO_SCHEME),
            (
                "http://user:pass@example.org",
                "it contains a user name or a password, which everybody who sees the URL can read",
            ),
            (
                "gopher://a",
                "its scheme is `gopher`, but only http and https are supported",
            ),
            ("http://a:b/", "invalid port number"),
            (
                "http://a..test/b",
                "its host `a..test` has an empty label between two dots",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn locations_are_relative_to_the_url_of_the_response() {
        let base = parse("https://example.org:8443/a/b?c").unwrap();
        for (location, url) in [
            ("d", "https://example.org:8443/a/d"),
            ("/d?e#f", "https://example.org:8443/d?e#f"),
            ("?e", "https://example.org:8443/a/b?e"),
            ("#f", "https://example.org:8443/a/b?c#f"),
            ("//other.example/x", "https://other.example/x"),
            ("http://other.example", "http://other.example/"),
            ("/ü b|c", "https://example.org:8443/%C3%BC%20b%7Cc"),
            ("./a:b", "https://example.org:8443/a/a:b"),
            ("/\\other.example/x", "https://other.example/x"),
        ] {
            assert_eq!(
                resolve(&base, location).unwrap().as_str(),
                url,
                "{location}"
            );
        }
        for (location, error) in [
            ("http:///x", TargetError::NoHost),
            ("http:x", TargetError::NoHost),
            ("https:", TargetError::NoHost),
            ("//", TargetError::NoHost),
            ("//a..test/", TargetError::EmptyLabel("a..test".to_owned())),
            ("\\\\.http", TargetError::EmptyLabel(".http".to_owned())),
            ("///x", TargetError::NoHost),
            ("file:///etc/passwd", TargetError::Scheme("file".to_owned())),
            (
                "javascript:alert(1)",
                TargetError::Scheme("javascript".to_owned()),
            ),
            ("//user@other.example", TargetError::UserInfo),
            ("https://:pass@other.example", TargetError::UserInfo),
            ("/\\user:pass@other.example", TargetError::UserInfo),
            ("http://a:b", url::ParseError::InvalidPort.into()),
        ] {
            assert_eq!(resolve(&base, location), Err(error), "{location}");
        }
    }

    #[test]
    fn a_fragment_is_inherited() {
        let base = parse("https://example.org/a?b#c").unwrap();
        for (location, url) in [
            ("/d", "https://example.org/d#c"),
            ("/d#e", "https://example.org/d#e"),
            ("/d#", "https://example.org/d#"),
            ("?d", "https://example.org/a?d#c"),
            ("//other.example", "https://other.example/#c"),
            ("http://other.example/#e", "http://other.example/#e"),
        ] {
            assert_eq!(
                resolve(&base, location).unwrap().as_str(),
                url,
                "{location}"
            );
        }
    }

    #[test]
    fn a_query_is_extended() {
        for (text, more, url) in [
            ("http://a/", "b=1", "http://a/?b=1"),
            ("http://a/?", "b=1", "http://a/?b=1"),
            ("http://a/?a=1", "b=1", "http://a/?a=1&b=1"),
            ("http://a/?a=1", "", "http://a/?a=1"),
            ("http://a/?a=1#f", "b=1", "http://a/?a=1&b=1#f"),
            ("http://a/", "b c|#d%20é", "http://a/?b%20c%7C%23d%20%C3%A9"),
        ] {
            let mut url_with_query = parse(text).unwrap();
            append_query(&mut url_with_query, more);
            assert_eq!(url_with_query.as_str(), url, "{text} {more}");
        }
    }

    #[test]
    fn displayed_parts() {
        let url = parse("https://example.org:8443/a?b=c#d").unwrap();
        assert_eq!(origin(&url), "https://example.org:8443");
        assert_eq!(address(&url), "https://example.org:8443/a");
    }

    proptest! {
        #[test]
        fn valid_urls_are_http_without_credentials(
            text in r"(https?:|ftp:|//|/|\\|@|:|\?|#|[a-z0-9.]|%|ü| |\[|\]|\|)*"
        ) {
            let base = Url::parse("http://base.example/a/b?c#d").unwrap();
            for url in [parse(&text), resolve(&base, &text)].into_iter().flatten() {
                prop_assert!(matches!(url.scheme(), "http" | "https"));
                prop_assert!(url.username().is_empty() && url.password().is_none());
                prop_assert!(url.has_host());
                prop_assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
                // A valid URL stays valid, and unchanged.
                prop_assert_eq!(parse(url.as_str()), Ok(url));
            }
        }
    }
}
