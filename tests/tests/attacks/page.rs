//! The page of the attacks.

use std::fmt::Write as _;

use crate::attack::Theme;

const HEAD: &str = "\
# Attacks

What hostile components and hostile servers try against a host, and what comes of it. The tests run
every one of them, one after the other in one process (`tests/tests/attacks/`), and write this page
from what they see: `UPDATE_EXPECT=1 cargo test --test attacks`.

After each attack the same host runs a well-behaved step, which succeeds, and the process has the
descriptors, the instances and the free slots that it had before. Over all of them together, its
memory stays where it was. Where the host is to hoard in the place of a component that may take 8 MiB, what
the host allocates is no more than what the run reports, and 1.5 MiB for the server of the test and the rest.
What is handed over in one call is copied, and is no more than half of what the component may have.

`ORIGIN` is the server that the step may reach. An outcome is that of the run, with the kind of its
error and whether a request may have been sent.
";

/// The page, with what came of each attack.
pub fn of(themes: &[Theme], rows: &[String]) -> String {
    let mut page = HEAD.to_owned();
    let mut rows = rows.iter();
    for theme in themes {
        _ = write!(
            page,
            "\n## {}\n\n{}\n\n| attack | by | tries to | outcome |\n|---|---|---|---|\n",
            theme.name, theme.about
        );
        for (attack, row) in theme.attacks.iter().zip(&mut rows) {
            let by = attack
                .guest
                .map_or("a server".to_owned(), |guest| format!("`{}`", guest.name()));
            let row = row.trim().replace('|', "\\|").replace('\n', "<br>");
            _ = writeln!(
                page,
                "| {} | {by} | {} | {row} |",
                attack.name, attack.tries
            );
        }
    }
    page
}
