//! Runs a step, and shows the result as text.

use std::path::Path;
use std::sync::LazyLock;

use http_step_host::{AuditRow, Host, Job, Outcome, Policy, RunResult, Step, Stream};
use http_step_tests::{reference_of, step_file};
use serde_json::{Map, Value, json};

use crate::certificates::TRUSTED;
use crate::place::Names;

static HOST: LazyLock<(Host, Step)> = LazyLock::new(|| {
    let host = Host::builder()
        .resolver(Names)
        .trust_roots(TRUSTED.pem().as_bytes())
        .expect("a certificate")
        .build()
        .expect("the engine is set up");
    let step = reference_of(&host);
    (host, step)
});

/// A job of a step file and a policy file.
pub fn job(step: &str, policy: &str) -> Job {
    let policy = Policy::parse(policy.as_bytes(), "policy.yaml")
        .unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{policy}"));
    Job::new(step_file(step), policy)
}

/// Run a step under a policy.
pub async fn run(step: &str, policy: &str) -> RunResult {
    run_job(job(step, policy)).await
}

/// Run a step that names files of a folder.
pub async fn run_in(folder: &Path, step: &str, policy: &str) -> RunResult {
    let policy = format!("{policy}\nfiles: {{read: ['*']}}");
    run_job(job(step, &policy).files_under(folder)).await
}

/// Run a job on the host that all tests share.
pub async fn run_job(job: Job) -> RunResult {
    let (host, step) = &*HOST;
    host.run(step, job).await
}

/// The body of the last response.
pub fn content(result: &RunResult) -> String {
    let content = result.log.iter();
    content
        .filter(|entry| entry.stream == Stream::Content)
        .map(|entry| entry.text.as_str())
        .collect()
}

/// The body of the response to a successful step.
pub fn answer(result: &RunResult) -> String {
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    content(result)
}

/// Anything longer is an error page of a proxy, whose wording differs by version.
const SHORT: usize = 10;

/// The body, the run end, and what the audit log adds to them.
pub fn report(result: &RunResult) -> String {
    let content = content(result);
    let is_page = content.lines().count() > SHORT;
    let mut text = if is_page {
        "| a page\n".to_owned()
    } else {
        let lines = content.lines();
        lines
            .map(|line| format!("| {}\n", line.trim_end()))
            .collect()
    };
    text.push_str(&run_end(result));
    for row in &result.ledger {
        let mut fields = fields(row);
        fields.retain(|name, value| {
            let is_said = ["method", "origin", "rule", "error"].contains(&name.as_str());
            let is_counted = is_page && name.starts_with("bytes_");
            !is_said && !is_counted && *value != json!(0) && *value != json!([])
        });
        text.push_str(&format!("{}\n", Value::Object(fields)));
    }
    text
}

/// The outcome, the summary, and the error if there is one.
pub fn run_end(result: &RunResult) -> String {
    let mut text = format!("{:?}: {}\n", result.outcome, result.summary);
    if let Some(error) = &result.error {
        text.push_str(&format!(
            "{:?}, sent {:?}: {}\n",
            error.kind, error.sent, error.message
        ));
    }
    text
}

/// A row of the audit log.
pub fn evidence(row: &AuditRow) -> String {
    Value::Object(fields(row)).to_string()
}

/// A row of the audit log, without times and unknown values.
fn fields(row: &AuditRow) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(row) else {
        panic!("a row is an object");
    };
    fields.retain(|name, value| name != "seconds" && !value.is_null());
    fields
}
