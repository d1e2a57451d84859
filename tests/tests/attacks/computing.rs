//! Taking more than one's share of processor time and memory.

use std::time::Duration;

use http_step_host::{ErrorKind, Limits};
use http_step_tests::Guest;

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, NOWHERE, alone, ended_by, not_loaded, report};

/// How soon an endless run is ended.
const SOON: Duration = Duration::from_millis(300);

pub const THEME: Theme = Theme {
    name: "Computing",
    about: "Taking more than a fair share of CPU and memory.",
    attacks: &[
        Attack::by_component(Guest::Spins, "spin", "compute without end", || {
            Box::pin(spin())
        }),
        Attack::by_component(
            Guest::Spins,
            "spin past the deadline",
            "keep computing after the deadline",
            || Box::pin(by_the_deadline(Guest::Spins)),
        ),
        Attack::by_component(
            Guest::SpinsAtStart,
            "spin at the start",
            "compute without end during instantiation, before it is called",
            || Box::pin(by_the_deadline(Guest::SpinsAtStart)),
        ),
        Attack::by_component(
            Guest::PollsWithoutEnd,
            "polls",
            "keep the host busy with polls that are ready at once",
            || Box::pin(by_the_deadline(Guest::PollsWithoutEnd)),
        ),
        Attack::by_component(
            Guest::PollsAMillion,
            "a long poll",
            "keep the host busy with one poll of a million pollables, which can't be interrupted",
            || Box::pin(alone(Guest::PollsAMillion, ErrorKind::Trap)),
        ),
        Attack::by_component(Guest::Sleeps, "sleep", "sleep forever", || {
            Box::pin(by_the_deadline(Guest::Sleeps))
        }),
        Attack::by_component(
            Guest::Recurses,
            "recursion",
            "recurse until the stack overflows",
            || Box::pin(alone(Guest::Recurses, ErrorKind::Limit)),
        ),
        Attack::by_component(
            Guest::Allocates,
            "memory",
            "allocate memory without end",
            || Box::pin(memory()),
        ),
        Attack::by_component(
            Guest::GrowsTables,
            "tables",
            "grow a table without end",
            || Box::pin(tables()),
        ),
        Attack::by_component(
            Guest::DeclaresALargeMemory,
            "a large memory",
            "declare a memory of 4 GiB",
            || Box::pin(not_loaded(Guest::DeclaresALargeMemory)),
        ),
    ],
};

async fn spin() -> String {
    let result = Attacker::new(Guest::Spins, NOWHERE)
        .limits(|limits| limits.cpu = Duration::from_millis(50))
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    let words = report(&result, NOWHERE);
    // The excess depends on when it is measured.
    let (words, _) = words.rsplit_once(": ").unwrap();
    words.to_owned()
}

/// It is ended soon after: within a tick or two of the host's clock.
async fn by_the_deadline(guest: Guest) -> String {
    let result = Attacker::new(guest, NOWHERE)
        .limits(|limits| limits.wall = SOON)
        .run()
        .await;
    ended_by(&result, ErrorKind::Timeout);
    assert!(result.usage.wall_seconds < 2.0, "{result:#?}");
    report(&result, NOWHERE)
}

async fn memory() -> String {
    let result = Attacker::new(Guest::Allocates, NOWHERE).run().await;
    ended_by(&result, ErrorKind::Limit);
    assert!(result.usage.peak_memory_bytes as u64 <= Limits::default().memory);
    report(&result, NOWHERE)
}

async fn tables() -> String {
    let result = Attacker::new(Guest::GrowsTables, NOWHERE)
        .limits(|limits| limits.memory = 128 << 10)
        .run()
        .await;
    ended_by(&result, ErrorKind::Limit);
    report(&result, NOWHERE)
}
