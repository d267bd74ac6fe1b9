//! What is published under one key, in however many records.
//!
//! Two operators who do not know of each other make two records of one key. They are read together, everywhere in the same way:
//! as if one had been published upon the other, and of versions from the same day on that of the record with the greater id.
//! Whether they say different things of a day is a conflict, which whoever publishes next settles: into every record of the key.

use std::collections::BTreeMap;

use soxa_ledger::ids::{OpId, RecordId};

use crate::history::History;
use crate::measure::Date;
use crate::reference::{ReferenceTable, ReferenceVersion, ReferenceView};

/// All that is published under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The records of this key, in the order of their ids.
    pub records: Vec<RecordId>,
    /// Their versions together.
    pub view: ReferenceView,
}

/// A version that does not know of another one from the same day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// In which record it stands.
    pub record: RecordId,
    /// The operation that published it.
    pub op: OpId,
    /// What it says.
    pub version: ReferenceVersion,
}

impl Reference {
    /// The records by their keys, in the order of tables and keys.
    #[must_use]
    pub fn merged(all: impl IntoIterator<Item = (RecordId, ReferenceView)>) -> Vec<Self> {
        let mut by_key: BTreeMap<(ReferenceTable, String), BTreeMap<RecordId, ReferenceView>> =
            BTreeMap::new();
        for (record, view) in all {
            if let (Some(table), Some(key)) = (view.table.one(), view.key.one()) {
                by_key
                    .entry((*table, key.clone()))
                    .or_default()
                    .insert(record, view);
            }
        }
        by_key.into_values().filter_map(Self::of).collect()
    }

    fn of(mut records: BTreeMap<RecordId, ReferenceView>) -> Option<Self> {
        let ids = records.keys().copied().collect();
        let (_, mut view) = records.pop_first()?;
        view.versions
            .extend(records.into_values().flat_map(|other| other.versions));
        Some(Self { records: ids, view })
    }

    /// Versions that say different things of a day from this one on, none of them published in knowledge of the other: of the first
    /// such day; empty when there is none. The histories are those of its records.
    #[must_use]
    pub fn rivals<'a>(&self, since: Date, history: impl Fn(&RecordId) -> Option<&'a History>) -> Vec<Rival> {
        let firsts = self.view.versions.iter().map(|(_, version)| version.from);
        let mut days: Vec<Date> = firsts.filter(|from| *from > since).chain([since]).collect();
        days.sort();
        days.dedup();
        let of_day = |day: Date| {
            let (_, holds) = self.view.on(day)?;
            let rivals = self.records.iter().flat_map(|record| {
                let last = history(record).map(|history| last_of(history, holds.from));
                last.into_iter().flatten().map(|(op, version)| Rival {
                    record: *record,
                    op,
                    version,
                })
            });
            let rivals: Vec<Rival> = rivals.filter(|rival| rival.version.holds_on(day)).collect();
            let first = rivals.first()?.version.clone();
            rivals
                .iter()
                .any(|rival| rival.version != first)
                .then_some(rivals)
        };
        days.into_iter().find_map(of_day).unwrap_or_default()
    }
}

/// The versions of a record from a day on that no other from that day was published upon.
fn last_of(history: &History, from: Date) -> Vec<(OpId, ReferenceVersion)> {
    let versions = ReferenceView::of(history.state())
        .map(|view| view.versions)
        .unwrap_or_default();
    let mut last: Vec<(OpId, ReferenceVersion)> = versions
        .into_iter()
        .filter(|(_, version)| version.from == from)
        .collect();
    if last.len() > 1 {
        let ops: Vec<OpId> = last.iter().map(|(op, _)| *op).collect();
        let is_followed = |op: &OpId| {
            let others = ops.iter().filter(|other| *other != op);
            others.into_iter().any(|other| {
                let known = history.state_at(&[*other]);
                known.list("versions").iter().any(|row| row.op == *op)
            })
        };
        last.retain(|(op, _)| !is_followed(op));
    }
    last
}
