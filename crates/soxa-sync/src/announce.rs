//! Announcing own appends, a burst of them once.

use std::collections::BTreeSet;

use soxa_ledger::replica::Replica;
use soxa_ledger::{FeedId, Time};

use crate::effect::Effect;
use crate::hint::Hint;
use crate::limits::ANNOUNCEMENTS_WAITING_MAX;

/// Own feeds of all nodes that grew and were not announced yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announcements {
    waiting: BTreeSet<FeedId>,
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
    pub(crate) fn due(&mut self, now: Time, gap_ms: u64, replica: &dyn Replica, effects: &mut Vec<Effect>) {
        if self.waiting.is_empty() || now < self.not_before {
            return;
        }
        self.not_before = now.plus_ms(gap_ms);
        for feed in std::mem::take(&mut self.waiting) {
            match Hint::of(replica, &feed) {
                Ok(Some(hint)) => effects.push(Effect::Announce { hint }),
                Ok(None) => {}
                Err(error) => effects.push(Effect::Fault { error }),
            }
        }
    }
}
