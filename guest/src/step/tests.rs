//! Whole steps with a scripted network. The log, the result and the sent requests are compared as a
//! whole.

mod cookies;
mod credentials;
mod redirects;

use std::cell::RefCell;
use std::collections::VecDeque;

use super::*;
use crate::contract::{Auth, ErrorKind, Header};
use crate::contract::{
    AuthScheme, Body, BodyDigest, Exchange, Field, Fields, Outcome, ReceivedResponse, SentRequest,
    Settings, Timeouts, Verify,
};
use crate::digest;
use crate::host::{Chunks, Failure, Hashing, Incoming, Outgoing, Scheme, Stream};
use http_step_template::{Names, Value};
use sha2::Sha256;
use url::Position;

/// One response of the network: a head and pieces of a body, or a failure.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static [u8])>,
    pieces: Vec<Result<Vec<u8>, Failure>>,
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
    Ok(Answer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect(),
        pieces: vec![Ok(body.as_bytes().to_vec())],
    })
}

fn failure(kind: ErrorKind, words: &str) -> Failure {
    Failure {
        kind,
        words: words.to_owned(),
    }
}

type Reply = Result<Answer, Failure>;

/// A build with a scripted network, which records everything.
struct Script {
    replies: RefCell<VecDeque<Reply>>,
    sent: RefCell<String>,
    /// The schemes for which the host was asked for credentials.
    requested: RefCell<Vec<Scheme>>,
    /// One entry per write: the stream and the text.
    log: RefCell<Vec<(Stream, String)>>,
}

impl Names for Script {
    fn property(&self, name: &str) -> Option<Value> {
        (name == "branch").then(|| Value::from("main"))
    }

    fn secret(&self, name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "handle".to_owned())
    }
}

impl HostImports for Script {
    fn log(&self, stream: Stream, text: &str) {
        self.log.borrow_mut().push((stream, text.to_owned()));
    }

    fn credentials(&self, scheme: &Scheme) -> Result<Header, String> {
        self.requested.borrow_mut().push(scheme.clone());
        match scheme {
            Scheme::Hmac(hmac) if hmac.secret.is_empty() => Err("the key is empty".to_owned()),
            Scheme::Hmac(_) => Ok(header("X-Hub-Signature-256", "placeholder")),
            _ => Ok(header("Authorization", "placeholder")),
        }
    }

    fn hash(&self) -> Box<dyn Hashing> {
        Box::new(Sha256::default())
    }

    fn send<'r>(&self, request: &Outgoing<'r>) -> Result<Incoming<'r>, Failure> {
        let mut sent = self.sent.borrow_mut();
        // The transport does not send a fragment.
        let url = &request.url[..Position::AfterQuery];
        sent.push_str(&format!("{} {url}\n", request.method.name()));
        // The defaults are the same in every request.
        for Header { name, value } in request.headers.iter().skip(3) {
            sent.push_str(&format!("{name}: {value}\n"));
        }
        sent.push_str(&format!("{}\n", String::from_utf8_lossy(request.body)));
        let answer = self
            .replies
            .borrow_mut()
            .pop_front()
            .expect("a scripted answer")?;
        Ok(Incoming {
            status: answer.status,
            headers: answer
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
            body: Box::new(Pieces(answer.pieces.into_iter())),
        })
    }
}

struct Pieces(std::vec::IntoIter<Result<Vec<u8>, Failure>>);

impl Chunks for Pieces {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.0.next().transpose()
    }
}

/// The recorded effects of a step.
struct Seen {
    result: StepResult,
    sent: String,
    requested: Vec<Scheme>,
    writes: Vec<(Stream, String)>,
}

impl Seen {
    /// The log, each write with its stream's letter before it.
    fn log(&self) -> String {
        self.writes
            .iter()
            .map(|(stream, text)| {
                let letter = match stream {
                    Stream::Header => 'h',
                    Stream::Stdout => 'o',
                    Stream::Content => 'c',
                    Stream::Stderr => 'e',
                };
                format!("[{letter}]{text}")
            })
            .collect()
    }

