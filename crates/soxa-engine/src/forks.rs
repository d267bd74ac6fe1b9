//! Fork proofs: kept in the log beside the runs, and what one changes.
//!
//! One is kept for each feed, that with the lowest fork; of several for the same fork the first that came, since all of
//! them mean the same and whoever made the fork could make smaller and smaller ones for ever.

use soxa_ledger::{FeedId, ForkProof, Signed, Verified};
use soxa_store::{Location, Record, Store};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::FORK;
use crate::limits::FEEDS_PER_NODE_MAX;
use crate::overlay::scan_all;
use crate::runs::FORK_PROOF;

impl Engine {
    /// Keeps the proof that a feed forked, if it is news: when this returns, it is durable, and what lies past the fork
    /// has been judged again. False when a proof at least as low is kept already, or the feed is none that is taken in.
    ///
    /// # Errors
    /// Local faults only, as [`Engine::take_in`].
    pub fn keep_proof(&mut self, proof: &Verified<ForkProof>) -> Result<bool, EngineError> {
        self.expect_running()?;
        if !self.is_news(proof) {
            return Ok(false);
        }
        let locations = self.store.append_and_sync(&[(FORK_PROOF, proof.bytes())])?;
        self.lag();
        for location in locations {
            self.derived
                .take_in_proof(&self.store, self.store.index(), proof, location)
                .map_err(|fault| EngineError::Unfinished(Box::new(fault)))?;
        }
        self.caught_up();
        self.count_batch();
        Ok(true)
    }

    fn is_news(&self, proof: &Verified<ForkProof>) -> bool {
        let (id, node) = (proof.feed_id(), &proof.feed().node);
        let lower = self
            .authority()
            .fork_of(&id)
            .is_none_or(|kept| proof.seq() < kept.seq());
        let room = self.derived.feeds.contains_key(&id) || self.derived.feeds_of(node) < FEEDS_PER_NODE_MAX;
        lower && room && self.authority().knows_node(node)
    }

    /// Whether the entries of a feed from a number on lie past a fork.
    #[must_use]
    pub fn is_past_fork(&self, feed: &FeedId, seq: soxa_ledger::Seq) -> bool {
        self.authority()
            .fork_of(feed)
            .is_some_and(|proof| seq >= proof.seq())
    }
}

/// A proof read back from the log.
pub(crate) fn decode_proof(record: &Record) -> Result<Verified<ForkProof>, EngineError> {
    Signed::<ForkProof>::decode(&record.payload)
        .map(Signed::checked_before_storing)
        .map_err(|error| EngineError::Log {
            what: error.to_string(),
        })
}

/// The proofs that the index names.
pub(crate) fn read_proofs(store: &Store) -> Result<Vec<Verified<ForkProof>>, EngineError> {
    scan_all(store.index(), FORK, &[])?
        .into_values()
        .map(|bytes| {
            let location = Location::from_bytes(&bytes).ok_or(EngineError::Index { table: "forks" })?;
            decode_proof(&store.read(location)?)
        })
        .collect()
}
