//! Announcing own appends: some at once, and when they do not end, a burst of them together.

use std::collections::BTreeSet;

use soxa_ledger::replica::Replica;
use soxa_ledger::{FeedId, Time};

use crate::effect::Effect;
use crate::hint::Hint;
use crate::limits::ANNOUNCEMENTS_WAITING_MAX;
use crate::schedule::Parameters;

/// Own feeds of all nodes that grew and were not announced yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announcements {
    waiting: BTreeSet<FeedId>,
    /// When the whole burst is allowed again: each announcement puts it off by one gap.
    rested_at: Time,
    not_before: Time,
}

impl Announcements {
    /// Remembers a feed to be announced. Beyond the limit it is not: a hint is only a hint.
    pub(crate) fn add(&mut self, feed: FeedId) {
        if self.waiting.len() < ANNOUNCEMENTS_WAITING_MAX {
            self.waiting.insert(feed);
        }
    }

    pub(crate) fn wake(&self) -> Option<Time> {
        (!self.waiting.is_empty()).then_some(self.not_before)
    }

    /// Announces what waits, if it is time.
    pub(crate) fn due(
        &mut self,
        now: Time,
        parameters: &Parameters,
        replica: &dyn Replica,
        effects: &mut Vec<Effect>,
    ) {
        if self.waiting.is_empty() || now < self.not_before {
            return;
        }
        let gap = parameters.announce_gap_ms.saturating_mul(nodes(replica));
        let allowed_ahead = gap.saturating_mul(u64::from(parameters.announce_burst.saturating_sub(1)));
        self.rested_at = self.rested_at.max(now).plus_ms(gap);
        self.not_before = Time(self.rested_at.0.saturating_sub(allowed_ahead));
        for feed in std::mem::take(&mut self.waiting) {
            match Hint::of(replica, &feed) {
                Ok(Some(hint)) => effects.push(Effect::Announce { hint }),
                Ok(None) => {}
                Err(error) => effects.push(Effect::Fault { error }),
            }
        }
    }
}

/// Nodes that have written something, as far as is known here; at least one, this one.
pub(crate) fn nodes(replica: &dyn Replica) -> u64 {
    let writers: BTreeSet<_> = replica.lines().into_iter().map(|line| line.feed.node).collect();
    writers.len().max(1) as u64
}
