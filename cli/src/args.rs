//! The command line. Its doc comments are the program's help.

use std::error::Error as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use http_step_host::policy::{DenyPattern, FileGlob, OriginPattern, PartialEcho, ProxyUrl, TlsAsk};
use ipnet::IpNet;

use crate::body::{self, Data, Json, Part};
use crate::exit::Exit;
use crate::secret_args::{SecretArg, SecretCompose, SecretHeaders, SecretPlaces};
use crate::{curl, terminal, typed_url};

/// Run HTTP steps of CI builds in a sandbox.
///
/// A step is a WebAssembly component that can do one thing: make the HTTP
/// requests that you allow.
#[derive(Parser)]
#[command(name = "http-step", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success or warnings
  1  the step judged the response a failure
  2  invalid arguments, step file or policy, or a component that is not a step
  3  denied by the policy
  4  exception: network error, timeout, trap, exceeded limit, or stopped";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a step file, or a request to a URL.
    Run(Box<RunArgs>),
    /// Start a service on loopback and run a step against it.
    Demo(DemoArgs),
    /// Check step files and policies, list what a run needs, and explain what a policy
    /// allows.
    Check(Box<CheckArgs>),
    /// Show a component's imports and exports, and whether it is a step.
    Inspect(InspectArgs),
    /// Compile a component before its first run.
    Compile(CompileArgs),
    /// Print the JSON Schema of step files or policies, for editors.
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema {
        /// The kind of files.
        #[arg(value_name = "KIND", value_enum, default_value_t = FileKind::StepFile)]
        kind: FileKind,
    },
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileKind {
    StepFile,
    Policy,
}

const SCHEMA_EXAMPLES: &str = "\
Examples:
  http-step schema > step-file.schema.json
  http-step schema policy > policy.schema.json

Editors with the YAML language server apply the schema to files that start with this
line. The path is absolute, or relative to the file:
  # yaml-language-server: $schema=step-file.schema.json";

const COMPLETIONS_EXAMPLES: &str = "\
Install:
  bash:        mkdir -p ~/.local/share/bash-completion/completions
               http-step completions bash > ~/.local/share/bash-completion/completions/http-step
  zsh:         http-step completions zsh > \"${fpath[1]}/_http-step\"
  fish:        http-step completions fish > ~/.config/fish/completions/http-step.fish
  powershell:  http-step completions powershell >> $PROFILE
  elvish:      http-step completions elvish >> ~/.config/elvish/rc.elv";

#[derive(ClapArgs)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct RunArgs {
    /// A step file in YAML or JSON (`-` for standard input), or a URL.
    ///
    /// A URL given here allows its origin, even on loopback or in a private network.
    /// With `--component` or `--policy` it doesn't: only `--allow` and the policy
    /// allow origins then. A URL in a step file allows nothing.
    #[arg(value_name = "STEP|URL")]
    pub(crate) step: String,

    #[command(flatten)]
    pub(crate) properties: PropertyArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// Run this component instead of the built-in step. It can reach only what
    /// `--allow` or `--policy` allows, not even a URL given as an argument.
    #[arg(long, value_name = "FILE.wasm")]
    pub(crate) component: Option<PathBuf>,

    /// Show the first request and the policy's decision, without sending anything.
    /// Secrets are shown as `<HIDDEN>`; their environment variables and files are read.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Time limit of the step in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Show on standard error what the host does: connections, retries, failures. With
    /// `-vv`, every stage of a request. Secrets are shown as `<HIDDEN>`.
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    #[command(flatten)]
    pub(crate) request: RequestArgs,
}

