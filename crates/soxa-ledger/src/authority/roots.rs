//! Root keys and who follows them: which sets of root keys are in office, and up to where.

use std::collections::BTreeSet;

use crate::ids::{PublicKey, StatementId};
use crate::limits::ROOT_CHANGES_MAX;
use crate::sabotage::{self, Rule};
use crate::statement::{Fact, FeedPosition, Genesis, Issuer, RootChange};
use crate::verdict::{Missing, Position, Verdict, VoidReason};

use super::Authority;
use super::book::{Book, Said};
use super::cuts::named;
use super::standing::best;

/// A set of root keys: that of the genesis, or of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RootSet {
    /// The statement that names it.
    pub id: StatementId,
    roots: Vec<PublicKey>,
    quorum: u32,
    /// The change that ended it, and what stands of it.
    ended: Option<(StatementId, Vec<FeedPosition>)>,
}

impl RootSet {
    fn founding(network: StatementId, genesis: &Genesis) -> Self {
        Self {
            id: network,
            roots: genesis.roots.clone(),
            quorum: genesis.quorum,
            ended: None,
        }
    }

    fn of(id: StatementId, change: &RootChange) -> Self {
        Self {
            id,
            roots: change.roots.clone(),
            quorum: change.quorum,
            ended: None,
        }
    }

    pub fn keys(&self) -> (&[PublicKey], u32) {
        (&self.roots, self.quorum)
    }

    fn signed(&self, signers: &[PublicKey]) -> bool {
        let signed = self.roots.iter().filter(|root| signers.contains(root)).count();
        signed >= self.quorum as usize
    }
}

/// The changes that follow a set and are signed by its quorum, in the order of their ids.
fn changes_after<'a>(
    book: &'a Book,
    set: &'a RootSet,
) -> impl Iterator<Item = (StatementId, &'a RootChange)> {
    book.changes_of(&set.id).filter_map(|id| {
        let said = book.get(&id)?;
        let statement = said.content()?;
        let Fact::Roots(change) = &statement.fact else {
            return None;
        };
        if statement.issuer != Issuer::Root {
            return None;
        }
        let signed = said
            .containers
            .values()
            .any(|one| set.signed(&one.statement.signers));
        signed.then_some((id, change))
    })
}

impl Authority {
    /// The sets in office one after the other: of the changes that follow one the smallest id counts.
    pub(super) fn succession(&self, genesis: &Genesis) -> Vec<RootSet> {
        let mut sets = vec![RootSet::founding(StatementId(self.network.0), genesis)];
        while sets.len() <= ROOT_CHANGES_MAX
            && let Some(last) = sets.last_mut()
        {
            let next = changes_after(&self.book, last).next();
            let Some((id, change)) = next.map(|(id, change)| (id, change.clone())) else {
                break;
            };
            last.ended = Some((id, change.stands.clone()));
            sets.push(RootSet::of(id, &change));
        }
        sets
    }

    /// All sets that ever were named by right, whether they count or not: grows only.
    pub(super) fn root_sets(&self, genesis: &Genesis) -> Vec<RootSet> {
        let mut sets = vec![RootSet::founding(StatementId(self.network.0), genesis)];
        let mut seen = BTreeSet::new();
        let mut next = 0;
        while let Some(set) = sets.get(next).cloned() {
            for (id, change) in changes_after(&self.book, &set) {
                if seen.insert(id) {
                    sets.push(RootSet::of(id, change));
                }
            }
            next += 1;
        }
        sets
    }

    /// Whether some quorum of root keys, in office or not, signed.
    pub(super) fn signed_by_root(&self, signers: &[PublicKey]) -> bool {
        self.genesis()
            .is_some_and(|genesis| self.root_sets(genesis).iter().any(|set| set.signed(signers)))
    }

    /// Rule 5: a statement by the root.
    pub(super) fn by_root(&self, said: &Said) -> Verdict {
        let ways = said.containers.values().flat_map(|container| {
            let signed = self
                .succession
                .iter()
                .filter(|set| set.signed(&container.statement.signers));
            signed.flat_map(|set| container.at.iter().map(|at| self.in_office(set, at)))
        });
        ways.reduce(Verdict::or)
            .unwrap_or(Verdict::Void(VoidReason::NoQuorum))
    }

    /// Rule 22: whether a position is one at which a set was in office; else the change that ended it.
    fn in_office(&self, set: &RootSet, at: &Position) -> Verdict {
        match &set.ended {
            None => Verdict::Valid,
            Some(_) if sabotage::is_off(Rule::RootKeysEnd) => Verdict::Valid,
            Some((change, kept)) => match named(kept, &at.feed) {
                Some(last) if self.stands(at, last) => Verdict::Valid,
                _ => Verdict::Void(VoidReason::Cut(*change)),
            },
        }
    }

    /// Rule 21: a change of the root keys.
    pub(super) fn root_change(&self, said: &Said, id: StatementId, change: &RootChange) -> Verdict {
        if self.succession.iter().any(|set| set.id == id) {
            return Verdict::Valid;
        }
        let follows = change.follows;
        let Some(set) = self.succession.iter().find(|set| set.id == follows) else {
            return match self.book.statement(&follows).map(|statement| &statement.fact) {
                None => Verdict::Pending(Missing::Statement(follows)),
                Some(Fact::Roots(_)) => Verdict::Void(VoidReason::AppointmentVoid(follows)),
                Some(_) => Verdict::Void(VoidReason::NotAnAppointment(follows)),
            };
        };
        let signed = said.containers.values().map(|container| {
            if set.signed(&container.statement.signers) {
                Verdict::Valid
            } else {
                Verdict::Void(VoidReason::NoQuorum)
            }
        });
        match best(signed, Missing::Entry) {
            Verdict::Valid => match &set.ended {
                Some((other, _)) => Verdict::Void(VoidReason::RootsChanged(*other)),
                None => Verdict::Void(VoidReason::TooDeep),
            },
            not => not,
        }
    }
}
