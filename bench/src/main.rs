//! What the sandbox costs, measured beside its alternatives: `make bench`.
//!
//! `all` starts what it compares, each in a separate process (most are this program again, with the
//! other subcommands), alternates between the contestants of a comparison, and writes
//! `docs/performance.md` with its plots.
//!
//! | stage | modules |
//! |---|---|
//! | the other end | `server`, `download`, `tls` |
//! | what is compared | `contestants`, over `load` and `protocol` |
//! | comparisons | `suite`, over `bench` and `worker` |
//! | the page | `report`, over `statistics` |

mod bench;
mod contestants;
mod download;
mod failure;
mod instructions;
mod load;
mod process;
mod protocol;
mod report;
mod server;
mod statistics;
mod suite;
mod tls;
mod worker;

use clap::Parser;

use crate::contestants::native::{self, NativeArgs};
use crate::contestants::spawns::{self, SpawnArgs};
use crate::contestants::step::{self, StepArgs};

/// An embedder chooses the allocator of its process; here it is a good one, the same for everything
/// that is compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What this process does.
#[derive(Debug, Parser)]
enum Part {
    /// Measure everything, and write the page.
    All(bench::BenchArgs),
    /// Count the instructions of one step, and compare them with the expected number.
    Instructions(instructions::InstructionsArgs),
    /// Be the server.
    Serve(server::ServerArgs),
    /// Be the client without a sandbox.
    Native(NativeArgs),
    /// Be the product.
    Step(StepArgs),
    /// Start a program for each request.
    Spawns(SpawnArgs),
}

fn main() -> failure::Result<()> {
    match Part::parse() {
        Part::All(args) => suite::run(args),
        Part::Instructions(args) => instructions::run(&args),
        Part::Serve(args) => server::run(&args),
        Part::Native(args) => native::run(&args),
        Part::Step(args) => step::run(&args),
        Part::Spawns(args) => spawns::run(&args),
    }
}
