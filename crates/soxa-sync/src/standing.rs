//! How a peer stands to us: which of us lacks what and since when, when it was last heard, and what it did wrong.
//!
//! For people to read: nothing is decided by it. A comparison says how far the peer holds each feed. Between two
//! comparisons the account is carried on: what grows here is lacking there until the peer took it from us or the
//! next comparison shows it. What a peer was sent counts as held by it; if it was not, the next comparison says so.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::replica::FeedLine;
use soxa_ledger::{FeedId, Seq, Time};

use crate::effect::{Offence, OffenceKind};
use crate::limits::UNEVEN_FEEDS_PER_PEER_MAX;
use crate::message::Program;

/// What is known of one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When it last asked or answered anything; none if it has not since the start.
    pub heard_at: Option<Time>,
    /// Its program, as it says.
    pub program: Option<Program>,
    /// Who lacks what.
    pub agreement: Agreement,
    /// What it did wrong, how often, and when last.
    pub offences: BTreeMap<OffenceKind, Offences>,
    /// Until when it is left alone after offences and setbacks; past where it is not.
    pub rest_until: Time,
}

/// Whether a peer holds the same of what both may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Nothing was compared yet.
    Unknown,
    /// The same.
    Synced {
        /// Since when.
        since: Time,
    },
    /// One lacks entries that the other has, or both do.
    Behind {
        /// Since when they have not been the same.
        since: Time,
        /// Entries that the peer has, as it says, and that we lack.
        we_lack: u64,
        /// Entries that we have and that the peer neither named nor was sent.
        they_lack: u64,
    },
    /// Neither lacks an entry, yet they are not the same: a forked feed, or feeds that one of them does not take.
    Apart {
        /// Since when.
        since: Time,
    },
}

/// Offences of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offences {
    /// How many.
    pub count: u64,
    /// When the newest was.
    pub last: Time,
}

/// The account of one peer. Bounded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub(crate) heard_at: Option<Time>,
    pub(crate) program: Option<Program>,
    pub(crate) offences: BTreeMap<OffenceKind, Offences>,
    /// The newest comparison that ended in equality.
    pub(crate) equal_at: Option<Time>,
    compared: bool,
    since: Time,
    /// Feeds that it holds further than we do, as it says, and how far.
    ahead: BTreeMap<FeedId, Seq>,
    /// Feeds that it holds less far than we do, and how far.
    behind: BTreeMap<FeedId, Seq>,
    /// A comparison differed, yet neither lacks an entry.
    apart: bool,
}

impl Account {
    /// Counts an offence.
    pub(crate) fn offended(&mut self, now: Time, offence: &Offence) {
        let offences = self.offences.entry(offence.kind()).or_default();
        offences.count = offences.count.saturating_add(1);
        offences.last = now;
    }

    /// A comparison, by whichever side, ended in equality.
    pub(crate) fn equal(&mut self, now: Time) {
        self.equal_at = Some(now);
        self.change(now, |account| {
            account.ahead.clear();
            account.behind.clear();
            account.apart = false;
            account.compared = true;
        });
    }

    /// A page of the peer's lines, those after `after`: `ahead` are its feeds from which we would take entries, `seqs` how far it
    /// holds each feed on the page. The last page reaches to the end of `ours`, the lines that both may see.
    pub(crate) fn page(
        &mut self,
        now: Time,
        after: Option<FeedId>,
        ahead: &BTreeSet<FeedId>,
        seqs: &BTreeMap<FeedId, Seq>,
        more: bool,
        ours: &[FeedLine],
    ) {
        self.change(now, |account| {
            let last = if more {
                seqs.keys().next_back().copied()
            } else {
                None
            };
            let covered =
                |id: &FeedId| after.is_none_or(|after| *id > after) && last.is_none_or(|last| *id <= last);
            account.ahead.retain(|id, _| !covered(id));
            account.behind.retain(|id, _| !covered(id));
            for (id, seq) in seqs.iter().filter(|(id, _)| ahead.contains(id)) {
                insert(&mut account.ahead, *id, *seq);
            }
            for line in ours.iter().filter(|line| covered(&line.id)) {
                let theirs = seqs.get(&line.id).copied().unwrap_or(Seq(0));
                if theirs < line.head.seq {
                    insert(&mut account.behind, line.id, theirs);
                }
            }
            let uneven = !account.ahead.is_empty() || !account.behind.is_empty();
            account.apart = !more && !uneven;
            // In the middle of a walk, nothing found yet does not mean that there is nothing.
            account.compared |= !more || uneven;
        });
    }

    /// The peer announced an entry of its own that we lack.
    pub(crate) fn announced(&mut self, now: Time, feed: FeedId, seq: Seq) {
        if self.ahead.get(&feed).is_none_or(|known| *known < seq) {
            self.change(now, |account| insert(&mut account.ahead, feed, seq));
        }
    }

    /// A feed that both may see grew here from `before` to `held`; the peer holds all of it where it gave it.
    pub(crate) fn grew(&mut self, now: Time, feed: FeedId, before: Seq, held: Seq, theirs: bool) {
        self.change(now, |account| {
            let known = match account.ahead.get(&feed).copied() {
                Some(seq) if seq > held => return,
                ahead => ahead.unwrap_or(before),
            };
            account.ahead.remove(&feed);
            if theirs || known >= held {
                account.behind.remove(&feed);
            } else if !account.behind.contains_key(&feed) {
                insert(&mut account.behind, feed, known);
            }
        });
    }

    /// The peer was sent a feed's entries up to a number.
    pub(crate) fn sent(&mut self, now: Time, feed: FeedId, seq: Seq, held: Seq) {
        self.change(now, |account| {
            let Some(known) = account.behind.get_mut(&feed) else {
                return;
            };
            *known = seq.max(*known);
            if *known >= held {
                account.behind.remove(&feed);
            }
        });
    }

    /// What is known, given how far we hold each feed.
    pub(crate) fn agreement(&self, held: impl Fn(&FeedId) -> Seq) -> Agreement {
        let sum = |ahead: &mut dyn Iterator<Item = u64>| ahead.fold(0, u64::saturating_add);
        let we_lack = sum(&mut self
            .ahead
            .iter()
            .map(|(id, seq)| seq.0.saturating_sub(held(id).0)));
        let they_lack = sum(&mut self
            .behind
            .iter()
            .map(|(id, seq)| held(id).0.saturating_sub(seq.0)));
        let since = self.since;
        if !self.compared {
            Agreement::Unknown
        } else if we_lack > 0 || they_lack > 0 {
            Agreement::Behind {
                since,
                we_lack,
                they_lack,
            }
        } else if self.apart {
            Agreement::Apart { since }
        } else {
            Agreement::Synced { since }
        }
    }

    /// Changes something, and notes the moment where that makes even what was not, or the other way round.
    fn change(&mut self, now: Time, change: impl FnOnce(&mut Self)) {
        let before = (self.compared, self.is_even());
        change(self);
        if before != (self.compared, self.is_even()) {
            self.since = now;
        }
    }

    fn is_even(&self) -> bool {
        self.ahead.is_empty() && self.behind.is_empty() && !self.apart
    }
}

fn insert(feeds: &mut BTreeMap<FeedId, Seq>, feed: FeedId, seq: Seq) {
    if feeds.len() < UNEVEN_FEEDS_PER_PEER_MAX || feeds.contains_key(&feed) {
        feeds.insert(feed, seq);
    }
}
