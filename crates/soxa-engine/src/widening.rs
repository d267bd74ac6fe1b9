//! Widening: the acts on a dossier that was forwarded to further readers are appended again, unchanged, in a feed that all of
//! its readers read.
//!
//! Further readers get no feed of the old readers. So whoever may read an act that they do not hold appends a copy of it
//! ([`soxa_ledger::copy`]) in a feed of its own for all readers, also of acts that come later with the old readers, by
//! officials who did not know of the forwarding. The copy shows where the act stood first, and by that position it is judged: so
//! old and new readers come to the same verdict though only the old ones hold the first feed.
//!
//! What is to be copied is worked out whenever the record is judged, from the entries that are held alone, and stands in a row
//! of the index while there is something: nothing is lost by a restart, and what anybody has copied is no longer in anybody's
//! row. A node copies what it appended itself at once. What others appended it copies when they have not, after a while that
//! is another for each reader's node: two that do it at once do no harm.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::copy::CommitCopy;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::ids::sha256;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Body, FeedId, NodeKey, RecordId, Scope, Time};
use soxa_store::Index;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::judging::Judging;
use crate::layout::{SPREAD, id_at};
use crate::limits::{CARRY_ACTS_MAX, CARRY_AFTER_MS, CARRY_STEP_MS};
use crate::overlay::scan_all;
use crate::rows::{Place, RecordRow};
use crate::submit::Act;

/// The entries of one record that further readers do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spread {
    pub record: RecordId,
    pub places: Vec<Place>,
}

/// What this process knows of one such record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Widening {
    /// What there was to do when it was last looked at.
    places: Vec<Place>,
    /// When what others appended is copied; none when nothing is left to do.
    due: Option<Time>,
}

const TABLE: &str = "entries for further readers";

/// What the index says.
pub(crate) fn read_spread(index: &dyn Index) -> Result<Vec<Spread>, EngineError> {
    let rows = scan_all(index, SPREAD, &[])?;
    rows.into_iter().map(|(key, row)| read_row(&key, &row)).collect()
}

fn read_row(key: &[u8], row: &[u8]) -> Result<Spread, EngineError> {
    let places = row.chunks(6).map(Place::from_key).collect::<Option<_>>();
    Ok(Spread {
        record: RecordId(id_at(key, 0, TABLE)?),
        places: places.ok_or(EngineError::Index { table: TABLE })?,
    })
}

impl Judging<'_> {
    /// Notes which entries of a record its readers do not all hold: none of a record that was not forwarded.
    pub fn note_spread(
        &mut self,
        record: RecordId,
        row: &RecordRow,
        created_for: Option<&Scope>,
    ) -> Result<(), EngineError> {
        let places = match created_for {
            Some(first) if *first != row.scope => self.unspread(row)?,
            _ => BTreeSet::new(),
        };
        let known = self.view.get(SPREAD, &record.0)?;
        if places.is_empty() {
            if known.is_some() {
                self.view.remove(SPREAD, &record.0);
            }
            return Ok(());
        }
        let bytes: Vec<u8> = places.into_iter().flat_map(Place::to_key).collect();
        if known.as_deref() != Some(bytes.as_slice()) {
            self.view.put(SPREAD, &record.0, bytes);
        }
        Ok(())
    }

    /// Of each position that no entry shows to all readers, the first entry in the log that gives it. An entry past a fork
    /// shows it to nobody, since others need not hold it; but whoever holds it can pass on what it copies.
    fn unspread(&self, row: &RecordRow) -> Result<BTreeSet<Place>, EngineError> {
        let authority = &self.sources.authority;
        let mut shown: BTreeSet<Position> = BTreeSet::new();
        let mut narrow: BTreeMap<Position, Place> = BTreeMap::new();
        let entries: BTreeSet<Place> = row.ops.iter().map(|op| op.place.entry).collect();
        for place in entries {
            let carried = self.carried(place)?;
            let standing = carried.standing();
            if row.scope.units().iter().all(|unit| standing.readers.admits(unit)) {
                if authority.counts(&standing.entry) {
                    shown.insert(standing.position);
                    continue;
                }
            } else if !row.scope.may_carry(&standing.readers) {
                continue;
            }
            if authority.counts(&standing.position) {
                narrow.entry(standing.position).or_insert(place);
            }
        }
        narrow.retain(|position, _| !shown.contains(position));
        Ok(narrow.into_values().collect())
    }
}

