//! Quantities with a unit of their own: dates, amounts, sums of money, custody links.

use std::fmt;
use std::str::FromStr;

use soxa_ledger::ids::{RecordId, sha256};

use crate::limits::YEARS;

/// A day in the Gregorian calendar: legal dates are fields, never clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A text or number that is no day between 1800 and 2999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the calendar, as in 2025-11-15")]
pub struct NotADate;

impl Date {
    /// A day, when it exists.
    ///
    /// # Errors
    /// When the calendar has no such day, or the year lies outside 1800 to 2999.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, NotADate> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if YEARS.contains(&year) && (1..=days).contains(&day) {
            Ok(Self { year, month, day })
        } else {
            Err(NotADate)
        }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The same day so many months later; where that month has no such day, the first of the next. None beyond the calendar.
    #[must_use]
    pub fn after_months(self, months: u32) -> Option<Self> {
        let all = (u32::from(self.year) * 12 + u32::from(self.month) - 1).checked_add(months)?;
        let split = |all: u32| Some((u16::try_from(all / 12).ok()?, u8::try_from(all % 12 + 1).ok()?));
        let (year, month) = split(all)?;
        Self::new(year, month, self.day).ok().or_else(|| {
            let (year, month) = split(all + 1)?;
            Self::new(year, month, 1).ok()
        })
    }

    /// The day as the number `yyyymmdd`, which sorts as days do.
    #[must_use]
    pub fn number(self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month) * 100 + u32::from(self.day)
    }

    /// The day of a number `yyyymmdd`.
    ///
    /// # Errors
    /// When the number names no day.
    pub fn from_number(number: u64) -> Result<Self, NotADate> {
        let year = u16::try_from(number / 10_000).map_err(|_| NotADate)?;
        let month = u8::try_from(number / 100 % 100).map_err(|_| NotADate)?;
        let day = u8::try_from(number % 100).map_err(|_| NotADate)?;
        Self::new(year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = NotADate;
    fn from_str(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.split('-');
        let mut part = |len: usize| {
            parts
                .next()
                .filter(|p| p.len() == len && p.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|p| p.parse::<u16>().ok())
                .ok_or(NotADate)
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        if parts.next().is_some() {
            return Err(NotADate);
        }
        let short = |n: u16| u8::try_from(n).map_err(|_| NotADate);
        Self::new(year, short(month)?, short(day)?)
    }
}

/// An amount in thousandths of the measure: pieces and square metres with decimals, without floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    /// Thousandths of the measure, at most `i64::MAX`.
    pub thousandths: u64,
}

/// A text that is no amount with at most three decimals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an amount with at most three decimals, as in 12 or 12.5")]
pub struct NotAQuantity;

impl Quantity {
    /// The largest amount, so that it fits a signed number.
    pub const MAX: Self = Self {
        thousandths: i64::MAX as u64,
    };

    /// A whole number of the measure; stops at the largest amount.
    #[must_use]
    pub fn whole(count: u64) -> Self {
        Self {
            thousandths: count.saturating_mul(1_000).min(Self::MAX.thousandths),
        }
    }

    /// How much more this is than another amount, with its sign: `+2`, `-1.5`, `0`.
    #[must_use]
    pub fn signed_difference(self, other: Self) -> String {
        let thousandths = self.thousandths.abs_diff(other.thousandths);
        let sign = match self.cmp(&other) {
            std::cmp::Ordering::Less => "-",
            std::cmp::Ordering::Equal => "",
            std::cmp::Ordering::Greater => "+",
        };
        format!("{sign}{}", Self { thousandths })
    }

    /// The sum; stops at the largest amount.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = self.thousandths.saturating_add(other.thousandths);
        Self {
            thousandths: sum.min(Self::MAX.thousandths),
        }
    }
}

impl fmt::Display for Quantity {
    /// With a decimal point and no needless zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.thousandths / 1_000)?;
        match self.thousandths % 1_000 {
            0 => Ok(()),
            rest => write!(f, ".{}", format!("{rest:03}").trim_end_matches('0')),
        }
    }
}

impl FromStr for Quantity {
    type Err = NotAQuantity;
    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        if !digits(whole) || !digits(rest) || rest.len() > 3 {
            return Err(NotAQuantity);
        }
        let whole: u64 = whole.parse().map_err(|_| NotAQuantity)?;
        let rest: u64 = format!("{rest:0<3}").parse().map_err(|_| NotAQuantity)?;
        let thousandths = whole
            .checked_mul(1_000)
            .and_then(|t| t.checked_add(rest))
            .ok_or(NotAQuantity)?;
        if thousandths <= Self::MAX.thousandths {
            Ok(Self { thousandths })
        } else {
            Err(NotAQuantity)
        }
    }
}

/// One link of a custody chain: a registration, or one line of one handover. Two effect operations for the same
/// line name the same link, which is what makes them idempotent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub [u8; 32]);

impl LinkId {
    /// The first link of a subject: that of its registration.
    #[must_use]
    pub fn of_registration(subject: RecordId) -> Self {
        Self(subject.0)
    }

    /// The link that a line of a handover makes: SHA-256 of `soxa/link/1`, a zero byte, the handover's id and the
    /// line's number as four bytes, big-endian.
    #[must_use]
    pub fn of_line(handover: RecordId, line: u32) -> Self {
        let mut bytes = b"soxa/link/1\0".to_vec();
        bytes.extend_from_slice(&handover.0);
        bytes.extend_from_slice(&line.to_be_bytes());
        Self(sha256(&bytes))
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkId(")?;
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, ")")
    }
}

/// Moments that the ledger signs beyond what a signed number holds are shown as the last one that it does.
pub(crate) fn time_value(time: soxa_ledger::Time) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}
