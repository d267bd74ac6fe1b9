//! What this node held at earlier moments: its snapshots, made again from the numbers that runs have in the order of the
//! log, so that nothing but those numbers has to be kept of a snapshot.
//!
//! A snapshot that does not come out as it was (a fork came to light since, and the feed ends earlier now) shows nothing; a
//! later one may.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use soxa_ledger::checkpoint::{CosignedLog, SignedCheckpoint};
use soxa_ledger::merkle::{TreeHash, inclusion};
use soxa_ledger::proof::Held;
use soxa_ledger::snapshot::{HeldTip, Snapshot};
use soxa_ledger::{FeedId, Seq};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::{FEED_RUN, run_number, split_feed_seq};
use crate::overlay::visit;
use crate::rows::{Row as _, RunRow};

/// The runs of the feeds that all nodes read, as the log has them.
pub(crate) struct Past<'a> {
    engine: &'a Engine,
    /// For each feed its runs: the number of the last entry, and that in the order of the log. Ascending.
    runs: BTreeMap<FeedId, Vec<(Seq, u32)>>,
}

/// A tip in a snapshot that a checkpoint covers.
pub(crate) struct HeldAt {
    pub tip: HeldTip,
    pub held: Held,
}

impl<'a> Past<'a> {
    pub fn read(engine: &'a Engine) -> Result<Self, EngineError> {
        let mut runs: BTreeMap<FeedId, Vec<(Seq, u32)>> = BTreeMap::new();
        for (id, line) in &engine.derived.feeds {
            if line.feed.scope.is_all_nodes() {
                runs.insert(*id, Vec::new());
            }
        }
        visit(engine.store.index(), FEED_RUN, &[], |key, value| {
            let (feed, last) = split_feed_seq(&key, RunRow::TABLE)?;
            if let Some(runs) = runs.get_mut(&feed) {
                runs.push((last, run_number(&value, RunRow::TABLE)?));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Self { engine, runs })
    }

    /// What was held of all feeds when there were so many runs, in the order of the feeds' ids.
    fn tips(&self, count: u64) -> Result<Vec<HeldTip>, EngineError> {
        let mut tips = Vec::with_capacity(self.runs.len());
        for (feed, runs) in &self.runs {
            let held = runs.partition_point(|(_, number)| u64::from(*number) < count);
            if let Some((last, number)) = held.checked_sub(1).and_then(|newest| runs.get(newest)) {
                tips.push(self.tip(*feed, *last, *number)?);
            }
        }
        tips.retain(|tip| tip.seq.0 > 0);
        Ok(tips)
    }

    /// The tip of a feed that ended with this run.
    fn tip(&self, feed: FeedId, last: Seq, run: u32) -> Result<HeldTip, EngineError> {
        let derived = &self.engine.derived;
        let unknown = || EngineError::Index { table: RunRow::TABLE };
        let line = derived.feeds.get(&feed).ok_or_else(unknown)?;
        let before_fork = derived.before_forks.get(&feed);
        if let Some(head) = before_fork.filter(|head| head.seq < last) {
            return Ok(HeldTip {
                feed,
                seq: head.seq,
                hash: head.hash,
                closed: false,
            });
        }
        let newest = line.head.seq == last;
        let hash = if newest {
            line.head.hash
        } else {
            let run = self.engine.log().run(run)?;
            run.entries.last().ok_or_else(unknown)?.header.hash()
        };
        Ok(HeldTip {
            feed,
            seq: last,
            hash,
            closed: newest && line.closed && before_fork.is_none(),
        })
    }

    /// That an entry was held, by the earliest snapshot which shows it of those that the note covers.
    pub fn held(
        &self,
        log: &CosignedLog,
        note: &SignedCheckpoint,
        feed: FeedId,
        seq: Seq,
    ) -> Result<Option<HeldAt>, EngineError> {
        let runs = self.runs.get(&feed).map(Vec::as_slice).unwrap_or_default();
        let run = runs.get(runs.partition_point(|(last, _)| *last < seq));
        let size = usize::try_from(note.checkpoint().size).unwrap_or(usize::MAX);
        let (Some((_, run)), Some(covered)) = (run, log.snapshots.get(..size)) else {
            return Ok(None);
        };
        let first = covered.partition_point(|kept| kept.runs <= u64::from(*run));
        // Where one does not come out as it was, those after it are tried in growing steps.
        let steps = (0..usize::BITS).map(|step| (1_usize << step) - 1);
        for number in steps.map_while(|step| first.checked_add(step)) {
            let Some(kept) = covered.get(number) else {
                break;
            };
            let tips = self.tips(kept.runs)?;
            let snapshot = Snapshot::of(kept.time, &tips);
            let at = tips.iter().position(|tip| tip.feed == feed && tip.seq >= seq);
            let (true, Some(at)) = (snapshot.leaf() == kept.leaf, at) else {
                continue;
            };
            let tip_leaves: Vec<TreeHash> = tips.iter().map(HeldTip::leaf).collect();
            let leaves: Vec<TreeHash> = covered.iter().map(|kept| kept.leaf).collect();
            let proofs = inclusion(&tip_leaves, at).zip(inclusion(&leaves, number));
            return Ok(proofs
                .zip(tips.get(at))
                .map(|((in_snapshot, in_log), tip)| HeldAt {
                    tip: *tip,
                    held: Held {
                        closed: tip.closed,
                        snapshot,
                        feed: at as u64,
                        in_snapshot,
                        number: number as u64,
                        in_log,
                    },
                }));
        }
        Ok(None)
    }
}
