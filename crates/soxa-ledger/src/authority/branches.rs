//! Forked feeds: which of their entries count (rule 17), and what lies at or below what there (rule 14).

use std::collections::{BTreeMap, BTreeSet};

use crate::feed::Seq;
use crate::ids::{EntryHash, FeedId, StatementId};
use crate::sabotage::{self, Rule};
use crate::statement::{Fact, FeedPosition, Statement};
use crate::verdict::Position;

use super::Authority;

/// Consecutive entries of one history of a feed, by their hashes: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The number of the first entry.
    pub first: Seq,
    /// What the first entry names as its predecessor.
    pub prev: EntryHash,
    /// The entries.
    pub hashes: Vec<EntryHash>,
}

impl Stretch {
    /// The hash of the entry with a number.
    #[must_use]
    pub fn hash_at(&self, seq: Seq) -> Option<EntryHash> {
        let index = usize::try_from(seq.0.checked_sub(self.first.0)?).ok()?;
        self.hashes.get(index).copied()
    }

    /// Whether an entry is one of these.
    #[must_use]
    pub fn contains(&self, (seq, hash): (Seq, EntryHash)) -> bool {
        self.hash_at(seq) == Some(hash)
    }

    /// The entry before the first.
    #[must_use]
    pub fn before(&self) -> (Seq, EntryHash) {
        (Seq(self.first.0.saturating_sub(1)), self.prev)
    }
}

/// What is known of the histories of one feed.
#[derive(Debug, Clone, Default)]
pub(super) struct Histories {
    stretches: Vec<Stretch>,
    /// The entries from the fork on that count; empty while there is none.
    counted: BTreeSet<(Seq, EntryHash)>,
}

impl Histories {
    fn stretch_of(&self, at: (Seq, EntryHash)) -> Option<&Stretch> {
        self.stretches.iter().find(|stretch| stretch.contains(at))
    }

    /// Whether an entry is another or lies below it in one chain of known entries.
    fn is_below(&self, at: (Seq, EntryHash), mut through: (Seq, EntryHash)) -> bool {
        while at.0 < through.0 {
            let Some(stretch) = self.stretch_of(through) else {
                return false;
            };
            if at.0 >= stretch.first {
                return stretch.contains(at);
            }
            through = stretch.before();
        }
        at == through
    }

    /// Lets an entry count, and what lies below it down to the fork. Whether that is news.
    fn count(&mut self, fork: Seq, mut through: (Seq, EntryHash)) -> bool {
        let mut news = false;
        if sabotage::is_off(Rule::NamedBranchesCount) {
            return false;
        }
        while through.0 >= fork && self.counted.insert(through) {
            news = true;
            let Some(stretch) = self.stretches.iter().find(|stretch| stretch.contains(through)) else {
                break;
            };
            for seq in (fork.0.max(stretch.first.0)..through.0.0).rev() {
                let Some(hash) = stretch.hash_at(Seq(seq)) else {
                    break;
                };
                if !self.counted.insert((Seq(seq), hash)) {
                    return news;
                }
            }
            through = stretch.before();
        }
        news
    }
}

/// The entries that a statement names as the last that stand: a cut, a compromise, or a change of root keys.
pub(super) fn names(statement: &Statement) -> &[FeedPosition] {
    match &statement.fact {
        Fact::Cut(cut) => &cut.stands,
        Fact::Compromise(compromise) => &compromise.stands,
        Fact::Roots(change) => &change.stands,
        _ => &[],
    }
}

impl Authority {
    /// The number of the entry from which on a feed is known to be forked.
    fn fork_at(&self, feed: &FeedId) -> Option<Seq> {
        self.forks.get(feed).map(|proof| proof.seq())
    }

    /// Rule 17: whether an entry counts.
    #[must_use]
    pub fn counts(&self, at: &Position) -> bool {
        self.fork_at(&at.feed).is_none_or(|fork| {
            at.seq < fork
                || sabotage::is_off(Rule::ForksEndFeeds)
                || self
                    .histories
                    .get(&at.feed)
                    .is_some_and(|histories| histories.counted.contains(&(at.seq, at.hash)))
        })
    }

    /// Rule 14: whether a position is another or lies below it; past a fork in one chain of known entries.
    pub(super) fn stands(&self, at: &Position, (seq, hash): (Seq, EntryHash)) -> bool {
        if self.fork_at(&at.feed).is_none_or(|fork| at.seq < fork) {
            return at.seq < seq || (at.seq == seq && at.hash == hash);
        }
        let here = (at.seq, at.hash);
        match self.histories.get(&at.feed) {
            Some(histories) => histories.is_below(here, (seq, hash)),
            None => here == (seq, hash),
        }
    }

    /// The entries of a forked feed, from the fork on, that statements name, with who names each: in order. None while the
    /// feed is not known to be forked.
    pub fn named(&self, feed: &FeedId) -> impl Iterator<Item = ((Seq, EntryHash), StatementId)> {
        let fork = self.fork_at(feed);
        let named = fork.into_iter().flat_map(|_| self.book.named(feed));
        named.filter(move |((seq, _), _)| fork.is_some_and(|fork| *seq >= fork))
    }

    /// Whether an entry is among those of which links are known.
    #[must_use]
    pub fn holds(&self, feed: &FeedId, entry: (Seq, EntryHash)) -> bool {
        let histories = self.histories.get(feed);
        histories.is_some_and(|histories| histories.stretch_of(entry).is_some())
    }

    /// The entries that [`Authority::named`] gives and [`Authority::holds`] says are held: each once, in order.
    #[must_use]
    pub fn named_and_held(&self, feed: &FeedId) -> Vec<(Seq, EntryHash)> {
        let named: BTreeSet<_> = self.named(feed).map(|(named, _)| named).collect();
        named
            .into_iter()
            .filter(|named| self.holds(feed, *named))
            .collect()
    }

    /// Notes links of a feed. Whether they are news.
    pub(super) fn add_stretch(&mut self, feed: FeedId, stretch: Stretch) -> bool {
        let histories = self.histories.entry(feed).or_default();
        let known = stretch.hashes.is_empty() || histories.stretches.contains(&stretch);
        if !known {
            histories.stretches.push(stretch);
            self.recount(feed);
        }
        !known
    }

    /// Works out anew which entries of a feed count.
    pub(super) fn recount(&mut self, feed: FeedId) {
        let named: BTreeSet<(Seq, EntryHash)> = self.named(&feed).map(|(named, _)| named).collect();
        let Some(fork) = self.fork_at(&feed) else { return };
        let histories = self.histories.entry(feed).or_default();
        histories.counted.clear();
        for named in named {
            histories.count(fork, named);
        }
    }

    /// Lets what a statement names count. The forked feeds in which more counts now.
    pub(super) fn count_named(&mut self, statement: &Statement) -> BTreeSet<FeedId> {
        let mut grown = BTreeSet::new();
        for named in names(statement) {
            if let Some(fork) = self.fork_at(&named.feed)
                && self
                    .histories
                    .entry(named.feed)
                    .or_default()
                    .count(fork, (named.seq, named.hash))
            {
                grown.insert(named.feed);
            }
        }
        grown
    }

    /// All feeds of which something counts past a fork, with how much: to see what changed.
    pub(super) fn counted(&self) -> BTreeMap<FeedId, &BTreeSet<(Seq, EntryHash)>> {
        let counted = self.histories.iter().map(|(feed, known)| (*feed, &known.counted));
        counted.filter(|(_, counted)| !counted.is_empty()).collect()
    }
}
