//! `http-step run`: a step file or a typed request, through a component.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use http_step_file::{Body, Fields};
use http_step_host::{Host, Job, Limits, Origin, Policy, Step, StepFile};

use crate::args::{RequestArgs, RunArgs};
use crate::exit::Exit;
use crate::properties;
use crate::show::Show;

/// Standard input, where a file is named.
const STDIN: &str = "-";

pub(crate) fn run(args: RunArgs) -> Result<Exit, String> {
    let typed = args.step.contains("://");
    let policy = policy(&args, typed)?;
    let properties = properties::read(args.properties.as_deref(), &args.property)?;
    let file = if typed {
        request(args.step.clone(), args.request)?
    } else if args.request.is_empty() {
        step_file(&args.step)?
    } else {
        return Err(format!(
            "-X, -H, -d, --json and --hide-… describe a request to a URL; `{}` is a step file, which says these things itself",
            args.step
        ));
    };
    let limits = Limits {
        wall: args.timeout.unwrap_or(Limits::default().wall),
        ..Limits::default()
    };
    let job = Job::new(file, policy)
        .properties(properties)
        .limits(limits)
        .files_under(directory(&args.step, typed));
    let wasm = match &args.component {
        Some(path) => Some((
            path,
            fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?,
        )),
        None => None,
    };
    let host = Host::new().map_err(|error| error.to_string())?;
    let step = match wasm {
        Some((path, wasm)) => host
            .load(&wasm)
            .map_err(|error| format!("{}: {error}", path.display()))?,
        None => built_in(&host)?,
    };
    execute(&host, &step, job, &Show::new(args.format))
}

/// The reference step, which the program brings along.
pub(crate) fn built_in(host: &Host) -> Result<Step, String> {
    host.load(http_step_component::WASM)
        .map_err(|error| error.to_string())
}

/// Run a job to its end, or until the user stops it.
pub(crate) fn execute(host: &Host, step: &Step, job: Job, show: &Show) -> Result<Exit, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime can't be set up: {error}"))?;
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nobody can stop it, so nobody did.
            std::future::pending::<()>().await;
        }
    };
    let result = runtime.block_on(host.run_until(step, job.sink(show.sink()), stop));
    // A name that is being resolved is not waited for.
    runtime.shutdown_background();
    show.result(result)
}

/// What the run may reach: what is asked for, else what curl could, for the
/// built-in step alone.
fn policy(args: &RunArgs, typed: bool) -> Result<Policy, String> {
    let mut policy = if args.component.is_none() && args.allow.is_empty() {
        Policy::public()
    } else {
        Policy::nothing()
    };
    // A URL that can't be read is the step's to refuse.
    if typed
        && args.component.is_none()
        && let Ok(origin) = Origin::of_url(&args.step)
    {
        policy = policy.allow(origin);
    }
    for origin in &args.allow {
        policy = policy.allow(origin.clone());
    }
    for network in &args.allow_network {
        policy = policy.allow_network(*network);
    }
    Ok(policy)
}

/// A request, as it is typed.
fn request(url: String, args: RequestArgs) -> Result<StepFile, String> {
    let mut file = StepFile::new(url);
    file.body = match (args.json, args.data) {
        (Some(json), _) => Some(Body::Json(json)),
        (None, data) if data.is_empty() => None,
        (None, data) => Some(Body::Data(Fields::Entries(data))),
    };
    file.method = match (args.method, &file.body) {
        (Some(method), _) => method,
        (None, Some(_)) => "POST".to_owned(),
        (None, None) => "GET".to_owned(),
    };
    file.headers = Fields::Entries(args.headers);
    file.hide_request_headers = args.hide_request_header;
    file.hide_response_headers = args.hide_response_header;
    Ok(file)
}

/// Read a step file; every mistake in it is named.
pub(crate) fn step_file(path: &str) -> Result<StepFile, String> {
    let (shown, text) = if path == STDIN {
        let mut text = Vec::new();
        // One byte more than a step file may have, so that it is refused.
        io::stdin()
            .take(http_step_file::LONGEST as u64 + 1)
            .read_to_end(&mut text)
            .map_err(|error| format!("standard input: {error}"))?;
        ("standard input", text)
    } else {
        (
            path,
            fs::read(path).map_err(|error| unreadable(path, &error))?,
        )
    };
    StepFile::parse(&text).map_err(|mistakes| {
        let lines: Vec<_> = mistakes
            .iter()
            .map(|mistake| format!("{shown}:{mistake}"))
            .collect();
        let count = match lines.len() {
            1 => "a mistake".to_owned(),
            count => format!("{count} mistakes"),
        };
        format!("there is {count} in the step file\n{}", lines.join("\n"))
    })
}

fn unreadable(path: &str, error: &io::Error) -> String {
    let is_host = !Path::new(path).exists() && !path.contains('/') && path.contains('.');
    match error.kind() {
        io::ErrorKind::NotFound if is_host => {
            format!("{path}: there is no such step file; for a URL, write `https://{path}`")
        }
        io::ErrorKind::NotFound => format!("{path}: there is no such step file"),
        io::ErrorKind::IsADirectory => format!("{path}: this is a directory, not a step file"),
        _ => format!("{path}: {error}"),
    }
}

/// Where the files lie that the step file names: beside it.
fn directory(path: &str, typed: bool) -> PathBuf {
    let beside = (!typed && path != STDIN)
        .then(|| Path::new(path).parent())
        .flatten()
        .filter(|parent| !parent.as_os_str().is_empty());
    beside.unwrap_or(Path::new(".")).to_owned()
}
