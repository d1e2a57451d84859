//! The request without a sandbox: hyper-util's pooled client on one thread. This is the limit: it
//! renders nothing, checks nothing, and keeps no log.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::{Digest as _, Sha256};

use super::reference::Reference;
use crate::failure::Result;
use crate::{load, process, protocol};

/// The options of the client.
#[derive(Debug, clap::Args)]
pub(crate) struct NativeArgs {
    #[command(flatten)]
    reference: Reference,
    /// Also compute the SHA-256 of the response, as the step does.
    #[arg(long)]
    digest: bool,
}

/// Run rounds.
pub(crate) fn run(args: &NativeArgs) -> Result<()> {
    process::allow_files()?;
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let mut request = Request::new(args.reference.bytes());
    *request.method_mut() = args.reference.method();
    *request.uri_mut() = args.reference.url().parse()?;
    *request.headers_mut() = args.reference.headers()?;
    let (request, digest) = (Arc::new(request), args.digest);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    protocol::answer(|round| {
        let (client, request) = (client.clone(), Arc::clone(&request));
        let once = move || {
            let (client, request) = (client.clone(), Arc::clone(&request));
            async move {
                let once = exchange(&client, &request, digest).await;
                once.map_err(|error| error.to_string())
            }
        };
        runtime.block_on(load::play(round, once))
    })
}

async fn exchange(
    client: &Client<HttpConnector, Full<Bytes>>,
    request: &Request<Bytes>,
    digest: bool,
) -> Result<()> {
    let response = client.request(request.clone().map(Full::new)).await?;
    if !response.status().is_success() {
        return Err(format!("the server answered {}", response.status()).into());
    }
    let mut body = response.into_body();
    let mut sha256 = Sha256::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data()
            && digest
        {
            sha256.update(&data);
        }
    }
    std::hint::black_box(sha256.finalize());
    Ok(())
}
