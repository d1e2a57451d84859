//! A URL that is given in place of a step file.

use http_step_host::Origin;

/// Whether the argument is a URL, rather than a step file's name.
pub(crate) fn is_url(step: &str) -> bool {
    step.contains("://")
}

/// The origin of a URL argument, which the argument grants. The URL may contain an expression after
/// the host; a host that is an expression is unknown, and grants nothing.
pub(crate) fn origin(url: &str) -> Option<Origin> {
    Origin::from_url(before_path(url)).ok()
}

/// A URL up to its path: scheme and authority.
pub(crate) fn before_path(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + "://".len());
    let rest = url.get(authority..).unwrap_or_default();
    let end = rest
        .find(['/', '\\', '?', '#'])
        .map_or(url.len(), |at| authority + at);
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_of_a_url_argument() {
        for (url, granted) in [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080/a?b#c", Some("http://[::1]:8080")),
            ("https://ci.example/a://b", Some("https://ci.example")),
            (
                "http://127.0.0.1/${{ property.path }}",
                Some("http://127.0.0.1"),
            ),
            ("http://${{ property.host }}/", None),
            ("http://127.0.0.1:${{ property.port }}/", None),
            ("http://127.0.0.1\\@evil.example/", Some("http://127.0.0.1")),
            ("http://127.0.0.1@evil.example/", None),
            ("ftp://127.0.0.1/", None),
        ] {
            let origin = origin(url).map(|origin| origin.to_string());
            assert_eq!(origin.as_deref(), granted, "{url}");
        }
    }
}
