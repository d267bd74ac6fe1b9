//! What each admitted node did on this network: whether it is connected, which rules it broke, and until when it is kept
//! away. For people to read, and for the length of the next absence.
//!
//! The network task writes, whoever holds a handle reads. Only admitted nodes stand here, so their set bounds it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use soxa_ledger::NodeKey;
use tokio::time::Instant;

use crate::limits::{HOLD_OFF, HOLD_OFF_FORGIVEN, HOLD_OFF_MAX};

/// How a node broke a rule of this adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misconduct {
    /// More gossip than one node may send, whatever stood in it: unread copies of known hints too.
    GossipFlood,
    /// More hints that were new here than one node may pass on.
    HintFlood,
    /// It was too slow to take our gossip; it gets less of it.
    SlowGossip,
    /// A hint that the node behind this adapter found false.
    FalseHint,
    /// A hint larger than allowed.
    OversizedHint,
    /// A gossip stream that broke off, as it does at a frame that is larger than allowed or no frame at all.
    BrokenGossip,
    /// A request larger than allowed.
    OversizedRequest,
    /// A response larger than allowed.
    OversizedResponse,
    /// More requests than one node may ask.
    RequestFlood,
    /// It asked and did not read the response in time.
    SlowReader,
    /// It did not respond in time.
    Silent,
    /// It does not speak this network's protocol.
    OtherNetwork,
}

impl Misconduct {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::GossipFlood,
        Self::HintFlood,
        Self::SlowGossip,
        Self::FalseHint,
        Self::OversizedHint,
        Self::BrokenGossip,
        Self::OversizedRequest,
        Self::OversizedResponse,
        Self::RequestFlood,
        Self::SlowReader,
        Self::Silent,
        Self::OtherNetwork,
    ];

    /// The word for it in reports, in small letters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::GossipFlood => "gossip_flood",
            Self::HintFlood => "hint_flood",
            Self::SlowGossip => "slow_gossip",
            Self::FalseHint => "false_hint",
            Self::OversizedHint => "oversized_hint",
            Self::BrokenGossip => "broken_gossip",
            Self::OversizedRequest => "oversized_request",
            Self::OversizedResponse => "oversized_response",
            Self::RequestFlood => "request_flood",
            Self::SlowReader => "slow_reader",
            Self::Silent => "silent",
            Self::OtherNetwork => "other_network",
        }
    }
}

/// One node's conduct since the start, at the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conduct {
    /// Where it is connected; none where it is not.
    pub address: Option<String>,
    /// How often each rule was broken, and how long ago last.
    pub misconduct: BTreeMap<Misconduct, (u64, Duration)>,
    /// For how long it is still refused after it was disconnected for cause.
    pub held_off: Option<Duration>,
}

/// The conduct of all admitted nodes.
#[derive(Debug, Default)]
pub(crate) struct Conducts {
    nodes: Mutex<BTreeMap<NodeKey, Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    address: Option<String>,
    misconduct: BTreeMap<Misconduct, (u64, Instant)>,
    /// How often it was disconnected for cause, and when last.
    drops: u32,
    dropped: Option<Instant>,
    held_off_until: Option<Instant>,
}

impl Conducts {
    /// Only these may stand here from now on.
    pub(crate) fn admit(&self, admitted: &BTreeSet<NodeKey>) {
        let mut nodes = self.lock();
        nodes.retain(|node, _| admitted.contains(node));
        for node in admitted {
            nodes.entry(*node).or_default();
        }
    }

    /// The node is connected at an address, or no longer.
    pub(crate) fn connected(&self, node: &NodeKey, address: Option<String>) {
        if let Some(entry) = self.lock().get_mut(node) {
            entry.address = address;
        }
    }

    /// The node broke a rule.
    pub(crate) fn broke(&self, node: &NodeKey, rule: Misconduct, now: Instant) {
        if let Some(entry) = self.lock().get_mut(node) {
            let (count, last) = entry.misconduct.entry(rule).or_insert((0, now));
            *count = count.saturating_add(1);
            *last = now;
        }
    }

