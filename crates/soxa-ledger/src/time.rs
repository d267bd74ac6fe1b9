//! Moments, as the ledger signs them.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z. The ledger never reads a clock: every time is somebody's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u64);

impl Time {
    /// This moment plus a number of milliseconds; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus_ms(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A term: from a moment (included) until another (excluded); without an end it lasts until it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// First moment of the term.
    pub from: Time,
    /// First moment after the term.
    pub until: Option<Time>,
}

impl Term {
    /// Whether the moment lies inside the term.
    #[must_use]
    pub fn covers(&self, moment: Time) -> bool {
        self.from <= moment && self.until.is_none_or(|until| moment < until)
    }
}
