//! The command line. Its doc comments are the program's help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use http_step_host::Origin;
use ipnet::IpNet;

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
  2  bad arguments, a bad step file, or a component that is no step
  3  denied by the policy
  4  exception: network, time-out, trap, a limit, or stopped";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a step file, or a request typed as a URL.
    Run(RunArgs),
    /// Start a service on loopback and run a step against it.
    Demo(DemoArgs),
    /// Check a step file and report every mistake in it.
    Check(CheckArgs),
    /// Show what a component imports and exports, and whether it is a step.
    Inspect(InspectArgs),
    /// Print the JSON Schema of step files, for editors.
    Schema,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(ClapArgs)]
pub(crate) struct RunArgs {
    /// A step file in YAML or JSON (`-`: standard input), or a URL.
    ///
    /// A URL that you type may be reached, also on loopback or in a private
    /// network. A URL in a step file grants nothing.
    #[arg(value_name = "STEP|URL")]
    pub(crate) step: String,

    #[command(flatten)]
    pub(crate) request: RequestArgs,

    /// A build property; the value is text.
    #[arg(short, long = "property", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) property: Vec<(String, String)>,

    /// Build properties from a JSON or YAML file; values keep their types.
    #[arg(long, value_name = "FILE")]
    pub(crate) properties: Option<PathBuf>,

    /// A component to run instead of the built-in step. It may reach nothing
    /// but what `--allow` says.
    #[arg(long, value_name = "FILE.wasm")]
    pub(crate) component: Option<PathBuf>,

    /// An origin that may be reached: `https://api.example.com`. Without any,
    /// the built-in step may reach every public one; with one, only those.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow: Vec<Origin>,

    /// A network whose addresses allowed origins may have: `10.0.0.0/8`. By
    /// default a name may lead to public addresses alone.
    #[arg(long, value_name = "NETWORK")]
    pub(crate) allow_network: Vec<IpNet>,

    /// The step's time limit in seconds; 300 by default.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// How the run is shown.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The request, where a URL is typed.
#[derive(ClapArgs)]
#[command(next_help_heading = "With a URL")]
pub(crate) struct RequestArgs {
    /// The method; POST with a body, else GET.
    #[arg(short = 'X', long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// A header.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,

    /// A field of a form.
    #[arg(short, long = "data", value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "json")]
    pub(crate) data: Vec<(String, String)>,

    /// A JSON body.
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub(crate) json: Option<serde_json::Value>,

    /// A request header whose value the log hides.
    #[arg(long, value_name = "NAME")]
    pub(crate) hide_request_header: Vec<String>,

    /// A response header whose value the log hides.
    #[arg(long, value_name = "NAME")]
    pub(crate) hide_response_header: Vec<String>,
}

impl RequestArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.method.is_none()
            && self.headers.is_empty()
            && self.data.is_empty()
            && self.json.is_none()
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
pub(crate) struct CheckArgs {
    /// The step file (`-`: standard input).
    #[arg(value_name = "STEP")]
    pub(crate) step: String,
}

#[derive(ClapArgs)]
pub(crate) struct InspectArgs {
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

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) | None => Err("it is to be NAME=VALUE".to_owned()),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some(("", _)) | None => Err("it is to be `NAME: VALUE`".to_owned()),
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
    }
}

fn json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it is to be a number of seconds above 0".to_owned())
}
