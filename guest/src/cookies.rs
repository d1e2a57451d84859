//! Cookies that servers set, for this step only (RFC 6265).
//!
//! The jar starts empty and ends with the step, so cookies of one build are never sent in another.
//! There is no list of public suffixes: a server of `a.co.uk` can set a cookie for `co.uk`, which
//! is only sent to hosts that the same step is redirected to.

mod date;

use url::{Host, Url};

use self::date::Date;
use crate::header::{Header, value_of};

/// The maximum number of cookies, as in browsers for one domain.
const MAX_COOKIES: usize = 180;

/// The maximum length of a cookie with its attributes, as in browsers.
const MAX_COOKIE: usize = 4096;

/// A date in the past. A step has no clock and uses the `Date` of the response; without one, a
/// cookie that expires before this date is deleted.
const LONG_AGO: Date = Date::start_of(2026);

/// The cookies so far, in the order in which they were first set.
#[derive(Default)]
pub(crate) struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    /// None if the server deleted it. The entry is kept because it also deletes a cookie of the step
    /// itself, which is not in the jar.
    value: Option<String>,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// Store the cookies of a response from a URL. Cookies that browsers would reject are ignored.
    pub(crate) fn take(&mut self, url: &Url, headers: &[Header]) {
        let date = value_of(headers, "Date").and_then(Date::parse);
        for Header { name, value } in headers {
            if name.eq_ignore_ascii_case("Set-Cookie")
                && let Some(cookie) = parse(url, value, date.unwrap_or(LONG_AGO))
            {
                self.set(cookie);
            }
        }
    }

    fn set(&mut self, cookie: Cookie) {
        let is_same = |old: &Cookie| {
            old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path
        };
        // A cookie that was deleted is set anew, and comes last.
        self.cookies
            .retain(|old| old.value.is_some() || !is_same(old));
        let is_full = self.cookies.len() >= MAX_COOKIES;
        match self.cookies.iter_mut().find(|old| is_same(old)) {
            Some(old) => *old = cookie,
            None if is_full => {}
            None => self.cookies.push(cookie),
        }
    }

    /// The names and values for a URL: longer paths first, then in order.
    pub(crate) fn get(&self, url: &Url) -> Vec<(&str, &str)> {
        let mut fitting: Vec<(&Cookie, &str)> = self
            .cookies
            .iter()
            .filter(|cookie| cookie.fits(url))
            .filter_map(|cookie| Some((cookie, cookie.value.as_deref()?)))
            .collect();
        fitting.sort_by_key(|(cookie, _)| std::cmp::Reverse(cookie.path.len()));
        fitting
            .into_iter()
            .map(|(cookie, value)| (cookie.name.as_str(), value))
            .collect()
    }

    /// Whether a server set or deleted a cookie with this name for a URL, which replaces the step's
    /// own.
    pub(crate) fn replaces(&self, url: &Url, name: &str) -> bool {
        self.cookies
            .iter()
            .any(|cookie| cookie.name == name && cookie.fits(url))
    }
}

impl Cookie {
    fn fits(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let domain_fits = if self.host_only {
            host == self.domain
        } else {
            domain_matches(host, &self.domain)
        };
        domain_fits
            && path_matches(url.path(), &self.path)
            && (!self.secure || url.scheme() == "https")
    }
}

/// RFC 6265, sections 5.2 and 5.3.
fn parse(url: &Url, header: &str, now: Date) -> Option<Cookie> {
    if header.len() > MAX_COOKIE {
        return None;
    }
    let mut parts = header.split(';');
    let (name, value) = parts.next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || header.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return None;
    }
    let mut domain = None;
    let mut path = None;
    let mut secure = false;
    let mut expires = None;
    let mut max_age_is_over = None;
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (key, value) = (key.trim(), value.trim());
        match key.to_ascii_lowercase().as_str() {
            "domain" => domain = Some(value.strip_prefix('.').unwrap_or(value)),
            "path" => path = value.starts_with('/').then_some(value),
            "secure" => secure = true,
            // An invalid date is ignored.
            "expires" => expires = Date::parse(value).or(expires),
            "max-age" => max_age_is_over = is_over(value).or(max_age_is_over),
            _ => {}
        }
    }
    // A response over http can't set or replace a cookie for https only.
    if secure && url.scheme() != "https" {
        return None;
    }
    let (domain, host_only) = scope(url, domain.unwrap_or_default())?;
    let is_deleted = max_age_is_over.unwrap_or(expires.is_some_and(|expires| expires <= now));
    Some(Cookie {
        name: name.to_owned(),
        value: (!is_deleted).then(|| value.to_owned()),
        domain,
        host_only,
        path: path.map_or_else(|| default_path(url), str::to_owned),
        secure,
    })
}

