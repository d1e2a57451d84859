//! Redacts a text in pieces, such as a log.

use std::sync::Arc;

use http_step_redact::through;

use super::granted::GrantedSecrets;
use super::redactions::Passes;

/// A text in pieces, redacted for users. How much is held back only depends on the lengths of the
/// values: otherwise a component that writes a piece and waits would learn from the output whether
/// a value starts with it.
pub struct StreamRedactor {
    secrets: Arc<GrantedSecrets>,
    passes: Passes,
    /// Whether everything is released at the end of a line.
    is_by_line: bool,
    /// The start of an incomplete character.
    cut: Vec<u8>,
}

impl StreamRedactor {
    /// A stream of a run with these secrets.
    #[must_use]
    pub fn new(secrets: &Arc<GrantedSecrets>) -> Self {
        Self {
            secrets: Arc::clone(secrets),
            passes: secrets.people_passes(),
            is_by_line: !secrets.spans_lines(),
            cut: Vec::new(),
        }
    }

    /// Whether there is nothing to redact.
    pub fn is_clear(&self) -> bool {
        self.passes.passes.is_empty()
    }

    /// Add a piece, and return what may be shown.
    pub fn feed(&mut self, piece: &str) -> String {
        let released = self.secrets.catch_up(&mut self.passes);
        self.cut.extend(released);
        let lines = match piece.rfind('\n') {
            Some(end) if self.is_by_line => end + 1,
            _ => 0,
        };
        let (lines, rest) = piece.split_at_checked(lines).unwrap_or(("", piece));
        if !lines.is_empty() {
            let seen = through(&mut self.passes.passes, lines.as_bytes(), true);
            self.cut.extend(seen);
        }
        let seen = through(&mut self.passes.passes, rest.as_bytes(), false);
        self.cut.extend(seen);
        let shown = match std::str::from_utf8(&self.cut) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.cut.len(),
        };
        let shown: Vec<u8> = self.cut.drain(..shown).collect();
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// Return the rest.
    pub fn finish(&mut self) -> String {
        self.cut.extend(through(&mut self.passes.passes, &[], true));
        let rest = std::mem::take(&mut self.cut);
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Redact another text for users.
    pub fn redact(&self, text: &mut String) {
        self.secrets.redactor().redact(text);
    }
}
