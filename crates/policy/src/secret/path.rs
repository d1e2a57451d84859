//! Path prefixes that a secret is granted for.
//!
//! The path of a request is compared byte by byte, as it is sent. Servers and proxies decode it,
//! merge its slashes and resolve its dots in different ways, so an ambiguous path has no prefix. For
//! a secret in the path, its handle is compared, and its value is checked separately.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use thiserror::Error;

/// A prefix of paths, in whole segments: `/v1/` includes everything below `/v1/`, `/v1` also includes
/// `/v1` itself, and neither includes `/v10`.
///
/// ```
/// use http_step_policy::PathPrefix;
///
/// let prefix: PathPrefix = "/v1".parse()?;
/// assert!(prefix.matches("/v1/builds?page=2"));
/// assert!(!prefix.matches("/v10"));
/// assert!(!prefix.matches("/v1/../admin"));
/// # Ok::<(), http_step_policy::PathPrefixError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathPrefix(String);

/// The characters at which some servers end the name of a segment.
const ENDS_OF_NAMES: [char; 3] = [';', '?', '#'];

/// Why a path does not have a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It starts differently.
    Outside,
    /// Servers interpret it differently, because of what it contains.
    Ambiguous(&'static str),
    /// The same, because of the value of a secret in it.
    AmbiguousValue,
}

impl PathPrefix {
    /// Whether a path has this prefix and is unambiguous. A query after it is ignored.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.admit(path).is_ok()
    }

    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn admit(&self, path: &str) -> Result<(), Refused> {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let is_below = path
            .strip_prefix(&self.0)
            .is_some_and(|rest| rest.is_empty() || self.0.ends_with('/') || rest.starts_with('/'));
        if !is_below {
            return Err(Refused::Outside);
        }
        match ambiguity(path) {
            Some(what) => Err(Refused::Ambiguous(what)),
            None => Ok(()),
        }
    }
}

/// Whether an unambiguous path stays unambiguous wherever a value is inserted, percent-encoded. It
/// depends on the value only: otherwise a step could choose the text next to it to learn how the
/// value starts and ends.
#[must_use]
pub fn is_plain_in_path(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let name = text.split(ENDS_OF_NAMES).next().unwrap_or_default();
    // Otherwise it could form `..` with the text before it.
    !name.chars().all(is_dot_or_blank)
        && !text.contains(['/', '\\', '%'])
        && !text.contains(|c: char| c.is_control() || is_look_alike(c))
        && !text.ends_with(['.', ' '])
}

/// The part of a path that servers interpret differently.
fn ambiguity(path: &str) -> Option<&'static str> {
    let decoded = percent_decode_str(path).decode_utf8().ok();
    let Some(decoded) = decoded.filter(|_| has_whole_escapes(path)) else {
        return Some("an invalid `%` escape");
    };
    if path.contains("//") {
        Some("`//`")
    } else if decoded.contains('\\') {
        Some("a backslash")
    } else if path.contains("%2f") || path.contains("%2F") {
        Some("an encoded `/`")
    } else if decoded.contains('%') {
        // Some servers decode twice.
        Some("an encoded `%`")
    } else if path.contains('#') {
        Some("`#`")
    } else if decoded.contains(|c: char| c.is_control()) {
        Some("a control character")
    } else if decoded.split('/').any(is_dot_segment) {
        Some("a `.` or `..` segment")
    } else if decoded.contains(is_look_alike) {
        Some("a character that is neither ASCII nor a letter")
    } else if decoded
        .split('/')
        .any(|segment| segment.ends_with(['.', ' ']))
    {
        Some("a segment that ends with a dot or a space")
    } else {
        None
    }
}

