//! What a JSON text takes in memory as a value, found out without making it: a text of a
//! megabyte may come to a hundred.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What a value takes in a list that has room for as many again.
const VALUE: usize = 2 * size_of::<Value>();

/// What an entry of an object takes: its hash and place, its name, and its value.
const ENTRY: usize = VALUE + 2 * (size_of::<String>() + 4 * size_of::<usize>());

/// What an allocation takes beside what is in it.
const ALLOCATION: usize = 32;

/// What a JSON text takes as a value, at the most.
pub(super) fn of(json: &str) -> serde_json::Result<usize> {
    let mut bytes = VALUE;
    let mut reader = serde_json::Deserializer::from_str(json);
    Weight(&mut bytes).deserialize(&mut reader)?;
    reader.end()?;
    Ok(bytes)
}

/// Adds up what a value takes beside itself.
struct Weight<'w>(&'w mut usize);

impl<'de> DeserializeSeed<'de> for Weight<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Weight<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        *self.0 += ALLOCATION + text.len();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        *self.0 += ALLOCATION;
        while items.next_element_seed(Weight(self.0))?.is_some() {
            *self.0 += VALUE;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        *self.0 += 2 * ALLOCATION;
        while entries.next_key_seed(Weight(self.0))?.is_some() {
            entries.next_value_seed(Weight(self.0))?;
            *self.0 += ENTRY;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_weigh_many_times_their_text() {
        assert_eq!(of("1").unwrap(), VALUE);
        assert_eq!(of(r#""abc""#).unwrap(), VALUE + ALLOCATION + 3);
        assert_eq!(of("[1,2]").unwrap(), VALUE + ALLOCATION + 2 * VALUE);
        assert_eq!(
            of(r#"{"a":[]}"#).unwrap(),
            VALUE + 2 * ALLOCATION + (ALLOCATION + 1) + ALLOCATION + ENTRY
        );
    }

    #[test]
    fn what_is_wrong_with_a_text_is_told_as_ever() {
        for wrong in ["nope", "[1,", "1 2", "", &"[".repeat(200), r#"{"a" 1}"#] {
            let told = serde_json::from_str::<Value>(wrong).unwrap_err();
            assert_eq!(of(wrong).unwrap_err().to_string(), told.to_string());
        }
    }
}
