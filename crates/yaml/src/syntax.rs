//! Encoding and syntax errors, as one-line diagnostics.

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Diagnostics, Position, excerpt};
use crate::kind::Kind;
use crate::parser::too_deep;

/// The bytes as text, without a byte order mark.
///
/// # Errors
///
/// The file is too large, or it is not text.
pub(crate) fn text<'a>(bytes: &'a [u8], kind: &Kind) -> Result<&'a str, Diagnostics> {
    let Kind { noun, longest, .. } = kind;
    if bytes.len() > *longest {
        let message = format!("the file is too large; the limit for a {noun} is {longest} bytes");
        return Err(Diagnostics::sole(Position::START, message));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let readable = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let readable = str::from_utf8(readable).unwrap_or_default();
        Diagnostics::sole(
            Position::after(without_mark(readable)),
            "invalid UTF-8; save the file as UTF-8",
        )
    })?;
    let text = without_mark(text);
    match text.split_once('\0') {
        Some((before, _)) => Err(Diagnostics::sole(
            Position::after(before),
            format!("a {noun} can't contain a NUL byte"),
        )),
        None => Ok(text),
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The parser's error as one line.
pub(crate) fn not_yaml(error: &ScanError, text: &str) -> Diagnostics {
    let mark = error.marker();
    let at = Position::new(mark.line(), mark.col() + 1);
    let mut message = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => "YAML can't be indented with tabs; use spaces".to_owned(),
        ErrorKind::UnclosedQuotedScalar => "this quote is never closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`".to_owned(),
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`".to_owned(),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "unexpected key; check the indentation, and quote text that contains a colon"
                .to_owned()
        }
        ErrorKind::ExpectedBlockMappingKey => {
            "expected a key; all keys of a mapping must start in the same column".to_owned()
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "text after the closing quote; inside single quotes, write `''` for `'`".to_owned()
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "text after the closing quote; is a `,` or `:` missing, or a `\\` before a `\"`?".to_owned()
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "invalid escape; inside double quotes, write `\\\\` for `\\`, or use single quotes".to_owned()
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let character = excerpt(&character.to_string());
            format!("quote text that starts with `{character}`")
        }
        ErrorKind::UnknownAnchor => {
            "unknown alias (`*name`): no anchor (`&name`) precedes it; quote text that starts with `*`"
                .to_owned()
        }
        ErrorKind::MissingAnchorOrAliasName => {
            "quote text that starts with `*` or `&`".to_owned()
        }
        ErrorKind::RecursionLimitExceeded => too_deep(),
        other => format!("invalid YAML: {other}"),
    };
    let line = text.lines().nth(mark.line().saturating_sub(1));
    if line.is_some_and(|line| line.contains("${{")) {
        message.push_str("; quote text that contains an expression");
    }
    Diagnostics::sole(at, message)
}
