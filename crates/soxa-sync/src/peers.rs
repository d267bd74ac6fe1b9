//! Who is here: what is remembered of each peer, and how it is left alone after setbacks and offences.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::{FeedId, NodeKey, Seq, Time};

use crate::effect::RequestId;
use crate::limits::{FORKS_PER_PEER_MAX, PEERS_MAX};
use crate::message::{Request, Response};
use crate::schedule::Parameters;
use crate::standing::Account;
use crate::wants::{Offer, Offers, Purpose};

/// A request under way. While the engine takes in what the one before brought, it asks for what follows on that, so
/// that neither the line nor the engine waits for the other.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) id: RequestId,
    pub(crate) request: Request,
    /// From when on the answer is overdue.
    pub(crate) overdue_at: Time,
    /// Whether it was found overdue.
    pub(crate) overdue: bool,
    pub(crate) deadline: Time,
    /// The answer, when it came before the engine was done.
    pub(crate) answer: Option<Response>,
}

impl Asked {
    /// When to look at the request again, if no answer comes.
    pub(crate) fn wake(&self) -> Option<Time> {
        let next = if self.overdue {
            self.deadline
        } else {
            self.overdue_at.min(self.deadline)
        };
        self.answer.is_none().then_some(next)
    }
}

/// Runs that the engine is taking in: how far each feed goes with them.
pub(crate) type Taking = BTreeMap<FeedId, Seq>;

/// A walk through a peer's lines, page by page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    /// The last line of the newest page.
    pub(crate) after: FeedId,
    /// Pages so far.
    pub(crate) pages: usize,
}

/// One peer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    pub(crate) up: bool,
    pub(crate) asked: Option<Asked>,
    /// Whether its newest answer was overdue, or is.
    pub(crate) laggard: bool,
    /// Outlives the connection.
    pub(crate) taking: Option<Taking>,
    pub(crate) walk: Option<Walk>,
    pub(crate) offers: Offers,
    /// When to compare next, if there is nothing better to ask.
    pub(crate) compare_at: Time,
    pub(crate) compared_at: Time,
    /// Comparisons in a row that differed and gave nothing to ask for.
    pub(crate) fruitless: u32,
    /// Whether the last comparison differed and what it showed is still being asked for.
    pub(crate) differs: bool,
    /// Whether something that the peer offered came since the last comparison.
    pub(crate) progressed: bool,
    /// Nothing is asked earlier.
    pub(crate) rest_until: Time,
    setbacks: u32,
    offences: u32,
    offended_at: Time,
    forks: BTreeSet<FeedId>,
    pub(crate) account: Account,
}

impl Peer {
    /// Feeds that this peer is being asked for, or whose entries from it are being taken in. What it is late with may be
    /// asked of others.
    fn claims(&self) -> impl Iterator<Item = FeedId> {
        let in_time = self.asked.iter().filter(|asked| !asked.overdue);
        let wants = in_time.flat_map(|asked| match &asked.request {
            Request::Runs { wants } => wants.as_slice(),
            _ => &[],
        });
        let alone = self.asked.iter().filter_map(|asked| match &asked.request {
            Request::Fork { feed } | Request::Named { feed, .. } | Request::Branch { feed, .. } => {
                Some(*feed)
            }
            Request::Compare { .. } | Request::Lines { .. } | Request::Runs { .. } => None,
        });
        let taken = self.taking.iter().flat_map(BTreeMap::keys);
        wants.map(|want| want.feed).chain(alone).chain(taken.copied())
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_none() && self.taking.is_none()
    }

    /// Whether the peer may be asked something now, if there is something.
    pub(crate) fn may_be_asked(&self, now: Time) -> bool {
        self.up && self.asked.is_none() && self.rest_until <= now
    }

    /// When there is something to ask, however the peer rests. While it has offers, it is not compared with; while
    /// runs of it are taken in, it is asked for what follows on them and for nothing else.
    pub(crate) fn work_at(&self, claimed: &BTreeSet<FeedId>) -> Option<Time> {
        if self.taking.is_none() && self.walk.is_some() {
            Some(Time(0))
        } else if self.taking.is_none() && self.offers.is_empty() {
            Some(self.compare_at)
        } else {
            self.offers.ready_at(claimed, self.taking.as_ref())
        }
    }

    /// Notices whether the peer is late with an answer.
    pub(crate) fn notice(&mut self, now: Time) {
        if let Some(asked) = &mut self.asked
            && asked.answer.is_none()
            && asked.overdue_at <= now
        {
            asked.overdue = true;
            self.laggard = true;
        }
    }

