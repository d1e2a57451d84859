//! `http-step demo`: a service on loopback, and a step against it.

use std::convert::Infallible;
use std::thread;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use http_step_host::{Job, Policy, Properties, StepFile};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::args::DemoArgs;
use crate::component::built_in;
use crate::exit::{Exit, Failure};
use crate::run::execute;
use crate::terminal;

pub(crate) fn demo(args: &DemoArgs) -> Result<Exit, Failure> {
    let origin = serve().map_err(|error| format!("the demo service can't be started: {error}"))?;
    let step = format!(
        "\
post: {origin}/builds/${{{{ property.buildnumber }}}}
headers:
  X-Token: open-sesame
  X-Builder: ${{{{ property.buildername | default(\"unknown\") }}}}
json:
  branch: ${{{{ property.branch }}}}
  passed: ${{{{ property.passed }}}}
hide_request_headers: [X-Token]
hide_response_headers: [X-Session]
"
    );
    terminal::note(&format!(
        "A service listens on {origin}. The step file:\n\n{step}\n\
         With the properties buildername=linux, buildnumber=42, branch=main, passed=true,\n\
         and a policy that allows {origin} and nothing else, its log is:\n"
    ));
    let file = StepFile::parse(step.as_bytes()).map_err(|diagnostics| diagnostics.to_string())?;
    let policy = Policy::nothing().allow(origin.parse().map_err(|error| format!("{error}"))?);
    let mut properties = Properties::from([("buildername", "linux"), ("branch", "main")]);
    properties.set("buildnumber", 42);
    properties.set("passed", true);

    let (host, step) = built_in()?;
    let job = Job::new(file, policy).properties(properties);
    execute(&host, &step, job, args.format)
}

/// Start the service on a separate thread, which ends with the program.
fn serve() -> std::io::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        runtime.block_on(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(connection);
            }
        });
    });
    Ok(origin)
}

/// Return what was received, as a chat or a status service would.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let received = format!("{} {}", request.method(), request.uri());
    let token = request
        .headers()
        .get("x-token")
        .is_some_and(|token| token == "open-sesame");
    let body = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(serde_json::Value::Null);
    let text = serde_json::json!({"received": received, "body": body, "token_was_right": token});
    let mut response = Response::new(Full::from(format!("{text:#}\n")));
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        "x-session",
        hyper::header::HeaderValue::from_static("c2Vzc2lvbg"),
    );
    Ok(response)
}
