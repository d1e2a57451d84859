//! A request that is given as a URL and options.

use http_step_file::{Body as Content, StepFile};
use serde_json::json;

use crate::args::RequestArgs;
use crate::body::{self, Body, JSON, Source};
use crate::typed_url::before_path;

const CONTENT_TYPE: &str = "Content-Type";

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