const EXAMPLES: &str = "\
Examples:
  http-step run step.yaml -p buildername=linux -p branch=main
  http-step run https://ci.example.com/status
  http-step run http://127.0.0.1:8080/builds --json '{\"state\": \"done\"}'
  http-step run https://ci.example.com/hook -u 'joe:${{ secret.PASSWORD }}' --secret PASSWORD=env:PASSWORD@https://ci.example.com
  jq -n --arg branch \"$BRANCH\" '{branch: $branch}' | http-step run https://ci.example.com/builds --json @-
  http-step run https://ci.example.com/status --format json | jq -j '.log | .[(map(.stream) | rindex(\"stdout\")):][] | select(.stream == \"content\").text'";

/// The build's properties.
#[derive(ClapArgs)]
pub(crate) struct PropertyArgs {
    /// A build property. The value is text. Can be repeated.
    #[arg(short, long = "property", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) property: Vec<(String, String)>,

    /// Read build properties from a JSON or YAML file. Values keep their types.
    #[arg(long, value_name = "FILE")]
    pub(crate) properties: Option<PathBuf>,
}

/// What the run may reach, and which secrets it may use.
#[derive(ClapArgs)]
pub(crate) struct PolicyArgs {
    /// A policy file: what the step may reach and use. The arguments below add to it.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Allow an origin: `https://api.example.com`, or `https://*.example.com` for all
    /// its subdomains. Can be repeated. Without `--allow` and `--policy`, the built-in
    /// step can reach every public origin; otherwise only those that are allowed.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow: Vec<OriginPattern>,

    /// Let allowed origins have addresses in this network: `10.0.0.0/8`. Can be
    /// repeated. By default, names may resolve to public addresses only.
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub(crate) allow_network: Vec<IpNet>,

    /// Let the step file use this proxy: `http://proxy.example:3128`. Can be
    /// repeated.
    #[arg(long, value_name = "URL")]
    pub(crate) allow_proxy: Vec<ProxyUrl>,

    /// Use the proxies in the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, in upper or lower case. By default they are ignored.
    #[arg(long)]
    pub(crate) proxy_from_env: bool,

    /// Let the step file use a TLS setting: `verify-none`, `ca-file` or
    /// `client-certificate`. `pinned-key` and `min-version` are always allowed. Can be
    /// repeated.
    #[arg(long, value_name = "WHAT", value_parser = tls_ask)]
    pub(crate) allow_tls: Vec<TlsAsk>,

    /// Deny an origin, a host or a network, even if something else allows it:
    /// `https://api.example.com`, `*.example.com`, `10.0.0.0/8`. Can be repeated.
    #[arg(long, value_name = "ORIGIN|HOST|NETWORK")]
    pub(crate) deny: Vec<DenyPattern>,

    /// Let the step file upload files that match, by their path from its directory:
    /// `report.xml`, `reports/**`. Can be repeated. Without `--policy`, the built-in
    /// step can read files that are not hidden, unless the step file is standard input.
    #[arg(long, value_name = "GLOB")]
    pub(crate) allow_file: Vec<FileGlob>,

    /// Grant a secret for requests to an origin:
    /// `TOKEN=env:API_TOKEN@https://api.example.com`, or with `file:PATH`. The step uses
    /// it without seeing it: in headers, to sign requests and to fetch tokens. Can be
    /// repeated, also to grant the same secret to another origin.
    #[arg(long, value_name = "NAME=SOURCE@ORIGIN")]
    pub(crate) secret: Vec<SecretArg>,

    /// The places that a secret is granted for: `TOKEN=header,query`. Places are
    /// `header`, `query`, `path`, `body`, `url`, `signature` and `token`; the default
    /// is `header,signature,token`. `header` means fields for credentials, such as
    /// `Authorization` or `X-Api-Key`; name any other field as `header:FIELD`. Can be repeated.
    #[arg(long, value_name = "NAME=PLACES")]
    pub(crate) secret_places: Vec<SecretPlaces>,

    /// The places where a secret may be part of a longer value, as in `/bot…/`:
    /// `TOKEN=path`. Places are `header`, `query`, `path`, `body` and `url`. By default
    /// a secret is a whole header value, path segment or field. Can be repeated.
    #[arg(long, value_name = "NAME=PLACES")]
    pub(crate) secret_compose: Vec<SecretCompose>,

