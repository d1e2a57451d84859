//! The command line. Its doc comments are the program's help.

use std::error::Error as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use http_step_host::policy::{
    DenyPattern, FileGlob, OriginPattern, PartialEcho, ProxyUrl, Secret, SecretCompose,
    SecretPlaces, TlsAsk,
};
use ipnet::IpNet;

use crate::body::{self, Data, Json, Part};
use crate::exit::Exit;
use crate::{curl, terminal, typed};

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
  2  bad arguments, a bad step file or policy, or a component that is no step
  3  denied by the policy
  4  exception: network, time-out, trap, a limit, or stopped";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a step file, or a request typed as a URL.
    Run(Box<RunArgs>),
    /// Start a service on loopback and run a step against it.
    Demo(DemoArgs),
    /// Check step files and policies: what is wrong with them, what a run needs, and
    /// what a policy allows.
    Check(Box<CheckArgs>),
    /// Show what a component imports and exports, and whether it is a step.
    Inspect(InspectArgs),
    /// Compile a component ahead of its first run.
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

Editors with the YAML language server use it for files that begin with this line, in
which the path is absolute, or relative to the file:
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
    /// A step file in YAML or JSON (`-`: standard input), or a URL.
    ///
    /// To type a URL is to allow its origin, also on loopback or in a private
    /// network. With `--component` or `--policy` it is not: then only `--allow` and
    /// the policy say what may be reached. A URL in a step file grants nothing.
    #[arg(value_name = "STEP|URL")]
    pub(crate) step: String,

    #[command(flatten)]
    pub(crate) properties: PropertyArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// A component to run instead of the built-in step. It may reach nothing
    /// but what `--allow` or `--policy` says, not even a URL that is typed.
    #[arg(long, value_name = "FILE.wasm")]
    pub(crate) component: Option<PathBuf>,

    /// Show the request and what the policy says of it, and send nothing. Secrets
    /// read `<HIDDEN>`; the environment and the files they are in are read.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// The step's time limit in seconds; 300 by default.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// How the run is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

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
    /// A build property; the value is text. Can be repeated.
    #[arg(short, long = "property", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) property: Vec<(String, String)>,

    /// Build properties from a JSON or YAML file; values keep their types.
    #[arg(long, value_name = "FILE")]
    pub(crate) properties: Option<PathBuf>,
}

/// What the run may reach, and which secrets it may use.
#[derive(ClapArgs)]
pub(crate) struct PolicyArgs {
    /// A policy file: what may be reached, and how much may be used. The
    /// arguments below add to it.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Origins that may be reached: `https://api.example.com`, or
    /// `https://*.example.com` for all below. Can be repeated. Without any, and
    /// without `--policy`, the built-in step may reach every public one; with
    /// one, only those.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow: Vec<OriginPattern>,

    /// A network whose addresses allowed origins may have: `10.0.0.0/8`. Can be
    /// repeated. By default a name may lead to public addresses alone.
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub(crate) allow_network: Vec<IpNet>,

    /// A proxy that the step file may name: `http://proxy.example:3128`. Can be
    /// repeated.
    #[arg(long, value_name = "URL")]
    pub(crate) allow_proxy: Vec<ProxyUrl>,

    /// Use the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or of
    /// the same in small letters. Without this they are not used.
    #[arg(long)]
    pub(crate) proxy_from_env: bool,

    /// What the step file may ask of TLS: `verify-none`, `ca-file`,
    /// `client-certificate`; `pinned-key` and `min-version` it may without. Can be
    /// repeated.
    #[arg(long, value_name = "WHAT", value_parser = tls_ask)]
    pub(crate) allow_tls: Vec<TlsAsk>,

    /// Origins, hosts or networks that may not be reached, whatever allows them:
    /// `https://api.example.com`, `*.example.com`, `10.0.0.0/8`. Can be repeated.
    #[arg(long, value_name = "ORIGIN|HOST|NETWORK")]
    pub(crate) deny: Vec<DenyPattern>,

    /// Files that the step file may name, by their paths from its directory:
    /// `report.xml`, `reports/**`. Can be repeated. Without `--policy`, the built-in
    /// step may read those that are not hidden, if the step file is no standard input.
    #[arg(long, value_name = "GLOB")]
    pub(crate) allow_file: Vec<FileGlob>,

    /// A secret that the step may use without seeing it, in requests to one origin:
    /// `TOKEN=env:API_TOKEN@https://api.example.com`, or with `file:PATH`. Can be
    /// repeated, also for one more origin. It may be in headers, sign requests and
    /// fetch tokens.
    #[arg(long, value_name = "NAME=SOURCE@ORIGIN")]
    pub(crate) secret: Vec<Secret>,

    /// Where a secret of `--secret` may be: `TOKEN=header,query`, of `header`,
    /// `query`, `path`, `body`, `url`, `signature` and `token`; `header`,
    /// `signature` and `token` by default. Can be repeated.
    #[arg(long, value_name = "NAME=PLACES")]
    pub(crate) secret_places: Vec<SecretPlaces>,