fn has_whole_escapes(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// `.` and `..`, also with what some servers remove first: blanks, more dots, and the text after a
/// `;` or an encoded `?` or `#`.
fn is_dot_segment(segment: &str) -> bool {
    let name = segment.split(ENDS_OF_NAMES).next().unwrap_or_default();
    name.contains('.') && name.chars().all(is_dot_or_blank)
}

fn is_dot_or_blank(c: char) -> bool {
    matches!(c, '.' | ' ' | '+')
}

/// Characters that some servers convert to dots, slashes and the like, or remove: full-width forms,
/// leaders, zero-width blanks. None of them is a letter.
fn is_look_alike(c: char) -> bool {
    !c.is_ascii() && !c.is_alphabetic()
}

impl FromStr for PathPrefix {
    type Err = PathPrefixError;

    fn from_str(text: &str) -> Result<Self, PathPrefixError> {
        if !text.starts_with('/') {
            return Err(PathPrefixError::NoSlash);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['?', '#']) {
            return Err(PathPrefixError::NoPath);
        }
        match ambiguity(text) {
            Some(what) => Err(PathPrefixError::Ambiguous(what)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not a valid [`PathPrefix`]. It is not shown, since the path of some services is
/// secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathPrefixError {
    /// It does not start with `/`.
    #[error("a path prefix must start with `/`, as in `/v1/`")]
    NoSlash,
    /// It contains characters that paths can't have.
    #[error(
        "write a path prefix as it is sent: without `?` and `#`, and with characters that are not ASCII percent-encoded"
    )]
    NoPath,
    /// Servers interpret it differently.
    #[error(
        "the path prefix contains {0}, which servers interpret differently, so it matches no path"
    )]
    Ambiguous(&'static str),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admitted(prefix: &str, path: &str) -> Result<(), Refused> {
        prefix.parse::<PathPrefix>().unwrap().admit(path)
    }

    #[test]
    fn whole_segments() {
        for (prefix, path, is_below) in [
            ("/", "/", true),
            ("/", "/x", true),
            ("/", "", false),
            ("/", "*", false),
            ("/", "x", false),
            ("/v1/", "/v1/", true),
            ("/v1/", "/v1/x", true),
            ("/v1/", "/v1/x?a=/../%2f//", true),
            ("/v1/", "/v1", false),
            ("/v1/", "/v1?/", false),
            ("/v1/", "/V1/x", false),
            ("/v1/", "/%761/x", false),
            ("/v1", "/v1", true),
            ("/v1", "/v1?x", true),
            ("/v1", "/v1/", true),
            ("/v1", "/v1/x", true),
            ("/v1", "/v10", false),
            ("/v1", "/v1;a", false),
            ("/v1", "/v1%2fx", false),
            ("/caf%C3%A9/", "/caf%C3%A9/x", true),
            ("/caf%C3%A9/", "/caf%c3%a9/x", false),
        ] {
            let expected = if is_below {
                Ok(())
            } else {
                Err(Refused::Outside)
            };
            assert_eq!(admitted(prefix, path), expected, "{prefix} {path}");
        }
    }

    #[test]
    fn ambiguous_paths() {
        const DOTS: &str = "a `.` or `..` segment";
        const SLASH: &str = "an encoded `/`";
        const ESCAPE: &str = "an invalid `%` escape";
        const END: &str = "a segment that ends with a dot or a space";
        const LIKE: &str = "a character that is neither ASCII nor a letter";
        for (path, what) in [
            ("/v1/..", DOTS),
            ("/v1/../admin", DOTS),
            ("/v1/x/.", DOTS),
            ("/v1/./x", DOTS),
            ("/v1/%2e%2e/admin", DOTS),
            ("/v1/.%2E/admin", DOTS),
            ("/v1/..;/admin", DOTS),
            ("/v1/..%3ba=b/admin", DOTS),
            ("/v1/..%20/admin", DOTS),
            ("/v1/%20../admin", DOTS),
            ("/v1/.%20./admin", DOTS),
            ("/v1/..+/admin", DOTS),
            ("/v1/...", DOTS),
            ("/v1/..%3F/admin", DOTS),
            ("/v1/..%23", DOTS),
            ("/v1/..;%20/admin", DOTS),
            ("/v1/x./admin", END),
            ("/v1/x%2E", END),
            ("/v1/x%20", END),
            ("/v1/%20/admin", END),
            // Full-width dots, a slash and a backslash in full width, leaders, a fraction
            // slash, `℀`, `⒈`, an ideographic full stop, blanks.
            ("/v1/%EF%BC%8E%EF%BC%8E/admin", LIKE),
            ("/v1/.%EF%BC%8E/admin", LIKE),
            ("/v1/..%EF%BC%8Fadmin", LIKE),
            ("/v1/..%EF%BC%BCadmin", LIKE),
            ("/v1/%E2%80%A5/admin", LIKE),
            ("/v1/%E2%80%A4%E2%80%A4/admin", LIKE),
            ("/v1/..%E2%81%84admin", LIKE),
            ("/v1/..%E2%88%95admin", LIKE),
            ("/v1/%E2%84%80", LIKE),
            ("/v1/%E2%92%88", LIKE),
            ("/v1/%E3%80%82%E3%80%82/admin", LIKE),
            ("/v1/..%C2%A0/admin", LIKE),
            ("/v1/.%E2%80%8B./admin", LIKE),
            ("/v1/..%E3%80%80/admin", LIKE),
            ("/v1/..%EF%BC%9Ba/admin", LIKE),
            ("/v1/%EF%BC%85%32e", LIKE),
            ("/v1/\u{ff0e}\u{ff0e}/admin", LIKE),
            ("/v1/..%2fadmin", SLASH),
            ("/v1/x%2Fy", SLASH),
            ("/v1/..%5cadmin", "a backslash"),
            ("/v1/..\\admin", "a backslash"),
            ("/v1//admin", "`//`"),
            ("/v1/%252e%252e/admin", "an encoded `%`"),
            ("/v1/x#/../admin", "`#`"),
            ("/v1/%00", "a control character"),
            ("/v1/%0d%0a", "a control character"),
            ("/v1/%c2%85", "a control character"),
            ("/v1/%", ESCAPE),
            ("/v1/%2", ESCAPE),
            ("/v1/%u002e", ESCAPE),
            // An overlong `.`, and a byte that is not valid UTF-8.
            ("/v1/%c0%ae%c0%ae/admin", ESCAPE),
            ("/v1/%ff", ESCAPE),
        ] {
            assert_eq!(
                admitted("/v1/", path),
                Err(Refused::Ambiguous(what)),
                "{path}"
            );
        }
        for path in [
            "/v1/.well-known",
            "/v1/a..b",
            "/v1/%C3%A9;a=b",
            "/v1/%23%3F",
            "/v1/c++",
            "/v1/a%20b",
            "/v1/%E6%97%A5%E6%9C%AC",
        ] {
            assert_eq!(admitted("/v1/", path), Ok(()), "{path}");
        }
    }

    #[test]
    fn values() {
        for (value, is_plain) in [
            ("123:AbC_d-e~f", true),
            ("a+b=c&d", true),
            ("p\u{e4}ss word", true),
            (".a", true),
            ("a..b", true),
            ("a;b", true),
            ("..", false),
            (".", false),
            ("+", false),
            (" .;a", false),
            ("#a", false),
            ("?a", false),
            ("a/b", false),
            ("a\\b", false),
            ("a%2fb", false),
            ("a.", false),
            ("a ", false),
            ("a\n", false),
            ("a\u{ff0e}", false),
        ] {
            assert_eq!(is_plain_in_path(value.as_bytes()), is_plain, "{value}");
        }
        assert!(!is_plain_in_path(b"\xff"));
    }

    #[test]
    fn invalid_prefixes() {
        for (text, error) in [
            ("", PathPrefixError::NoSlash),
            ("v1/", PathPrefixError::NoSlash),
            ("https://a.example/v1", PathPrefixError::NoSlash),
            ("/v1?", PathPrefixError::NoPath),
            ("/v1#", PathPrefixError::NoPath),
            ("/v1 /", PathPrefixError::NoPath),
            ("/é", PathPrefixError::NoPath),
            ("//", PathPrefixError::Ambiguous("`//`")),
            ("/../", PathPrefixError::Ambiguous("a `.` or `..` segment")),
        ] {
            assert_eq!(text.parse::<PathPrefix>(), Err(error), "{text}");
        }
    }

    /// A path as a server may interpret it: decoded a number of times, with merged slashes, without
    /// parameters, and with resolved dots.
    fn as_read(path: &str, decodings: usize) -> String {
        let mut path = path.to_owned();
        for _ in 0..decodings {
            path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        }
        // NFKC converts the characters that look like these to them.
        let path = [
            ("\\", "/"),
            ("．", "."),
            ("‥", ".."),
            ("․", "."),
            ("／", "/"),
            ("＼", "/"),
            ("\u{a0}", " "),
            ("？", "?"),
            ("；", ";"),
        ]
        .iter()
        .fold(path, |path, (from, to)| path.replace(from, to));
        let mut segments: Vec<&str> = Vec::new();
        for segment in path.split('/') {
            let name = segment.split([';', '?', '#']).next().unwrap_or_default();
            match name.trim_matches([' ', '+']) {
                "" | "." => {}
                dots if dots.chars().all(|c| matches!(c, '.' | ' ')) => {
                    segments.pop();
                }
                name => segments.push(name),
            }
        }
        format!("/{}", segments.join("/"))
    }

    proptest! {
        /// A plain value changes nothing wherever it is inserted.
        #[test]
        fn a_plain_value_stays_below_the_prefix(
            before in "(/|[.%;+a24c3]|%20|%2e|%c3|%3b){0,5}",
            value in "[.;+ #?a2\u{e4}]{1,4}",
            after in "(/|[.;+a24]|%20|%2e|%a4|%3b){0,5}",
        ) {
            let path = |inside: &str| format!("/v1/{before}{inside}{after}");
            if admitted("/v1", &path("hs2a")).is_ok() && is_plain_in_path(value.as_bytes()) {
                let encoded: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
                prop_assert_eq!(admitted("/v1", &path(&encoded)), Ok(()));
            }
        }

        #[test]
        fn a_matching_path_is_below_the_prefix_however_it_is_decoded(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "/", "v1", "x", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%25", "2e", "2f",
                    ";", "%3b", "a=b", "%", "é", "%c3%a9", "#", "%20", "+", "．", "%ef%bc%8e",
                    "%e2%80%a5", "％", "/..%20/", "%3f", "\u{a0}", "／", "%ef%bc%bc",
                ]),
                0..12,
            ),
            decodings in 0..4_usize,
        ) {
            let path = format!("/v1/{}", pieces.concat());
            if admitted("/v1", &path).is_ok() {
                let read = as_read(&path, decodings);
                prop_assert!(read == "/v1" || read.starts_with("/v1/"), "{path} is read as {read}");
            }
        }
    }
}
