//! What an attack is.

use std::future::Future;
use std::pin::Pin;

use http_step_tests::Guest;

/// Attacks of a kind.
pub struct Theme {
    /// A heading.
    pub name: &'static str,
    /// What they have in common.
    pub about: &'static str,
    /// The attacks.
    pub attacks: &'static [Attack],
}

/// One attack.
pub struct Attack {
    /// A few words.
    pub name: &'static str,
    /// What it tries: it completes "tries to".
    pub tries: &'static str,
    /// The component that attacks, unless the server does.
    pub guest: Option<Guest>,
    /// Runs it and returns the result as text. Panics if it did harm.
    pub run: fn() -> Running,
}

/// A running attack.
pub type Running = Pin<Box<dyn Future<Output = String> + Send>>;

impl Attack {
    /// An attack by a component.
    pub const fn by_component(
        guest: Guest,
        name: &'static str,
        tries: &'static str,
        run: fn() -> Running,
    ) -> Self {
        Self {
            name,
            tries,
            guest: Some(guest),
            run,
        }
    }

    /// An attack by a server, on the reference step.
    pub const fn by_server(name: &'static str, tries: &'static str, run: fn() -> Running) -> Self {
        Self {
            name,
            tries,
            guest: None,
            run,
        }
    }
}

/// Whether any of the attacks uses this component.
pub const fn has_one_by(themes: &[Theme], guest: Guest) -> bool {
    let mut theme = 0;
    while theme < themes.len() {
        let attacks = themes[theme].attacks;
        let mut index = 0;
        while index < attacks.len() {
            if let Some(attacker) = attacks[index].guest
                && attacker as usize == guest as usize
            {
                return true;
            }
            index += 1;
        }
        theme += 1;
    }
    false
}
