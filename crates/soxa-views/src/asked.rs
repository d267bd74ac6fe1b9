//! What a report is asked about: a day, a period, some units.

use std::collections::BTreeSet;

use soxa_ledger::{RecordId, Time};
use soxa_records::Date;
use soxa_records::working_days::{at, day_of};

/// From a day to a day, both included; without an end where none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
}

impl Period {
    /// Whether a day lies in it.
    #[must_use]
    pub fn has(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether a moment lies on a day of it.
    #[must_use]
    pub fn has_moment(&self, time: Time) -> bool {
        day_of(time).is_some_and(|(day, _)| self.has(day))
    }
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The day on which things stood so.
    pub day: Date,
    /// The moment as of which it is told: the end of that day, or now.
    pub as_of: Time,
    /// Between which days something happened, where a report counts what happened.
    pub period: Period,
    /// The units that it is about; none for all.
    pub area: Option<BTreeSet<RecordId>>,
}

impl Asked {
    /// Whether a unit is among those asked about.
    #[must_use]
    pub fn is_about(&self, unit: RecordId) -> bool {
        self.area.as_ref().is_none_or(|area| area.contains(&unit))
    }

    /// Whether one of several units is.
    #[must_use]
    pub fn is_about_any(&self, units: impl IntoIterator<Item = RecordId>) -> bool {
        self.area.is_none() || units.into_iter().any(|unit| self.is_about(unit))
    }
}

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How many days later a day is; less than 0 when it is earlier.
#[must_use]
pub fn days_until(from: Date, to: Date) -> i64 {
    let midnight = |day| at(day, 0).and_then(|time| i64::try_from(time.0).ok());
    match (midnight(from), midnight(to)) {
        (Some(from), Some(to)) => (to - from) / DAY_MS,
        // Days before 1970, when no official had a computer.
        _ => i64::from(to.number()) - i64::from(from.number()),
    }
}
