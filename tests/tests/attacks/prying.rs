//! Looking for what the sandbox must not hold.

use expect_test::expect;
use http_step_host::Outcome;
use http_step_tests::Guest;

use crate::attack::{Attack, Theme};
use crate::attacker::{Attacker, log};

pub const THEME: Theme = Theme {
    name: "Prying",
    about: "Looking for data outside the sandbox.",
    attacks: &[
        Attack::by_component(
            Guest::ReadsTheEnvironment,
            "environment",
            "read the environment, the arguments and the working directory",
            || Box::pin(environment()),
        ),
        Attack::by_component(
            Guest::ReadsFiles,
            "files",
            "read and write files, by absolute and relative paths",
            || Box::pin(files()),
        ),
        Attack::by_component(
            Guest::ReadsStdin,
            "standard input",
            "read the process's standard input, or block on it",
            || Box::pin(stdin()),
        ),
        Attack::by_component(
            Guest::ReadsTheClock,
            "clock",
            "measure the timing of other processes",
            || Box::pin(clock()),
        ),
        Attack::by_component(
            Guest::AsksForSecrets,
            "secrets",
            "request secrets and properties that it was not granted",
            || Box::pin(secrets()),
        ),
        Attack::by_component(
            Guest::ReadsLeftovers,
            "leftovers",
            "find data of an earlier step in its memory",
            || Box::pin(leftovers()),
        ),
    ],
};

/// What a component finds, in a run without a server.
async fn found(guest: Guest) -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::new(guest, origin).run().await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    log(&result, origin)
}

async fn environment() -> String {
    let found = found(Guest::ReadsTheEnvironment).await;
    expect![[r#"
        environment: []
        arguments: []
        directory: None
    "#]]
    .assert_eq(&found);
    found
}

async fn files() -> String {
    let found = found(Guest::ReadsFiles).await;
    assert!(
        found.lines().all(|line| line.ends_with(": none")),
        "{found}"
    );
    format!("none of {} is there", found.lines().count())
}

async fn stdin() -> String {
    let found = found(Guest::ReadsStdin).await;
    assert_eq!(found, "Ok(0): \"\"\n");
    "it is empty and ended".to_owned()
}

async fn clock() -> String {
    let origin = "http://127.0.0.1:9";
    let result = Attacker::new(Guest::ReadsTheClock, origin).run().await;
    assert_eq!(result.outcome, Outcome::Success, "{result:#?}");
    let finest: u128 = result.summary.parse().unwrap();
    assert!(finest >= 1_000_000, "{finest} ns");
    "no clock has a resolution finer than a millisecond".to_owned()
}

async fn secrets() -> String {
    let found = found(Guest::AsksForSecrets).await;
    let report = found.strip_prefix("No secrets are granted to this run.\n");
    assert!(
        report.is_some_and(|report| report.lines().all(|line| line.ends_with(": None, None"))),
        "{found}"
    );
    "none exists under any name".to_owned()
}

async fn leftovers() -> String {
    let origin = "http://127.0.0.1:9";
    for _ in 0..20 {
        // The pool hands out the slot that was used last.
        let result = Attacker::new(Guest::ReadsLeftovers, origin).run().await;
        assert_eq!(result.summary, "0 words found", "{result:#?}");
    }
    "in 20 consecutive steps, none finds a byte".to_owned()
}
