//! Rules 12 to 14 and 17, naively: what a cut ends, which cuts count, what they let stand, and which entries past a fork count.

use soxa_ledger::authority::Stretch;
use soxa_ledger::statement::{Fact, FeedPosition, Issuer};
use soxa_ledger::verdict::{Missing, Position, Verdict, VoidReason};
use soxa_ledger::{EntryHash, FeedId, NodeKey, Seq, Statement, StatementId};

use super::{Facts, void};

/// What a cut can end.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Statement(&'a Statement),
    Founding(NodeKey),
}

/// A cut or compromise: who, what stands, and how far its issuer is above the target.
pub(super) struct Counting<'a> {
    pub(super) id: StatementId,
    stands: &'a [FeedPosition],
    height: usize,
}

/// The entries that a statement names as the last that stand.
fn names(statement: &Statement) -> &[FeedPosition] {
    match &statement.fact {
        Fact::Cut(cut) => &cut.stands,
        Fact::Compromise(compromise) => &compromise.stands,
        Fact::Roots(change) => &change.stands,
        _ => &[],
    }
}

pub(super) fn in_feed(stands: &[FeedPosition], feed: FeedId) -> Option<(Seq, EntryHash)> {
    stands.iter().find(|p| p.feed == feed).map(|p| (p.seq, p.hash))
}

/// The links of consecutive entries, one by one.
pub fn links(feed: FeedId, held: &Stretch) -> Vec<(FeedId, Seq, EntryHash, EntryHash)> {
    let before = std::iter::once(&held.prev).chain(&held.hashes);
    let entries = (held.first.0..).zip(&held.hashes).zip(before);
    entries
        .map(|((seq, hash), prev)| (feed, Seq(seq), *hash, *prev))
        .collect()
}

impl Facts {
    /// The lowest fork of a feed.
    fn fork(&self, feed: FeedId) -> Option<Seq> {
        let forks = self.forks.iter().filter(|proof| proof.feed_id() == feed);
        forks.map(|proof| proof.seq()).min()
    }

    /// Rule 17.
    pub(super) fn counts(&self, at: &Position) -> bool {
        let Some(fork) = self.fork(at.feed) else {
            return true;
        };
        at.seq < fork
            || self.entered.iter().any(|(statement, _)| {
                names(statement)
                    .iter()
                    .any(|named| named.feed == at.feed && self.is_below(at, (named.seq, named.hash)))
            })
    }

    /// Rule 14: whether a position stands by a named one.
    pub(super) fn is_below(&self, at: &Position, last: (Seq, EntryHash)) -> bool {
        if self.fork(at.feed).is_none_or(|fork| at.seq < fork) {
            return at.seq < last.0 || at.seq == last.0 && at.hash == last.1;
        }
        let (mut seq, mut hash) = last;
        while (seq, hash) != (at.seq, at.hash) {
            let link = |(feed, number, own, _): &&(FeedId, Seq, EntryHash, EntryHash)| {
                *feed == at.feed && *number == seq && *own == hash
            };
            match self.links.iter().find(link) {
                Some((.., prev)) if seq > at.seq => (seq, hash) = (Seq(seq.0 - 1), *prev),
                _ => return false,
            }
        }
        true
    }

    /// Rule 12.
    pub(super) fn target_fits(&self, statement: &Statement) -> Verdict {
        let Fact::Cut(cut) = &statement.fact else {
            return Verdict::Valid;
        };
        let Some(target) = self.find(cut.target) else {
            return Verdict::Pending(Missing::Statement(cut.target));
        };
        if !matches!(
            target.fact,
            Fact::Appointment(_) | Fact::Admission(_) | Fact::Invite(_)
        ) {
            return void(VoidReason::NotAnAppointment(cut.target));
        }
        match (self.height(statement.issuer, target), self.above(target).1) {
            (Some(_), _) => Verdict::Valid,
            (None, Some(missing)) => Verdict::Pending(Missing::Statement(missing)),
            (None, None) => void(VoidReason::NotAbove),
        }
    }

    /// Rule 13.
    pub(super) fn counting(&self, target: Target<'_>) -> Vec<Counting<'_>> {
        let mut found: Vec<Counting<'_>> = Vec::new();
        for (statement, _) in &self.entered {
            let stands = match (&statement.fact, target) {
                (Fact::Cut(cut), Target::Statement(target)) if cut.target == target.id => &cut.stands,
                (Fact::Compromise(c), Target::Founding(node)) if c.key.0 == node.0 => &c.stands,
                (Fact::Compromise(c), Target::Statement(target)) => match &target.fact {
                    Fact::Appointment(a) if a.key == c.key => &c.stands,
                    Fact::Admission(a) if a.node.0 == c.key.0 => &c.stands,
                    _ => continue,
                },
                _ => continue,
            };
            let height = match target {
                Target::Statement(target) => self.height(statement.issuer, target),
                Target::Founding(_) => (statement.issuer == Issuer::Root).then_some(1_000),
            };
            let Some(height) = height else { continue };
            if found.iter().all(|other| other.id != statement.id) && self.statement(statement.id).is_valid() {
                found.push(Counting {
                    id: statement.id,
                    stands,
                    height,
                });
            }
        }
        let highest = found.iter().map(|cut| cut.height).max();
        found.retain(|cut| Some(cut.height) == highest);
        found.sort_by_key(|cut| cut.id);
        found
    }

    /// Rule 14: the first of the counting cuts by which a position does not stand.
    pub(super) fn excluded(&self, target: Target<'_>, at: &Position) -> Option<StatementId> {
        let excludes =
            |cut: &&Counting<'_>| in_feed(cut.stands, at.feed).is_none_or(|last| !self.is_below(at, last));
        self.counting(target).iter().find(excludes).map(|cut| cut.id)
    }
}
