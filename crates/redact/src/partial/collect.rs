//! Collects the parts of values: of the text that a value does not share with others, in each form.

use super::last::{LENGTHS, Last};
use crate::digits::digits;
use crate::encode;
use crate::shared::without_shared;
use crate::spelling::in_latin1;
use crate::spelling::{in_utf16, replaced};

/// The maximum length of a value whose encoded parts are also matched: each byte of such a value
/// takes about 500 bytes of memory.
const MAX_ENCODED: usize = 8 << 10;

/// Collects parts, for each of the [`LENGTHS`]: the bytes of a part as a number, and its owner.
#[derive(Default)]
pub(crate) struct PartsBuilder([Vec<(u128, u32)>; LENGTHS.len()]);

impl PartsBuilder {
    /// Add all parts of a value.
    pub(crate) fn add(&mut self, owner: usize, value: &[u8]) {
        let Ok(owner) = u32::try_from(owner) else {
            return;
        };
        for secret in without_shared(value.trim_ascii()) {
            let latin1 = in_latin1(&secret).filter(|latin1| *latin1 != secret);
            for text in [Some(&secret), latin1.as_ref()].into_iter().flatten() {
                self.add_all(owner, 0, text);
                self.add_all(owner, 0, &replaced(text, b' ', b'+'));
                self.add_all(owner, 0, &replaced(text, b'+', b' '));
            }
            if secret.len() > MAX_ENCODED {
                continue;
            }
            for text in [Some(&secret), latin1.as_ref()].into_iter().flatten() {
                let (hexadecimal, base64) = digits(text);
                let (_, of_form) = digits(encode::form(text).as_bytes());
                self.add_all(owner, 2, &hexadecimal);
                for text in base64.iter().chain(&of_form) {
                    self.add_all(owner, 1, text);
                }
            }
            for text in std::str::from_utf8(&secret).into_iter().flat_map(in_utf16) {
                self.add_all(owner, 2, &text);
            }
        }
    }

    fn add_all(&mut self, owner: u32, kind: usize, text: &[u8]) {
        let (Some(length), Some(known)) = (LENGTHS.get(kind), self.0.get_mut(kind)) else {
            return;
        };
        let mut last = Last::default();
        for (at, byte) in text.iter().enumerate() {
            last.push(*byte);
            if at + 1 >= *length {
                known.push((last.cut(*length), owner));
            }
        }
    }

    /// The parts, each once and sorted.
    pub(super) fn known(self) -> [Vec<(u128, u32)>; LENGTHS.len()] {
        let mut known = self.0;
        for known in &mut known {
            known.sort_unstable();
            known.dedup();
            known.shrink_to_fit();
        }
        known
    }
}
