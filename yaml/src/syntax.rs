//! What keeps a file from being read at all, in people's words.

use serde_saphyr::Error;
use serde_saphyr::granit_parser::{ErrorKind, ScanError};

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
        | ErrorKind::TabAtBlockScalarStart => "a tab can't indent YAML; use spaces".to_owned(),
        ErrorKind::UnclosedQuotedScalar => "this quote is never closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::ExpectedFlowSequenceSeparator => "expected `,` or `]`".to_owned(),
        ErrorKind::ExpectedFlowMappingSeparator => "expected `,` or `}`".to_owned(),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "a key can't stand here; check the indentation, and put a text that has a colon in it in quotes"
                .to_owned()
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

/// The error of what is YAML, but has a meaning that can't be told, as one line.
pub(crate) fn no_meaning(error: &Error) -> Mistakes {
    let location = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
    let message = match error.without_snippet() {
        Error::AliasError { error, .. } => wording(error),
        error => wording(error),
    };
    Mistakes::sole(Position::from(location), message)
}

fn wording(error: &Error) -> String {
    match error {
        Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            "the merge key `<<` takes a mapping or a list of mappings".to_owned()
        }
        Error::UnsupportedTag { tag, .. } => format!(
            "the tag `{}` means nothing here; a text that starts with `!` goes in quotes",
            excerpt(tag)
        ),
        Error::InvalidScalar { .. }
        | Error::InvalidBooleanStrict { .. }
        | Error::InvalidBinaryBase64 { .. }
        | Error::BinaryNotUtf8 { .. }
        | Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            "the value does not fit its tag".to_owned()
        }
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => {
            "the file is too large, aliases (`*name`) written out".to_owned()
        }
        Error::AliasReplayStackDepthExceeded { .. } => {
            "too many aliases (`*name`) lead to other aliases".to_owned()
        }
        other => {
            let reason = other.to_string();
            format!(
                "this can't be read: {}",
                reason.lines().next().unwrap_or_default()
            )
        }
    }
}
