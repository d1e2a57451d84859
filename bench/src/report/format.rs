//! Figures as text: the median, and in brackets the minimum and the maximum.

use crate::statistics::Spread;

/// Seconds, as microseconds.
pub(crate) fn microseconds(seconds: Spread) -> String {
    spread(seconds, 1e6, " µs")
}

/// Seconds, as milliseconds.
pub(crate) fn milliseconds(seconds: Spread) -> String {
    spread(seconds, 1e3, " ms")
}

/// A ratio.
pub(crate) fn times(ratio: Spread) -> String {
    spread(ratio, 1.0, " ×")
}

/// Bytes, as MiB.
pub(crate) fn mebibytes(bytes: Spread) -> String {
    spread(bytes, 1.0 / f64::from(1 << 20), " MiB")
}

/// Requests per second.
pub(crate) fn rate(rate: Spread) -> String {
    spread(rate, 1.0, "/s")
}

/// A count.
pub(crate) fn count(count: Spread) -> String {
    spread(count, 1.0, "")
}

/// A size that does not vary, in the unit that suits it.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..0x400 => format!("{bytes} B"),
        0x400..0x10_0000 => format!("{} KiB", figure(bytes as f64 / 1024.0)),
        _ => format!("{} MiB", figure(bytes as f64 / f64::from(1 << 20))),
    }
}

fn spread(spread: Spread, scale: f64, unit: &str) -> String {
    let [median, least, most] =
        [spread.median, spread.least, spread.most].map(|value| figure(value * scale));
    if least == most {
        format!("{median}{unit}")
    } else {
        format!("{median}{unit} ({least}–{most})")
    }
}

/// Three digits: the fourth would differ in the next run.
pub(crate) fn figure(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        value if value < 0.1 => 3,
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        let cases = [0.0, 0.0123, 0.333, 7.251, 42.04, 178.3, 12345.6];
        let shown = cases.map(figure);
        let expected = ["0", "0.012", "0.33", "7.25", "42.0", "178", "12346"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn equal_rounds_are_shown_without_a_spread() {
        let same = Spread::from_samples([2.0, 2.0]);
        let apart = Spread::from_samples([0.000_017, 0.000_016, 0.000_02]);
        assert_eq!(times(same), "2.00 ×");
        assert_eq!(microseconds(apart), "17.0 µs (16.0–20.0)");
    }
}
