//! Lists in sentences.

use std::fmt;

/// `a`, `a and b`, `a, b and c`; `nothing` if there is none.
pub(crate) fn listed<'a, T: fmt::Display + 'a>(items: impl IntoIterator<Item = &'a T>) -> String {
    let items: Vec<String> = items.into_iter().map(T::to_string).collect();
    match items.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
