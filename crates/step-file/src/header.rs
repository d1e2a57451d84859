//! Validation of header fields (RFC 9110, section 5).

use http_step_template::Template;

use crate::text::{has_expression, literals};

/// A header's name is a token.
pub(crate) fn name(template: &Template<'_>) -> Result<(), String> {
    let mut empty = !has_expression(template);
    for c in literals(template).flat_map(str::chars) {
        empty = false;
        if !is_token_character(c) {
            let found = match c {
                ' ' => "a space".to_owned(),
                c if c.is_control() => "a control character".to_owned(),
                c => format!("`{c}`"),
            };
            return Err(format!(
                "a header name can contain only letters, digits and hyphens, not {found}"
            ));
        }
    }
    if empty {
        return Err("a header name can't be empty".to_owned());
    }
    Ok(())
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// A header's value is a single line.
pub(crate) fn value(template: &Template<'_>) -> Result<(), String> {
    match literals(template)
        .flat_map(str::chars)
        .find(|c| c.is_ascii_control() && *c != '\t')
    {
        None => Ok(()),
        Some('\r' | '\n') => Err(
            "a header value can't contain a line break; start a YAML block with `>-` or `|-` to leave out the one at its end"
                .to_owned(),
        ),
        Some(_) => Err("a header value can't contain a control character".to_owned()),
    }
}
