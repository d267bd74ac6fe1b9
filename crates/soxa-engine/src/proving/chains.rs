//! The chains of a proof, and the file that they end up in: without a checkpoint, or under one that covers them.

use soxa_ledger::checkpoint::{CosignedLog, SignedCheckpoint};
use soxa_ledger::proof::{ActPart, Chain, Proof};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::{EntryHash, FeedId, Header, Run, Seq};

use super::gathering::Gathering;
use crate::error::EngineError;
use crate::limits::COVERED_HEADERS_MAX;
use crate::past::Past;

/// A checkpoint that may cover the acts.
pub(super) struct Cover<'a> {
    pub(super) log: &'a CosignedLog,
    pub(super) note: SignedCheckpoint,
    pub(super) past: &'a Past<'a>,
}

impl Gathering<'_> {
    /// The entries of a run from this one on, up to a signed tip.
    fn run_from(&self, feed: &FeedId, seq: Seq) -> Result<Run, EngineError> {
        let before = Seq(seq.0.saturating_sub(1));
        let run = self.engine.run_after(feed, before, 0);
        let run = run.map_err(|error| EngineError::Log { what: error.what })?;
        run.ok_or_else(|| EngineError::Log {
            what: format!("no run with entry {seq} of feed {feed}"),
        })
    }

    /// The proof, without a checkpoint.
    pub(super) fn finish(mut self, acts: Vec<ActPart>) -> Result<Proof, EngineError> {
        let statements = self.statements()?;
        let mut chains = Vec::with_capacity(self.shown.len());
        for ((feed, last), shown) in &self.shown {
            chains.extend(self.chain(feed, shown.first, *last)?);
        }
        Ok(self.proof(acts, statements, chains, None))
    }

    /// The proof with a checkpoint; none when that does not cover the entries of the acts.
    pub(super) fn finish_covered(
        mut self,
        acts: &[ActPart],
        cover: &Cover<'_>,
    ) -> Result<Option<Proof>, EngineError> {
        let note = &cover.note;
        self.grounds.nodes.insert(note.checkpoint().log.node);
        self.grounds.nodes.extend(note.cosignatures().keys());
        let statements = self.statements()?;
        let mut chains: Vec<Chain> = Vec::with_capacity(self.shown.len());
        let mut end = None;
        for ((feed, last), shown) in &self.shown {
            // One that was drawn out to the tip of a snapshot may have reached it.
            if end.is_some_and(|end| (*feed, *last) <= end) {
                continue;
            }
            let chain = match shown.commit {
                true => self.covered_chain(feed, shown.first, *last, cover)?,
                false => self.chain(feed, shown.first, *last)?,
            };
            let Some(chain) = chain else { return Ok(None) };
            end = chain.headers.last().map(|last| (*feed, last.seq));
            chains.push(chain);
        }
        let note = note.to_string().into_bytes();
        Ok(Some(self.proof(acts.to_vec(), statements, chains, Some(note))))
    }

    /// The headers from one number to another, at which a run ends; none when they are more than a file should hold.
    fn chain(&self, feed: &FeedId, first: (Seq, EntryHash), last: Seq) -> Result<Option<Chain>, EngineError> {
        let mut run = self.run_at(feed, first)?;
        let mut headers: Vec<Header> = Vec::new();
        loop {
            headers.extend(run.entries.iter().map(|entry| entry.header));
            match headers.last() {
                Some(end) if end.seq < last && headers.len() <= COVERED_HEADERS_MAX => {
                    run = self.run_from(feed, end.seq.next())?;
                }
                end => {
                    let reached = end.is_some_and(|end| end.seq == last);
                    return Ok(reached.then_some(Chain {
                        feed: run.feed,
                        headers,
                        tip: run.tip,
                        held: None,
                    }));
                }
            }
        }
    }

    /// The same up to the tip of the earliest snapshot that holds the run which ends with `last`.
    fn covered_chain(
        &self,
        feed: &FeedId,
        first: (Seq, EntryHash),
        last: Seq,
        cover: &Cover<'_>,
    ) -> Result<Option<Chain>, EngineError> {
        let Some(found) = cover.past.held(cover.log, &cover.note, *feed, last)? else {
            return Ok(None);
        };
        let chain = self.chain(feed, first, found.tip.seq)?;
        let same = |chain: &Chain| chain.held_tip(found.tip.closed) == Some(found.tip);
        Ok(chain.filter(same).map(|chain| Chain {
            held: Some(found.held),
            ..chain
        }))
    }

    fn proof(
        &self,
        acts: Vec<ActPart>,
        statements: Vec<Vec<u8>>,
        chains: Vec<Chain>,
        checkpoint: Option<Vec<u8>>,
    ) -> Proof {
        // What is shown past a fork counts because a statement names it: the fork is no objection to it.
        let forks = self.engine.authority().forks().filter(|fork| {
            let of_feed = self.shown.iter().filter(|((feed, _), _)| *feed == fork.feed_id());
            let highest = of_feed.map(|(_, shown)| shown.first.0).max();
            highest.is_some_and(|seq| seq < fork.seq())
        });
        Proof {
            network: self.engine.network(),
            acts,
            rulings: self.rulings.iter().cloned().collect(),
            statements,
            chains,
            forks: forks.map(|fork| fork.bytes().to_vec()).collect(),
            checkpoint,
        }
    }
}
