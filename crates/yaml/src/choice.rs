//! A value that is one of a few words.

use crate::diagnostic::{Report, Reported, excerpt};
use crate::mapping::similar;
use crate::node::{Content, Node};

/// Read one of a few words, and return its value.
///
/// # Errors
///
/// It is none of them. The diagnostic suggests the word that was probably meant.
pub fn choice<T: Copy>(
    node: &Node,
    choices: &[(&'static str, T)],
    report: &mut Report,
) -> Result<T, Reported> {
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let listed = match words.split_last() {
        Some((only, [])) => format!("`{only}`"),
        Some((last, most)) => format!("`{}` or `{last}`", most.join("`, `")),
        None => String::new(),
    };
    let Content::String(text) = &node.content else {
        return Err(node.unfit(&listed, report));
    };
    if let Some((_, value)) = choices.iter().find(|(word, _)| word == text) {
        return Ok(*value);
    }
    let shown = excerpt(text);
    let message = match similar(text, &words) {
        Some(meant) => format!("expected {listed}, not `{shown}`; did you mean `{meant}`?"),
        None => format!("expected {listed}, not `{shown}`"),
    };
    Err(report.add(node.at, message))
}
