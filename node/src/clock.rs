//! The one place that reads the real clock, and how moments are written for people: in Vietnamese time.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use soxa_ledger::Time;

/// Viet Nam has one time zone without summer time.
const VIETNAM: Offset = jiff::tz::offset(7);

/// Now, by this machine's clock.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A moment as `dd/mm/yyyy hh:mm`.
pub fn moment(time_ms: u64) -> String {
    match zoned(time_ms) {
        Some(z) => format!(
            "{} {:02}:{:02}",
            soxa_lang::date(z.year(), z.month(), z.day()),
            z.hour(),
            z.minute()
        ),
        None => format!("{time_ms} ms"),
    }
}

/// The day of a moment as `dd/mm/yyyy`.
pub fn day(time_ms: u64) -> String {
    zoned(time_ms).map_or_else(
        || format!("{time_ms} ms"),
        |z| soxa_lang::date(z.year(), z.month(), z.day()),
    )
}

/// A moment in the form that programs read (RFC 3339, UTC).
pub fn machine(time_ms: u64) -> String {
    timestamp(time_ms).map_or_else(|| format!("{time_ms} ms"), |t| t.to_string())
}

/// Reads a day: `2025-11-15` or `15/11/2025`.
pub fn parse_day(text: &str) -> Option<Date> {
    if let Some((day, rest)) = text.split_once('/') {
        let (month, year) = rest.split_once('/')?;
        return Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    }
    text.parse().ok().filter(|_| text.len() == "2025-11-15".len())
}

/// Reads a moment: a day (its first moment in Viet Nam) or RFC 3339.
pub fn parse_moment(text: &str) -> Option<Time> {
    let timestamp = match parse_day(text) {
        Some(date) => date.to_zoned(TimeZone::fixed(VIETNAM)).ok()?.timestamp(),
        None => text.parse::<Timestamp>().ok()?,
    };
    u64::try_from(timestamp.as_millisecond()).ok().map(Time)
}

fn timestamp(time_ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(time_ms).ok()?).ok()
}

fn zoned(time_ms: u64) -> Option<jiff::Zoned> {
    Some(timestamp(time_ms)?.to_zoned(TimeZone::fixed(VIETNAM)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected_ms: Option<u64>) {
        assert_eq!(parse_moment(text).map(|time| time.0), expected_ms, "{text}");
    }

    #[test]
    fn days_begin_at_midnight_in_viet_nam() {
        check("2025-11-15", Some(1_763_139_600_000));
        check("15/11/2025", Some(1_763_139_600_000));
        check("2025-11-14T17:00:00Z", Some(1_763_139_600_000));
        check("2025-11-15T00:00:00+07:00", Some(1_763_139_600_000));
        check("31/02/2025", None);
        check("15-11-2025", None);
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn moments_are_written_for_people_and_for_programs() {
        assert_eq!(moment(1_763_139_600_000), "15/11/2025 00:00");
        assert_eq!(day(1_763_139_599_999), "14/11/2025");
        assert_eq!(machine(1_763_139_600_000), "2025-11-14T17:00:00Z");
        assert_eq!(moment(u64::MAX), format!("{} ms", u64::MAX));
    }
}
