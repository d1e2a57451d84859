//! Errors of the token endpoint.

use thiserror::Error;

/// The maximum length of a response, in bytes.
pub const MAX_ANSWER: usize = 64 * 1024;

/// Why a response of the token endpoint is not a token.
///
/// The server's texts are kept as they are, and displayed on one line and cut. They may
/// contain the client's secret, so redact them before, with [`each_text`](Self::each_text):
/// the cut could leave a part of the secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TokenError {
    /// It is too long.
    #[error("the token endpoint's response is longer than {MAX_ANSWER} bytes")]
    TooLong,
    /// An error response (RFC 6749, section 5.2).
    #[error("the token endpoint responded with the error {}{}", one_line(.code), described(.description.as_deref()))]
    Refused {
        /// For example `invalid_client`.
        code: String,
        /// The description.
        description: Option<String>,
    },
    /// Another error response.
    #[error("the token endpoint responded with status {0}")]
    Status(u16),
    /// It is not a JSON object, or its token is not a string.
    #[error(
        "the token endpoint's answer is not the JSON object of RFC 6749, section 5.1 \
         (line {line}, column {column})"
    )]
    Syntax {
        /// Starting at 1.
        line: usize,
        /// Starting at 1, or 0 at the start of a line.
        column: usize,
    },
    /// It has no token.
    #[error("the token endpoint's response has no access_token")]
    NoToken,
    /// It has a token of another type.
    #[error("the token endpoint responded with a token of type {}; only Bearer tokens are supported", one_line(.0))]
    Type(String),
    /// The type of its token is not a string.
    #[error("the token endpoint responded with a token_type that is {0}; it has to be \"Bearer\"")]
    OtherType(&'static str),
    /// It has a token that is not a valid header value.
    #[error(
        "the token endpoint responded with a token that has characters other than visible ASCII"
    )]
    Characters,
}

fn described(description: Option<&str>) -> String {
    description.map_or_else(String::new, |text| format!(" ({})", one_line(text)))
}

impl TokenError {
    /// Change each of the server's texts.
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
            Self::NoToken | Self::OtherType(_) | Self::Characters => {}
        }
    }
}

/// The start of a text, with spaces for line breaks and invisible characters.
fn one_line(text: &str) -> String {
    const MAX_LEN: usize = 200;
    let shown = |character: char| {
        if character.is_whitespace() || character.is_control() || is_invisible(character) {
            ' '
        } else {
            character
        }
    };
    let start: String = text.chars().take(MAX_LEN).map(shown).collect();
    let mut line = start.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().nth(MAX_LEN).is_some() {
        line.push('…');
    }
    line
}

/// Characters without a width, or that change the direction of a line.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
