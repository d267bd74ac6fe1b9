//! Carrying over: what officials signed and only stands past a fork is appended again, unchanged, in this node's own feed.
//!
//! Commits and statements are independent of feeds, so an honest official loses nothing by a bad node. Every holder does
//! it, each after a delay of its own: whoever is first spares the others, and doing it twice changes nothing.

use std::collections::BTreeSet;

use soxa_ledger::authority::{Act, Authority};
use soxa_ledger::ids::sha256;
use soxa_ledger::verdict::{Position, Verdict};
use soxa_ledger::{Body, Commit, CommitId, FeedId, Seq, Time};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::{FEED_RUN, feed_seq, run_number};
use crate::limits::{CARRY_ACTS_MAX, CARRY_AFTER_MS, CARRY_AGAIN_MS, CARRY_STEP_MS};
use crate::overlay::scan_all;
use crate::rows::{Row as _, RunRow};

/// What is known of one forked feed that is held past its fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carrying {
    fork: Seq,
    end: Seq,
    /// When to look at it; never again when nothing in it waits.
    due: Option<Time>,
}

/// What there is to carry over of a feed now.
struct Orphans {
    acts: Vec<Body>,
    /// Whether something is left that does not stand here either, or did not fit.
    left: bool,
}

impl Engine {
    /// When [`Engine::carry_over`] is to be called next; none while no feed is held past a fork.
    #[must_use]
    pub fn carry_at(&self) -> Option<Time> {
        let held = self.held_past_forks();
        held.filter_map(|(feed, fork, end)| match self.carrying.get(&feed) {
            Some(known) if (known.fork, known.end) == (fork, end) => known.due,
            _ => Some(Time(0)),
        })
        .min()
    }

    /// Appends what only stands past forks, where it is time to. Waiting is measured by `now`, what is appended has the node
    /// time that `clock` shows. Returns the own feeds that grew; when this returns, what was appended is durable.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn carry_over(&mut self, now: Time, clock: Time) -> Result<Vec<FeedId>, EngineError> {
        self.expect_running()?;
        let mut grown = BTreeSet::new();
        for (feed, fork, end) in self.held_past_forks().collect::<Vec<_>>() {
            let known = self.carrying.get(&feed).copied();
            let known = known.filter(|known| (known.fork, known.end) == (fork, end));
            let due = match known {
                Some(Carrying { due: None, .. }) => continue,
                Some(Carrying { due: Some(due), .. }) => due,
                None => now.plus_ms(self.carry_delay(&feed)),
            };
            let mut next = Some(due);
            if due <= now && !self.is_own_forked() {
                let orphans = self.orphans(feed, fork, clock)?;
                next = orphans.left.then(|| now.plus_ms(CARRY_AGAIN_MS));
                if !orphans.acts.is_empty() {
                    let feeds = self.append_again(&orphans.acts, clock)?;
                    tracing::info!(feed = %feed.short(), acts = feeds.len(), "carried over from past a fork");
                    grown.extend(feeds);
                }
            }
            let due = next;
            self.carrying.insert(feed, Carrying { fork, end, due });
        }
        Ok(grown.into_iter().collect())
    }

    /// Feeds that are held past a fork: the fork, and where they end.
    fn held_past_forks(&self) -> impl Iterator<Item = (FeedId, Seq, Seq)> {
        self.authority().forks().filter_map(|proof| {
            let (id, fork) = (proof.feed_id(), proof.seq());
            let end = self.derived.feeds.get(&id)?.head.seq;
            (end >= fork).then_some((id, fork, end))
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

    /// The acts of a feed past its fork that have no effect anywhere and would have it in this node's feed.
    fn orphans(&self, feed: FeedId, fork: Seq, clock: Time) -> Result<Orphans, EngineError> {
        let mut authority = self.authority().clone();
        let mut found = Orphans {
            acts: Vec::new(),
            left: false,
        };
        let mut seen = BTreeSet::new();
        let end = self.derived.feeds.get(&feed).map_or(Seq(0), |line| line.head.seq);
        let after = feed_seq(&feed, Seq(fork.0.saturating_sub(1)));
        let log = self.log();
        for (key, number) in scan_all(log.index, FEED_RUN, &feed.0)? {
            if key <= after {
                continue;
            }
            // The body that ended a feed is evidence and nothing else.
            let run = log.opened(run_number(&number, RunRow::TABLE)?)?;
            for (entry, body) in run.entries.iter().zip(run.bodies) {
                if entry.header.seq < fork || entry.header.seq > end || !seen.insert(entry.header.body_hash) {
                    continue;
                }
                let at = self.next_position(&body, clock);
                let (stands, would_stand) = match &body {
                    Body::Statement(statement) => {
                        let stands = authority.judge_statement(&statement.id) == Verdict::Valid;
                        if !stands {
                            let mut further = authority.clone();
                            further.insert(statement, at);
                            if further.judge_statement(&statement.id) == Verdict::Valid {
                                authority = further;
                                (false, true)
                            } else {
                                (false, false)
                            }
                        } else {
                            (true, false)
                        }
                    }
                    Body::Commit(commit) => {
                        let id = commit.commit_id(self.derived.network);
                        let held = self.commit(&id)?.map(|(_, at)| at).unwrap_or_default();
                        let stands = judge(&authority, commit, id, &held) == Verdict::Valid;
                        let would_stand = judge(&authority, commit, id, &[at]) == Verdict::Valid;
                        (stands, would_stand)
                    }
                };
                match (stands, would_stand) {
                    (true, _) => {}
                    (false, true) if found.acts.len() < CARRY_ACTS_MAX => found.acts.push(body),
                    (false, _) => found.left = true,
                }
            }
        }
        // What is appended now may make more stand.
        found.left |= !found.acts.is_empty();
        Ok(found)
    }
}

fn judge(authority: &Authority, commit: &Commit, id: CommitId, at: &[Position]) -> Verdict {
    let act = Act {
        key: commit.author,
        appointment: commit.appointment,
        kinds: commit
            .operations
            .iter()
            .map(|operation| &operation.kind)
            .collect(),
        commits: vec![id],
    };
    authority.judge_act(&act, at)
}
