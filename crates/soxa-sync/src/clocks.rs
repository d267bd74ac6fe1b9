//! Whether this machine's clock can be believed: what the connected peers said theirs shows.
//!
//! Node times are signed and never run backwards in a feed: one entry of the year 2099 would make all that follow it of that
//! year. So nothing is appended while the clock is far from what most peers say.

use std::collections::BTreeMap;

use soxa_ledger::{NodeKey, Time};

use crate::limits::{CLOCK_MS_MAX, PEERS_MAX};

/// What the clocks of the connected peers said last.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    heard: BTreeMap<NodeKey, Time>,
}

impl Clocks {
    /// A peer said what its clock shows.
    pub fn hear(&mut self, peer: NodeKey, time: Time) {
        if self.heard.len() < PEERS_MAX || self.heard.contains_key(&peer) {
            self.heard.insert(peer, time);
        }
    }

    /// A peer is gone.
    pub fn forget(&mut self, peer: &NodeKey) {
        self.heard.remove(peer);
    }

    /// Whether any connected peer has said what its clock shows.
    #[must_use]
    pub fn is_any_heard(&self) -> bool {
        !self.heard.is_empty()
    }

    /// Whether the clock is off: more than a day before or after what most of the connected peers last said, or more than
    /// a day before the ledger was founded. What they said is some minutes old at most, so that it also tells of a clock
    /// that was set since.
    #[must_use]
    pub fn is_off(&self, founded: Option<Time>, now: Time) -> bool {
        let before = |time: &Time| now.plus_ms(CLOCK_MS_MAX) < *time;
        let after = |time: &Time| time.plus_ms(CLOCK_MS_MAX) < now;
        let most = |count: usize| 2 * count > self.heard.len();
        founded.is_some_and(|founded| before(&founded))
            || most(self.heard.values().filter(|time| before(time)).count())
            || most(self.heard.values().filter(|time| after(time)).count())
    }
}
