//! Text of servers, components and files, made safe for a terminal and for the log of a CI system.
//!
//! What a terminal would obey or not show is replaced visibly, and so is the character that would
//! complete a [command](crate::ci) to a CI system: control characters by their pictures, everything
//! else by its code, `\u{202e}`. In a log, text that looks like such a replacement is replaced as
//! well, so that no two texts look the same, except for the two kinds of line breaks. Messages
//! quote texts in the same form themselves.

use std::fmt::Write as _;

use crate::ci::Commands;

/// Makes text printable that arrives in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Printable {
    guard: Guard,
    /// Whether text that looks like a replacement is replaced.
    is_exact: bool,
    /// Whether the text so far ends with a carriage return.
    returned: bool,
    /// How much of `\u{` the text so far ends with.
    code: usize,
}

/// What must not be complete in the text.
#[derive(Clone, Debug)]
enum Guard {
    /// Commands.
    Commands(Commands),
    /// A word, in lower case; and the end of the text so far.
    Word { word: String, recent: String },
}

impl Printable {
    /// A log without complete commands, from the start of a line on.
    pub(crate) fn log() -> Self {
        Self::guarded(Guard::Commands(Commands::new()))
    }

    /// A log that contains neither a complete ASCII word nor complete commands.
    pub(crate) fn log_without(word: &str) -> Self {
        Self::guarded(Guard::Word {
            word: word.to_ascii_lowercase(),
            recent: String::new(),
        })
    }

    fn guarded(guard: Guard) -> Self {
        Self {
            guard,
            is_exact: true,
            returned: false,
            code: 0,
        }
    }

    /// A message, on a line that starts with other text, or with none.
    pub(crate) fn message(start: &str, text: &str) -> String {
        let mut printable = Self {
            is_exact: false,
            ..Self::log()
        };
        printable.feed(start);
        let shown = printable.feed(text);
        shown + &printable.finish()
    }

    /// The next piece of the text.
    pub(crate) fn feed(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            // A line break elsewhere is one here.
            if std::mem::take(&mut self.returned) && c != '\n' {
                self.replace('\r', &mut shown);
            }
            match c {
                '\r' => self.returned = true,
                _ if is_hostile(c) => self.replace(c, &mut shown),
                // The picture of a control character.
                '\u{2400}'..='\u{2421}' if self.is_exact => self.replace(c, &mut shown),
                _ => self.push(c, &mut shown),
            }
        }
        shown
    }

    /// The rest of the text.
    pub(crate) fn finish(&mut self) -> String {
        let mut shown = String::new();
        if std::mem::take(&mut self.returned) {
            self.replace('\r', &mut shown);
        }
        shown
    }

    /// Write a safe character, unless it completes what must not be complete.
    fn push(&mut self, c: char, shown: &mut String) {
        self.code = match (self.code, c) {
            (_, '\\') => 1,
            (1, 'u') => 2,
            (2, '{') => 3,
            _ => 0,
        };
        if self.guard.is_completed_by(c) || self.is_exact && self.code == 3 {
            write_code(c, shown);
            self.code = 0;
        } else {
            shown.push(c);
        }
    }

    fn replace(&mut self, c: char, shown: &mut String) {
        // The control pictures are in the order of the characters.
        let picture = match u32::from(c) {
            code @ 0..0x20 => char::from_u32(0x2400 + code),
            0x7f => Some('\u{2421}'),
            _ => None,
        };
        match picture {
            Some(picture) => shown.push(picture),
            None => write_code(c, shown),
        }
        self.code = 0;
        // For the reader, a word ends and a line has started here.
        self.guard.is_completed_by('\u{2400}');
    }
}

impl Guard {
    fn is_completed_by(&mut self, c: char) -> bool {
        match self {
            Self::Commands(commands) => commands.completed_by(c).is_some(),
            Self::Word { word, recent } => {
                recent.push(c.to_ascii_lowercase());
                while !word.starts_with(recent.as_str()) {
                    recent.remove(0);
                }
                let is_complete = recent == word;
                if is_complete {
                    recent.clear();
                }
                is_complete
            }
        }
    }
}

/// A code in the syntax of Rust and JavaScript.
fn write_code(c: char, shown: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
}

