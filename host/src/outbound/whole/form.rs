//! `application/x-www-form-urlencoded`: names and values between `&`.

use super::{Event, LONGEST_NAME};

#[derive(Default)]
pub(super) struct Form {
    name: Vec<u8>,
    is_in_value: bool,
}

impl Form {
    pub(super) fn step(&mut self, byte: u8) -> Event {
        match (byte, self.is_in_value) {
            (b'&', true) => {
                self.is_in_value = false;
                self.name.clear();
                Event::Closes
            }
            (_, true) => Event::Inside,
            (b'=', false) => {
                self.is_in_value = true;
                Event::Opens
            }
            (b'&', false) => {
                self.name.clear();
                Event::Outside
            }
            (byte, false) => {
                if self.name.len() < LONGEST_NAME {
                    self.name.push(byte);
                }
                Event::Outside
            }
        }
    }

    pub(super) fn take_name(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.name))
    }

    pub(super) fn is_in_value(&self) -> bool {
        self.is_in_value
    }
}
