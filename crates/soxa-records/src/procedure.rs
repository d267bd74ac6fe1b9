//! Administrative procedures, as the province publishes them: what a dossier is received under.

use soxa_ledger::Time;

use crate::measure::Date;
use crate::reference::{BadReference, ReferenceTable, ReferenceVersion};
use crate::working_days::{WorkingDays, WorkingTime, at, day_of};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// How long a procedure may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeLimit {
    /// So many working days.
    WorkingDays(u32),
    /// On the day itself when received before this hour, else on the next working day; both at the end of office
    /// hours.
    SameDay {
        /// The hour, in Viet Nam.
        before_hour: u32,
    },
}

/// What a published procedure says. Parts: `name`; `field`, `level`, `fee`, `limit_days` or `same_day_before`, all
/// optional; `component` as often as there are papers to bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its code in the national list.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The field of work: civil status, land, business.
    pub field: String,
    /// Which level decides: commune or province.
    pub level: String,
    /// The time limit, if one is set.
    pub limit: Option<TimeLimit>,
    /// The fee in đồng.
    pub fee: Option<i64>,
    /// The papers to bring.
    pub components: Vec<String>,
}

/// The hour at which offices close: until then something is due on a day that names no hour.
const CLOSING_HOUR: u64 = 17;
/// Working days of the longest limit that is believed: some four years.
const LIMIT_DAYS_MAX: u32 = 1_000;

impl Procedure {
    /// Reads a version of a procedure.
    ///
    /// # Errors
    /// When it is no procedure, or a part is missing, doubled or malformed.
    pub fn read(version: &ReferenceVersion) -> Result<Self, BadReference> {
        if version.table != ReferenceTable::Procedure {
            return Err(version.bad("table", "not a procedure"));
        }
        let days: Option<u32> = version.parsed("limit_days", "not a number of working days")?;
        let before: Option<u32> = version.parsed("same_day_before", "not an hour from 0 to 24")?;
        let limit = match (days, before) {
            (Some(_), Some(_)) => {
                return Err(version.bad("limit_days", "a limit in days and for the same day"));
            }
            (Some(days), None) if (1..=LIMIT_DAYS_MAX).contains(&days) => Some(TimeLimit::WorkingDays(days)),
            (Some(_), None) => return Err(version.bad("limit_days", "not from 1 to 1000")),
            (None, Some(before_hour)) if before_hour <= 24 => Some(TimeLimit::SameDay { before_hour }),
            (None, Some(_)) => return Err(version.bad("same_day_before", "not an hour from 0 to 24")),
            (None, None) => None,
        };
        let fee: Option<i64> = version.parsed("fee", "not a sum in đồng")?;
        if fee.is_some_and(|fee| fee < 0) {
            return Err(version.bad("fee", "not a sum in đồng"));
        }
        let text = |name| {
            version
                .optional(name)
                .map(|text| text.unwrap_or_default().to_owned())
        };
        Ok(Self {
            code: version.key.clone(),
            name: version.text("name")?.to_owned(),
            field: text("field")?,
            level: text("level")?,
            limit,
            fee,
            components: version.texts("component").map(str::to_owned).collect(),
        })
    }

    /// When a dossier received at a moment is due; none without a limit.
    #[must_use]
    pub fn due(&self, received: Time, days: &WorkingDays) -> Option<Time> {
        match self.limit? {
            TimeLimit::WorkingDays(limit) => Some(days.after(received, WorkingTime::days(limit))),
            TimeLimit::SameDay { before_hour } => {
                let (day, into_day) = day_of(received)?;
                let in_time = days.is_working(day) && into_day < u64::from(before_hour) * HOUR_MS;
                let due = if in_time {
                    day
                } else {
                    let tomorrow =
                        days.after(at(day, 0)?, WorkingTime::days(u32::from(days.is_working(day))));
                    days.working_from(day_of(tomorrow)?.0)
                };
                closing(due)
            }
        }
    }
}

/// The moment on a day until which offices are open.
#[must_use]
pub fn closing(day: Date) -> Option<Time> {
    at(day, CLOSING_HOUR * HOUR_MS)
}
