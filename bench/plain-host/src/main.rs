//! The reference step in a host made of wasmtime's own parts, to compare with: wasmtime's default
//! transport, and none of the product's checks.

mod contract;
mod host;
mod spec;

// The benchmark's own, so that both count the same way.
#[path = "../../src/failure.rs"]
mod failure;
#[path = "../../src/load.rs"]
mod load;
#[path = "../../src/process.rs"]
mod process;
#[path = "../../src/protocol.rs"]
#[expect(dead_code, reason = "the benchmark also reads what is written here")]
mod protocol;
#[path = "../../src/statistics.rs"]
#[expect(dead_code, reason = "the benchmark also compares")]
mod statistics;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;

use crate::failure::Result;
use crate::host::PlainHost;

// The same as in the benchmark.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What this process does.
#[derive(Debug, Parser)]
enum Part {
    /// Write the certificates that its transport trusts.
    Certificates {
        /// The directory.
        directory: PathBuf,
    },
    /// Make requests.
    Step {
        /// The component.
        component: PathBuf,
        /// Where the server is.
        #[arg(long)]
        origin: String,
    },
    /// Create instances.
    Instantiate {
        /// The component.
        component: PathBuf,
    },
}

fn main() -> Result<()> {
    match Part::parse() {
        Part::Certificates { directory } => {
            fs::create_dir_all(&directory)?;
            for (name, text) in webpki_roots::FILES {
                fs::write(directory.join(name), text)?;
            }
            Ok(())
        }
        Part::Step { component, origin } => answer(&component, Some(&origin)),
        Part::Instantiate { component } => answer(&component, None),
    }
}

/// Run rounds: with requests, if there is an origin to send them to.
fn answer(component: &std::path::Path, origin: Option<&str>) -> Result<()> {
    process::allow_files()?;
    let host = Arc::new(PlainHost::load(&fs::read(component)?)?);
    let spec = origin.map(|origin| Arc::new(spec::request(origin)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    protocol::answer(|round| {
        let (host, spec) = (Arc::clone(&host), spec.clone());
        let once = move || {
            let (host, spec) = (Arc::clone(&host), spec.clone());
            async move {
                match &spec {
                    Some(spec) => host.run(spec).await,
                    None => host.instantiate().await,
                }
            }
        };
        runtime.block_on(load::play(round, once))
    })
}