impl Engine {
    /// When [`Engine::widen`] has something to do.
    pub(crate) fn widen_at(&self) -> Option<Time> {
        let Ok(spread) = self.derived.spread(&self.store) else {
            // It is told by what comes then.
            return Some(Time(0));
        };
        let due = |one: &Spread| match self.widening.get(&one.record) {
            Some(known) if known.places == one.places => known.due,
            _ => Some(Time(0)),
        };
        spread.iter().filter_map(due).min()
    }

    /// Copies what it is time to copy. Returns the own feeds that grew.
    pub(crate) fn widen(&mut self, now: Time, clock: Time) -> Result<BTreeSet<FeedId>, EngineError> {
        let mut grown = BTreeSet::new();
        if self.is_own_forked() {
            return Ok(grown);
        }
        let spread = self.derived.spread(&self.store)?;
        self.widening
            .retain(|record, _| spread.iter().any(|one| one.record == *record));
        for one in spread.iter() {
            let before = self.widening.get(&one.record);
            let unchanged = before.is_some_and(|known| known.places == one.places);
            let due = match before.and_then(|known| known.due) {
                Some(due) => due,
                None if unchanged => continue,
                None => now.plus_ms(self.widen_delay(&one.record)?),
            };
            let acts = self.copies(one, due <= now)?;
            let more = acts.len() == CARRY_ACTS_MAX;
            if !acts.is_empty() {
                let acts: Vec<_> = acts.iter().map(Copied::act).collect();
                tracing::info!(record = %one.record.short(), acts = acts.len(), "copied for further readers");
                grown.extend(self.append_again(acts, clock)?);
            }
            let due = if due <= now {
                more.then_some(now)
            } else {
                Some(due)
            };
            let known = Widening {
                places: one.places.clone(),
                due,
            };
            self.widening.insert(one.record, known);
        }
        Ok(grown)
    }

    /// How long this node waits before it copies what others appended: by its place among the nodes of all readers, in an
    /// order that is another for each record.
    fn widen_delay(&self, record: &RecordId) -> Result<u64, EngineError> {
        let readers = self.derived.readers(&self.store, record)?;
        let place = |node: &NodeKey| sha256(&[record.0, node.0].concat());
        let own = place(&self.node());
        let admitted = self.authority().admitted_nodes();
        let before = admitted
            .iter()
            .filter(|(node, unit)| readers.admits(unit) && place(node) < own)
            .count();
        Ok(CARRY_AFTER_MS.saturating_add(CARRY_STEP_MS.saturating_mul(before as u64)))
    }

    /// Copies of what this node appended itself and, when it is time to, of what others appended; without what no honest
    /// node lets in.
    fn copies(&self, spread: &Spread, all: bool) -> Result<Vec<Copied>, EngineError> {
        let readers = self.derived.readers(&self.store, &spread.record)?;
        let log = self.log();
        let mut copies = Vec::new();
        for place in &spread.places {
            let run = log.run(place.run)?;
            let at = usize::from(place.at);
            let Some(entry) = run.entries.get(at) else {
                continue;
            };
            let own = run.feed.node == self.node();
            if !(own || all) || copies.len() == CARRY_ACTS_MAX {
                continue;
            }
            let bytes = match entry.header.kind {
                BodyKind::Copy => Some(entry.body.clone()),
                _ => CommitCopy::from_run(&run, at).map(|copy| copy.encode()),
            };
            let (body, standing) = log.body(*place)?;
            if let Some(bytes) = bytes
                && !self.is_offence(&body, standing)?
            {
                copies.push(Copied {
                    body,
                    bytes,
                    readers: readers.clone(),
                });
            }
        }
        Ok(copies)
    }
}

/// A copy about to be appended.
struct Copied {
    body: Body,
    bytes: Vec<u8>,
    readers: Scope,
}

impl Copied {
    fn act(&self) -> Act<'_> {
        Act {
            body: &self.body,
            kind: BodyKind::Copy,
            bytes: self.bytes.as_slice().into(),
            readers: self.readers.clone(),
        }
    }
}
