//! Words that frameworks use as the name of the method, in a body of any syntax: servers read XML,
//! MessagePack, CBOR, YAML and others into the same object as forms.

/// The words, in lower case. Each ends in `d` or `e`.
const WORDS: [&str; 10] = [
    "_method",
    "_httpmethod",
    "x-http-method",
    "x_http_method",
    "xhttpmethod",
    "x-method-override",
    "x_method_override",
    "xmethodoverride",
    "x-tunneled-method",
    "x_tunneled_method",
];

/// The length of the longest word, and of the character before it.
const MAX_WORD: usize = 18;

/// Finds the words.
pub(super) struct Words {
    /// Whether the body is text: in it, `payment_method` is another word. In other syntaxes, a letter
    /// may be the length of the text after it (CBOR).
    is_text: bool,
    /// The last bytes but NULs, which are part of UTF-16 and UTF-32, in lower case.
    last: [u8; MAX_WORD],
    found: Option<&'static str>,
}

impl Words {
    pub(super) fn new(is_text: bool) -> Self {
        Self {
            is_text,
            last: [0; MAX_WORD],
            found: None,
        }
    }

    pub(super) fn step(&mut self, byte: u8) {
        if byte == 0 || self.found.is_some() {
            return;
        }
        self.last.rotate_left(1);
        if let Some(last) = self.last.last_mut() {
            *last = byte.to_ascii_lowercase();
        }
        if matches!(byte, b'd' | b'D' | b'e' | b'E') {
            let mut words = WORDS.into_iter();
            self.found = words.find(|word| self.ends_with(word));
        }
    }

    fn ends_with(&self, word: &str) -> bool {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        match self.last.strip_suffix(word.as_bytes()) {
            Some(before) => !self.is_text || !before.last().is_some_and(is_of_word),
            None => false,
        }
    }

    pub(super) fn found(&self) -> Option<&'static str> {
        self.found
    }
}
