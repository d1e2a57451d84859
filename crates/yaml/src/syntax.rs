//! What keeps a file from being read at all, in people's words.

use granit_parser::{ErrorKind, ScanError};

use crate::bounds;
use crate::kind::Kind;
use crate::mistake::{Mistakes, Position, excerpt};

/// The bytes as text, without a byte order mark.
///
/// # Errors
///
/// The file is too large, or not text.
pub(crate) fn text<'a>(bytes: &'a [u8], kind: &Kind) -> Result<&'a str, Mistakes> {
    let Kind { noun, longest, .. } = kind;
    if bytes.len() > *longest {
        let message = format!("the file is too large: a {noun} has at most {longest} bytes");
        return Err(Mistakes::sole(Position::START, message));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let readable = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let readable = str::from_utf8(readable).unwrap_or_default();
        Mistakes::sole(
            Position::after(without_mark(readable)),
            "the file is not UTF-8 from here on; save it as UTF-8",
        )
    })?;
    let text = without_mark(text);
    match text.split_once('\0') {
        Some((before, _)) => Err(Mistakes::sole(
            Position::after(before),
            format!("a NUL byte can't stand in a {noun}"),
        )),
        None => Ok(text),
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The parser's error as one line.
pub(crate) fn not_yaml(error: &ScanError, text: &str) -> Mistakes {
    let mark = error.marker();
    let at = Position::of(mark.line(), mark.col() + 1);
    let mut message = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => "a tab can't indent YAML; use spaces".to_owned(),
        ErrorKind::UnclosedQuotedScalar => "this quote is never closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`".to_owned(),
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`".to_owned(),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "a key can't stand here; check the indentation, and put a text that has a colon in it in quotes"
                .to_owned()
        }
        ErrorKind::ExpectedBlockMappingKey => {
            "expected a key; the keys of one mapping begin in the same column".to_owned()
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            "text follows the closing quote; in single quotes `'` is written `''`".to_owned()
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "text follows the closing quote; is a `,` or `:` missing, or a `\\` before a `\"`?".to_owned()
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "in double quotes `\\` starts an escape; write `\\\\`, or use single quotes".to_owned()
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let character = excerpt(&character.to_string());
            format!("a text that starts with `{character}` goes in quotes")
        }
        ErrorKind::UnknownAnchor => {
            "an alias (`*name`) has no anchor (`&name`) before it; a text that starts with `*` goes in quotes"
                .to_owned()
        }
        ErrorKind::MissingAnchorOrAliasName => {
            "a text that starts with `*` or `&` goes in quotes".to_owned()
        }
        ErrorKind::RecursionLimitExceeded => bounds::too_deep(),
        other => format!("this is not YAML: {other}"),
    };
    let line = text.lines().nth(mark.line().saturating_sub(1));
    if line.is_some_and(|line| line.contains("${{")) {
        message.push_str("; a text with an expression in it goes in quotes");
    }
    Mistakes::sole(at, message)
}
