//! Which nodes are admitted, for which unit, and up to where.

use crate::ids::{NodeKey, RecordId};
use crate::statement::Genesis;
use crate::verdict::{Missing, Position, Verdict, VoidReason};

use super::Authority;
use super::cuts::Cuttable;
use super::standing::best;

impl Authority {
    /// The valid ways in which a node is admitted: from the genesis, then by statements in the order of their ids.
    pub(super) fn ways_of(&self, genesis: &Genesis, node: &NodeKey) -> Vec<Cuttable> {
        let founding = genesis.nodes.contains(node).then_some(Cuttable::Founding(*node));
        let admissions = self
            .book
            .admissions_of(node)
            .filter(|id| self.verdicts.get(id) == Some(&Verdict::Valid))
            .map(Cuttable::Statement);
        founding.into_iter().chain(admissions).collect()
    }

    /// Rules 15 and 16: whether an entry of the node counts for an act.
    pub(super) fn admitted_at(&self, ways: &[Cuttable], at: &Position) -> Verdict {
        let way = |way: &Cuttable| match self.excluding_cut(*way, at) {
            Some(cut) => Verdict::Void(VoidReason::NodeCut(cut)),
            None => Verdict::Valid,
        };
        best(ways.iter().map(way), Missing::Admission(at.node))
    }

    /// The unit of the first way without any cut.
    pub(super) fn unit_now(&self, genesis: &Genesis, node: &NodeKey) -> Option<RecordId> {
        match self
            .ways_of(genesis, node)
            .into_iter()
            .find(|way| !self.is_cut(*way))?
        {
            Cuttable::Founding(_) => Some(self.network.province_unit()),
            Cuttable::Statement(id) => self.book.admission(&id).map(crate::statement::Admission::unit),
        }
    }
}
