//! What becomes of a gossiped hint: whether it is passed on.
//!
//! Hints are the one thing that a node passes on unasked, so they are the one thing by which a few hostile nodes could
//! make all others busy, or make honest nodes look like flooders to each other. Passed on is only what an admitted
//! node signed, what is news here, and no more of each node than it may announce. Whoever announces more has signed
//! the proof of it.

use std::collections::BTreeMap;

use soxa_ledger::cbor::CborError;
use soxa_ledger::replica::Replica;
use soxa_ledger::{NodeKey, Time};

use crate::announce::nodes;
use crate::effect::{Effect, Offence};
use crate::hint::{Hint, VerifiedHint};
use crate::limits::{RELAY_BURST, RELAY_FORGIVEN, RELAY_LENIENCY, RELAY_ORIGINS_MAX};
use crate::pull::Puller;
use crate::schedule::Parameters;

/// What becomes of a hint in gossip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relay {
    /// It is passed on.
    PassOn,
    /// It is not, and who sent it is not to blame: old news, a node not known to be admitted, a newer program's, or
    /// more than its origin may announce.
    Keep,
    /// It is false for every node: not signed by whom it says, or no hint at all.
    False,
}

/// How much each node announced lately. Bounded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins {
    /// When a node's whole burst is allowed again: each hint puts it off.
    rested_at: BTreeMap<NodeKey, Time>,
}

/// How one more hint of a node fits what it may announce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Within,
    Above,
    FarAbove,
}

impl Origins {
    fn count(&mut self, now: Time, origin: NodeKey, gap_ms: u64) -> Fit {
        if self.rested_at.len() >= RELAY_ORIGINS_MAX && !self.rested_at.contains_key(&origin) {
            self.rested_at.retain(|_, rested| *rested > now);
            if self.rested_at.len() >= RELAY_ORIGINS_MAX {
                return Fit::Above;
            }
        }
        let rested = self.rested_at.entry(origin).or_insert(now);
        let next = Time(rested.0.max(now.0)).plus_ms(gap_ms);
        let ahead = next.0.saturating_sub(now.0).div_ceil(gap_ms.max(1));
        if ahead > RELAY_BURST + RELAY_FORGIVEN {
            // Begun anew: the next as many are the next offence.
            *rested = now.plus_ms(gap_ms.saturating_mul(RELAY_BURST));
            return Fit::FarAbove;
        }
        *rested = next;
        if ahead > RELAY_BURST {
            Fit::Above
        } else {
            Fit::Within
        }
    }
}

impl Puller {
    /// A hint came by gossip, in its bytes, passed on by a peer. Says what becomes of it there, and follows it.
    pub fn gossiped(
        &mut self,
        now: Time,
        peer: NodeKey,
        bytes: &[u8],
        replica: &dyn Replica,
    ) -> (Relay, Vec<Effect>) {
        let hint = match Hint::decode(bytes) {
            Ok(hint) => hint,
            Err(CborError::Version { .. }) => return (Relay::Keep, Vec::new()),
            Err(_) => return (Relay::False, Vec::new()),
        };
        // What is not passed on anyway is not worth checking a signature.
        let is_news = |hint: &Hint| {
            let held = replica.line(&hint.feed_id(replica.network()));
            held.is_none_or(|held| hint.seq() >= held.head.seq)
        };
        if replica.unit_of(&hint.origin()).is_none() || !is_news(&hint) {
            return (Relay::Keep, Vec::new());
        }
        let Ok(hint) = hint.verify(replica.network()) else {
            return (Relay::False, Vec::new());
        };
        self.relay(now, peer, &hint, replica)
    }

    fn relay(
        &mut self,
        now: Time,
        peer: NodeKey,
        hint: &VerifiedHint,
        replica: &dyn Replica,
    ) -> (Relay, Vec<Effect>) {
        let origin = hint.hint().origin();
        match self.origins.count(now, origin, gap_ms(&self.parameters, replica)) {
            Fit::Within => (Relay::PassOn, self.hinted(now, peer, hint, replica)),
            Fit::Above => (Relay::Keep, Vec::new()),
            Fit::FarAbove => {
                let mut effects = Vec::new();
                self.offended(now, origin, Offence::Announcements, &mut effects);
                (Relay::Keep, effects)
            }
        }
    }
}

/// Milliseconds for each hint of one node: its share of what all may announce, and some more, because hints that
/// waited somewhere come together.
fn gap_ms(parameters: &Parameters, replica: &dyn Replica) -> u64 {
    let share = parameters.announce_gap_ms.saturating_mul(nodes(replica));
    (share / RELAY_LENIENCY).max(1)
}
