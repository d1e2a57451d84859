//! The dates of `Expires` and `Date` (RFC 6265, section 5.1.1).

/// A point in time, in seconds. Dates are ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    year: u16,
    month: u8,
    day: u8,
    /// Hour, minute and second.
    time: [u8; 3],
}

impl Date {
    /// The start of a year.
    pub(super) const fn start_of(year: u16) -> Self {
        Self {
            year,
            month: 1,
            day: 1,
            time: [0; 3],
        }
    }

    /// Parse a date in any form of the RFC. The time zone is ignored: it is GMT.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut time, mut day, mut month, mut year) = (None, None, None, None);
        for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
            if time.is_none()
                && let Some(found) = time_of(token)
            {
                time = Some(found);
            } else if day.is_none()
                && let Some(found) = number(token, 1..=2)
            {
                day = Some(found);
            } else if month.is_none()
                && let Some(found) = month_of(token)
            {
                month = Some(found);
            } else if year.is_none()
                && let Some(found) = number(token, 2..=4)
            {
                year = Some(found);
            }
        }
        let year = match year? {
            year @ 0..=69 => year + 2000,
            year @ 70..=99 => year + 1900,
            year @ 1601.. => year,
            _ => return None,
        };
        Some(Self {
            year,
            month: month?,
            day: day
                .and_then(|day| u8::try_from(day).ok())
                .filter(|day| (1..=31).contains(day))?,
            time: time
                .filter(|[hour, minute, second]| *hour <= 23 && *minute <= 59 && *second <= 59)?,
        })
    }
}

fn is_delimiter(c: char) -> bool {
    matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~')
}

/// The number at the start of a token, if the number of its digits is in range.
fn number(token: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u16> {
    let end = token
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(token.len());
    let number = token.get(..end)?;
    digits
        .contains(&number.len())
        .then_some(number)?
        .parse()
        .ok()
}

/// Parse `HOUR:MINUTE:SECOND`, ignoring what follows the last digit.
fn time_of(token: &str) -> Option<[u8; 3]> {
    let mut parts = token.splitn(3, ':');
    let mut next = |is_last: bool| {
        let part = parts.next()?;
        let is_whole = is_last || part.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_whole.then(|| number(part, 1..=2)).flatten()?;
        u8::try_from(number).ok()
    };
    Some([next(false)?, next(false)?, next(true)?])
}

fn month_of(token: &str) -> Option<u8> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let name = token.get(..3)?;
    (1..)
        .zip(MONTHS)
        .find(|(_, month)| month.eq_ignore_ascii_case(name))
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(year: u16, month: u8, day: u8, time: [u8; 3]) -> Option<Date> {
        Some(Date {
            year,
            month,
            day,
            time,
        })
    }

    #[test]
    fn every_form_of_a_date_is_read() {
        let expected = date(1994, 11, 6, [8, 49, 37]);
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06-Nov-1994 8:49:37 GMT",
            "06 NOVEMBER 1994 08:49:37",
            "8:49:37Z 6th nov 94",
        ] {
            assert_eq!(Date::parse(text), expected, "{text}");
        }
        for (text, expected) in [
            ("1 Jan 70 00:00:00", date(1970, 1, 1, [0; 3])),
            ("1 Jan 69 00:00:00", date(2069, 1, 1, [0; 3])),
            ("31 Dec 9999 23:59:59", date(9999, 12, 31, [23, 59, 59])),
            ("1 Jan 1600 00:00:00", None),
            ("1 Jan 100 00:00:00", None),
            ("1 Jan 19700 00:00:00", None),
            ("0 Jan 1970 00:00:00", None),
            ("32 Jan 1970 00:00:00", None),
            ("1 Jan 1970 24:00:00", None),
            ("1 Jan 1970 00:60:00", None),
            ("1 Jan 1970 00:00", None),
            ("1 Jan 1970", None),
            ("Jan 1970 00:00:00", None),
            ("1 1970 00:00:00", None),
            ("1 Jän 1970 00:00:00", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(Date::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_compare_as_times() {
        let sorted = [
            "31 Dec 2025 23:59:59",
            "1 Jan 2026 00:00:00",
            "1 Jan 2026 00:00:01",
            "1 Jan 2026 01:00:00",
            "2 Jan 2026 00:00:00",
            "1 Feb 2026 00:00:00",
        ]
        .map(|text| Date::parse(text).unwrap());
        assert!(sorted.is_sorted_by(|a, b| a < b));
        assert_eq!(sorted[1], Date::start_of(2026));
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_not(text in r"([0-9]{1,5}|:|Jan|dec|[ ,;-]|ü|.)*") {
            if let Some(date) = Date::parse(&text) {
                prop_assert!(date >= Date::start_of(1601));
            }
        }
    }
}
