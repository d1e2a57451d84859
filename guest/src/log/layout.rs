//! The layout of the log, which is that of Buildbot's HTTPStep.

use crate::bindings::ci::http_step::types::{BodyDigest, SentRequest};
use crate::digest;
use crate::header::Header;
use crate::host::Stream;
use crate::render::{Body, Fields, Pair, Plan};

/// The line above a body. It is written with the head, so that people who wait for a slow body
/// see that there is a response.
const CONTENT: &str = " ------ Content ------\n";

/// The line below a hop of a redirect.
pub(crate) const SEPARATOR: &str = "============================================================\n";

/// Text for several streams, in order. Consecutive text for one stream is joined, because every
/// write to the log is a call to the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) runs: Vec<(Stream, String)>,
}

impl Lines {
    pub(crate) fn push(&mut self, stream: Stream, pieces: &[&str]) {
        match self.runs.last_mut() {
            Some((last, text)) if *last == stream => text.extend(pieces.iter().copied()),
            _ => self.runs.push((stream, pieces.concat())),
        }
    }
}

/// The announcement of a request before it is sent.
pub(crate) fn announcement(plan: &Plan) -> Lines {
    let mut lines = Lines::default();
    let mut header = |pieces: &[&str]| lines.push(Stream::Header, pieces);
    let url = plan.url.trim();
    header(&["Performing ", &plan.method, " request to ", url, "\n"]);
    match &plan.params {
        Fields::Entries(entries) => {
            section(&mut header, "Parameters:\n", entries);
        }
        Fields::Text(text) if text.is_empty() => {}
        Fields::Text(text) => header(&["Parameters:\n\t", text, "\n"]),
    }
    match &plan.body {
        Some(Body::Data(Fields::Entries(entries))) => {
            section(&mut header, "Data:\n", entries);
        }
        Some(Body::Data(Fields::Text(text))) if !text.is_empty() => {
            header(&["Data:\n\t", text, "\n"]);
        }
        Some(Body::Bytes(bytes)) if !bytes.is_empty() => {
            let BodyDigest { size, sha256 } = digest::digest(bytes);
            header(&["Data:\n\t", &format!("<{size} bytes, SHA-256 {sha256}>\n")]);
        }
        _ => {}
    }
    lines
}

fn section(write: &mut impl FnMut(&[&str]), heading: &str, entries: &[Pair]) {
    if !entries.is_empty() {
        write(&[heading]);
    }
    for (name, value) in entries {
        write(&["\t", name, ": ", value, "\n"]);
    }
}

/// The line with the number of redirects.
pub(crate) fn redirected(hops: usize) -> String {
    format!("\nRedirected {hops} times:\n\n")
}

/// A request and its response up to the body, with hidden values.
pub(crate) fn exchange(request: &SentRequest, status: u16, response: &[Header]) -> Lines {
    let mut lines = Lines::default();
    headers(&mut lines, "Request Headers:\n", &request.headers);
    lines.push(Stream::Stdout, &["URL: ", &request.url, "\n"]);
    let stream = if status == 200 {
        Stream::Stdout
    } else {
        Stream::Stderr
    };
    lines.push(stream, &["Status: ", &status.to_string(), "\n"]);
    headers(&mut lines, "Response Headers:\n", response);
    lines.push(Stream::Stdout, &[CONTENT]);
    lines
}

fn headers(lines: &mut Lines, heading: &str, headers: &[Header]) {
    lines.push(Stream::Header, &[heading]);
    for Header { name, value } in headers {
        lines.push(Stream::Header, &["\t", name, ": ", value, "\n"]);
    }
}

/// The line for an error.
pub(crate) fn exception(message: &str) -> String {
    format!("An exception occurred while performing the request: {message}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(params: Fields, body: Option<Body>) -> Plan {
        Plan {
            method: "POST".to_owned(),
            url: " http://a.example/#top\n".to_owned(),
            params,
            headers: vec![],
            body,
            cookies: vec![],
            auth: None,
        }
    }

    fn entries(pairs: &[(&str, &str)]) -> Fields {
        Fields::Entries(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn the_announcement_of_a_request() {
        let text = |text: &str| Fields::Text(text.to_owned());
        let first = "Performing POST request to http://a.example/#top\n";
        for (params, body, rest) in [
            (entries(&[]), None, ""),
            (text(""), Some(Body::Data(text(""))), ""),
            (
                entries(&[("b", "1"), ("a", "2"), ("b", "0")]),
                Some(Body::Data(entries(&[("d", "x y"), ("c", "")]))),
                "Parameters:\n\tb: 1\n\ta: 2\n\tb: 0\nData:\n\td: x y\n\tc: \n",
            ),
            (
                text("a=b&c"),
                Some(Body::Data(text("one\ntwo"))),
                "Parameters:\n\ta=b&c\nData:\n\tone\ntwo\n",
            ),
            (
                entries(&[]),
                Some(Body::Bytes(b"abc".to_vec())),
                "Data:\n\t<3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad>\n",
            ),
            (entries(&[]), Some(Body::Json(1.into())), ""),
        ] {
            let lines = announcement(&plan(params, body));
            assert_eq!(lines.runs, [(Stream::Header, format!("{first}{rest}"))]);
        }
    }

    #[test]
    fn only_200_is_ok() {
        let shown = |status| {
            let request = SentRequest {
                method: "GET".to_owned(),
                url: "http://a.example/".to_owned(),
                headers: vec![Header {
                    name: "A".to_owned(),
                    value: "b".to_owned(),
                }],
                body: None,
            };
            exchange(&request, status, &[]).runs
        };
        let before = (Stream::Header, "Request Headers:\n\tA: b\n".to_owned());
        let heading = (Stream::Header, "Response Headers:\n".to_owned());
        let content = (Stream::Stdout, " ------ Content ------\n".to_owned());
        assert_eq!(
            shown(200),
            [
                before.clone(),
                (
                    Stream::Stdout,
                    "URL: http://a.example/\nStatus: 200\n".to_owned()
                ),
                heading.clone(),
                content.clone(),
            ]
        );
        assert_eq!(
            shown(201),
            [
                before,
                (Stream::Stdout, "URL: http://a.example/\n".to_owned()),
                (Stream::Stderr, "Status: 201\n".to_owned()),
                heading,
                content,
            ]
        );
    }

    #[test]
    fn the_separator_is_sixty_characters() {
        assert_eq!(SEPARATOR, "=".repeat(60) + "\n");
    }
}
