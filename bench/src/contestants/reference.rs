//! The request that all contestants send, as a step file and as it is on the wire.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_step_host::{Properties, StepFile};

use crate::failure::Result;

/// Header fields beside those of every request.
const FIELDS: usize = 6;

/// The options of the request.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Reference {
    /// The server's origin, as `http://127.0.0.1:8080`.
    #[arg(long)]
    pub(crate) origin: String,
    /// Download this many bytes, in place of the POST.
    #[arg(long)]
    pub(crate) download: Option<u64>,
    /// Milliseconds before the server responds.
    #[arg(long, default_value_t = 0)]
    pub(crate) wait: u64,
    /// Header fields beside those of every request.
    #[arg(long, default_value_t = FIELDS)]
    pub(crate) fields: usize,
    /// Bytes of text in the body of the request, and of the response.
    #[arg(long, default_value_t = 0)]
    pub(crate) body: usize,
}

impl Reference {
    /// The request without further options.
    pub(crate) fn plain(origin: String) -> Self {
        Self {
            origin,
            download: None,
            wait: 0,
            fields: FIELDS,
            body: 0,
        }
    }

    /// As a step file. Its header `X-Token` is hidden, and holds a secret if there is one.
    pub(crate) fn step_file(&self, secret: Option<&str>) -> Result<StepFile> {
        let text = match self.download {
            Some(_) => format!("get: {}\n", self.url()),
            None => self.post(secret)?,
        };
        StepFile::parse(text.as_bytes()).map_err(|diagnostics| diagnostics.to_string().into())
    }

    fn post(&self, secret: Option<&str>) -> Result<String> {
        let mut text = format!(
            "\
post: {}
hide_request_headers: [X-Token]
json:
  number: ${{{{ property.number }}}}
  branch: ${{{{ property.branch }}}}
  note: '{}'
headers:
  X-Builder: linux/${{{{ property.builder }}}}
",
            self.url(),
            self.note()
        );
        let token = match secret {
            Some(name) => format!("${{{{ secret.{name} }}}}"),
            None => TOKEN.to_owned(),
        };
        writeln!(text, "  X-Token: {token}")?;
        for (name, value) in self.fields().into_iter().skip(2) {
            writeln!(text, "  {name}: {value}")?;
        }
        Ok(text)
    }

    /// The build properties that the step file's expressions use.
    pub(crate) fn properties() -> Properties {
        let numbers = [("number", serde_json::Value::from(42))];
        let texts = [("branch", "main"), ("builder", "x86_64")];
        let texts = texts.map(|(name, text)| (name, text.into()));
        numbers.into_iter().chain(texts).collect()
    }

    /// The URL.
    pub(crate) fn url(&self) -> String {
        match self.download {
            Some(bytes) => format!("{}/download?bytes={bytes}", self.origin),
            // A timer of zero would still cost a tick.
            None if self.wait == 0 => format!("{}/builds?answer={}", self.origin, self.body),
            None => format!(
                "{}/builds?answer={}&wait={}",
                self.origin, self.body, self.wait
            ),
        }
    }

    /// The method.
    pub(crate) fn method(&self) -> Method {
        match self.download {
            Some(_) => Method::GET,
            None => Method::POST,
        }
    }

    /// The body.
    pub(crate) fn bytes(&self) -> Bytes {
        match self.download {
            Some(_) => Bytes::new(),
            None => self.text().into(),
        }
    }

    /// The body of the POST.
    pub(crate) fn text(&self) -> String {
        format!(
            r#"{{"number":42,"branch":"main","note":"{}"}}"#,
            self.note()
        )
    }

    /// The header fields of the POST that the step file names, as they are sent.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let first = [("X-Builder", "linux/x86_64"), ("X-Token", TOKEN)];
        let first = first.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let others = (2..self.fields).map(|number| {
            (
                format!("X-Field-{number}"),
                format!("the value of field {number}"),
            )
        });
        first.into_iter().chain(others).collect()
    }

    /// The header fields, but for `Host` and `Content-Length`.
    pub(crate) fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static("http-step/0.1.0"),
        );
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip, deflate, br, zstd"),
        );
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        if self.download.is_none() {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            for (name, value) in self.fields() {
                headers.insert(HeaderName::try_from(name)?, value.parse()?);
            }
        }
        Ok(headers)
    }

    fn note(&self) -> String {
        "n".repeat(self.body)
    }
}

/// The value of `X-Token`.
const TOKEN: &str = "xoxb-1234567890-abcdefghijklmnopqrstuvwx";
