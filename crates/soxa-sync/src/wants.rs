//! What do I want: the feeds that one peer has ahead of us, and which of them to ask it for now.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::replica::{FeedLine, Replica};
use soxa_ledger::{FeedId, Incarnation, NodeKey, Seq, Time};

use crate::evidence::Search;
use crate::holdings::readable;
use crate::limits::{HINT_TRIES_MAX, OFFERS_PER_PEER_MAX};
use crate::message::{EntryId, Line, Request, Want, named_root};
use crate::peers::Taking;

/// What entries are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be taken in.
    Follow,
    /// To see whether our own feed really was longer: a line alone proves nothing.
    ProveOwnFeedAhead,
    /// To see where the two histories part that the feed's node seems to have signed.
    ProveFork(Search),
    /// Not entries, but the proof that the feed forked at this entry or earlier.
    LearnFork(Seq),
    /// Not entries, but which of them past the fork are held because statements name them, after this one.
    LearnNamed(Option<EntryId>),
    /// Entries of a branch: this one and what is below it, down to the fork.
    Branch(EntryId),
}

/// A feed that a peer has something of that we do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) purpose: Purpose,
    /// The newest entry that the peer holds.
    pub(crate) seq: Seq,
    /// Not to be asked for earlier.
    pub(crate) not_before: Time,
    /// How often the peer may still have nothing: those who pass on a hint need a moment to follow it themselves.
    pub(crate) tries_left: u32,
    restricted: bool,
}

impl Offer {
    /// To find out where the histories of a feed part of which the peer sent entries that do not fit ours.
    pub(crate) fn prove_fork(held: &FeedLine, differs: Seq) -> Self {
        Self {
            purpose: Purpose::ProveFork(Search::from(differs)),
            seq: differs,
            not_before: Time(0),
            tries_left: 0,
            restricted: !held.feed.scope.is_all_nodes(),
        }
    }

    /// The same offer for another purpose.
    pub(crate) fn with(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// To learn which entries of a forked feed the peer holds because statements name them.
    pub(crate) fn learn_named(held: &FeedLine) -> Self {
        Self {
            purpose: Purpose::LearnNamed(None),
            ..Self::prove_fork(held, held.head.seq)
        }
    }

    /// The request that is asked for this feed alone; none where it is for runs that follow.
    fn alone(&self, replica: &dyn Replica, feed: FeedId) -> Option<Request> {
        match self.purpose {
            Purpose::LearnFork(_) => Some(Request::Fork { feed }),
            Purpose::LearnNamed(after) => Some(Request::Named { feed, after }),
            Purpose::Branch(through) => {
                let fork = replica.line(&feed).and_then(|line| line.forked);
                // What leaves the feed below the fork that is known shows a lower one.
                let above = fork.filter(|fork| *fork <= through.0);
                let above = above.map_or(Seq(0), |fork| Seq(fork.0.saturating_sub(1)));
                Some(Request::Branch { feed, through, above })
            }
            Purpose::Follow | Purpose::ProveOwnFeedAhead | Purpose::ProveFork(_) => None,
        }
    }

    /// Whether runs are asked for, together with those of other feeds.
    fn is_for_runs(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::Follow | Purpose::ProveOwnFeedAhead | Purpose::ProveFork(_)
        )
    }

    /// The fork that the peer says it can prove.
    pub(crate) fn fork(&self) -> Option<Seq> {
        match self.purpose {
            Purpose::LearnFork(fork) => Some(fork),
            _ => None,
        }
    }
}

/// What we would ask a peer for, on the strength of one of its lines.
pub(crate) fn judge(
    replica: &dyn Replica,
    life: Incarnation,
    peer: &NodeKey,
    id: FeedId,
    line: &Line,
) -> Option<Offer> {
    if (line.seq.0 == 0 && line.forked.is_none()) || !readable(replica, peer, &line.feed.scope) {
        return None;
    }
    // A feed that would not be taken in must not use up the answers of those that would. When the statement that admits
    // its node has come, the next comparison finds it. So with this node's own feeds of earlier lives, too.
    let own = line.feed.node == replica.own_node() && line.feed.incarnation == life;
    if !own && !replica.takes_from(&line.feed.node) {
        return None;
    }
    let held = replica.line(&id);
    let (seq, hash) = held
        .as_ref()
        .map_or((Seq(0), None), |held| (held.head.seq, Some(held.head.hash)));
    let known = held.as_ref().and_then(|held| held.forked);
    let purpose = if let Some(fork) = line.forked.filter(|fork| known.is_none_or(|known| *fork < known)) {
        Purpose::LearnFork(fork)
    } else if line.seq == seq && seq.0 > 0 && hash != Some(line.hash) {
        Purpose::ProveFork(Search::from(seq))
    } else if known.is_some_and(|known| known <= seq.next()) {
        // What follows counts where a statement names it, and nowhere else.
        let ours = held.as_ref().and_then(|held| named_root(&held.named));
        if line.forked != known || line.named.is_none() || line.named == ours {
            return None;
        }
        Purpose::LearnNamed(None)
    } else if line.seq <= seq {
        return None;
    } else if own {
        Purpose::ProveOwnFeedAhead
    } else if held.is_some_and(|held| held.closed) {
        // Nothing follows on what closed it: the peer has another history.
        Purpose::ProveFork(Search::from(seq))
    } else {
        Purpose::Follow
    };
    Some(Offer {
        purpose,
        seq: line.seq,
        not_before: Time(0),
        tries_left: 0,
        restricted: !line.feed.scope.is_all_nodes(),
    })
}

