//! What few read: every reader of a dossier holds all of it, also what was signed before it became one, and makes the same of
//! it; nobody else holds a byte.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::{Engine, EngineError};
use soxa_ledger::{CommitId, OpId, RecordId, Scope};
use soxa_records::dossier::view::DossierView;
use soxa_records::{OpVerdict, StateHash};

use super::{all_of_kind, honest, may_read};
use crate::check::Act;
use crate::report::Defect;
use crate::run::Simulation;

/// One dossier as a node shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dossier {
    readers: Scope,
    state: StateHash,
    valid: BTreeSet<OpId>,
    forwarded: bool,
}

/// The dossiers that a node shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    dossiers: BTreeMap<RecordId, Dossier>,
    /// Each operation of each commit on these.
    commits: BTreeMap<CommitId, Vec<Option<OpVerdict>>>,
}

impl Shown {
    pub fn at(engine: &Engine) -> Result<Self, EngineError> {
        let mut shown = Self {
            dossiers: BTreeMap::new(),
            commits: BTreeMap::new(),
        };
        for record in all_of_kind(engine, "dossier")? {
            let history = engine.history(record)?;
            let Some(view) = DossierView::of(history.state()) else {
                continue;
            };
            let mut valid = BTreeSet::new();
            for (facts, verdict) in history.verdicts() {
                let of_commit = shown.commits.entry(facts.commit).or_default();
                of_commit.push(Some(verdict.clone()));
                if verdict.is_valid() {
                    valid.insert(facts.id);
                }
            }
            let dossier = Dossier {
                readers: view.readers,
                state: history.state().hash(),
                valid,
                forwarded: !view.forwarded.is_empty(),
            };
            shown.dossiers.insert(record, dossier);
        }
        Ok(shown)
    }

    /// Dossiers that were forwarded.
    pub fn forwarded(&self) -> u64 {
        self.dossiers.values().filter(|dossier| dossier.forwarded).count() as u64
    }

    pub fn verdicts(&self) -> impl Iterator<Item = (&CommitId, &Vec<Option<OpVerdict>>)> {
        self.commits.iter()
    }

    /// What a node of a unit shows otherwise than the province's, of the dossiers that it reads.
    pub fn difference(&self, other: &Self, unit: &RecordId) -> Option<String> {
        let read = self
            .dossiers
            .iter()
            .filter(|(_, dossier)| may_read(&dossier.readers, unit));
        let mut differs = read.filter(|(record, dossier)| other.dossiers.get(*record) != Some(*dossier));
        let (record, dossier) = differs.next()?;
        let there = other.dossiers.get(record);
        Some(format!("dossier {}: {dossier:?} / {there:?}", record.short()))
    }
}

/// Who must hold an act in the end; none for what every node reads.
pub(super) fn readers(sim: &Simulation<'_>, act: &Act, shown: &Shown) -> Option<Scope> {
    let (record, signed_for) = sim.watch.readers_of(act)?;
    let dossier = shown.dossiers.get(&record);
    let further = dossier.into_iter().flat_map(|dossier| dossier.readers.units());
    let all = Scope::of(signed_for.units().iter().chain(further).copied());
    Some(all.unwrap_or_else(|| signed_for.clone()))
}

/// Whoever nothing of a dossier was ever signed for holds none of its acts.
pub(super) fn check(sim: &Simulation<'_>) -> Result<(), Defect> {
    for (record, few) in sim.watch.all_for_few() {
        for (node, running) in honest(&sim.nodes).filter(|(node, _)| !few.meant.contains(&node.unit)) {
            for commit in few.commits.keys() {
                let found = running.engine.commit(commit);
                if found.map_err(|error| Defect::local(&node.name, error))?.is_some() {
                    return Err(Defect::Leaked {
                        node: node.name.clone(),
                        what: format!("commit {} on dossier {}", commit.short(), record.short()),
                    });
                }
            }
        }
    }
    Ok(())
}
