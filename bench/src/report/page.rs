//! The page: a template with the names of its parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::Result;

/// What is the same for every run.
pub(super) const TEMPLATE: &str = include_str!("../../page/performance.md");

/// The section about past work, which no program writes.
const DONE: &str = include_str!("../../page/done.md");

/// The template with each part in its place. Every part has to have a place, every place a part,
/// and every plot has to be shown, so that no measurement is lost.
pub(super) fn fill(
    template: &str,
    parts: &BTreeMap<&'static str, String>,
    plots: BTreeSet<&'static str>,
) -> Result<String> {
    let mut unused: BTreeSet<&str> = parts.keys().copied().collect();
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or("the template has a `{{` without `}}`")?;
        page += before;
        page += match name {
            "done" => DONE.trim_end(),
            _ => parts
                .get(name)
                .ok_or_else(|| format!("there is no part `{name}` of the page"))?
                .trim_end(),
        };
        unused.remove(name);
        rest = after;
    }
    page += rest;
    for plot in plots {
        if !page.contains(&format!("({}/{plot}.svg)", super::PLOTS)) {
            return Err(format!("the page does not show the plot `{plot}`").into());
        }
    }
    match unused.first() {
        Some(name) => Err(format!("the page has no place for its part `{name}`").into()),
        None => Ok(page),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> String {
        let parts = BTreeMap::from([("steps", "| 42 |\n".to_owned())]);
        let page = fill(template, &parts, BTreeSet::from(["curve"]));
        page.unwrap_or_else(|error| format!("error: {error}"))
    }

    #[test]
    fn parts_and_plots_have_places() {
        for (template, page) in [
            (
                "{{steps}}\n![](performance/curve.svg)",
                "| 42 |\n![](performance/curve.svg)",
            ),
            (
                "{{steps}}",
                "error: the page does not show the plot `curve`",
            ),
            (
                "![](performance/curve.svg)",
                "error: the page has no place for its part `steps`",
            ),
            (
                "{{steps}} {{more}}",
                "error: there is no part `more` of the page",
            ),
            ("{{steps", "error: the template has a `{{` without `}}`"),
        ] {
            assert_eq!(filled(template), page);
        }
    }
}
