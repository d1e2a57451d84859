//! `http-step run`: a step file, or a request from arguments, with a component.

use std::path::{self, Path, PathBuf};

use http_step_host::{Host, Job, RunResult, Stage, Step};

use crate::args::{Format, RunArgs};
use crate::exit::{Exit, Failure};
use crate::show::Show;
use crate::{
    body, component, grant, input, policy, properties, proxy_env, terminal, trace, typed, typed_url,
};

pub(crate) fn run(args: RunArgs) -> Result<Exit, Failure> {
    trace::show(args.verbose);
    let is_typed = typed_url::is_url(&args.step);
    let policy = policy::from_args(&args, is_typed)?;
    let properties = properties::read(&args.properties)?;
    let file = if is_typed {
        let looks_encoded = body::holds_two_fields(&args.request.data);
        let request = typed::request(&args.step, args.request)?;
        if looks_encoded {
            terminal::note(
                "note: each `-d` is one field, and the `&` in it is sent as `%26`; two fields are `-d a=1 -d b=2`",
            );
        }
        request
    } else if args.request.is_empty() {
        input::step_file(&args.step)?
    } else {
        return Err(format!(
            "`{}` is a step file, which defines the request itself; -X, -H, -d, --json, -F, -u and --hide-… apply to a URL only",
            args.step
        )
        .into());
    };
    let limits = policy.budgets().clone();
    let rules = policy.proxy_rules();
    let uses_proxy = args.policy.proxy_from_env
        || [&rules.http, &rules.https, &rules.all]
            .iter()
            .any(|proxy| proxy.is_some());
    let job = Job::new(file, policy)
        .properties(properties)
        .files_under(directory(&args.step, is_typed));
    let job = if args.dry_run { job.dry_run() } else { job };
    let (host, step) = match &args.component {
        Some(path) => {
            let loaded = component::load(path, &limits)?;
            let step = loaded.compiled.step;
            (
                loaded.host,
                step.map_err(|error| component::refused(path, &error))?,
            )
        }
        None => component::built_in()?,
    };
    let (result, exit) = finish(&host, &step, job, args.format)?;
    if !uses_proxy {
        report_unused_proxies(&result);
    }
    Ok(exit)
}

/// If no connection was made, and the environment names a proxy that was not used, that is the
/// likely reason.
fn report_unused_proxies(result: &RunResult) {
    let stage = result.error.as_ref().and_then(|error| error.stage);
    if !matches!(stage, Some(Stage::Resolve | Stage::Connect)) {
        return;
    }
    if let Some(names) = proxy_env::names_in_words() {
        terminal::note(&format!(
            "note: of the environment, {names} is ignored without `--proxy-from-env`"
        ));
    }
}

/// Run a job to its end, or until the user stops it.
pub(crate) fn execute(host: &Host, step: &Step, job: Job, format: Format) -> Result<Exit, Failure> {
    finish(host, step, job, format).map(|(_, exit)| exit)
}

fn finish(
    host: &Host,
    step: &Step,
    job: Job,
    format: Format,
) -> Result<(RunResult, Exit), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime can't be started: {error}"))?;
    let result = runtime.block_on(async {
        // Before anything is shown, so that a program that is stopped still shows its last lines.
        let stopped = stopped();
        let show = Show::new(format);
        let result = host.run_until(step, job.sink(show.sink()), stopped).await;
        (show, result)
    });
    // Don't wait for a name that is being resolved.
    runtime.shutdown_background();
    let (show, mut result) = result;
    grant::explain(&mut result);
    let exit = show.result(&result);
    Ok((result, exit))
}

/// Completes when the program is stopped: by a user with Ctrl-C, or by a CI system, which sends a
/// signal before it kills. From the call on, these signals have no other effect.
#[cfg(unix)]
fn stopped() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn received(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // A signal then ends the program as usual.
            Err(_) => std::future::pending().await,
        }
    }
    let interrupted = signal(SignalKind::interrupt());
    let terminated = signal(SignalKind::terminate());
    async move {
        tokio::select! {
            () = received(interrupted) => {}
            () = received(terminated) => {}
        }
    }
}

/// Completes when a user stops the program with Ctrl-C.
#[cfg(not(unix))]
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        // It can't be stopped.
        std::future::pending::<()>().await;
    }
}

/// The directory of the files that the step file names, which is its own. It is absolute, because
/// messages name it.
pub(crate) fn directory(step: &str, is_typed: bool) -> PathBuf {
    let beside = (!is_typed && !input::is_stream(step))
        .then(|| Path::new(step).parent())
        .flatten()
        .filter(|parent| !parent.as_os_str().is_empty());
    let beside = beside.unwrap_or(Path::new("."));
    path::absolute(beside).unwrap_or_else(|_| beside.to_owned())
}
