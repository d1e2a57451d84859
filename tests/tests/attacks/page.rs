//! The page of the attacks.

use std::fmt::Write as _;

use crate::attack::Theme;

const HEAD: &str = "\
# Attacks

Hostile components and hostile servers attack a host in these ways, with these outcomes. The tests run all
attacks, one after another in one process (`tests/tests/attacks/`), and write this page:
`UPDATE_EXPECT=1 cargo test --workspace --test attacks`.

- After each attack the same host runs a well-behaved step, which has to succeed. The process then has the
  same descriptors, instances and free slots as before. Over all attacks, its memory doesn't grow.
- Some attacks make the host hold data for a component that may take 8 MiB. There the host may allocate no
  more than the run reports, plus 1.5 MiB for the test's server and the rest. Data that is passed in one call
  is copied, and is at most half of the component's limit.

`ORIGIN` is the server that the step may reach. An outcome is that of the run, with the kind of its error and
whether a request may have been sent.
";

/// The page, with the result of each attack.
pub fn render(themes: &[Theme], rows: &[String]) -> String {
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
