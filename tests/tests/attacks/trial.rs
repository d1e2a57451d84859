//! Runs the attacks and watches the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use http_step_host::Outcome;
use http_step_tests::{Answer, Service};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::arena::ARENA;
use crate::attack::{Attack, Running};
use crate::attacker::Attacker;
use crate::footprint::{self, Footprint};

/// No attack may take longer. Each has limits far below it.
const MAX_TIME: Duration = Duration::from_secs(20);

/// How much of a harmful result is shown: it can be as large as the attack.
const MAX_REPORT: usize = 4096;

/// How much the memory of the process may grow during an attack: twice what a component may have,
/// plus what the attacking server, which is in the same process, may need.
const WITHIN_ONE: usize = 192 << 20;

/// How much more memory it may have after the second time than after the first, when the allocator
/// keeps some for later. How much it keeps varies as threads come and go; a leak of a quarter of a
/// mebibyte per run would exceed this.
const SECOND_TIME: usize = 32 << 20;

/// Run these attacks, twice. Returns the result of each, in order; panics with the names of those
/// that did harm.
pub fn run_all(attacks: &[&Attack]) -> Vec<String> {
    // Every attack has to return to a state with the arena.
    LazyLock::force(&ARENA);
    let nothing = Footprint::now();
    // Once, for what is set up on first use.
    well_behaved();
    nothing.returns().unwrap();

    let first = round(attacks, &nothing);
    // Expectations within an attack can be rewritten only once.
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return first;
    }
    let before = footprint::resident();
    let second = round(attacks, &nothing);
    let grown = footprint::resident().saturating_sub(before);
    assert!(
        grown < SECOND_TIME,
        "{} MiB of memory stay taken after the second time",
        grown >> 20
    );
    for ((attack, first), second) in attacks.iter().zip(&first).zip(&second) {
        assert_eq!(first, second, "{} comes out in two ways", attack.name);
    }
    second
}

fn round(attacks: &[&Attack], nothing: &Footprint) -> Vec<String> {
    let mut rows = Vec::new();
    let mut harm = Vec::new();
    for attack in attacks {
        match one(attack, nothing) {
            Ok(row) => rows.push(row),
            Err(what) => {
                let what: String = what.chars().take(MAX_REPORT).collect();
                harm.push(format!("{}: {what}", attack.name));
            }
        }
    }
    assert!(harm.is_empty(), "{}", harm.join("\n\n"));
    rows
}

fn one(attack: &Attack, nothing: &Footprint) -> Result<String, String> {
    let resident = footprint::resident();
    footprint::forget_peak();

    let row = in_a_world(|| (attack.run)())?;
    let more = footprint::peak().saturating_sub(resident);
    if more > WITHIN_ONE {
        return Err(format!("it takes {} MiB of memory", more >> 20));
    }
    well_behaved();
    nothing.returns()?;
    Ok(row)
}

/// A step that is unrelated to the attack.
fn well_behaved() {
    let ran = in_a_world(|| {
        Box::pin(async {
            let service = Service::start(|_| Answer::new("ok".into())).await;
            let result = Attacker::none(&service.origin).run().await;
            assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
            result.summary
        })
    });
    assert_eq!(ran.as_deref(), Ok("Status code: 200"));
}

/// Servers run in a separate runtime, so that they and their connections are gone when the attack
/// is over.
fn in_a_world(run: impl FnOnce() -> Running) -> Result<String, String> {
    let world: Runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ran = catch_unwind(AssertUnwindSafe(|| {
        world.block_on(async { timeout(MAX_TIME, run()).await })
    }));
    match ran {
        Ok(Ok(row)) => Ok(row),
        Ok(Err(_)) => Err("it does not end".to_owned()),
        Err(panic) => Err(match panic.downcast::<String>() {
            Ok(words) => *words,
            Err(panic) => panic
                .downcast::<&str>()
                .map_or("it panics".to_owned(), |words| (*words).to_owned()),
        }),
    }
}
