//! Names of units as people wrote them into records: those that no unit has today.

use soxa_ledger::RecordId;

use crate::asked::Asked;
use crate::figure::{Base, Figure, Name, Tally};
use crate::limits::PLACES_OF_PEOPLE;

/// Whom a name that somebody wrote means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// A unit that is called so.
    Now,
    /// A unit that was called so in former times, or has ended.
    Formerly,
    /// None, or nobody can tell which.
    Nobody,
}

/// A name of a unit in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenName {
    /// The record.
    pub record: RecordId,
    /// The units that deal with the record.
    pub units: Vec<RecordId>,
    /// The name.
    pub name: String,
    /// Whom it means.
    pub means: Called,
}

/// How many of the names are old, and how many are nobody's.
pub(crate) fn names(asked: &Asked, written: impl IntoIterator<Item = WrittenName>) -> [Figure; 2] {
    let [mut old, mut unmatched]: [Tally; 2] = Default::default();
    let mut all = 0;
    for one in written {
        if one.name.trim().is_empty() || !asked.is_about_any(one.units.iter().copied()) {
            continue;
        }
        all += 1;
        match one.means {
            Called::Now => {}
            Called::Formerly => old.say(one.record, one.name),
            Called::Nobody => unmatched.say(one.record, one.name),
        }
    }
    let share = |tally: Tally, name| tally.share(name, all, PLACES_OF_PEOPLE, Base::NamesWritten);
    [
        share(old, Name::NamesOfOld),
        share(unmatched, Name::NamesUnmatched),
    ]
}
