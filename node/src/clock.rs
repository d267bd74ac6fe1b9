//! The one place that reads the real clock, and how moments are written for people: in Vietnamese time.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

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

/// What this machine's clock showed when it was first asked, and what has passed since: the time of everything that waits.
/// It goes on evenly when somebody sets the clock, so that nobody waits until 2099 for a clock that was put right.
pub fn steady() -> Time {
    static START: LazyLock<(Time, Instant)> = LazyLock::new(|| (now(), Instant::now()));
    let passed = START.1.elapsed().as_millis();
    Time(
        START
            .0
            .0
            .saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)),
    )
}

/// What the clock, as it is set now, shows for a moment of [`steady`]: for people, and for other programs.
pub fn shown(moment: Time) -> Time {
    as_set(moment, steady(), now())
}

fn as_set(moment: Time, steady: Time, now: Time) -> Time {
    let later = now.0.saturating_add(moment.0.saturating_sub(steady.0));
    Time(later.saturating_sub(steady.0.saturating_sub(moment.0)))
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
    fn a_moment_that_passed_evenly_is_shown_as_the_clock_is_set_now() {
        let shown = |moment| as_set(Time(moment), Time(90_000), Time(5_000)).0;
        assert_eq!(
            (shown(90_000), shown(89_000), shown(91_000)),
            (5_000, 4_000, 6_000)
        );
        assert_eq!(shown(0), 0, "before the clock began");
        assert!(steady() <= steady());
    }

    #[test]
    fn moments_are_written_for_people_and_for_programs() {
        assert_eq!(moment(1_763_139_600_000), "15/11/2025 00:00");
        assert_eq!(day(1_763_139_599_999), "14/11/2025");
        assert_eq!(machine(1_763_139_600_000), "2025-11-14T17:00:00Z");
        assert_eq!(moment(u64::MAX), format!("{} ms", u64::MAX));
    }
}
