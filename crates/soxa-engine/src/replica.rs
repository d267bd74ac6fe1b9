//! The engine as replication sees it.

use soxa_ledger::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX};
use soxa_ledger::replica::{FeedLine, Replica, ReplicaError};
use soxa_ledger::{EntryHash, FeedId, ForkProof, NetworkId, NodeKey, RecordId, Run, Seq, Verified};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::{FEED_RUN, feed_seq, run_number};
use crate::limits::JOIN_PAGE;
use crate::rows::{Row as _, RunRow};

impl Replica for Engine {
    fn network(&self) -> NetworkId {
        self.derived.network
    }

    fn own_node(&self) -> NodeKey {
        self.node()
    }

    fn unit_of(&self, node: &NodeKey) -> Option<RecordId> {
        self.authority().unit_of_node(node)
    }

    fn takes_from(&self, node: &NodeKey) -> bool {
        self.derived.authority().knows_node(node)
    }

    fn runs(&self) -> u64 {
        self.derived.op_ids.next_run().into()
    }

    fn lines(&self) -> Vec<FeedLine> {
        self.derived.feeds.values().map(|line| self.shown(line)).collect()
    }

    fn line(&self, feed: &FeedId) -> Option<FeedLine> {
        self.derived.feeds.get(feed).map(|line| self.shown(line))
    }

    fn fork_of(&self, feed: &FeedId) -> Option<Verified<ForkProof>> {
        self.authority().fork_of(feed).cloned()
    }

    fn run_after(&self, feed: &FeedId, after: Seq, byte_limit: usize) -> Result<Option<Run>, ReplicaError> {
        self.join_runs(feed, after, byte_limit)
            .map_err(|error| unreadable(feed, &error))
    }

    fn lacking(
        &self,
        feed: &FeedId,
        named: (Seq, EntryHash),
    ) -> Result<Option<(Seq, EntryHash)>, ReplicaError> {
        self.lacking_of(feed, named)
            .map_err(|error| unreadable(feed, &error))
    }

    fn branch(
        &self,
        feed: &FeedId,
        through: (Seq, EntryHash),
        above: Seq,
        byte_limit: usize,
    ) -> Result<Option<Run>, ReplicaError> {
        self.join_down(feed, through, above, byte_limit)
            .map_err(|error| unreadable(feed, &error))
    }
}

fn unreadable(feed: &FeedId, error: &EngineError) -> ReplicaError {
    ReplicaError {
        feed: *feed,
        what: error.to_string(),
    }
}

impl Engine {
    /// A line as all nodes show it that know of the fork, whichever branch they hold as their own.
    fn shown(&self, line: &FeedLine) -> FeedLine {
        let mut shown = line.clone();
        if let Some(head) = self.derived.before_forks.get(&line.id) {
            shown.head = *head;
            shown.closed = false;
        }
        if line.forked.is_some() {
            shown.named = self.authority().named_and_held(&line.id);
        }
        shown
    }

    /// Stored runs after an entry, joined while they fit: only the last tip signature is needed.
    fn join_runs(&self, feed: &FeedId, after: Seq, byte_limit: usize) -> Result<Option<Run>, EngineError> {
        let byte_limit = byte_limit.min(RUN_BYTES_MAX);
        let mut joined: Option<Run> = None;
        let mut bytes = 0;
        let mut last = feed_seq(feed, after);
        loop {
            let page = self
                .store
                .index()
                .scan(FEED_RUN, &feed.0, Some(&last), JOIN_PAGE)?;
            let Some((newest, _)) = page.last() else {
                return Ok(joined);
            };
            last = newest.clone();
            for (_, number) in page {
                let stored = self.log().run(run_number(&number, RunRow::TABLE)?)?;
                let fresh = || stored.entries.iter().filter(|entry| entry.header.seq > after);
                let (count, size) = fresh().fold((0, 0), |(count, size), entry| {
                    (count + 1, size + entry.body.len())
                });
                match &mut joined {
                    None => {
                        joined = Some(Run {
                            feed: stored.feed.clone(),
                            entries: fresh().cloned().collect(),
                            tip: stored.tip,
                        });
                    }
                    Some(run)
                        if bytes + size <= byte_limit && run.entries.len() + count <= RUN_ENTRIES_MAX =>
                    {
                        run.entries.extend(fresh().cloned());
                        run.tip = stored.tip;
                    }
                    Some(_) => return Ok(joined),
                }
                bytes += size;
            }
        }
    }
}
