//! What a judging has entered that is not in the index yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, FileHash, OpId, RecordId};
use soxa_store::Keyspace;

use crate::carried::Standing;
use crate::layout::{ERASED, FILE, key, named_in};
use crate::overlay::Overlay;
use crate::rows::{OpPlace, Place};

/// A commit that was entered, at one position.
pub(crate) struct Entered<'a> {
    pub commit: &'a Commit,
    pub id: CommitId,
    pub standing: Standing,
}

/// Commits entered by one judging, and what follows from them for rows of runs. Each run is entered in one judging, so
/// these rows are written once.
pub(crate) struct Fresh<'a> {
    next_run: u32,
    commits: HashMap<Place, Arc<Entered<'a>>>,
    ops: HashMap<OpId, OpPlace>,
    named: BTreeMap<(Keyspace, [u8; 32], u32), Vec<u16>>,
    found: BTreeMap<(Keyspace, Vec<u8>, u32), Vec<RecordId>>,
}

impl<'a> Fresh<'a> {
    pub fn new(next_run: u32) -> Self {
        Self {
            next_run,
            commits: HashMap::new(),
            ops: HashMap::new(),
            named: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }

    /// The number of the run that is entered next. For what is only checked it is one that it would have if stored
    /// alone.
    pub fn begin_run(&mut self) -> u32 {
        let run = self.next_run;
        self.next_run = self.next_run.saturating_add(1);
        run
    }

    pub fn next_run(&self) -> u32 {
        self.next_run
    }

    /// Forgets all runs from this one on.
    pub fn back_to(&mut self, run: u32) {
        self.next_run = run;
        self.commits.retain(|place, _| place.run < run);
        self.ops.retain(|_, place| place.entry.run < run);
        self.named.retain(|(_, _, at), _| *at < run);
        self.found.retain(|(_, _, at), _| *at < run);
    }

    pub fn enter(&mut self, place: Place, entered: Entered<'a>) {
        self.commits.insert(place, Arc::new(entered));
    }

    /// An operation that nobody knew before.
    pub fn add_op(&mut self, op: OpId, place: OpPlace) {
        self.ops.insert(op, place);
    }

    /// The entry names something; once for each entry however often it does.
    pub fn name(&mut self, keyspace: Keyspace, id: [u8; 32], place: Place) {
        let entries = self.named.entry((keyspace, id, place.run)).or_default();
        if entries.last() != Some(&place.at) {
            entries.push(place.at);
        }
    }

    /// The record is found by what operations of the run say: under this prefix and the run, each once and in the order in which
    /// the run names them.
    pub fn find_by(&mut self, keyspace: Keyspace, prefix: Vec<u8>, run: u32, record: RecordId) {
        self.found
            .entry((keyspace, prefix, run))
            .or_default()
            .push(record);
    }

    pub fn get(&self, place: Place) -> Option<Arc<Entered<'a>>> {
        self.commits.get(&place).cloned()
    }

    pub fn op(&self, op: &OpId) -> Option<OpPlace> {
        self.ops.get(op).copied()
    }

    /// The entries that concern something, in the order in which they were entered.
    pub fn concerned(&self, concerned: impl Fn(&Position) -> bool) -> Vec<Place> {
        let entered = self.commits.iter();
        let mut places: Vec<Place> = entered
            .filter(|(_, entered)| concerned(&entered.standing.position))
            .map(|(place, _)| *place)
            .collect();
        places.sort_unstable();
        places
    }

    pub fn named(&self, keyspace: Keyspace, id: &[u8; 32]) -> impl Iterator<Item = Place> {
        self.named
            .range((keyspace, *id, 0)..=(keyspace, *id, u32::MAX))
            .flat_map(|((_, _, run), entries)| entries.iter().map(|at| Place { run: *run, at: *at }))
    }

    /// The files that operations name, or order to be erased.
    pub fn files(&self) -> impl Iterator<Item = FileHash> {
        let rows = self.found.keys();
        let rows = rows.filter(|(keyspace, ..)| [FILE, ERASED].contains(keyspace));
        rows.filter_map(|(_, file, _)| Some(FileHash(file.as_slice().try_into().ok()?)))
    }

    /// The rows of the runs.
    pub fn write(self, view: &mut Overlay<'_>) {
        for ((keyspace, id, run), entries) in self.named {
            view.put(keyspace, &named_in(&id, run), entries_row(&entries));
        }
        for ((keyspace, prefix, run), mut records) in self.found {
            let mut seen = BTreeSet::new();
            records.retain(|record| seen.insert(*record));
            let row: Vec<u8> = records.iter().flat_map(|record| record.0).collect();
            view.put(keyspace, &key(&[&prefix, &run.to_be_bytes()]), row);
        }
    }
}

fn entries_row(entries: &[u16]) -> Vec<u8> {
    entries.iter().flat_map(|at| at.to_be_bytes()).collect()
}

/// The entries that such a row names.
pub(crate) fn entries_of(row: &[u8], run: u32) -> impl Iterator<Item = Place> {
    row.as_chunks().0.iter().map(move |at| Place {
        run,
        at: u16::from_be_bytes(*at),
    })
}
