//! Proxies from the environment, with `--proxy-from-env`: as the requests library and curl read it.
//!
//! | variable | |
//! |---|---|
//! | `http_proxy`, `https_proxy` | the proxy for that scheme |
//! | `all_proxy` | the proxy for a scheme that has none |
//! | `no_proxy` | hosts that are reached without a proxy, separated by commas |
//!
//! Each may be in upper case. The lower-case variable takes precedence, even if it is empty, which
//! means no proxy.

use std::env;
use std::ffi::OsString;

use http_step_host::policy::{NoProxy, ProxyRules, ProxyUrl};

/// The variables of the environment.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The settings of the environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FromEnv {
    pub(crate) rules: ProxyRules,
    /// Invalid settings, which are ignored.
    pub(crate) warnings: Vec<String>,
}

/// The proxies of the program's environment.
pub(crate) fn read() -> Result<FromEnv, String> {
    from(&|name| env::var_os(name))
}

/// The names of the variables that name a proxy, as text, if there are any.
pub(crate) fn names_in_words() -> Option<String> {
    let environment: Environment<'_> = &|name| env::var_os(name);
    let names: Vec<_> = [HTTP, HTTPS, ALL]
        .iter()
        .filter_map(|names| variable(environment, names))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, _)| name)
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Lower case first.
type Names = [&'static str; 2];

const HTTP: Names = ["http_proxy", "HTTP_PROXY"];
const HTTPS: Names = ["https_proxy", "HTTPS_PROXY"];
const ALL: Names = ["all_proxy", "ALL_PROXY"];
const NO_PROXY: Names = ["no_proxy", "NO_PROXY"];

fn from(environment: Environment<'_>) -> Result<FromEnv, String> {
    let mut from = FromEnv {
        rules: ProxyRules {
            http: proxy(environment, &HTTP)?,
            https: proxy(environment, &HTTPS)?,
            all: proxy(environment, &ALL)?,
            ..ProxyRules::default()
        },
        warnings: Vec::new(),
    };
    if let Some((name, value)) = variable(environment, &NO_PROXY) {
        let value = text(name, value)?;
        let entries = value.split(|c: char| c == ',' || c.is_whitespace());
        for entry in entries.filter(|entry| !entry.is_empty()) {
            match entry.parse::<NoProxy>() {
                Ok(hosts) => from.rules.no_proxy.push(hosts),
                Err(error) => from
                    .warnings
                    .push(format!("`{entry}` in {name} is left out: {error}")),
            }
        }
    }
    Ok(from)
}

fn proxy(environment: Environment<'_>, names: &Names) -> Result<Option<ProxyUrl>, String> {
    let Some((name, value)) = variable(environment, names) else {
        return Ok(None);
    };
    let value = text(name, value)?;
    let url = match value.trim() {
        "" => return Ok(None),
        url if url.contains("://") => url.to_owned(),
        host => format!("http://{host}"),
    };
    // The value may contain a password.
    url.parse()
        .map(Some)
        .map_err(|error| format!("{name} in the environment: {error}"))
}

/// A variable, and its name. In a CGI program `HTTP_PROXY` is the header `Proxy` of a request,
/// whose sender must not choose the proxy.
fn variable(environment: Environment<'_>, names: &Names) -> Option<(&'static str, OsString)> {
    let is_header = |name: &str| name == "HTTP_PROXY" && environment("REQUEST_METHOD").is_some();
    names
        .iter()
        .filter(|name| !is_header(name))
        .find_map(|name| environment(name).map(|value| (*name, value)))
}

fn text(name: &str, value: OsString) -> Result<String, String> {
    value
        .into_string()
        .map_err(|_| format!("{name} in the environment is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A short form of an environment's settings: the proxies for http, https and all, then the
    /// hosts without a proxy.
    fn report(variables: &[(&str, &str)]) -> String {
        let environment = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| OsString::from(value))
        };
        match from(&environment) {
            Ok(FromEnv { rules, warnings }) => {
                let shown = |url: &Option<ProxyUrl>| {
                    url.as_ref()
                        .map_or_else(|| "-".to_owned(), ToString::to_string)
                };
                let mut report = vec![shown(&rules.http), shown(&rules.https), shown(&rules.all)];
                report.extend(rules.no_proxy.iter().map(ToString::to_string));
                report.extend(warnings);
                report.join(" ")
            }
            Err(error) => error,
        }
    }

    #[test]
    fn as_in_curl_and_requests() {
        for (variables, expected) in [
            (&[][..], "- - -"),
            (&[("http_proxy", "http://p:3128")], "http://p:3128 - -"),
            (&[("HTTP_PROXY", "http://p:3128")], "http://p:3128 - -"),
            (&[("https_proxy", "https://p")], "- https://p -"),
            (&[("HTTPS_PROXY", "socks5://p")], "- socks5://p -"),
            (&[("all_proxy", "socks5h://p")], "- - socks5h://p"),
            (&[("ALL_PROXY", "p:3128")], "- - http://p:3128"),
            // Lower case takes precedence, even if it is empty.
            (
                &[("HTTP_PROXY", "http://a"), ("http_proxy", "http://b")],
                "http://b - -",
            ),
            (&[("HTTPS_PROXY", "http://a"), ("https_proxy", "")], "- - -"),
            (&[("no_proxy", ""), ("NO_PROXY", "a.example")], "- - -"),
            // A password is used, and not shown.
            (&[("http_proxy", "http://u:hunter2@p")], "http://p - -"),
            (
                &[(
                    "no_proxy",
                    "localhost, .b.example,*.c.example 10.0.0.0/8,::1,,*",
                )],
                "- - - localhost b.example c.example 10.0.0.0/8 ::1/128 *",
            ),
            (
                &[("NO_PROXY", "a.example,b.example:8080")],
                "- - - a.example `b.example:8080` in NO_PROXY is left out: expected a name, which includes all names below it, as in `internal.example`, an address, a network, or `*`",
            ),
            (
                &[("https_proxy", "ftp://u:hunter2@p")],
                "https_proxy in the environment: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?",
            ),
        ] {
            assert_eq!(report(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_request_to_a_cgi_program_names_no_proxy() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(
            report(&[cgi, ("HTTP_PROXY", "http://evil.example")]),
            "- - -"
        );
        // No header has one of these names.
        assert_eq!(report(&[cgi, ("http_proxy", "http://p")]), "http://p - -");
        assert_eq!(report(&[cgi, ("HTTPS_PROXY", "http://p")]), "- http://p -");
    }
}
