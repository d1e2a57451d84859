//! The keys of a step file. Their documentation is the schema's.

use http_step_yaml::mapping;
use serde_json::{Map, Value, json};

use crate::auth::Auth;
use crate::expect::Expectations;
use crate::fields::{Cookies, FieldsOrText, Headers};
use crate::files::Files;
use crate::header_names::HeaderNames;
use crate::json::Json;
use crate::method::{self, Method};
use crate::poll::{Every, Within};
use crate::proxies::Proxies;
use crate::redirects::{self, Redirects};
use crate::renderable::Renderable;
use crate::retry::{IdempotencyKey, RetrySetting};
use crate::timeout::Timeouts;
use crate::tls::{ClientCertificate, Tls, Verify};
use crate::url::Url;

mapping! {
    /// One HTTP request of a build: the parameters of Buildbot's HTTPStep.
    ///
    /// In strings, `${{ property.NAME }}` is replaced by a build property and
    /// `${{ secret.NAME }}` by a secret. Null is the same as leaving a key out.
    #[schemars(
        title = "http-step step file",
        extend("$id" = "urn:http-step:schema:step-file"),
        extend("oneOf" = one_of_given(&URLS)),
        extend("allOf" = [
            excludes("method", &SHORT_FORMS),
            excludes("json", &["data", "files"]),
        ]),
        example = json!({
            "post": "https://ci.example.com/hooks/build",
            "headers": {"Authorization": "Bearer ${{ secret.HOOK_TOKEN }}"},
            "json": {"builder": "${{ property.buildername }}", "number": "${{ property.buildnumber }}"},
            "timeout": [3, 30],
        }),
    )]
    pub(crate) struct Document as "a mapping, as in `url: https://example.com/`" {
        /// The absolute URL of the request, `http` or `https`.
        #[schemars(example = &"https://ci.example.com/hooks/build")]
        url: Url,
        /// The method, in upper case.
        #[schemars(extend("default" = method::DEFAULT), example = &"PUT")]
        method: Method,
        /// The URL of a GET request: short for `url` and `method: GET`.
        #[schemars(example = &"https://ci.example.com/status")]
        get: Url,
        /// The URL of a POST request: short for `url` and `method: POST`.
        #[schemars(example = &"https://ci.example.com/hooks/${{ property.buildername }}")]
        post: Url,
        /// The URL of a PUT request: short for `url` and `method: PUT`.
        #[schemars(example = &"https://files.example.com/report.csv")]
        put: Url,
        /// The URL of a DELETE request: short for `url` and `method: DELETE`.
        #[schemars(example = &"https://ci.example.com/previews/${{ property.branch }}")]
        delete: Url,
        /// The URL of a HEAD request: short for `url` and `method: HEAD`.
        #[schemars(example = &"https://files.example.com/release.tar.gz")]
        head: Url,
        /// The URL of an OPTIONS request: short for `url` and `method: OPTIONS`.
        #[schemars(example = &"https://ci.example.com/")]
        options: Url,
        /// The URL of a PATCH request: short for `url` and `method: PATCH`.
        #[schemars(example = &"https://ci.example.com/builds/${{ property.buildnumber }}")]
        patch: Url,
        /// Query parameters to append to the URL. A list repeats the name, null omits it; a
        /// string is appended as it is.
        #[schemars(
            example = json!({"branch": "${{ property.branch }}", "tag": ["nightly", "linux"]}),
            example = json!([["b", 2], ["a", 1]]),
        )]
        params: FieldsOrText,
        /// Header fields of the request.
        #[schemars(example = json!({"Accept": "application/json", "X-Build": "${{ property.buildnumber }}"}))]
        headers: Headers,
        /// Cookies of the request.
        #[schemars(example = json!({"session": "${{ secret.SESSION }}"}))]
        cookies: Cookies,
        /// The body: named values are form-encoded, a string is sent as it is.
        #[schemars(
            example = json!({"status": "done", "log": "${{ property.log_url }}"}),
            example = &"plain text",
        )]
        data: FieldsOrText,
        /// The body, as JSON.
        #[schemars(example = json!({"text": "Build ${{ property.buildnumber }} is done", "tags": ["ci"]}))]
        json: Json,
        /// Files of a multipart body, whose fields are in `data`. A string is a path. A list of
        /// pairs can contain a name several times.
        #[schemars(
            example = json!({
                "report": "out/report.csv",
                "note": {"content": "Build ${{ property.buildnumber }}", "filename": "note.txt", "content_type": "text/plain"},
            }),
            example = json!([
                ["log", "out/build.log"],
                ["log", "out/test.log"],
                ["meta", {"content": "{\"build\": 7}", "content_type": "application/json", "filename": null}],
            ]),
        )]
        files: Files,
        /// The authentication: `[username, password]` or `{basic: {username, password}}`,
        /// `{bearer: TOKEN}`, `hmac`, `aws-sigv4`, `digest` or `oauth2` with its parameters, or
        /// one expression.
        #[schemars(
            example = json!(["buildbot", "${{ secret.PASSWORD }}"]),
            example = json!({"basic": {"username": "buildbot", "password": "${{ secret.PASSWORD }}"}}),
            example = json!({"bearer": "${{ secret.TOKEN }}"}),
            example = json!({"hmac": {"secret": "${{ secret.WEBHOOK_KEY }}", "form": "github"}}),
            example = json!({"hmac": {"secret": "${{ secret.WEBHOOK_KEY }}", "header": "X-Signature", "encoding": "base64"}}),
            example = json!({"aws-sigv4": {
                "access_key_id": "${{ property.access_key_id }}",
                "secret_access_key": "${{ secret.AWS_SECRET_ACCESS_KEY }}",
                "region": "eu-central-1",
                "service": "execute-api",
            }}),
            example = json!({"digest": ["buildbot", "${{ secret.PASSWORD }}"]}),
            example = json!({"oauth2": {
                "token_url": "https://login.example.com/oauth2/token",
                "client_id": "buildbot",
                "client_secret": "${{ secret.CLIENT_SECRET }}",
                "scope": "builds:write",
            }}),
        )]
        auth: Auth,
        /// Timeouts in seconds: one number for connecting and reading, `[connect, read]`, or a
        /// mapping of `connect`, `read` and `total`. The host's policy may set lower ones.
        #[schemars(
            example = 30,
            example = json!([3, 30]),
            example = json!({"connect": 3, "read": 30, "total": 120}),
        )]
        timeout: Renderable<Timeouts>,
        /// Whether to follow redirects.
        #[schemars(extend("default" = true), example = false)]
        allow_redirects: Renderable<bool>,
        /// The number of redirects to follow before the step fails.
        #[schemars(extend("default" = redirects::DEFAULT_MAX_REDIRECTS), example = 5)]
        max_redirects: Renderable<Redirects>,
        /// Whether the body of the response can be left out of the log.
        #[schemars(extend("default" = false), example = true)]
        stream: Renderable<bool>,
        /// How to verify the server's certificate: `true` with the host's trust roots, a path with
        /// the certificates in that PEM file, `false` not at all.
        #[schemars(extend("default" = true), example = &"certs/internal-ca.pem")]
        verify: Renderable<Verify>,
        /// The client certificate: the path of a PEM file with the certificate and its key, or
        /// `[certificate, key]`.
        #[schemars(example = &"certs/client.pem", example = json!(["certs/client.crt", "certs/client.key"]))]
        cert: Renderable<ClientCertificate>,
        /// Requirements for TLS besides those of the host's policy: a minimum version, pinned
        /// keys.
        #[schemars(example = json!({
            "min_version": "1.3",
            "pinned_keys": ["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
        }))]
        tls: Renderable<Tls>,
        /// A proxy's URL for `http`, `https` or `all`, or for one host, as in
        /// `https://example.com`.
        #[schemars(example = json!({"https": "http://proxy.example.com:3128"}))]
        proxies: Renderable<Proxies>,
        /// Run the step again after a failure that may be temporary, if its requests may be sent twice:
        /// they are idempotent, were not sent, or have an idempotency key. A number is the number of
        /// attempts.
        #[schemars(
            example = 3,
            example = json!({"attempts": 5, "delay": 2, "max_delay": 60, "on": ["connect", 429, "5xx"], "total": 600}),
        )]
        retry: Renderable<RetrySetting>,
        /// `auto`: the host adds an `Idempotency-Key` to requests that are not idempotent, such as POST. It is
        /// the same in every attempt of `retry`.
        #[schemars(example = &"auto")]
        idempotency_key: IdempotencyKey,
        /// What to expect of the response. The step fails if an expectation is not met.
        #[schemars(example = json!({"status": [200, "2xx"], "headers": {"content-type": {"starts_with": "application/json"}}}))]
        expect: Expectations,
        /// As `expect`, but the step has warnings if an expectation is not met.
        #[schemars(example = json!({"duration": {"at_most": 1}}))]
        warn: Expectations,
        /// Repeat the request until its response is as expected. The step fails if it is not in time.
        #[schemars(example = json!({"status": 200}))]
        until: Expectations,
        /// Seconds between two requests of `until`.
        #[schemars(extend("default" = 5), example = 30)]
        every: Renderable<Every>,
        /// Seconds for all requests of `until` and the waits between them; by default, the time that the
        /// policy gives.
        #[schemars(example = 600)]
        within: Renderable<Within>,
        /// Names of request headers whose values are hidden in the log, case-insensitive.
        #[schemars(extend("default" = json!([])), example = json!(["Authorization"]))]
        hide_request_headers: HeaderNames,
        /// Names of response headers whose values are hidden in the log, case-insensitive.
        #[schemars(extend("default" = json!([])), example = json!(["Set-Cookie"]))]
        hide_response_headers: HeaderNames,
    }
}

/// The keys that give the URL.
const URLS: [&str; 8] = [
    "url", "get", "post", "put", "delete", "head", "options", "patch",
];

/// The keys that also give the method.
const SHORT_FORMS: [&str; 7] = ["get", "post", "put", "delete", "head", "options", "patch"];

/// One of the keys is present and not null.
fn one_of_given(keys: &[&str]) -> Value {
    keys.iter().map(|key| given(key)).collect()
}

fn given(key: &str) -> Value {
    json!({"required": [key], "properties": {key: {"not": {"type": "null"}}}})
}

/// With one key, others are not allowed. This is expressed for the others, so that editors mark
/// them.
fn excludes(key: &str, others: &[&str]) -> Value {
    let no_value: Map<String, Value> = others
        .iter()
        .map(|other| ((*other).to_owned(), json!({"type": "null"})))
        .collect();
    json!({"if": given(key), "then": {"properties": no_value}})
}

/// The JSON Schema (draft 2020-12) of step files, for editors.
///
/// It accepts every file that [`StepFile::parse`](crate::StepFile::parse) accepts, and some more:
/// it checks keys and types, not the content of URLs and headers.
#[must_use]
pub fn schema() -> Value {
    http_step_yaml::schema::<Document>()
}
