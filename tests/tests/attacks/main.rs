//! Hostile components and hostile servers, one attack after the other in one process. After each, a
//! well-behaved step runs in the same host and succeeds, and the process holds what it held before:
//! descriptors, instances, slots.
//!
//! An attack itself asserts that it did no harm. Its result is a row of `docs/attacks.md`, which is
//! compared as a whole; `UPDATE_EXPECT=1` rewrites it. `ATTACK=NAME` runs only the attacks of that
//! name, and prints their results.

mod allocator;
mod arena;
mod attack;
mod attacker;
mod computing;
mod crowding;
mod dying;
mod footprint;
mod hoarding;
mod names;
mod page;
mod prying;
mod reach;
mod servers;
mod smuggling;
mod trial;
mod victim;
mod wording;

use expect_test::expect_file;
use http_step_tests::Guest;

use attack::{Attack, Theme};

/// All attacks, in the order of the page.
const THEMES: &[Theme] = &[
    reach::THEME,
    names::THEME,
    wording::THEME,
    smuggling::THEME,
    computing::THEME,
    hoarding::THEME,
    crowding::THEME,
    prying::THEME,
    dying::THEME,
    servers::endless::THEME,
    servers::broken::THEME,
    servers::tls::THEME,
    servers::bombs::THEME,
    servers::http2::THEME,
];

/// If a component has no attack, this does not compile, and the error names it.
const _: () = {
    let mut index = 0;
    while index < Guest::ALL.len() {
        let guest = Guest::ALL[index];
        // Not hostile: the step of the contributing guide and the one that gives up, which
        // `components.rs` runs, and those of `budgets.rs`, `expect.rs`, `http2.rs`, `properties.rs`
        // and `secrets/`.
        let is_hostile = !matches!(
            guest,
            Guest::Smallest
                | Guest::BudgetGoesOn
                | Guest::BudgetReadsNothing
                | Guest::Contract01
                | Guest::GivesUp
                | Guest::HandsOnProperties
                | Guest::ReportsChecks
                | Guest::StealsSecrets
        );
        if is_hostile && !attack::has_one_by(THEMES, guest) {
            panic!("{}", guest.name());
        }
        index += 1;
    }
};

#[test]
fn every_attack_fails_and_leaves_nothing_behind() {
    let attacks: Vec<_> = THEMES.iter().flat_map(|theme| theme.attacks).collect();
    // To work on one attack: the others and the page are left out.
    if let Some(name) = std::env::var_os("ATTACK") {
        let name = name.to_string_lossy();
        let named = |attack: &&Attack| attack.name.contains(&*name);
        let attacks: Vec<_> = attacks.into_iter().filter(named).collect();
        println!("{:#?}", trial::run_all(&attacks));
        return;
    }
    let rows = trial::run_all(&attacks);
    expect_file!["../../../docs/attacks.md"].assert_eq(&page::render(THEMES, &rows));
}
