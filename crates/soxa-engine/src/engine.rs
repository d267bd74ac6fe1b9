//! [`Engine`]: the log, what follows from it, and the one way into both.

use std::collections::BTreeMap;

use soxa_ledger::authority::Authority;
use soxa_ledger::replica::FeedLine;
use soxa_ledger::{Feed, FeedId, Incarnation, NodeKey, RecordId, SecretKey, Time};
use soxa_store::{RecordKind, Store};

use crate::carrying::Carrying;
use crate::derived::Derived;
use crate::error::EngineError;
use crate::intake::CheckedRun;
use crate::limits::BATCHES_PER_CHECKPOINT;
use crate::runs::Log;
use crate::widening::Widening;
use crate::work::{Stage, Watch, Work};

/// Who this node is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The node's key.
    pub key: SecretKey,
    /// The life of its store.
    pub incarnation: Incarnation,
}

impl Identity {
    /// The node's public key.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        self.key.node()
    }
}

/// A node's ledger: the log, what follows from it, and the right to add to it.
pub struct Engine {
    pub(crate) store: Store,
    pub(crate) derived: Derived,
    pub(crate) identity: Identity,
    /// Index batches since the last checkpoint.
    batches: u32,
    /// The log may be ahead of memory and index: nothing may be appended.
    stopped: bool,
    /// What is known of forked feeds whose acts may have to be carried over.
    pub(crate) carrying: BTreeMap<FeedId, Carrying>,
    /// What is known of records whose acts further readers do not hold yet.
    pub(crate) widening: BTreeMap<RecordId, Widening>,
}

impl Engine {
    pub(crate) fn of(store: Store, derived: Derived, identity: Identity) -> Self {
        Self {
            store,
            derived,
            identity,
            batches: 0,
            stopped: false,
            carrying: BTreeMap::new(),
            widening: BTreeMap::new(),
        }
    }

    /// Ends orderly: the next start has nothing to repeat.
    ///
    /// # Errors
    /// When the store cannot be closed cleanly. Nothing stored is lost.
    pub fn close(self) -> Result<(), EngineError> {
        Ok(self.store.close()?)
    }

    /// This node's key.
    #[must_use]
    pub fn node(&self) -> NodeKey {
        self.identity.node()
    }

    /// The life of its store.
    #[must_use]
    pub fn life(&self) -> Incarnation {
        self.identity.incarnation
    }

    /// Goes on in a new life, with new feeds that name those of the life before: after the store was found to be an old
    /// copy, or one of two. What this node appended before stays as it is.
    pub fn begin_life(&mut self, incarnation: Incarnation) {
        self.identity.incarnation = incarnation;
    }

    /// Whether a feed of the present life is proved to be forked: nothing may be appended before a new life has begun.
    #[must_use]
    pub fn is_own_forked(&self) -> bool {
        let own = |feed: &Feed| feed.node == self.node() && feed.incarnation == self.life();
        self.authority().forks().any(|proof| own(proof.feed()))
    }

    /// Entries of this node's feeds of its present life: what the journal beside the store has to agree with.
    #[must_use]
    pub fn signed(&self) -> u64 {
        let own = |line: &&FeedLine| line.feed.node == self.node() && line.feed.incarnation == self.life();
        self.derived
            .feeds
            .values()
            .filter(own)
            .map(|line| line.head.seq.0)
            .sum()
    }

    /// The node time of the newest entry of this node's present life; no later one may be earlier.
    #[must_use]
    pub fn signed_until(&self) -> Option<Time> {
        let own = |line: &&FeedLine| line.feed.node == self.node() && line.feed.incarnation == self.life();
        let lines = self.derived.feeds.values().filter(own);
        lines.map(|line| line.head.time).max()
    }

    /// Feeds of earlier lives of this node that are held.
    #[must_use]
    pub fn earlier_feeds(&self) -> usize {
        let earlier =
            |line: &&FeedLine| line.feed.node == self.node() && line.feed.incarnation != self.life();
        self.derived.feeds.values().filter(earlier).count()
    }

    /// The authority: all statements with their verdicts.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.derived.authority()
    }

    /// How much was done since the engine was opened.
    #[must_use]
    pub fn work(&self) -> Work {
        self.derived.tally.read()
    }

    /// From here on the time of each stage of taking in is taken with a watch; see [`Work::spent`].
    pub fn measure(&mut self, watch: Watch) {
        self.derived.tally.measure(watch);
    }

    /// The log as this node's own index numbers it.
    pub(crate) fn log(&self) -> Log<'_> {
        self.derived.log(&self.store, self.store.index())
    }

    pub(crate) fn expect_running(&self) -> Result<(), EngineError> {
        if self.stopped {
            Err(EngineError::Stopped)
        } else {
            Ok(())
        }
    }

    /// From here on memory and index may lag behind the log, until [`Engine::caught_up`].
    pub(crate) fn lag(&mut self) {
        self.stopped = true;
    }

    pub(crate) fn caught_up(&mut self) {
        self.stopped = false;
    }

    /// Log first, with our own sync; then the index, in one batch.
    pub(crate) fn write(&mut self, runs: Vec<CheckedRun>) -> Result<(), EngineError> {
        if runs.is_empty() {
            return Ok(());
        }
        let records: Vec<(RecordKind, &[u8])> = runs.iter().map(CheckedRun::record).collect();
        let tally = &self.derived.tally;
        let locations = tally.time(Stage::Log, || self.store.append_and_sync(&records))?;
        let durable: Vec<_> = runs.into_iter().map(|run| run.opened).zip(locations).collect();
        self.lag();
        self.derived
            .take_in(&self.store, self.store.index(), &durable)
            .map_err(|fault| EngineError::Unfinished(Box::new(fault)))?;
        self.caught_up();
        self.count_batch();
        Ok(())
    }

    /// One more batch went into the index.
    pub(crate) fn count_batch(&mut self) {
        self.batches = self.batches.saturating_add(1);
        if self.batches >= BATCHES_PER_CHECKPOINT {
            self.checkpoint();
        }
    }

    /// Makes the index durable. Without that nothing is lost, only more is replayed after an unclean stop; so a full
    /// disk is no reason to stop, and it is tried again after the next batch.
    pub(crate) fn checkpoint(&mut self) {
        match self.store.checkpoint() {
            Ok(_) => self.batches = 0,
            Err(fault) => tracing::warn!(%fault, "the index could not be made durable"),
        }
    }
}
