//! A request that is given as a URL and options.

use http_step_file::{Body as Content, StepFile};
use http_step_host::Origin;
use serde_json::json;

use crate::args::RequestArgs;
use crate::body::{self, Body, JSON, Source};

const CONTENT_TYPE: &str = "Content-Type";

/// Whether the argument is a URL, rather than a step file's name.
pub(crate) fn is_url(step: &str) -> bool {
    step.contains("://")
}

/// The origin of a URL argument, which the argument grants. The URL may contain an expression after
/// the host; a host that is an expression is unknown, and grants nothing.
pub(crate) fn origin(url: &str) -> Option<Origin> {
    Origin::from_url(before_path(url)).ok()
}

/// The request, by the rules of step files.
pub(crate) fn request(url: &str, args: RequestArgs) -> Result<StepFile, String> {
    if before_path(url).contains('@') {
        return Err(
            "the URL has a user name or a password in it, which logs would show; \
             give them as `-u USER:PASSWORD`, or in a step file as `auth: [username, password]`"
                .to_owned(),
        );
    }
    let body = Body::from_args(args.json, args.data, &args.form)?;
    let method = args.method.unwrap_or_else(|| {
        match body {
            Body::None => "GET",
            _ => "POST",
        }
        .to_owned()
    });
    let mut headers = args.headers;
    if let Body::Whole(_, media_type) = body {
        let is_given = |(name, _): &(String, String)| name.eq_ignore_ascii_case(CONTENT_TYPE);
        if !headers.iter().any(is_given) {
            headers.push((CONTENT_TYPE.to_owned(), media_type.to_owned()));
        }
    }
    let (mut data, mut files, mut content) = (None, None, None);
    match body {
        Body::None => {}
        Body::Fields(fields) => data = Some(fields),
        Body::Parts(parts) => files = Some(parts),
        // JSON is a body whatever it contains; YAML has its own limits.
        Body::Json(value) => content = Some(Content::Json(value)),
        Body::Whole(Source::File(path), _) => content = Some(Content::File(path)),
        Body::Whole(Source::StandardInput, media_type) => {
            let is_json = media_type == JSON;
            content = Some(Content::Bytes(body::standard_input(is_json)?));
        }
    }
    let document = json!({
        "url": url,
        "method": method,
        "headers": headers,
        "auth": args.user,
        "data": data,
        "files": files,
        "hide_request_headers": args.hide_request_header,
        "hide_response_headers": args.hide_response_header,
    });
    let mut file = StepFile::parse(document.to_string().as_bytes()).map_err(|diagnostics| {
        // They have no positions, since there is no file.
        let messages: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        match messages.as_slice() {
            [message] => (*message).to_owned(),
            messages => format!(
                "the request has {} errors\n{}",
                messages.len(),
                messages.join("\n")
            ),
        }
    })?;
    if content.is_some() {
        file.body = content;
    }
    Ok(file)
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
