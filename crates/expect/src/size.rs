//! Sizes with units.

const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

/// The number of bytes that a text such as `64MiB` means. The units are KiB, MiB, GiB and TiB.
#[must_use]
pub fn bytes_with_unit(text: &str) -> Option<u64> {
    UNITS.iter().find_map(|(unit, shift)| {
        let number = text.strip_suffix(unit)?.trim_end();
        if number.starts_with('+') {
            return None;
        }
        number.parse::<u64>().ok()?.checked_mul(1 << shift)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, bytes) in [
            ("0KiB", Some(0)),
            ("3KiB", Some(3 << 10)),
            ("64 MiB", Some(64 << 20)),
            ("1GiB", Some(1 << 30)),
            ("16777215TiB", Some(((1 << 24) - 1) << 40)),
            ("16777216TiB", None),
            ("64", None),
            ("64MB", None),
            ("64mib", None),
            ("MiB", None),
            ("+1MiB", None),
            ("-1MiB", None),
            ("1.5MiB", None),
            (" 1MiB", None),
            ("", None),
        ] {
            assert_eq!(bytes_with_unit(text), bytes, "{text}");
        }
    }
}