    /// The node is disconnected for cause. Returns until when it is refused: the longer, the oftener it happened.
    pub(crate) fn dropped(&self, node: &NodeKey, now: Instant) -> Instant {
        let mut nodes = self.lock();
        let Some(entry) = nodes.get_mut(node) else {
            return now + HOLD_OFF;
        };
        if entry
            .dropped
            .is_some_and(|last| now.saturating_duration_since(last) >= HOLD_OFF_FORGIVEN)
        {
            entry.drops = 0;
        }
        let doubled = HOLD_OFF.saturating_mul(1_u32.checked_shl(entry.drops).unwrap_or(u32::MAX));
        entry.drops = entry.drops.saturating_add(1);
        entry.dropped = Some(now);
        let until = now + doubled.min(HOLD_OFF_MAX);
        entry.held_off_until = Some(until);
        until
    }

    /// What is known of every admitted node.
    pub(crate) fn read(&self, now: Instant) -> BTreeMap<NodeKey, Conduct> {
        let nodes = self.lock();
        let conduct = |entry: &Entry| Conduct {
            address: entry.address.clone(),
            misconduct: entry
                .misconduct
                .iter()
                .map(|(rule, (count, last))| (*rule, (*count, now.saturating_duration_since(*last))))
                .collect(),
            held_off: entry
                .held_off_until
                .and_then(|until| until.checked_duration_since(now))
                .filter(|left| !left.is_zero()),
        };
        nodes
            .iter()
            .map(|(node, entry)| (*node, conduct(entry)))
            .collect()
    }

    /// Counts stay right when a holder of the lock panicked between two of them.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<NodeKey, Entry>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeKey = NodeKey([1; 32]);
    const STRANGER: NodeKey = NodeKey([2; 32]);

    fn conducts() -> Conducts {
        let conducts = Conducts::default();
        conducts.admit(&BTreeSet::from([NODE]));
        conducts
    }

    #[test]
    fn rules_broken_are_counted_for_admitted_nodes_only() {
        let (now, conducts) = (Instant::now(), conducts());
        for _ in 0..3 {
            conducts.broke(&NODE, Misconduct::FalseHint, now);
            conducts.broke(&STRANGER, Misconduct::FalseHint, now);
        }
        let later = now + Duration::from_secs(9);
        let seen = conducts.read(later);
        assert_eq!(seen.keys().collect::<Vec<_>>(), [&NODE]);
        let expected = (Misconduct::FalseHint, (3, Duration::from_secs(9)));
        assert_eq!(seen[&NODE].misconduct, BTreeMap::from([expected]));
        conducts.admit(&BTreeSet::new());
        assert_eq!(conducts.read(later), BTreeMap::new());
    }

    #[test]
    fn each_disconnection_lasts_longer_until_it_is_forgiven() {
        let (start, conducts) = (Instant::now(), conducts());
        assert_eq!(conducts.dropped(&NODE, start), start + HOLD_OFF);
        assert_eq!(conducts.dropped(&NODE, start), start + 2 * HOLD_OFF);
        assert_eq!(conducts.read(start)[&NODE].held_off, Some(2 * HOLD_OFF));
        assert_eq!(conducts.read(start + 2 * HOLD_OFF)[&NODE].held_off, None);
        for _ in 0..40 {
            assert!(conducts.dropped(&NODE, start) <= start + HOLD_OFF_MAX);
        }
        let forgiven = start + HOLD_OFF_FORGIVEN;
        assert_eq!(conducts.dropped(&NODE, forgiven), forgiven + HOLD_OFF);
    }

    #[test]
    fn words_differ() {
        let words: BTreeSet<&str> = Misconduct::ALL.iter().map(|rule| rule.word()).collect();
        assert_eq!(words.len(), Misconduct::ALL.len());
    }
}
