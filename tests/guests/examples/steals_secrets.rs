//! Tries to get at a secret's value. Each line of its orders is a request, in parts:
//!
//! ```text
//! POST http://a.test/path | header api-key: key {TOKEN} | body {"token": "{TOKEN}"}
//! ```
//!
//! `write TEXT` writes that into the log, and goes on.
//! `auth hmac github {TOKEN}` has the host prove with the secret who sends the request;
//! `credentials` has all schemes. `{TOKEN}` is the handle of the secret of that name. Everything
//! that comes back is logged, put into the result and kept in memory. `memory URL` sends the whole
//! memory, with 85 added to each byte, since it is full of handles and of copies of itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::forget;

use http_step_test_guests::*;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, IncomingBody, IncomingResponse, Method, OutgoingBody};

struct Step;

const PAGE: usize = 64 << 10;

/// How a request is made.
#[derive(Default)]
struct Order {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    trailers: Vec<(String, String)>,
    /// How many bytes are written at a time.
    pieces: Option<usize>,
    is_length_announced: bool,
    /// Whether it follows redirects, with the same request.
    follows: bool,
}

impl Order {
    fn read(line: &str) -> Self {
        let line = with_handles(line);
        let mut parts = line.split(" | ");
        let (method, url) = parts.next().unwrap().split_once(' ').unwrap();
        let mut order = Self {
            method: method.to_owned(),
            url: url.to_owned(),
            ..Self::default()
        };
        for part in parts {
            let (what, text) = part.split_once(' ').unwrap_or((part, ""));
            let field = || {
                let (name, value) = text.split_once(": ").unwrap();
                (name.to_owned(), value.to_owned())
            };
            let basic = |credentials: String| ("authorization".to_owned(), credentials);
            match what {
                "header" => order.headers.push(field()),
                "basic" => order.headers.push(basic(format!("Basic {}", base64(text)))),
                "bare-basic" => {
                    let credentials = base64(text);
                    let bare = credentials.trim_end_matches('=');
                    order.headers.push(basic(format!("bAsIc  {bare}")));
                }
                "filler" => order.body.resize(text.parse().unwrap(), b'-'),
                "body" => {
                    let text = text.replace("\\r\\n", "\r\n");
                    order.body.extend_from_slice(text.as_bytes());
                }
                "auth" => {
                    let auth::Field { name, value } = credentials(text);
                    order.headers.push((name, value));
                }
                "trailer" => order.trailers.push(field()),
                "pieces" => order.pieces = Some(text.parse().unwrap()),
                "length" => order.is_length_announced = true,
                "follow" => order.follows = true,
                other => panic!("{other}"),
            }
        }
        order
    }

    /// Make the request and keep what comes back.
    fn run(mut self) -> String {
        for _ in 0..3 {
            let (report, location) = match self.send() {
                Ok(response) => keep(response),
                Err(error) => return error,
            };
            match location {
                Some(location) if self.follows => self.url = location,
                _ => return report,
            }
        }
        "redirected too often".to_owned()
    }

    fn send(&self) -> Result<IncomingResponse, String> {
        let fields = Fields::new();
        for (name, value) in &self.headers {
            let added = fields.append(name, value.as_bytes());
            added.map_err(|error| error.to_string())?;
        }
        if self.is_length_announced {
            let length = self.body.len().to_string();
            fields.append("content-length", length.as_bytes()).unwrap();
        }
        let trailers = Fields::new();
        for (name, value) in &self.trailers {
            trailers.append(name, value.as_bytes()).unwrap();
        }
        let (scheme, rest) = self.url.split_once("://").ok_or("no URL")?;
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        let request = request(&Method::Other(self.method.clone()), authority, fields);
        if scheme == "https" {
            let https = wasi::http::types::Scheme::Https;
            request.set_scheme(Some(&https)).unwrap();
        }
        let target = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/{target}")
        };
        let taken = request.set_path_with_query(Some(&target));
        taken.map_err(|()| "no path".to_owned())?;
        let body = request.body().unwrap();
        let stream = body.write().unwrap();
        let response = handle(request, None).map_err(|code| code.to_string())?;
        for piece in self.body.chunks(self.pieces.unwrap_or(PAGE)) {
            // The reason why it can't be sent is the response to report.
            if write_all(&stream, piece).is_err() || stream.blocking_flush().is_err() {
                break;
            }
        }
        drop(stream);
        // So is whether the body was long enough.
        let _ = OutgoingBody::finish(body, (!self.trailers.is_empty()).then_some(trailers));
        answer(&response).map_err(|code| code.to_string())
    }
}

