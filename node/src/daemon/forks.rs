//! Forked feeds: the proofs and the branches that peers show.

use soxa_engine::EngineError;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::{FeedId, ForkProof, NodeKey, Run, Verified};

use super::core::Core;
use super::submission::{is_of_the_log, unfinished};

impl Core {
    /// Keeps the proof that a feed forked.
    pub(super) fn keep_proof(
        &mut self,
        peer: NodeKey,
        proof: &Verified<ForkProof>,
    ) -> Result<(), EngineError> {
        match self.engine.keep_proof(proof) {
            Ok(true) => {
                let (feed, node) = (proof.feed_id(), proof.feed().node);
                tracing::warn!(feed = %feed.short(), node = %node.short(), seq = %proof.seq(), told_by = %peer.short(), "a node has signed two histories of one feed");
                self.admit();
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
                tracing::error!(%fault, "a fork proof could not be stored");
                Ok(())
            }
            Err(fault) => Err(unfinished(fault)),
        }
    }

    /// Keeps entries of a branch that a statement names: of which feed, and whether they are news.
    pub(super) fn keep_branch(&mut self, peer: NodeKey, run: Run) -> Result<(FeedId, bool), EngineError> {
        let (node, entries) = (run.feed.node, run.entries.len());
        let feed = run.feed.id(self.engine.network());
        let kept = match self.engine.keep_branch(run) {
            Ok(true) => {
                tracing::info!(node = %node.short(), entries, told_by = %peer.short(), "took in a named branch of a forked feed");
                self.admit();
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
                tracing::error!(%fault, "a branch of a forked feed could not be stored");
                Ok(false)
            }
            Err(fault) => Err(unfinished(fault)),
        };
        Ok((feed, kept?))
    }
}
