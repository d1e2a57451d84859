//! Why there is no token.

use thiserror::Error;

use super::token::MAX_ANSWER;

/// Why a token endpoint's answer is none.
///
/// What the server says is kept as it came, and shown on one line, cut. It may say what
/// the client's secret is: whoever shows it redacts it first, by
/// [`each_text`](Self::each_text), since of a secret that is cut a part is left.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TokenError {
    /// It would take too much memory.
    #[error("the token endpoint's answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// The server says no, as RFC 6749, section 5.2 has it.
    #[error("the token endpoint refused: {}{}", one_line(.code), described(.description.as_deref()))]
    Refused {
        /// For example `invalid_client`.
        code: String,
        /// For people.
        description: Option<String>,
    },
    /// The server says no in its own way.
    #[error("the token endpoint answered with status {0} instead of a token")]
    Status(u16),
    /// It is no JSON object, or its token is no text.
    #[error(
        "the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 \
         (line {line}, column {column})"
    )]
    Syntax {
        /// From 1 on.
        line: usize,
        /// From 1 on, or 0 at the start of a line.
        column: usize,
    },
    /// There is an object without one.
    #[error("the token endpoint's answer has no access_token")]
    NoToken,
    /// There is one that is used in another way.
    #[error("the token endpoint gave a token of type {}; only Bearer tokens can be used", one_line(.0))]
    Type(String),
    /// There is one that no header can carry.
    #[error("the token endpoint gave a token with characters other than visible ASCII")]
    Characters,
}

fn described(description: Option<&str>) -> String {
    description.map_or_else(String::new, |text| format!(" ({})", one_line(text)))
}

impl TokenError {
    /// Change each text of the server's.
    pub fn each_text(&mut self, mut change: impl FnMut(&mut String)) {
        match self {
            Self::Refused { code, description } => {
                change(code);
                if let Some(description) = description {
                    change(description);
                }
            }
            Self::Type(name) => change(name),
            Self::TooLong | Self::Status(_) | Self::Syntax { .. } => {}
            Self::NoToken | Self::Characters => {}
        }
    }
}

/// The start of a text, with one space for all that ends a line or hides.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let shown = |character: char| {
        if character.is_whitespace() || character.is_control() || is_invisible(character) {
            ' '
        } else {
            character
        }
    };
    let start: String = text.chars().take(LONGEST).map(shown).collect();
    let mut line = start.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// Characters that have no width, or turn the direction of a line.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
