//! Which cuts on an appointment, admission or invite count, and what they exclude.

use std::collections::BTreeMap;

use crate::feed::Seq;
use crate::ids::{EntryHash, FeedId, NodeKey, StatementId};
use crate::sabotage::{self, Rule};
use crate::statement::{Fact, FeedPosition, Issuer};
use crate::verdict::{Position, Verdict};

use super::Authority;
use super::branches::names;

/// What can be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cuttable {
    /// An appointment, the admission of a node, or an invite.
    Statement(StatementId),
    /// The place that a node has from the genesis; only a compromise of its key by the root ends it.
    Founding(NodeKey),
}

/// The cuts that count for each target: valid, of the highest rank, ascending. A target without any is not in it.
pub(super) type CountingCuts = BTreeMap<Cuttable, Vec<StatementId>>;

/// What positions say of a feed.
pub(super) fn named(stands: &[FeedPosition], feed: &FeedId) -> Option<(Seq, EntryHash)> {
    // Decoding refuses positions that are not in strictly ascending order of their feeds.
    let index = stands.binary_search_by(|position| position.feed.cmp(feed)).ok()?;
    stands.get(index).map(|position| (position.seq, position.hash))
}

impl Authority {
    /// Rules 13 and 14: the valid cuts and compromises that apply to a target, reduced to the highest rank.
    pub(super) fn counting_cuts(&self, target: Cuttable) -> Vec<StatementId> {
        let mut highest = 0;
        let mut counting = Vec::new();
        for (cut, steps) in self.applicable_cuts(target) {
            if self.verdicts.get(&cut) != Some(&Verdict::Valid) || steps < highest {
                continue;
            }
            if steps > highest && !sabotage::is_off(Rule::HighestCutsCount) {
                highest = steps;
                counting.clear();
            }
            counting.push(cut);
        }
        counting.sort_unstable();
        counting
    }

    /// Cuts and compromises by somebody above a target, whatever their verdict, with how far above it they are.
    fn applicable_cuts(&self, target: Cuttable) -> Vec<(StatementId, usize)> {
        let (id, key) = match target {
            Cuttable::Founding(node) => {
                let by_root =
                    |id: &StatementId| self.book.statement(id).is_some_and(|s| s.issuer == Issuer::Root);
                return self
                    .book
                    .compromises_of(&node.0)
                    .filter(by_root)
                    .map(|id| (id, usize::MAX))
                    .collect();
            }
            Cuttable::Statement(id) => match self.book.statement(&id).map(|s| &s.fact) {
                Some(Fact::Appointment(appointment)) => (id, Some(appointment.key.0)),
                Some(Fact::Admission(admission)) => (id, Some(admission.node.0)),
                Some(Fact::Invite(_)) => (id, None),
                _ => return Vec::new(),
            },
        };
        let Some(statement) = self.book.statement(&id) else {
            return Vec::new();
        };
        let chain = self.book.chain(statement);
        self.book
            .cuts_of(&id)
            .chain(key.iter().flat_map(|key| self.book.compromises_of(key)))
            .filter_map(|cut| {
                let issuer = self.book.statement(&cut)?.issuer;
                Some((cut, chain.steps_to(issuer)?))
            })
            .collect()
    }

    /// Whether any cut counts for a target, wherever it lies.
    pub(super) fn is_cut(&self, target: Cuttable) -> bool {
        self.counting.contains_key(&target)
    }

    /// The cut that excludes a position: the one of the smallest id, when several do.
    pub(super) fn excluding_cut(&self, target: Cuttable, at: &Position) -> Option<StatementId> {
        let mut counting = self.counting.get(&target)?.iter().copied();
        counting.find(|cut| {
            let kept = self.book.statement(cut).map_or(&[][..], |cut| names(cut));
            match named(kept, &at.feed) {
                Some(last) => !self.stands(at, last),
                None => !sabotage::is_off(Rule::UnnamedFeedsAreCut),
            }
        })
    }
}