/// A response as text, and where it redirects to.
fn keep(response: IncomingResponse) -> (String, Option<String>) {
    let mut report = format!("status {}", response.status());
    let mut location = None;
    let mut keep_fields = |fields: Vec<(String, Vec<u8>)>| {
        for (name, value) in fields {
            let text = String::from_utf8_lossy(&value).into_owned();
            if name != "date" {
                report.push_str(&format!("\n{name}: {text}"));
            }
            if name == "location" {
                location = Some(text);
            }
            forget((name, value));
        }
    };
    keep_fields(response.headers().entries());
    let body = response.consume().unwrap();
    let stream = body.stream().unwrap();
    let mut read = Vec::new();
    let end = loop {
        match stream.blocking_read(1 << 16) {
            Ok(piece) => read.extend_from_slice(&piece),
            Err(wasi::io::streams::StreamError::Closed) => break String::new(),
            Err(error) => break format!("\n{error}"),
        }
    };
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    if let Some(Ok(Ok(Some(trailers)))) = trailers.get() {
        keep_fields(trailers.entries());
    }
    report.push_str(&format!("\n\n{}{end}", String::from_utf8_lossy(&read)));
    forget(read);
    (report, location)
}

thread_local! {
    /// The credentials requested so far.
    static CREDENTIALS: RefCell<BTreeMap<String, auth::Field>> = RefCell::default();
}

/// The placeholder for credentials of a scheme, which are requested once.
fn credentials(text: &str) -> auth::Field {
    CREDENTIALS.with_borrow_mut(|requested| {
        let field = requested.entry(text.to_owned());
        field.or_insert_with(|| ask(text)).clone()
    })
}

/// Ask for credentials, by the name of a scheme and its parameters.
fn ask(text: &str) -> auth::Field {
    use auth::{Encoding, Scheme, SignatureForm};
    let words: Vec<&str> = text.split(' ').collect();
    let owned = |text: &str| text.to_owned();
    let hmac = |form, secret: &str| {
        let secret = secret.to_owned();
        Scheme::Hmac(auth::Hmac { secret, form })
    };
    let client = |words: &[&str], authentication, scope: Option<&str>| {
        Scheme::Oauth2(auth::Oauth2 {
            token_url: owned(words[0]),
            client_id: owned(words[1]),
            client_secret: owned(words[2]),
            authentication,
            scope: scope.map(owned),
            audience: None,
        })
    };
    let scheme = match words[..] {
        ["hmac", "github", secret] => hmac(SignatureForm::Github, secret),
        ["hmac", "slack", secret] => hmac(SignatureForm::Slack, secret),
        ["hmac", "stripe", secret] => hmac(SignatureForm::Stripe, secret),
        ["hmac", header, prefix, secret] => {
            let plain = auth::PlainSignature {
                header: owned(header),
                encoding: Encoding::Base64,
                prefix: owned(prefix),
            };
            hmac(SignatureForm::Plain(plain), secret)
        }
        ["aws-sigv4", id, key, region, service, ..] => Scheme::AwsSigv4(auth::AwsSigv4 {
            access_key_id: owned(id),
            secret_access_key: owned(key),
            session_token: words.get(5).copied().map(owned),
            region: owned(region),
            service: owned(service),
            unsigned_payload: false,
        }),
        ["digest", username, password] => Scheme::Digest(auth::Digest {
            username: owned(username),
            password: owned(password),
        }),
        ["oauth2", "basic", ..] => client(&words[2..], auth::ClientAuthentication::Basic, None),
        ["oauth2", "body", ..] => client(
            &words[2..],
            auth::ClientAuthentication::Body,
            Some("builds:write"),
        ),
        _ => panic!("{text}"),
    };
    auth::credentials(&scheme).unwrap()
}

fn with_handles(text: &str) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let named = part
            .split_once('}')
            .and_then(|(name, rest)| Some((properties::secret(name)?, rest)));
        match named {
            Some((handle, rest)) => filled.extend([&handle, rest]),
            None => filled.extend(["{", part]),
        }
    }
    filled
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for group in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(*group.get(at).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            encoded.push(if at > group.len() { '=' } else { digit.into() });
        }
    }
    encoded
}

/// The whole memory, with 85 added to each byte. It is read address by address, whether or not
/// something lives there.
fn memory() -> Vec<u8> {
    let end = core::arch::wasm32::memory_size::<0>() * PAGE;
    let mut copy = Vec::with_capacity(end);
    for address in 0..end {
        // SAFETY: it is within the memory, all of which can be read.
        let byte = unsafe { core::ptr::with_exposed_provenance::<u8>(address).read_volatile() };
        copy.push(byte.wrapping_add(85));
    }
    copy
}

impl Guest for Step {
    fn http_step(spec: RequestSpec) -> StepResult {
        let mut result = success("stolen");
        for (number, line) in orders(&spec).into_iter().enumerate() {
            if let Some(text) = line.strip_prefix("write ") {
                log::write(log::Stream::Stdout, text);
                continue;
            }
            let order = match line.strip_prefix("memory ") {
                None => Order::read(line),
                Some(url) => Order {
                    body: memory(),
                    ..Order::read(&format!("POST {url}"))
                },
            };
            let request = SentRequest {
                method: order.method.clone(),
                url: order.url.clone(),
                headers: Vec::new(),
                body: None,
            };
            let outcome = order.run();
            report(&outcome);
            result.exchanges.push(Exchange {
                request,
                response: None,
            });
            result.summary.clone_from(&outcome);
            result.outputs.push(Output {
                name: format!("{number} {outcome}"),
                value: json(&outcome),
            });
        }
        result
    }
}

/// A string of JSON.
fn json(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", c as u32)),
            c => json.push(c),
        }
    }
    json + "\""
}

export!(Step);