    fn error(&self) -> (ErrorKind, &str) {
        assert_eq!(self.result.outcome, Outcome::Exception);
        assert_eq!(self.result.summary, "Requested (exception)");
        let error = self.result.error.as_ref().expect("an error");
        (error.kind, &error.message)
    }
}

fn perform_step(spec: RequestSpec, replies: impl IntoIterator<Item = Reply>) -> Seen {
    let script = Script {
        replies: RefCell::new(replies.into_iter().collect()),
        sent: RefCell::default(),
        requested: RefCell::default(),
        log: RefCell::default(),
    };
    let result = run(spec, &script);
    assert!(
        script.replies.borrow().is_empty(),
        "all that is scripted is asked for"
    );
    Seen {
        result,
        sent: script.sent.into_inner(),
        requested: script.requested.into_inner(),
        writes: script.log.into_inner(),
    }
}

fn spec(method: &str, url: &str) -> RequestSpec {
    let none = || Fields::Entries(vec![]);
    RequestSpec {
        method: method.to_owned(),
        url: url.to_owned(),
        params: none(),
        headers: none(),
        body: None,
        cookies: none(),
        auth: None,
        hide_request_headers: vec![],
        hide_response_headers: vec![],
        settings: Settings {
            timeout: Timeouts {
                connect: None,
                read: None,
                total: None,
            },
            allow_redirects: true,
            max_redirects: 30,
            stream: false,
            verify: Verify::Roots,
            cert: None,
            proxies: vec![],
            host_judges_status: false,
        },
        extensions: vec![],
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let field = |(name, value): &(&str, &str)| Field {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    Fields::Entries(pairs.iter().map(field).collect())
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// The headers at the start of every request.
fn default_headers() -> Vec<Header> {
    vec![
        header(
            "User-Agent",
            concat!("http-step/", env!("CARGO_PKG_VERSION")),
        ),
        header("Accept-Encoding", "gzip, deflate, br, zstd"),
        header("Accept", "*/*"),
    ]
}

/// A log as written in these tests, with the defaults and separators filled in.
fn log(text: &str) -> String {
    text.replace(
        "{defaults}",
        concat!(
            "\tUser-Agent: http-step/",
            env!("CARGO_PKG_VERSION"),
            "\n\tAccept-Encoding: gzip, deflate, br, zstd\n\tAccept: */*\n"
        ),
    )
    .replace("{separator}", &"=".repeat(60))
}

/// A typo in a name shows a value that should be hidden. A server may still set the first cookie.
#[test]
fn a_name_that_hides_nothing_is_reported() {
    let mut spec = spec("GET", "http://a.example/");
    spec.headers = fields(&[("X-Token", "t")]);
    spec.auth = Some(Auth::Bearer("t".to_owned()));
    let names = [
        "X-Tokn\u{1b}",
        "x-token",
        "accept",
        "authorization",
        "Cookie",
    ];
    spec.hide_request_headers = names.map(str::to_owned).to_vec();
    let seen = perform_step(spec, [answer(200, &[], "")]);
    let warnings: Vec<&str> = seen
        .writes
        .iter()
        .filter(|(stream, _)| *stream == Stream::Stderr)
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(
        warnings,
        [
            "Warning: `hide_request_headers` contains `X-Tokn\\u{1b}`, but the request has no such header\n"
        ]
    );
}

#[test]
fn a_form_is_posted() {
    let mut spec = spec("POST", "http://a.example/hook?v=1#top");
    spec.params = fields(&[("z", "1"), ("branch", "${{ property.branch }}")]);
    spec.headers = fields(&[("X-Token", "t"), ("X-Other", "o")]);
    spec.body = Some(Body::Data(fields(&[("state", "all good")])));
    spec.auth = Some(Auth::Bearer("${{ secret.TOKEN }}".to_owned()));
    spec.hide_request_headers = vec!["x-token".to_owned()];
    spec.hide_response_headers = vec!["X-SESSION".to_owned()];
    let seen = perform_step(
        spec,
        [answer(
            200,
            &[
                ("content-type", "text/plain"),
                ("x-session", "s"),
                ("set-cookie", "a=b"),
            ],
            "thanks\n",
        )],
    );
    assert_eq!(
        seen.sent,
        "POST http://a.example/hook?v=1&branch=main&z=1\n\
         X-Token: t\n\
         X-Other: o\n\
         Content-Length: 14\n\
         Content-Type: application/x-www-form-urlencoded\n\
         Authorization: Bearer handle\n\
         state=all+good\n"
    );
    assert_eq!(
        seen.log(),
        log(
            "[h]Performing POST request to http://a.example/hook?v=1#top\n\
             Parameters:\n\tbranch: main\n\tz: 1\n\
             Data:\n\tstate: all good\n\
             [h]Request Headers:\n{defaults}\
             \tX-Token: <HIDDEN>\n\
             \tX-Other: o\n\
             \tContent-Length: 14\n\
             \tContent-Type: application/x-www-form-urlencoded\n\
             \tAuthorization: <HIDDEN>\n\
             [o]URL: http://a.example/hook?v=1&branch=main&z=1#top\n\
             Status: 200\n\
             [h]Response Headers:\n\
             \tcontent-type: text/plain\n\
             \tx-session: <HIDDEN>\n\
             \tset-cookie: <HIDDEN>\n\
             [o] ------ Content ------\n[c]thanks\n"
        )
    );
    let mut headers = default_headers();
    headers.extend([
        header("X-Token", "<HIDDEN>"),
        header("X-Other", "o"),
        header("Content-Length", "14"),
        header("Content-Type", "application/x-www-form-urlencoded"),
        header("Authorization", "<HIDDEN>"),
    ]);
    assert_eq!(
        seen.result,
        StepResult {
            outcome: Outcome::Success,
            summary: "Status code: 200".to_owned(),
            exchanges: vec![Exchange {
                request: SentRequest {
                    method: "POST".to_owned(),
                    url: "http://a.example/hook?v=1&branch=main&z=1#top".to_owned(),
                    headers,
                    body: Some(digest::digest(b"state=all+good")),
                },
                response: Some(ReceivedResponse {
                    status: 200,
                    headers: vec![
                        header("content-type", "text/plain"),
                        header("x-session", "<HIDDEN>"),
                        header("set-cookie", "<HIDDEN>"),
                    ],
                    body: digest::digest(b"thanks\n"),
                }),
            }],
            checks: Vec::new(),
            outputs: vec![],
            error: None,
        }
    );
}

#[test]
fn the_body_is_logged_as_it_arrives() {
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [Ok(Answer {
            status: 404,
            headers: vec![("content-type", b"text/plain")],
            pieces: vec![
                Ok(b"one\xe2\x82".to_vec()),
                Ok(vec![]),
                Ok(b"\xactwo".to_vec()),
            ],
        })],
    );
    assert_eq!(
        seen.log(),
        log("[h]Performing GET request to http://a.example/\n\
             [h]Request Headers:\n{defaults}\
             [o]URL: http://a.example/\n\
             [e]Status: 404\n\
             [h]Response Headers:\n\
             \tcontent-type: text/plain\n\
             [o] ------ Content ------\n[c]one\
             [c]€two")
    );
    assert_eq!(seen.result.outcome, Outcome::Failure);
    assert_eq!(seen.result.summary, "Status code: 404 (failure)");
}

#[test]
fn a_body_that_is_empty_or_binary() {
    let picture = answer(200, &[("content-type", "image/png")], "png");
    let seen = perform_step(spec("GET", "http://a.example/"), [picture]);
    let BodyDigest { sha256, .. } = digest::digest(b"png");
    assert_eq!(
        seen.writes.last(),
        Some(&(
            Stream::Content,
            format!("<binary body: image/png, 3 bytes, SHA-256 {sha256}>\n")
        ))
    );
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [answer(204, &[("content-type", "image/png")], "")],
    );
    assert_eq!(
        seen.writes.last(),
        Some(&(Stream::Stdout, " ------ Content ------\n".to_owned()))
    );
    assert_eq!(seen.result.summary, "Status code: 204");
}

#[test]
fn no_response() {
    for (kind, message, exchanges) in [
        (
            ErrorKind::Connect,
            "could not connect to http://a.example:9/p: why",
            0,
        ),
        (
            ErrorKind::Dns,
            "could not connect to http://a.example:9/p: why",
            0,
        ),
        (
            ErrorKind::Denied,
            "the host does not allow a request to http://a.example:9",
            0,
        ),
        (ErrorKind::InvalidSpec, "why", 0),
        (
            ErrorKind::Limit,
            "no response from http://a.example:9/p: why",
            0,
        ),
        (
            ErrorKind::Timeout,
            "no response from http://a.example:9/p: why",
            1,
        ),
        (
            ErrorKind::Protocol,
            "no response from http://a.example:9/p: why",
            1,
        ),
    ] {
        let seen = perform_step(
            spec("GET", "http://a.example:9/p?q"),
            [Err(failure(kind, "why"))],
        );
        assert_eq!(seen.error(), (kind, message));
        assert_eq!(
            seen.log(),
            format!(
                "[h]Performing GET request to http://a.example:9/p?q\n\
                 [e]An exception occurred while performing the request: {message}\n"
            )
        );
        assert_eq!(seen.result.exchanges.len(), exchanges, "{kind:?}");
    }
}

#[test]
fn a_truncated_body() {
    let seen = perform_step(
        spec("GET", "http://a.example/"),
        [Ok(Answer {
            status: 200,
            headers: vec![],
            pieces: vec![
                Ok(b"hello".to_vec()),
                Err(failure(ErrorKind::Protocol, "the response is incomplete")),
            ],
        })],
    );
    let message =
        "the response of http://a.example/ ended after 5 bytes: the response is incomplete";
    assert_eq!(seen.error(), (ErrorKind::Protocol, message));
    assert_eq!(
        seen.log(),
        log(&format!(
            "[h]Performing GET request to http://a.example/\n\
             [h]Request Headers:\n{{defaults}}\
             [o]URL: http://a.example/\n\
             Status: 200\n\
             [h]Response Headers:\n\
             [o] ------ Content ------\n[c]hello\
             [o]\n\
             [e]An exception occurred while performing the request: {message}\n"
        ))
    );
    let response = seen.result.exchanges[0].response.as_ref().unwrap();
    assert_eq!(response.body, digest::digest(b"hello"));
}

#[test]
fn nothing_is_sent_for_an_invalid_spec() {
    let mut unknown_scheme = spec("GET", "http://a.example/");
    unknown_scheme.auth = Some(Auth::Other(AuthScheme {
        scheme: "hawk".to_owned(),
        parameters: "{}".to_owned(),
    }));
    for (spec, kind, message) in [
        (
            spec("GET", "http://a.example/${{ property.x }}"),
            ErrorKind::UnknownName,
            "`url`: the property `x` is not set; set it or use a default: `${{ property.x | default(\"\") }}`",
        ),
        (
            spec("FETCH", "http://a.example/"),
            ErrorKind::InvalidSpec,
            "Wrong method given: 'FETCH' is not known",
        ),
        (
            spec("GET", "http://user:pass@a.example/"),
            ErrorKind::InvalidSpec,
            "`url` contains a user name or a password; put them into `auth`, which logs don't show",
        ),
        (
            unknown_scheme,
            ErrorKind::InvalidSpec,
            "this step does not support the authentication scheme `hawk`",
        ),
    ] {
        let seen = perform_step(spec, []);
        assert_eq!(seen.error(), (kind, message));
        assert_eq!(
            seen.log(),
            format!("[e]An exception occurred while performing the request: {message}\n")
        );
        assert_eq!(seen.sent, "");
        assert_eq!(seen.requested, []);
        assert_eq!(seen.result.exchanges, []);
    }
}