    /// The peer was of use.
    pub(crate) fn thrive(&mut self) {
        self.setbacks = 0;
    }

    /// Something did not work out, through nobody's provable fault.
    pub(crate) fn set_back(&mut self, now: Time, parameters: &Parameters) {
        self.setbacks = self.setbacks.saturating_add(1);
        self.rest(now.plus_ms(parameters.rest_ms(self.setbacks)));
    }

    /// Counts an offence and forgets what the peer offered. Returns the number of its offences.
    pub(crate) fn offend(&mut self, now: Time, parameters: &Parameters) -> u32 {
        if self.offended_at.plus_ms(parameters.forgiven_after_ms) <= now {
            self.offences = 0;
        }
        self.offences = self.offences.saturating_add(1);
        self.offended_at = now;
        self.forget_offers();
        self.compare_at = now;
        self.rest(now.plus_ms(parameters.cool_down_ms(self.offences)));
        self.offences
    }

    fn rest(&mut self, until: Time) {
        self.rest_until = self.rest_until.max(until);
    }

    pub(crate) fn forget_offers(&mut self) {
        self.differs = false;
        self.walk = None;
        self.offers.clear();
    }

    /// Compares earlier than planned, but not so often that two nodes could keep each other busy.
    pub(crate) fn hurry(&mut self, now: Time, parameters: &Parameters) {
        let earliest = self.compared_at.plus_ms(parameters.gap_ms(self.fruitless));
        self.compare_at = self.compare_at.min(earliest.max(now));
    }

    /// Whether to look into an offer: neither into a feed whose fork could not be proved, nor into more forks than can be
    /// remembered.
    pub(crate) fn follows(&self, feed: &FeedId, offer: &Offer) -> bool {
        let room = !matches!(offer.purpose, Purpose::ProveFork(_)) || self.has_room_for_forks();
        self.up && room && !self.forks.contains(feed)
    }

    fn has_room_for_forks(&self) -> bool {
        self.forks.len() < FORKS_PER_PEER_MAX
    }

    /// The peer has another history of a feed, and no proof of it can be kept: it is left alone with it.
    pub(crate) fn give_up(&mut self, feed: FeedId) {
        self.offers.remove(&feed);
        if self.has_room_for_forks() {
            self.forks.insert(feed);
        }
    }
}

/// All peers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peers {
    peers: BTreeMap<NodeKey, Peer>,
}

impl Peers {
    pub(crate) fn get(&self, key: &NodeKey) -> Option<&Peer> {
        self.peers.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &NodeKey) -> Option<&mut Peer> {
        self.peers.get_mut(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&NodeKey, &Peer)> {
        self.peers.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&NodeKey, &mut Peer)> {
        self.peers.iter_mut()
    }

    /// A peer came up. None when there is no room, not even in place of one that is gone.
    pub(crate) fn up(&mut self, key: NodeKey) -> Option<&mut Peer> {
        if !self.peers.contains_key(&key) && self.peers.len() >= PEERS_MAX {
            let gone = self.peers.iter().filter(|(_, peer)| !peer.up && peer.is_idle());
            let gone = gone
                .min_by_key(|(_, peer)| (peer.rest_until, peer.account.heard_at))
                .map(|(key, _)| *key)?;
            self.peers.remove(&gone);
        }
        let peer = self.peers.entry(key).or_default();
        peer.up = true;
        Some(peer)
    }

    /// A peer went away. Its rest, its offences, its account and runs being taken in stay.
    pub(crate) fn down(&mut self, key: &NodeKey) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.up = false;
            peer.asked = None;
            peer.forget_offers();
            peer.forks.clear();
            peer.fruitless = 0;
        }
    }

    /// Feeds that somebody is being asked for.
    pub(crate) fn claimed(&self) -> BTreeSet<FeedId> {
        self.peers.values().flat_map(Peer::claims).collect()
    }

    /// Peers that have something to give.
    pub(crate) fn offering(&self) -> usize {
        self.peers
            .values()
            .filter(|peer| peer.up && !peer.offers.is_empty())
            .count()
    }

    /// The keys of all peers, those after `last` first: nobody is always the last to be asked, but for laggards.
    pub(crate) fn in_turn(&self, last: Option<NodeKey>) -> Vec<NodeKey> {
        let mut keys: Vec<NodeKey> = self.peers.keys().copied().collect();
        let first = last.map_or(0, |last| keys.partition_point(|key| *key <= last));
        keys.rotate_left(first);
        keys.sort_by_key(|key| self.peers.get(key).is_some_and(|peer| peer.laggard));
        keys
    }
}
