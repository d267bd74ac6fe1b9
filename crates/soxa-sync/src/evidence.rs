//! Proof before alarm: a line is only a peer's word, so what it says against us or against a feed's node is
//! believed when the entries came, under a tip signature that holds.

use soxa_ledger::replica::{Replica, ReplicaError};
use soxa_ledger::{EntryHash, FeedId, Head, Run, Seq, Time};

use crate::effect::{Finding, Offence};
use crate::wants::Purpose;

/// What a run that was asked for as proof shows; nothing when what it was to prove has passed meanwhile.
///
/// # Errors
/// When the own store does not give back the entry to compare with.
pub(crate) fn weigh(
    replica: &dyn Replica,
    purpose: Purpose,
    feed: FeedId,
    run: &Run,
) -> Result<Result<Option<Finding>, Offence>, ReplicaError> {
    let Some(first) = run.entries.first().map(|entry| entry.header) else {
        return Ok(Err(Offence::FalseLine(feed)));
    };
    // Checked by itself: whether it continues what we hold is the question, not the condition.
    let before = Head {
        seq: Seq(first.seq.0.saturating_sub(1)),
        hash: first.prev,
        time: Time(0),
    };
    let theirs = match run.clone().verify(replica.network(), &before) {
        Ok(verified) => verified.head().seq,
        Err(error) => return Ok(Err(Offence::BadRun { feed, error })),
    };
    let ours = replica.line(&feed).map_or(Seq(0), |line| line.head.seq);
    if purpose == Purpose::ProveOwnFeedAhead && theirs > ours {
        return Ok(Ok(Some(Finding::OwnFeedAhead { feed, ours, theirs })));
    }
    Ok(match entry_hash(replica, feed, first.seq)? {
        Some(held) if held != first.hash() => Ok(Some(Finding::Fork {
            feed,
            seq: first.seq,
            evidence: Some(Box::new(run.clone())),
        })),
        Some(_) if purpose == Purpose::ProveFork => Err(Offence::FalseLine(feed)),
        _ => Ok(None),
    })
}

fn entry_hash(replica: &dyn Replica, feed: FeedId, seq: Seq) -> Result<Option<EntryHash>, ReplicaError> {
    let run = replica.run_after(&feed, Seq(seq.0.saturating_sub(1)), 0)?;
    Ok(run.and_then(|run| run.entries.first().map(|entry| entry.header.hash())))
}