    /// Other header fields that requests with a secret may have, although a server may forward
    /// the request to where they say: `TOKEN=X-Base-Url`. Can be repeated.
    #[arg(long, value_name = "NAME=FIELDS")]
    pub(crate) secret_headers: Vec<SecretHeaders>,

    /// What to do if a response contains a part of a secret: `report` warns, `stop`
    /// also ends the run before the component sees the part. The default is `report`;
    /// use `stop` for components that you don't trust.
    #[arg(long, value_name = "ACTION", value_parser = partial_echo)]
    pub(crate) partial_echo: Option<PartialEcho>,
}

impl PropertyArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.property.is_empty() && self.properties.is_none()
    }
}

impl PolicyArgs {
    /// Whether no policy option is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.policy.is_none()
            && self.allow.is_empty()
            && self.allow_network.is_empty()
            && self.allow_proxy.is_empty()
            && !self.proxy_from_env
            && self.allow_tls.is_empty()
            && self.deny.is_empty()
            && self.allow_file.is_empty()
            && self.secret.is_empty()
            && self.secret_places.is_empty()
            && self.secret_compose.is_empty()
            && self.secret_headers.is_empty()
            && self.partial_echo.is_none()
    }
}

/// The request to a URL.
// This is the last group: arguments after it would be listed under its heading.
#[derive(ClapArgs)]
#[command(next_help_heading = "With a URL")]
pub(crate) struct RequestArgs {
    /// The method. The default is POST with a body, otherwise GET.
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// A header. Can be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,

    /// A form field. Name and value are percent-encoded, so `&` and `%` need no
    /// escaping. Can be repeated. `@FILE` sends a file in this directory as the body,
    /// unchanged; `@-` sends standard input.
    #[arg(short, long = "data", value_name = "NAME=VALUE", value_parser = body::data, conflicts_with = "json")]
    pub(crate) data: Vec<Data>,

    /// A JSON body: the text, `@FILE` or `@-`.
    #[arg(long, value_name = "JSON", value_parser = body::json)]
    pub(crate) json: Option<Json>,

    /// A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or `NAME=<FILE` for a field
    /// with the file's content. `;type=…` and `;filename=…` can follow. Can be repeated.
    #[arg(short = 'F', long = "form", value_name = "NAME=VALUE", value_parser = body::part, conflicts_with_all = ["json", "data"])]
    pub(crate) form: Vec<Part>,

    /// User name and password for Basic authentication. Every user of the machine can
    /// see them in the process list: for a secret password, write `${{ secret.NAME }}`
    /// and use `--secret`.
    #[arg(short, long, value_name = "USER:PASSWORD", value_parser = user)]
    pub(crate) user: Option<(String, String)>,

    /// Hide the value of this request header in the log. Can be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) hide_request_header: Vec<String>,

    /// Hide the value of this response header in the log. Can be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) hide_response_header: Vec<String>,
}

impl RequestArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.headers.is_empty()
            && self.data.is_empty()
            && self.json.is_none()
            && self.form.is_empty()
            && self.user.is_none()
            && self.hide_request_header.is_empty()
            && self.hide_response_header.is_empty()
    }
}

#[derive(ClapArgs)]
pub(crate) struct DemoArgs {
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
#[command(after_long_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Step files to check (`-` for standard input). Lists what their runs need:
    /// properties, secrets, files and origins. With `--policy`, URLs are checked too:
    /// whether the policy allows them, and which line does. With a policy alone, the
    /// policy is explained.
    ///
    /// If you give properties, a missing property is an error; if you give grants
    /// (`--policy`, `--allow`, `--secret` and so on), so is a missing grant.
    #[arg(value_name = "STEP|URL", required_unless_present = "policy")]
    pub(crate) steps: Vec<String>,

