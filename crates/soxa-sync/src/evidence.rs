//! Proof before alarm: a line is only a peer's word, so what it says against us or against a feed's node is
//! believed when the entries came, under a tip signature that holds.
//!
//! Where two histories of a feed part is searched with ordinary requests for runs: backwards in growing steps to an entry
//! that both have, then forwards. What is asked for begins there, so the answer holds the entry that differs.

use std::collections::BTreeMap;

use soxa_ledger::fork::Branch;
use soxa_ledger::replica::{Replica, ReplicaError};
use soxa_ledger::{EntryHash, FeedId, ForkProof, Head, NetworkId, Run, Seq, Signed, Time, Verified};

use crate::effect::{Finding, Offence};
use crate::limits::FORK_STEP_GROWTH;
use crate::message::EntryId;
use crate::wants::Purpose;

/// Where two histories of a feed part: after an entry that both have, at the latest at one in which they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Search {
    equal: Seq,
    differs: Seq,
    step: u64,
}

/// What a run that was asked for as proof shows.
pub(crate) enum Shown {
    /// Our own feed was longer.
    OwnFeedAhead(Finding),
    /// The feed's node signed two histories.
    Fork(Box<Verified<ForkProof>>),
    /// They part elsewhere.
    Narrowed(Search),
    /// What it was to prove has passed meanwhile.
    Nothing,
}

impl Search {
    /// For histories that differ in an entry.
    pub(crate) fn from(differs: Seq) -> Self {
        Self {
            equal: Seq(0),
            differs,
            step: 1,
        }
    }

    /// After which entry to ask for the other history.
    pub(crate) fn after(self) -> Seq {
        Seq(self.differs.0.saturating_sub(self.step).max(self.equal.0))
    }

    /// An entry in which the histories are known to differ.
    pub(crate) fn differs(self) -> Seq {
        self.differs
    }
}

/// What a run that was asked for as proof shows.
///
/// # Errors
/// When the own store does not give back the entries to compare with.
pub(crate) fn weigh(
    replica: &dyn Replica,
    purpose: Purpose,
    feed: FeedId,
    run: &Run,
) -> Result<Result<Shown, Offence>, ReplicaError> {
    let (before, end) = match by_itself(replica.network(), feed, run) {
        Ok(ends) => ends,
        Err(offence) => return Ok(Err(offence)),
    };
    match purpose {
        Purpose::Follow | Purpose::LearnFork(_) | Purpose::LearnNamed(_) | Purpose::Branch(_) => {
            Ok(Ok(Shown::Nothing))
        }
        Purpose::ProveOwnFeedAhead => {
            let ours = replica.line(&feed).map_or(Seq(0), |line| line.head.seq);
            if end > ours {
                let theirs = end;
                let finding = Finding::OwnFeedAhead { feed, ours, theirs };
                return Ok(Ok(Shown::OwnFeedAhead(finding)));
            }
            let mut search = Search::from(end);
            search.step = end.0.saturating_sub(before.seq.0);
            // No longer, and still another one.
            let held = hashes(replica, feed, end, end)?;
            let last = run.entries.last().map(|entry| entry.header.hash());
            if held.get(&end).copied() == last {
                return Ok(Ok(Shown::Nothing));
            }
            compare(replica, search, feed, &before, run)
        }
        Purpose::ProveFork(search) => compare(replica, search, feed, &before, run),
    }
}

/// Checks a run by itself: whether it continues what we hold is the question, not the condition. Gives what it follows on
/// and where it ends.
fn by_itself(network: NetworkId, feed: FeedId, run: &Run) -> Result<(Head, Seq), Offence> {
    let first = run.entries.first().map(|entry| entry.header);
    let first = first.ok_or(Offence::FalseLine(feed))?;
    let before = Head {
        seq: Seq(first.seq.0.saturating_sub(1)),
        hash: first.prev,
        time: Time(0),
    };
    match run.clone().verify(network, &before) {
        Ok(verified) => Ok((before, verified.head().seq)),
        Err(error) => Err(Offence::BadRun { feed, error }),
    }
}

/// Whether a run holds an entry that was asked for, under a tip signature that holds.
///
/// # Errors
/// When it does not.
pub(crate) fn holds(network: NetworkId, feed: FeedId, through: EntryId, run: &Run) -> Result<(), Offence> {
    let mut entries = run.entries.iter().map(|entry| &entry.header);
    if run.feed.id(network) != feed || !entries.any(|header| (header.seq, header.hash()) == through) {
        return Err(Offence::FalseLine(feed));
    }
    by_itself(network, feed, run).map(|_| ())
}

fn compare(
    replica: &dyn Replica,
    search: Search,
    feed: FeedId,
    before: &Head,
    run: &Run,
) -> Result<Result<Shown, Offence>, ReplicaError> {
    let last = Seq(before.seq.0.saturating_add(run.entries.len() as u64));
    let held = hashes(replica, feed, before.seq, last)?;
    if held.get(&before.seq) != Some(&before.hash) {
        // Two feeds with one id begin alike, so there is something below; else it is no history of this feed.
        return Ok(if before.seq > search.equal {
            Ok(Shown::Narrowed(Search {
                differs: before.seq,
                step: search.step.saturating_mul(FORK_STEP_GROWTH),
                ..search
            }))
        } else {
            Err(Offence::FalseLine(feed))
        });
    }
    let differs = run
        .entries
        .iter()
        .map(|entry| &entry.header)
        .find(|header| held.get(&header.seq).is_some_and(|ours| *ours != header.hash()));
    let Some(differs) = differs else {
        if last >= search.differs {
            return Ok(Err(Offence::FalseLine(feed)));
        }
        return Ok(Ok(Shown::Narrowed(Search {
            equal: last,
            step: (search.differs.0 - last.0).div_ceil(2),
            ..search
        })));
    };
    let Some(ours) = replica.run_after(&feed, Seq(differs.seq.0.saturating_sub(1)), 0)? else {
        return Ok(Ok(Shown::Nothing));
    };
    let proof = ForkProof::between(run.feed.clone(), Branch::of_run(&ours), Branch::of_run(run))
        .and_then(|proof| Signed::<ForkProof>::decode(&proof.encode()))
        .and_then(|proof| proof.verify(replica.network()));
    Ok(match proof {
        Ok(proof) => Ok(Shown::Fork(Box::new(proof))),
        Err(error) => Err(Offence::BadProof { feed, error }),
    })
}

/// The hashes of the entries of a feed from one number to another, as far as they are held here. Number 0 is where all
/// feeds begin.
fn hashes(
    replica: &dyn Replica,
    feed: FeedId,
    from: Seq,
    to: Seq,
) -> Result<BTreeMap<Seq, EntryHash>, ReplicaError> {
    let mut found = BTreeMap::new();
    if from.0 == 0 {
        found.insert(Seq(0), Head::empty(feed).hash);
    }
    let mut after = Seq(from.0.saturating_sub(1));
    while after < to {
        let Some(run) = replica.run_after(&feed, after, 0)? else {
            break;
        };
        for entry in &run.entries {
            after = entry.header.seq;
            found.insert(entry.header.seq, entry.header.hash());
        }
    }
    Ok(found)
}
