//! Who may read a feed.

use crate::cbor::{CborError, Reader, Writer};
use crate::ids::RecordId;
use crate::limits::SCOPE_UNITS_MAX;
use crate::sabotage::{self, Rule};

/// The set of units that may read a feed, sorted; the empty set means every node of the network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Scope(Vec<RecordId>);

impl Scope {
    /// The scope that every node of the network reads.
    #[must_use]
    pub fn all_nodes() -> Self {
        Self::default()
    }

    /// A scope of some units; `None` when there are more than the format allows.
    #[must_use]
    pub fn of(units: impl IntoIterator<Item = RecordId>) -> Option<Self> {
        let mut units: Vec<_> = units.into_iter().collect();
        units.sort_unstable();
        units.dedup();
        (units.len() <= SCOPE_UNITS_MAX).then_some(Self(units))
    }

    /// The units, sorted; none for the scope of all nodes.
    #[must_use]
    pub fn units(&self) -> &[RecordId] {
        &self.0
    }

    /// Whether every node of the network may read.
    #[must_use]
    pub fn is_all_nodes(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a node admitted for `unit` may read.
    #[must_use]
    pub fn admits(&self, unit: &RecordId) -> bool {
        self.0.is_empty() || self.0.binary_search(unit).is_ok() || sabotage::is_off(Rule::ScopesKeepOut)
    }

    /// Whether a feed of this scope may carry a commit of the other: the same scope, or a restricted one that a
    /// forwarded dossier was widened to. What is restricted never goes into a feed of all nodes.
    #[must_use]
    pub fn may_carry(&self, commit: &Self) -> bool {
        self == commit
            || (!commit.0.is_empty() && commit.0.iter().all(|unit| self.0.binary_search(unit).is_ok()))
    }

    /// Writes the scope as an array of unit ids.
    pub fn write(&self, writer: &mut Writer) {
        writer.array(self.0.len());
        for unit in &self.0 {
            writer.bytes(&unit.0);
        }
    }

    /// Reads a scope; the units must be sorted and different.
    ///
    /// # Errors
    /// When the form is wrong, there are too many units, or they are not in strictly ascending order.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let units = reader.list("scope", SCOPE_UNITS_MAX, |r| r.fixed("scope unit").map(RecordId))?;
        if units.is_sorted_by(|a, b| a < b) {
            Ok(Self(units))
        } else {
            Err(CborError::Value {
                field: "scope",
                what: "units that are not in ascending order",
            })
        }
    }
}
