//! Carrying over: what officials signed and is only held past a fork, where it does not count, is appended again,
//! unchanged, in this node's own feed.
//!
//! Commits and statements are independent of feeds, so an honest official loses nothing by a bad node. What has no effect at
//! its new place is carried over too: what builds on it is judged alike everywhere only when everybody holds it. Every
//! holder does it, each after a delay of its own: whoever is first spares the others, and doing it twice changes nothing.

use std::collections::BTreeSet;

use soxa_ledger::ids::sha256;
use soxa_ledger::{Body, FeedId, Seq, Time};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{CARRY_ACTS_MAX, CARRY_AFTER_MS, CARRY_AGAIN_MS, CARRY_STEP_MS};
use crate::submit::Act;

/// What is known of one forked feed that is held past its fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carrying {
    held: Held,
    /// When to look at it; never again when nothing in it waits.
    due: Option<Time>,
}

/// How much of a feed is held past a fork: where that is, where the feed ends here, and the runs of its branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    fork: Seq,
    end: Seq,
    branches: usize,
}

impl Engine {
    /// When [`Engine::carry_over`] is to be called next; none while no feed is held past a fork, and nothing forwarded
    /// that its readers do not hold.
    #[must_use]
    pub fn carry_at(&self) -> Option<Time> {
        let past_forks = self.carry_past_forks_at();
        past_forks.into_iter().chain(self.widen_at()).min()
    }

    fn carry_past_forks_at(&self) -> Option<Time> {
        let held = self.held_past_forks();
        held.filter_map(|(feed, held)| match self.carrying.get(&feed) {
            Some(known) if known.held == held => known.due,
            _ => Some(Time(0)),
        })
        .min()
    }

    /// Appends again what only stands past forks, and what forwarded records' further readers do not hold, where it is time
    /// to. Waiting is measured by `now`, what is appended has the node
    /// time that `clock` shows. Returns the own feeds that grew; when this returns, what was appended is durable.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn carry_over(&mut self, now: Time, clock: Time) -> Result<Vec<FeedId>, EngineError> {
        self.expect_running()?;
        let mut grown = self.widen(now, clock)?;
        for (feed, held) in self.held_past_forks().collect::<Vec<_>>() {
            let known = self.carrying.get(&feed).copied();
            let known = known.filter(|known| known.held == held);
            let due = match known {
                Some(Carrying { due: None, .. }) => continue,
                Some(Carrying { due: Some(due), .. }) => due,
                None => now.plus_ms(self.carry_delay(&feed)),
            };
            let mut next = Some(due);
            if due <= now && !self.is_own_forked() {
                let orphans = self.orphans(feed, held.fork, clock)?;
                next = (orphans.len() == CARRY_ACTS_MAX).then(|| now.plus_ms(CARRY_AGAIN_MS));
                if !orphans.is_empty() {
                    let feeds = self.append_again(orphans.iter().map(Act::of).collect(), clock)?;
                    tracing::info!(feed = %feed.short(), acts = feeds.len(), "carried over from past a fork");
                    grown.extend(feeds);
                }
            }
            let due = next;
            self.carrying.insert(feed, Carrying { held, due });
        }
        Ok(grown.into_iter().collect())
    }

    /// Feeds that are held past a fork.
    fn held_past_forks(&self) -> impl Iterator<Item = (FeedId, Held)> {
        self.authority().forks().filter_map(|proof| {
            let (id, fork) = (proof.feed_id(), proof.seq());
            let end = self.derived.feeds.get(&id)?.head.seq;
            let branches = self.derived.branches.get(&id).map_or(0, Vec::len);
            let held = Held { fork, end, branches };
            (end >= fork).then_some((id, held))
        })
    }

    /// How long this node waits before it carries a feed over: by its place among all nodes in an order that is another
    /// for each feed.
    fn carry_delay(&self, feed: &FeedId) -> u64 {
        let place = |node: &soxa_ledger::NodeKey| sha256(&[feed.0, node.0].concat());
        let own = place(&self.node());
        let admitted = self.authority().admitted_nodes();
        let before = admitted.iter().filter(|(node, _)| place(node) < own).count();
        CARRY_AFTER_MS.saturating_add(CARRY_STEP_MS.saturating_mul(before as u64))
    }

    /// The acts of a feed past its fork that no position carries which counts: each once, in the order in which they are
    /// held, without those that no honest node lets in.
    fn orphans(&self, feed: FeedId, fork: Seq, clock: Time) -> Result<Vec<Body>, EngineError> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let log = self.log();
        for number in log.runs_of(&feed)? {
            let run = log.run(number)?;
            if run.entries.last().is_none_or(|last| last.header.seq < fork) {
                continue;
            }
            // The body that ended a feed is evidence and nothing else.
            let run = log.opened(number)?;
            for (entry, body) in run.entries.iter().zip(run.bodies) {
                if entry.header.seq < fork
                    || !seen.insert(entry.header.body_hash)
                    || self.is_carried(&body)?
                {
                    continue;
                }
                if found.len() == CARRY_ACTS_MAX {
                    return Ok(found);
                }
                // An act is appended for those who could read it before, and by one of them.
                if self.reads(&body) && !self.is_offence(&body, self.next_standing(&body, clock))? {
                    found.push(body);
                }
            }
        }
        Ok(found)
    }

    /// Whether this node's unit is among the readers of an act.
    fn reads(&self, body: &Body) -> bool {
        let unit = self.authority().unit_of_node(&self.node());
        match body {
            Body::Statement(_) => true,
            Body::Commit(commit) => {
                commit.scope.is_all_nodes() || unit.is_some_and(|unit| commit.scope.admits(&unit))
            }
        }
    }

    /// Whether a position that counts carries an act or statement.
    fn is_carried(&self, body: &Body) -> Result<bool, EngineError> {
        let authority = self.authority();
        Ok(match body {
            Body::Statement(statement) => authority.knows(statement),
            Body::Commit(commit) => {
                let held = self.commit(&commit.commit_id(self.derived.network))?;
                held.is_some_and(|(_, at)| at.iter().any(|at| authority.counts(at)))
            }
        })
    }
}