/// What one peer has ahead of us. Bounded; kept in the order of the feeds' ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offers {
    feeds: BTreeMap<FeedId, Offer>,
}

impl Offers {
    /// Remembers an offer; false when there is no room.
    pub(crate) fn insert(&mut self, feed: FeedId, offer: Offer) -> bool {
        let room = self.feeds.len() < OFFERS_PER_PEER_MAX || self.feeds.contains_key(&feed);
        if room {
            self.feeds.insert(feed, offer);
        }
        room
    }

    /// Remembers what a hint says, unless the peer is known to have more.
    pub(crate) fn hinted(&mut self, feed: FeedId, offer: Offer, not_before: Time) {
        if self.feeds.get(&feed).is_none_or(|known| known.seq < offer.seq) {
            self.insert(
                feed,
                Offer {
                    not_before,
                    tries_left: HINT_TRIES_MAX,
                    ..offer
                },
            );
        }
    }

    pub(crate) fn get(&self, feed: &FeedId) -> Option<Offer> {
        self.feeds.get(feed).copied()
    }

    pub(crate) fn remove(&mut self, feed: &FeedId) {
        self.feeds.remove(feed);
    }

    pub(crate) fn clear(&mut self) {
        self.feeds.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.feeds.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.feeds.len() >= OFFERS_PER_PEER_MAX
    }

    /// The peer had nothing of the feed. True when that is against what it said.
    pub(crate) fn unserved(&mut self, now: Time, soon_ms: u64, feed: &FeedId) -> bool {
        let Some(offer) = self.feeds.get_mut(feed) else {
            return false;
        };
        let hinted = offer.tries_left > 0;
        if offer.tries_left > 1 {
            let tried = HINT_TRIES_MAX - offer.tries_left;
            offer.tries_left -= 1;
            offer.not_before = now.plus_ms(soon_ms.saturating_mul(1 << tried));
        } else {
            self.feeds.remove(feed);
        }
        !hinted
    }

    /// Forgets offers that we meanwhile hold, from whomever; true when there were any.
    pub(crate) fn prune(&mut self, replica: &dyn Replica) -> bool {
        let before = self.feeds.len();
        self.feeds.retain(|feed, offer| {
            let held = replica.line(feed);
            let forked = held.as_ref().and_then(|held| held.forked);
            match offer.purpose {
                Purpose::Follow => held.is_none_or(|held| {
                    !held.closed
                        && held.head.seq < offer.seq
                        && forked.is_none_or(|fork| held.head.seq.next() < fork)
                }),
                Purpose::ProveOwnFeedAhead => true,
                Purpose::ProveFork(search) => forked.is_none_or(|fork| search.differs() < fork),
                Purpose::LearnFork(offered) => forked.is_none_or(|fork| offered < fork),
                Purpose::LearnNamed(_) => forked.is_some(),
                Purpose::Branch(through) => {
                    forked.is_some()
                        && !replica
                            .line(feed)
                            .is_some_and(|held| held.named.contains(&through))
                }
            }
        });
        self.feeds.len() < before
    }

    /// The first moment at which there is something to ask for that nobody else is being asked for.
    pub(crate) fn ready_at(&self, claimed: &BTreeSet<FeedId>, taking: Option<&Taking>) -> Option<Time> {
        self.free(claimed, taking)
            .map(|(_, offer)| offer.not_before)
            .min()
    }

    /// Offers that nobody else is being asked for. While runs are taken in only runs are asked for. Of feeds of which this peer's runs are being taken in, those that go
    /// further than these.
    fn free<'a>(
        &'a self,
        claimed: &'a BTreeSet<FeedId>,
        taking: Option<&'a Taking>,
    ) -> impl Iterator<Item = (&'a FeedId, &'a Offer)> {
        self.feeds.iter().filter(
            move |(feed, offer)| match taking.and_then(|taking| taking.get(feed)) {
                Some(reached) => offer.purpose == Purpose::Follow && *reached < offer.seq,
                None => !claimed.contains(feed) && (taking.is_none() || offer.is_for_runs()),
            },
        )
    }

    /// A feed about whose fork or branches there is something to ask now, and what.
    pub(crate) fn alone(
        &self,
        now: Time,
        replica: &dyn Replica,
        claimed: &BTreeSet<FeedId>,
        taking: Option<&Taking>,
    ) -> Option<(FeedId, Request)> {
        let mut due = self
            .free(claimed, taking)
            .filter(|(_, offer)| offer.not_before <= now);
        due.find_map(|(feed, offer)| Some((*feed, offer.alone(replica, *feed)?)))
    }

    /// What to ask for now: nothing that somebody else is being asked for; feeds that all nodes read first, as
    /// they carry the authority that the rest is judged by.
    pub(crate) fn choose(
        &self,
        now: Time,
        replica: &dyn Replica,
        claimed: &BTreeSet<FeedId>,
        taking: Option<&Taking>,
        most: usize,
    ) -> Vec<Want> {
        let mut free: Vec<_> = self
            .free(claimed, taking)
            .filter(|(_, offer)| offer.not_before <= now && offer.is_for_runs())
            .collect();
        free.sort_by_key(|(_, offer)| offer.restricted);
        free.into_iter()
            .take(most)
            .map(|(feed, offer)| {
                let held = || replica.line(feed).map_or(Seq(0), |held| held.head.seq);
                let after = match offer.purpose {
                    Purpose::ProveFork(search) => search.after(),
                    _ => taking
                        .and_then(|taking| taking.get(feed).copied())
                        .unwrap_or_else(held),
                };
                Want { feed: *feed, after }
            })
            .collect()
    }
}
