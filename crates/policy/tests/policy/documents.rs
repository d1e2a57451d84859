//! The claims of `docs/policy.md`.

use http_step_policy::{Budget, Limits, Policy};

const DOCS: &str = include_str!("../../../../docs/policy.md");

/// The YAML examples.
fn examples() -> Vec<&'static str> {
    DOCS.split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn every_example_is_a_policy() {
    assert!(examples().len() > 1);
    for example in examples() {
        if let Err(diagnostics) = Policy::parse(example.as_bytes(), "policy.yaml") {
            panic!("{example}\n{diagnostics}");
        }
    }
}

/// The table of limits, generated from the defaults.
#[test]
fn the_table_of_limits() {
    let limits = Limits::default();
    let defaults: Vec<(String, String)> = Budget::ALL
        .into_iter()
        .map(|budget| (format!("`{budget}`"), budget.limit_in(&limits).to_string()))
        .collect();
    let documented: Vec<(String, String)> = DOCS
        .lines()
        .skip_while(|line| !line.starts_with("| limit "))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].to_owned())
        })
        .collect();
    assert_eq!(documented, defaults);
}