    /// Where a secret of `--secret` may stand beside other text, as in `/bot…/`:
    /// `TOKEN=path`, of `header`, `query`, `path`, `body` and `url`. By default it
    /// is a whole header, path segment or field. Can be repeated.
    #[arg(long, value_name = "NAME=PLACES")]
    pub(crate) secret_compose: Vec<SecretCompose>,

    /// What happens when a response has a part of a secret in it: `report` warns,
    /// `stop` also ends the run before the component sees the part. `report` by
    /// default; `stop` is for components that you do not trust.
    #[arg(long, value_name = "ACTION", value_parser = partial_echo)]
    pub(crate) partial_echo: Option<PartialEcho>,
}

impl PropertyArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.property.is_empty() && self.properties.is_none()
    }
}

impl PolicyArgs {
    /// Whether nothing is said of it.
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
            && self.partial_echo.is_none()
    }
}

/// The request, where a URL is typed.
// The last of the arguments: those after it would stand below its heading.
#[derive(ClapArgs)]
#[command(next_help_heading = "With a URL")]
pub(crate) struct RequestArgs {
    /// The method; POST with a body, else GET.
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// A header. Can be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,

    /// A field of a form; both halves are encoded, so `&` and `%` in them are sent as
    /// they are meant. Can be repeated. `@FILE` is the whole body instead, as it is in
    /// that file, below this directory; `@-` is standard input.
    #[arg(short, long = "data", value_name = "NAME=VALUE", value_parser = body::data, conflicts_with = "json")]
    pub(crate) data: Vec<Data>,

    /// A JSON body, or `@FILE`, or `@-`, with it.
    #[arg(long, value_name = "JSON", value_parser = body::json)]
    pub(crate) json: Option<Json>,

    /// A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or `NAME=<FILE` for a field
    /// with that content; `;type=…` and `;filename=…` may follow. Can be repeated.
    #[arg(short = 'F', long = "form", value_name = "NAME=VALUE", value_parser = body::part, conflicts_with_all = ["json", "data"])]
    pub(crate) form: Vec<Part>,

    /// The user name and the password, for Basic authentication. Who lists the machine's
    /// processes sees them: a password that is a secret is `${{ secret.NAME }}`, with
    /// `--secret`.
    #[arg(short, long, value_name = "USER:PASSWORD", value_parser = user)]
    pub(crate) user: Option<(String, String)>,

    /// A request header whose value the log hides. Can be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) hide_request_header: Vec<String>,

    /// A response header whose value the log hides. Can be repeated.
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
    /// How the run is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
#[command(after_long_help = CHECK_EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Step files to check (`-`: standard input), to tell what their runs need:
    /// properties, secrets, files and origins. With `--policy` also URLs, to tell
    /// whether the policy allows them, and by which line; with a policy and nothing
    /// else, the policy is explained.
    ///
    /// Needs are listed. With properties, or with what grants something, they are to
    /// be all there are, and what is missing of properties, or of origins and
    /// secrets, is an error.
    #[arg(value_name = "STEP|URL", required_unless_present = "policy")]
    pub(crate) steps: Vec<String>,

    #[command(flatten)]
    pub(crate) properties: PropertyArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// The method of the requests to the URLs; GET by default.
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

/// The code is kept in `$XDG_CACHE_HOME/http-step`, or `~/.cache/http-step`, and
/// `run` and `inspect` find it there. It is for this version on this machine.
#[derive(ClapArgs)]
pub(crate) struct CompileArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    pub(crate) component: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The log, as it is written.
    Text,
    /// The result as one JSON object.
    Json,
    /// The log and the result as JSON, an event a line.
    Ndjson,
}

/// Tell what is wrong with the arguments, or give the help that was asked for.
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
            "the subcommand is missing: write `http-step run …` to run a step file or a URL"
                .to_owned()
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

/// Whether what stands for a subcommand is meant to be run.
fn is_step(subcommand: Option<&ContextValue>) -> bool {
    match subcommand {
        Some(ContextValue::String(text)) => typed::is_url(text) || Path::new(text).exists(),
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
        .ok_or("write it as USER:PASSWORD; nothing asks for a password")
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = match text.split_once(':') {
        Some(("", _)) | None => return Err("write it as 'NAME: VALUE'"),
        Some(parts) => parts,
    };
    if value.contains(['\r', '\n']) {
        return Err("a header value can't hold a line break");
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// A network, or the one of a single address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "write it as an address and the length of its prefix: 10.0.0.0/8")
}

fn tls_ask(text: &str) -> Result<TlsAsk, String> {
    let known = TlsAsk::ALL.iter().find(|ask| ask.as_str() == text);
    known.copied().ok_or_else(|| {
        let names: Vec<&str> = TlsAsk::ALL.iter().map(|ask| ask.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

fn partial_echo(text: &str) -> Result<PartialEcho, &'static str> {
    let known = PartialEcho::ALL.into_iter();
    let mut known = known.filter(|action| action.as_str() == text);
    known.next().ok_or("it is `report` or `stop`")
}

/// Beyond it a time limit is a slip of the keyboard, as in step files.
const YEAR: f64 = 31_536_000.0;

fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= YEAR)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("write a number of seconds above 0 and of at most a year, 31536000")
}
