//! Deadlines in working days, by the calendars that the province publishes.
//!
//! Working time runs on working days only, around the clock: a dossier received on a Friday at 10:00 with a limit of one
//! working day is due on Monday at 10:00. So a pause of the clock moves the due time by exactly the working time
//! it lasted, whatever days it spans. Days are those of Viet Nam, which has one time zone without summer time.

use std::collections::BTreeSet;

use jiff::civil::{self, Weekday};
use jiff::{Timestamp, ToSpan as _, tz};
use soxa_ledger::Time;

use crate::limits::YEARS;
use crate::measure::Date;
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion, ReferenceView};

const VIETNAM: tz::Offset = tz::offset(7);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// An amount of working time, in milliseconds of working days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct WorkingTime {
    /// Milliseconds; a working day has 24 hours of them.
    pub ms: u64,
}

impl WorkingTime {
    /// Whole working days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self {
            ms: days as u64 * DAY_MS,
        }
    }
}

impl std::ops::Add for WorkingTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            ms: self.ms.saturating_add(other.ms),
        }
    }
}

/// Which days are worked: Monday to Friday, without the holidays, with the days that are worked in their place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkingDays {
    years: BTreeSet<u16>,
    holidays: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

impl WorkingDays {
    /// The calendars of all years: each day is judged by the version of its year's calendar that holds on that day, on whatever day one
    /// asks. Days before the first version are judged by the first.
    ///
    /// # Errors
    /// When a version does not say what a calendar says.
    pub fn of<'a>(calendars: impl IntoIterator<Item = &'a ReferenceView>) -> Result<Self, BadReference> {
        let mut days = Self::default();
        for calendar in calendars {
            let mut versions: Vec<_> = calendar.versions.iter().map(|(_, version)| version).collect();
            versions.sort_by_key(|version| version.from);
            for version in versions {
                days.add(version)?;
            }
        }
        Ok(days)
    }

    /// Takes in a version of one year's calendar: parts `holiday` and `worked`, each a day of that year as `2025-09-02`. On the days
    /// on which it holds it replaces what was taken in before; the first of a year holds from the year's beginning.
    ///
    /// # Errors
    /// When the record is no calendar, its key no year, or a part no day of it. Nothing is taken in then.
    pub fn add(&mut self, calendar: &ReferenceVersion) -> Result<(), BadReference> {
        if calendar.table != ReferenceTable::Calendar {
            return Err(calendar.bad("table", "not a calendar"));
        }
        let year = calendar.key.parse().ok().filter(|year| YEARS.contains(year));
        let year: u16 = year.ok_or_else(|| calendar.bad("key", "not a year"))?;
        let days = |name: &'static str| -> Result<Vec<Date>, BadReference> {
            let day = |text: &str| text.parse().ok().filter(|day: &Date| day.year() == year);
            let days = calendar.texts(name).map(day);
            days.map(|day| day.ok_or_else(|| calendar.bad(name, "not a day of the year")))
                .collect()
        };
        let (holidays, worked) = (days("holiday")?, days("worked")?);
        if calendar
            .parts
            .iter()
            .any(|part| part.name != "holiday" && part.name != "worked")
        {
            return Err(calendar.bad("parts", "neither holiday nor worked"));
        }
        let first = self.years.insert(year);
        let holds = |day: &Date| (first && *day < calendar.from) || calendar.holds_on(*day);
        for (known, said) in [(&mut self.holidays, holidays), (&mut self.worked, worked)] {
            known.retain(|day| day.year() != year || !holds(day));
            known.extend(said.into_iter().filter(holds));
        }
        Ok(())
    }

    /// Whether the holidays of a year are known; without them only weekends are free.
    #[must_use]
    pub fn knows(&self, year: u16) -> bool {
        self.years.contains(&year)
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = || matches!(civil_of(day).weekday(), Weekday::Saturday | Weekday::Sunday);
        self.worked.contains(&day) || !(self.holidays.contains(&day) || weekend())
    }

    /// The first working day from a day on.
    #[must_use]
    pub fn working_from(&self, day: Date) -> Date {
        let mut day = day;
        while !self.is_working(day) {
            match next(day) {
                Some(later) => day = later,
                None => break,
            }
        }
        day
    }

    /// The moment at which so much working time has run since another. Work that arrives on a free day is counted
    /// from the beginning of the next working day. At the end of the calendar's years the moment stands still.
    #[must_use]
    pub fn after(&self, start: Time, span: WorkingTime) -> Time {
        let Some((mut day, mut into_day)) = day_of(start) else {
            return start;
        };
        let mut left = span.ms;
        loop {
            if self.is_working(day) {
                let today = DAY_MS - into_day;
                if left < today {
                    return at(day, into_day + left).unwrap_or(start);
                }
                left -= today;
            }
            into_day = 0;
            match next(day) {
                Some(later) => day = later,
                None => return at(day, DAY_MS - 1).unwrap_or(start),
            }
        }
    }

    /// The working time between two moments; none when the second is the earlier one.
    #[must_use]
    pub fn between(&self, start: Time, end: Time) -> WorkingTime {
        let (Some((first, from_ms)), Some((last, to_ms))) = (day_of(start), day_of(end)) else {
            return WorkingTime::default();
        };
        if end <= start {
            return WorkingTime::default();
        }
        let mut total = 0_u64;
        let mut day = first;
        loop {
            let begins = if day == first { from_ms } else { 0 };
            let ends = if day == last { to_ms } else { DAY_MS };
            if self.is_working(day) {
                total = total.saturating_add(ends.saturating_sub(begins));
            }
            match next(day) {
                Some(later) if day < last => day = later,
                _ => return WorkingTime { ms: total },
            }
        }
    }
}

/// The day of a moment in Viet Nam, and how far into it the moment is, in milliseconds; none outside the calendar.
#[must_use]
pub fn day_of(time: Time) -> Option<(Date, u64)> {
    let timestamp = Timestamp::from_millisecond(i64::try_from(time.0).ok()?).ok()?;
    let local = VIETNAM.to_datetime(timestamp);
    let midnight = local.date().to_datetime(civil::Time::midnight());
    let into_day = local.duration_since(midnight).as_millis();
    Some((date_of(local.date())?, u64::try_from(into_day).ok()?))
}

/// The moment so many milliseconds into a day in Viet Nam.
#[must_use]
pub fn at(day: Date, into_day_ms: u64) -> Option<Time> {
    let midnight = civil_of(day).to_datetime(civil::Time::midnight());
    let ms = VIETNAM.to_timestamp(midnight).ok()?.as_millisecond();
    u64::try_from(ms).ok()?.checked_add(into_day_ms).map(Time)
}

fn civil_of(day: Date) -> civil::Date {
    let part = |n: u8| i8::try_from(n).unwrap_or(1);
    let year = i16::try_from(day.year()).unwrap_or(1);
    // Every `Date` is a day of the calendar, within years that jiff knows.
    civil::Date::new(year, part(day.month()), part(day.day())).unwrap_or(civil::Date::MIN)
}

fn date_of(day: civil::Date) -> Option<Date> {
    let year = u16::try_from(day.year()).ok()?;
    Date::new(
        year,
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    )
    .ok()
}

fn next(day: Date) -> Option<Date> {
    civil_of(day).checked_add(1.day()).ok().and_then(date_of)
}