/// The domain of a cookie, and whether it is for that host only.
fn scope(url: &Url, attribute: &str) -> Option<(String, bool)> {
    let host = url.host_str()?;
    let attribute = attribute.to_ascii_lowercase();
    if attribute.is_empty() {
        return Some((host.to_owned(), true));
    }
    let may_be_shared = matches!(url.host(), Some(Host::Domain(_)))
        && attribute.trim_end_matches('.').contains('.');
    if !may_be_shared {
        return (attribute == host).then_some((attribute, true));
    }
    domain_matches(host, &attribute).then_some((attribute, false))
}

/// RFC 6265, section 5.1.3. An address has no cookies of other domains here.
fn domain_matches(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// RFC 6265, section 5.1.4.
fn path_matches(request: &str, cookie: &str) -> bool {
    request
        .strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265, section 5.1.4: up to, but not including, the last slash.
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((directory, _)) => directory.to_owned(),
    }
}

/// Whether a `Max-Age` expires immediately; none if it is invalid. Later ends don't matter, since
/// steps are short.
fn is_over(max_age: &str) -> Option<bool> {
    let digits = max_age.strip_prefix('-').unwrap_or(max_age);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(max_age.starts_with('-') || digits.bytes().all(|byte| byte == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn set(jar: &mut Jar, from: &str, cookie: &str) {
        let header = Header {
            name: "set-cookie".to_owned(),
            value: cookie.to_owned(),
        };
        jar.take(&url(from), &[header]);
    }

    /// What is sent to a URL after some cookies were set.
    fn sent(cookies: &[(&str, &str)], to: &str) -> String {
        let mut jar = Jar::default();
        for (from, header) in cookies {
            set(&mut jar, from, header);
        }
        jar.get(&url(to))
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn a_cookie_is_sent_to_its_domain_and_path() {
        let from = "https://a.example.org/x/y";
        for (header, to, cookies) in [
            ("a=b", "https://a.example.org/x", "a=b"),
            ("a=b", "https://a.example.org/x/z/1", "a=b"),
            ("a=b", "https://a.example.org/", ""),
            ("a=b", "https://a.example.org/xy", ""),
            ("a=b; Path=/", "https://a.example.org/", "a=b"),
            ("a=b; path=/p/", "https://a.example.org/p/q", "a=b"),
            ("a=b; path=/p/", "https://a.example.org/p", ""),
            ("a=b; path=nonsense", "https://a.example.org/x/", "a=b"),
            ("a=b; Path=/", "https://b.a.example.org/", ""),
            ("a=b; Path=/", "https://a.example.org:8443/", "a=b"),
            (
                "a=b; Path=/; Domain=a.example.org",
                "https://b.a.example.org/",
                "a=b",
            ),
            (
                "a=b; Path=/; Domain=.Example.Org",
                "https://c.example.org/",
                "a=b",
            ),
            (
                "a=b; Path=/; Domain=example.org",
                "https://badexample.org/",
                "",
            ),
            (
                "a=b; Path=/; Domain=b.example.org",
                "https://b.example.org/",
                "",
            ),
            ("a=b; Path=/; Domain=org", "https://a.example.org/", ""),
            ("a=b; Path=/; Domain=org.", "https://a.example.org/", ""),
            ("a=b; Path=/; Domain=", "https://a.example.org/", "a=b"),
            ("a=b; Path=/; Secure", "https://a.example.org/", "a=b"),
            ("a=b; Path=/; Secure", "http://a.example.org/", ""),
            ("a=b; Path=/", "http://a.example.org/", "a=b"),
            (" a = b c ; Path=/", "https://a.example.org/", "a=b c"),
            ("a=b=c; Path=/", "https://a.example.org/", "a=b=c"),
            ("a=; Path=/", "https://a.example.org/", "a="),
            ("=b; Path=/", "https://a.example.org/", ""),
            ("a; Path=/", "https://a.example.org/", ""),
            ("a=b\u{1}; Path=/", "https://a.example.org/", ""),
        ] {
            assert_eq!(sent(&[(from, header)], to), cookies, "{header} to {to}");
        }
    }

    #[test]
    fn hosts_that_share_no_cookies() {
        for (from, header, cookies) in [
            ("http://127.0.0.1/", "a=b; Domain=127.0.0.1", "a=b"),
            ("http://127.0.0.1/", "a=b; Domain=0.0.1", ""),
            ("http://[::1]/", "a=b", "a=b"),
            ("http://localhost/", "a=b; Domain=localhost", "a=b"),
            ("http://x.localhost/", "a=b; Domain=localhost", ""),
            ("http://a.example/", "a=b; Secure", ""),
        ] {
            assert_eq!(
                sent(&[(from, header)], from),
                cookies,
                "{header} from {from}"
            );
        }
    }

    #[test]
    fn the_latest_value_counts() {
        let from = "http://a.example/";
        for (headers, cookies) in [
            (vec!["a=1", "b=2", "a=3"], "a=3; b=2"),
            (vec!["a=1", "b=2; path=/", "c=3; path=/"], "a=1; b=2; c=3"),
            (vec!["a=1", "a=; Max-Age=0"], ""),
            (
                vec![
                    "a=1",
                    "a=; Max-Age=-1; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
                ],
                "",
            ),
            (vec!["a=1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
            (vec!["a=1", "a=; expires=Thu, 01-Jan-1970 00:00:00 GMT"], ""),
            (
                vec!["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
                "a=1",
            ),
            (vec!["a=1; Max-Age=soon"], "a=1"),
            (
                vec![
                    "a=1",
                    "a=; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Expires=soon",
                ],
                "",
            ),
            (vec!["a=1", "b=2", "a=; Max-Age=0", "a=3"], "b=2; a=3"),
            (vec!["a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT"], "a=1"),
        ] {
            let set: Vec<_> = headers.iter().map(|header| (from, *header)).collect();
            assert_eq!(sent(&set, from), cookies, "{headers:?}");
        }
        let deep = [
            ("http://a.example/x/", "a=1; path=/"),
            ("http://a.example/x/", "b=2"),
        ];
        assert_eq!(sent(&deep, "http://a.example/x/"), "b=2; a=1");
    }

    #[test]
    fn a_jar_is_bounded() {
        let mut jar = Jar::default();
        let from = "http://a.example/";
        for number in 0..1000 {
            set(&mut jar, from, &format!("n{number}=1"));
            set(&mut jar, from, &format!("d{number}=; Max-Age=0"));
        }
        assert_eq!(jar.cookies.len(), MAX_COOKIES);
        let mut jar = Jar::default();
        set(&mut jar, from, &format!("a={}", "x".repeat(MAX_COOKIE)));
        assert_eq!(jar.get(&url(from)), []);
    }

    proptest! {
        #[test]
        fn no_header_sets_a_cookie_for_a_foreign_host(
            header in "[a-z]=[a-z]((; ?)(Domain|Path|Secure|Max-Age|Expires)=[.a-z0-9/:-]*)*"
        ) {
            let mut jar = Jar::default();
            set(&mut jar, "https://a.example.org/", &header);
            for foreign in ["https://example.com/", "https://org/", "https://xa.example.net/"] {
                prop_assert_eq!(jar.get(&url(foreign)), vec![]);
                prop_assert!(!jar.cookies.iter().any(|cookie| cookie.fits(&url(foreign))));
            }
        }
    }
}
