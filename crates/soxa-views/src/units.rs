//! The units on a day.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::RecordId;
use soxa_records::Date;
use soxa_records::unit::view::UnitView;
use soxa_records::unit::{NoteTopic, UnitKind, UnitStage};

/// A unit on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What sort of unit; none while officials disagree.
    pub kind: Option<UnitKind>,
    /// Where it is in its life.
    pub stage: UnitStage,
    /// What it is called.
    pub name: String,
    /// The units above it, the province first.
    pub path: Vec<RecordId>,
    /// Whether a regulation of its functions, tasks and structure holds.
    pub has_regulation: bool,
    /// The units that took over from it, each once.
    pub successors: BTreeSet<RecordId>,
}

/// All units on a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Units(BTreeMap<RecordId, Unit>);

impl Units {
    /// These units on a day.
    pub fn on<'a>(day: Date, units: impl IntoIterator<Item = (RecordId, &'a UnitView)>) -> Self {
        let on = |view: &UnitView| {
            let designation = view.on(day);
            let taken_over = view.successors.iter().filter(|one| one.date <= day);
            Unit {
                kind: designation.kind,
                stage: view.stage_on(day),
                name: designation.name.unwrap_or_default(),
                path: view.path.clone(),
                has_regulation: view
                    .notes
                    .iter()
                    .any(|note| note.topic == NoteTopic::Regulation && note.holds_on(day)),
                successors: taken_over.map(|one| one.unit).collect(),
            }
        };
        Self(units.into_iter().map(|(id, view)| (id, on(view))).collect())
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, unit: RecordId) -> Option<&Unit> {
        self.0.get(&unit)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (RecordId, &Unit)> {
        self.0.iter().map(|(id, unit)| (*id, unit))
    }

    /// Whether a unit is at work on the day.
    #[must_use]
    pub fn is_open(&self, unit: RecordId) -> bool {
        self.get(unit).is_some_and(|unit| unit.stage == UnitStage::Open)
    }

    /// Whether a unit has ended by the day.
    #[must_use]
    pub fn is_closed(&self, unit: RecordId) -> bool {
        self.get(unit).is_some_and(|unit| unit.stage == UnitStage::Closed)
    }

    /// A unit and all units below it.
    #[must_use]
    pub fn area(&self, unit: RecordId) -> BTreeSet<RecordId> {
        let below = self.iter().filter(|(_, other)| other.path.contains(&unit));
        below.map(|(id, _)| id).chain([unit]).collect()
    }
}
