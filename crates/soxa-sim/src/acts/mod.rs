//! What officials do, at a node drawn at random, on what that node shows them.

use std::sync::Arc;

use soxa_engine::Engine;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{RecordId, Scope};
use soxa_records::{CustodyView, History};

use crate::limits::{RECORDS_LOOKED_AT, TRIES_PER_STEP};
use crate::province::{Duty, Official};
use crate::report::Defect;
use crate::run::Simulation;

pub(crate) mod authority;
mod corrections;
mod dossiers;
mod handovers;
pub(crate) mod hostile;
pub(crate) mod officials;
mod receiving;
mod records;
mod rulings;
mod wrong;

/// One act. Acts for which there is no occasion are thrown again.
pub(crate) fn act(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    for _ in 0..TRIES_PER_STEP {
        let up = sim.up();
        let Some(node) = sim.dice.pick(&up).copied() else {
            return Ok(());
        };
        let done = match sim.dice.below(100) {
            0..36 => {
                let draft = records::everyday(sim, node)?;
                records::submit(sim, node, draft)?
            }
            36..48 => {
                let draft = dossiers::work(sim, node)?;
                records::submit(sim, node, draft)?
            }
            48..57 => handovers::offer(sim, node)?,
            57..60 => corrections::correct(sim, node)?,
            60..81 => receiving::answer(sim, node)?,
            81..83 => rulings::rule(sim, node)?,
            83..88 => authority::appoint(sim, node)?,
            88..93 => records::hand_in_again(sim, node)?,
            _ => wrong::act(sim, node)?,
        };
        if done {
            return Ok(());
        }
    }
    Ok(())
}

/// One subject is given away, or one record written, at two nodes, each on what it shows.
pub(crate) fn rivals(sim: &mut Simulation<'_>) -> Result<(), Defect> {
    for _ in 0..TRIES_PER_STEP {
        let done = if sim.dice.chance(50) {
            handovers::give_twice(sim)?
        } else {
            records::set_at_two_nodes(sim)?
        };
        if done {
            break;
        }
    }
    Ok(())
}

impl Simulation<'_> {
    pub fn engine(&self, node: usize) -> Option<&Engine> {
        self.nodes
            .get(node)?
            .running
            .as_ref()
            .map(|running| &running.engine)
    }

    /// Whether a node, as far as it knows, is one of these readers.
    pub fn reads(&self, node: usize, readers: &Scope) -> bool {
        let own = self
            .engine(node)
            .and_then(|engine| engine.unit_of(&engine.own_node()));
        readers.is_all_nodes() || own.is_some_and(|unit| readers.admits(&unit))
    }

    /// Whether the official's appointment is in force as far as the node knows.
    pub fn in_force(&self, node: usize, official: &Official) -> bool {
        let Some(engine) = self.engine(node) else {
            return false;
        };
        let authority = engine.authority();
        let clock = self.nodes[node].node_time(self.now);
        authority.judge_statement(&official.appointment) == Verdict::Valid
            && authority.cuts_on(&official.appointment).is_empty()
            && authority
                .appointment(&official.appointment)
                .is_some_and(|made| made.term.covers(clock))
    }

    /// Somebody in force at the node who may do this in the unit: an officer, or its head.
    pub fn officer(&mut self, node: usize, unit: usize, duty: Duty) -> Option<Official> {
        let fit = |official: &&Official| {
            official.unit == unit && (official.duty == duty || official.duty == Duty::Head)
        };
        let fit: Vec<Official> = self.province.officials.iter().filter(fit).cloned().collect();
        let fit: Vec<Official> = fit
            .into_iter()
            .filter(|official| self.in_force(node, official))
            .collect();
        self.dice.pick(&fit).cloned()
    }

    /// A unit that is at home at the node, or sometimes any: officials travel.
    pub fn unit_for(&mut self, node: usize) -> usize {
        let at_home: Vec<usize> = (0..self.province.units.len())
            .filter(|unit| self.province.units[*unit].home == node)
            .collect();
        if self.dice.chance(75)
            && let Some(unit) = self.dice.pick(&at_home)
        {
            return *unit;
        }
        self.dice.index(self.province.units.len())
    }

    /// All records of a kind that the node shows.
    pub fn records(&self, node: usize, kind: &str) -> Result<Vec<RecordId>, Defect> {
        let Some(engine) = self.engine(node) else {
            return Ok(Vec::new());
        };
        engine
            .records_of_kind(kind, None, RECORDS_LOOKED_AT)
            .map_err(|error| Defect::local(&self.name(node), error))
    }

    /// A record as the node shows it; none when it does not exist there.
    pub fn history(&self, node: usize, record: RecordId) -> Option<Arc<History>> {
        self.engine(node)?
            .history(record)
            .ok()
            .filter(|history| history.exists())
    }

    /// A record of a kind, drawn from those that the node shows.
    pub fn any_record(
        &mut self,
        node: usize,
        kind: &str,
    ) -> Result<Option<(RecordId, Arc<History>)>, Defect> {
        let records = self.records(node, kind)?;
        let Some(record) = self.dice.pick(&records).copied() else {
            return Ok(None);
        };
        Ok(self.history(node, record).map(|history| (record, history)))
    }

    /// Records of a kind that a unit holds, as the node shows them.
    pub fn held(
        &self,
        node: usize,
        kind: &str,
        unit: usize,
    ) -> Result<Vec<(RecordId, Arc<History>)>, Defect> {
        let records = self.records(node, kind)?.into_iter();
        let shown = records.filter_map(|record| Some((record, self.history(node, record)?)));
        Ok(shown
            .filter(|(_, history)| self.custodian(history) == Some(unit))
            .collect())
    }

    /// The unit that holds a subject.
    pub fn custodian(&self, history: &History) -> Option<usize> {
        let custodian = CustodyView::of(history.state()).custodian?;
        self.province.unit_by_id(&custodian)
    }
}