/// Whether terminals would obey a character, or people not see it: control characters except tabs
/// and line feeds, and characters that Unicode does not display (Default_Ignorable_Code_Point, line
/// separators, interlinear annotation). The two that choose between an emoji and a text symbol are
/// allowed, since they are common.
pub(crate) fn is_hostile(c: char) -> bool {
    match c {
        '\n' | '\t' | '\u{fe0e}' | '\u{fe0f}' => false,
        _ if c.is_control() => true,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0d}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let mut printable = Printable::log();
        printable.feed(text) + &printable.finish()
    }

    #[test]
    fn control_characters_are_shown_and_not_sent() {
        assert_eq!(shown("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(
            shown("a\r\nb\x1b[2J\x07\x7f\u{9b}31m\r"),
            "a\nb\u{241b}[2J\u{2407}\u{2421}\\u{9b}31m\u{240d}"
        );
    }

    #[test]
    fn invisible_characters_are_shown() {
        let hidden = "\u{202a}\u{202e}\u{2066}\u{2069}\u{200b}\u{200f}\u{feff}\u{61c}\
            \u{2028}\u{2029}\u{e0000}\u{e0041}\u{e007f}\u{ad}\u{2060}\u{80}\u{85}\u{9f}\u{fffb}";
        let codes: String = hidden
            .chars()
            .map(|c| format!("\\u{{{:x}}}", u32::from(c)))
            .collect();
        assert_eq!(shown(hidden), codes);
        assert_eq!(shown("⚠\u{fe0f} né\u{301}"), "⚠\u{fe0f} né\u{301}");
    }

    #[test]
    fn commands_are_shown_and_not_obeyed() {
        for (text, expected) in [
            ("::error::x", ":\\u{3a}error::x"),
            ("a\n \t::add-mask::x", "a\n \t:\\u{3a}add-mask::x"),
            ("\u{3000}::x::", "\u{3000}:\\u{3a}x::"),
            ("a\r\n::x::", "a\n:\\u{3a}x::"),
            ("a ::x:: [::1]", "a ::x:: [::1]"),
            ("a ##[error]x", "a ##\\u{5b}error]x"),
            ("####[error]x", "####\\u{5b}error]x"),
            ("##VSO[a.b]##Vso[", "##VSO\\u{5b}a.b]##Vso\\u{5b}"),
            ("##team##TeamCity[x]", "##team##TeamCity\\u{5b}x]"),
            ("# ## [x]", "# ## [x]"),
            (
                "section_start:1:x\r\u{1b}[0Kx",
                "section_start\\u{3a}1:x\u{240d}\u{241b}[0Kx",
            ),
            ("Section_END:1:x", "Section_END\\u{3a}1:x"),
            ("--- a\n+++\tb", "---\\u{20}a\n+++\\u{9}b"),
            ("~~~ a\n^^^ +++", "~~~\\u{20}a\n^^^\\u{20}+++"),
            ("---\n---- a\n --- a", "---\n---- a\n --- a"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
            assert_eq!(Printable::message("", text), expected, "{text:?}");
        }
    }

    #[test]
    fn text_that_looks_replaced_is_replaced() {
        assert_eq!(
            shown("\\u{3a} \u{241b} \\\\u{ \\u {"),
            "\\u\\u{7b}3a} \\u{241b} \\\\u\\u{7b} \\u {"
        );
        let quoted = "`\\u{3a}\u{241b}`";
        assert_eq!(Printable::message("", quoted), quoted);
    }

    #[test]
    fn a_word_is_never_complete() {
        let mut printable = Printable::log_without("aabaac");
        let shown = printable.feed("::error::\naabaabaac")
            + &printable.feed("AABAA")
            + &printable.feed("C");
        assert_eq!(shown, "::error::\naabaabaa\\u{63}AABAA\\u{43}");
    }

    /// The text that was made printable, except for its line breaks.
    fn read_back(shown: &str) -> String {
        let mut text = String::new();
        let mut rest = shown;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\\' if rest.starts_with("u{") => {
                    let (code, after) = rest[2..].split_once('}').unwrap();
                    let code = u32::from_str_radix(code, 16).unwrap();
                    text.push(char::from_u32(code).unwrap());
                    rest = after;
                }
                '\u{2421}' => text.push('\u{7f}'),
                '\u{2400}'..='\u{241f}' => {
                    text.push(char::from_u32(u32::from(c) - 0x2400).unwrap());
                }
                _ => text.push(c),
            }
        }
        text
    }

    /// Pieces of hostile text, in all combinations.
    pub(crate) fn hostile() -> impl Strategy<Value = Vec<String>> {
        let piece = prop_oneof![
            "[ \\t\\r\\n#:\\[\\-+~^\\\\u{}a]{0,4}",
            prop::sample::select(
                "# ## [ : :: vso vso[ VSO[ ##vso teamcity[ team ##TeamCity section_ start: END: \
                 section_start -- --- +++ ~~~ ^^^ \\ \\u { 3a} error] \u{1b}[0K \r \n \u{200b} \u{85} \
                 \u{2028} \u{241b} \u{a0} \u{202e} \" \u{e0041} \u{0}"
                    .split(' ')
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            ),
            ".{0,3}",
        ];
        prop::collection::vec(piece, 0..12)
    }

    /// Whether an agent would find a command, by its own way of searching.
    pub(crate) fn commanded(shown: &str) -> Option<&str> {
        shown.split('\n').find(|line| {
            let lower = line.to_lowercase();
            let found = [
                "##[",
                "##vso[",
                "##teamcity[",
                "section_start:",
                "section_end:",
            ]
            .iter()
            .any(|command| lower.contains(command));
            let group = |start: &str| {
                line.strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with(char::is_whitespace))
            };
            found
                || line.trim_start().starts_with("::")
                || ["---", "+++", "~~~", "^^^"].into_iter().any(group)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn printed_text_contains_no_command(pieces in hostile()) {
            let mut printable = Printable::log();
            let mut log: String = pieces.iter().map(|piece| printable.feed(piece)).collect();
            log += &printable.finish();
            let text = pieces.concat();
            for shown in [&log, &Printable::message("", &text)] {
                prop_assert_eq!(commanded(shown), None, "{}", shown);
                prop_assert_eq!(shown.chars().find(|c| is_hostile(*c)), None, "{}", shown);
            }
            prop_assert_eq!(&shown(&text), &log, "in pieces as in whole");
            prop_assert_eq!(read_back(&log), text.replace("\r\n", "\n"));
        }
    }
}