    #[command(flatten)]
    pub(crate) properties: PropertyArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// The method of the requests to the URLs.
    #[arg(
        short = 'X',
        long,
        value_name = "METHOD",
        requires = "policy",
        default_value = "GET"
    )]
    pub(crate) method: String,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  http-step check step.yaml
  http-step check step.yaml -p branch=main --policy policy.yaml
  http-step check --policy policy.yaml
  http-step check --policy policy.yaml -X POST https://api.example.com/builds";

#[derive(ClapArgs)]
pub(crate) struct InspectArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    pub(crate) component: PathBuf,
}

/// The compiled code is cached in `$XDG_CACHE_HOME/http-step`, or `~/.cache/http-step`,
/// for `run` and `inspect`. It is valid for this version on this machine.
#[derive(ClapArgs)]
pub(crate) struct CompileArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    pub(crate) component: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The log, as it is written, for people.
    Text,
    /// The result as one JSON object.
    Json,
    /// The log and the result as JSON events, one a line.
    Ndjson,
}

/// Report invalid arguments, or print the requested help.
pub(crate) fn refuse(error: &clap::Error) -> Exit {
    let message = match (error.kind(), error.source()) {
        _ if let Some(instead) = curl::instead(error) => instead,
        // clap would show the value, which can be a password or a token.
        (ErrorKind::ValueValidation, Some(reason)) => {
            let argument = error
                .get(ContextKind::InvalidArg)
                .map_or_else(|| "an argument".to_owned(), |name| format!("'{name}'"));
            format!("invalid value for {argument}: {reason}")
        }
        (ErrorKind::InvalidSubcommand, _) if is_step(error.get(ContextKind::InvalidSubcommand)) => {
            "a subcommand is missing: use `http-step run …` to run a step file or a URL".to_owned()
        }
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => {
            terminal::own(&error.render().ansi().to_string());
            return Exit::Success;
        }
        _ => {
            let text = error.render().to_string();
            match text.strip_prefix("error: ") {
                Some(message) => terminal::error(message.trim_end()),
                None => terminal::note(text.trim_end()),
            }
            return Exit::Usage;
        }
    };
    terminal::error(message);
    terminal::note("\nFor more information, try '--help'.");
    Exit::Usage
}

/// Whether an unknown subcommand is meant as a step to run.
fn is_step(subcommand: Option<&ContextValue>) -> bool {
    match subcommand {
        Some(ContextValue::String(text)) => typed_url::is_url(text) || Path::new(text).exists(),
        _ => false,
    }
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some(("", _)) | None => Err("write it as NAME=VALUE"),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
    }
}

fn user(text: &str) -> Result<(String, String), &'static str> {
    text.split_once(':')
        .map(|(name, password)| (name.to_owned(), password.to_owned()))
        .ok_or("write it as USER:PASSWORD; http-step does not prompt for a password")
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = match text.split_once(':') {
        Some(("", _)) | None => return Err("write it as 'NAME: VALUE'"),
        Some(parts) => parts,
    };
    if value.contains(['\r', '\n']) {
        return Err("a header value can't contain a line break");
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// A network, or a single address as a network.
fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "write it as an address and a prefix length: 10.0.0.0/8")
}

fn tls_ask(text: &str) -> Result<TlsAsk, String> {
    let known = TlsAsk::ALL.iter().find(|ask| ask.as_str() == text);
    known.copied().ok_or_else(|| {
        let names: Vec<&str> = TlsAsk::ALL.iter().map(|ask| ask.as_str()).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn partial_echo(text: &str) -> Result<PartialEcho, &'static str> {
    let known = PartialEcho::ALL.into_iter();
    let mut known = known.filter(|action| action.as_str() == text);
    known.next().ok_or("use `report` or `stop`")
}

/// A longer time limit is most likely a typo, as in step files.
const YEAR: f64 = 31_536_000.0;

fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= YEAR)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("write a number of seconds, above 0 and at most 31536000 (a year)")
}
