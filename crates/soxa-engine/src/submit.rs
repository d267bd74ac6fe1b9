//! What officials and this node's operator submit here: checked first, then appended to this node's own feeds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::authority::Touched;
use soxa_ledger::entry::BodyKind;
use soxa_ledger::limits::{RUN_BYTES_MAX, RUN_ENTRIES_MAX};
use soxa_ledger::verdict::{Position, Verdict, VoidReason};
use soxa_ledger::{
    Body, Commit, Entry, Feed, FeedId, Head, Header, Run, Scope, Signature, StatementId, Time, Tip,
};
use soxa_records::{OpVerdict, OpVoid};

use crate::carried::Standing;
use crate::cited::offence_of;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::CheckedRun;
use crate::judging::Judging;
use crate::opened::OpenedRun;
use crate::rows::Place;

/// What became of a group of acts that was submitted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// Durable, each at its position.
    Stored(Vec<Position>),
    /// One of them would have no effect; nothing of the group was stored.
    Refused(Refusal),
}

/// Why a group is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Operations that would be void, by their index.
    Operations(Vec<(u32, OpVerdict)>),
    /// A statement that would be void.
    Statement(StatementId, Verdict),
}

/// An act to be appended: its bytes, and for whom.
pub(crate) struct Act<'b> {
    pub body: &'b Body,
    pub kind: BodyKind,
    pub bytes: Cow<'b, [u8]>,
    pub readers: Scope,
}

impl<'b> Act<'b> {
    /// An act as it is, for those whom it names as its readers.
    pub fn of(body: &'b Body) -> Self {
        let (kind, bytes, readers) = match body {
            Body::Commit(commit) => (BodyKind::Commit, commit.bytes(), commit.scope.clone()),
            Body::Statement(statement) => (BodyKind::Statement, statement.bytes(), Scope::all_nodes()),
        };
        Self {
            body,
            kind,
            bytes: Cow::Borrowed(bytes),
            readers,
        }
    }
}

/// An act with the entry it will have.
struct Planned<'b> {
    body: &'b Body,
    bytes: Cow<'b, [u8]>,
    feed: Feed,
    header: Header,
    position: Position,
}

impl Engine {
    /// Submits acts made at this node, in groups. Each group is checked first, on top of those before it, and stored
    /// whole or not at all: it is refused when one of its acts would be void. What is stored is durable when this
    /// returns, with one sync for all groups. (A power cut before that may keep the first runs of a call.)
    ///
    /// # Errors
    /// Local faults only. After [`EngineError::Store`] nothing of the call is stored: when it is the log's (a full disk,
    /// too much at once) the engine goes on, an index that failed has to be opened again, as after any other fault.
    pub fn submit(&mut self, groups: Vec<Vec<Body>>, clock: Time) -> Result<Vec<Submitted>, EngineError> {
        self.expect_running()?;
        if self.is_own_forked() {
            return Err(EngineError::OwnFeedForked);
        }
        let (outcomes, planned) = self.try_groups(&groups, clock)?;
        let runs = self.sign_runs(planned);
        self.write(runs)?;
        Ok(outcomes)
    }

    /// What would become of an unsigned commit if it were signed and submitted now: the verdict on each operation.
    /// Nothing is stored.
    ///
    /// # Errors
    /// Local faults only.
    pub fn check(&self, commit: &Commit, clock: Time) -> Result<Vec<OpVerdict>, EngineError> {
        let (feed, head) = self.own_feed(&commit.scope);
        let feed_id = feed.id(self.derived.network);
        // The signed bytes are not known yet; no verdict depends on the hash of an entry that nobody could name.
        let header = Header::following(feed_id, &head, clock, BodyKind::Commit, &commit.encode());
        let id = commit.id(self.derived.network);
        let mut judging = self.derived.judging(&self.store, self.store.index());
        let place = Place {
            run: judging.fresh.begin_run(),
            at: 0,
        };
        judging.enter(commit, id, Standing::at(header.position(feed.node), &feed), place)?;
        judging.settle()?;
        judging.verdicts_of(commit, id)
    }

    /// This node's feed of a scope, and where it ends.
    pub(crate) fn own_feed(&self, scope: &Scope) -> (Feed, Head) {
        let own = || {
            let lines = self.derived.feeds.values();
            lines.filter(|line| line.feed.node == self.node() && line.feed.scope == *scope)
        };
        let begun = own().find(|line| line.feed.incarnation == self.life());
        if let Some(line) = begun {
            return (line.feed.clone(), line.head);
        }
        // It goes on from the newest of those that no other goes on from yet.
        let followed: BTreeSet<FeedId> = own().filter_map(|line| line.feed.follows).collect();
        let last = own().filter(|line| !followed.contains(&line.id));
        let last = last.max_by_key(|line| (line.head.time, line.id));
        let feed = Feed {
            node: self.node(),
            incarnation: self.life(),
            scope: scope.clone(),
            follows: last.map(|line| line.id),
        };
        let id = feed.id(self.derived.network);
        (feed, Head::empty(id))
    }

    /// Where an act would stand if it were appended next.
    pub(crate) fn next_standing(&self, body: &Body, clock: Time) -> Standing {
        let act = Act::of(body);
        let (feed, head) = self.own_feed(&act.readers);
        let id = feed.id(self.derived.network);
        let header = Header::following(id, &head, clock, act.kind, &act.bytes);
        Standing::at(header.position(feed.node), &feed)
    }

    /// Appends acts that others have appended before, as they are, whatever they are worth here.
    pub(crate) fn append_again(
        &mut self,
        acts: Vec<Act<'_>>,
        clock: Time,
    ) -> Result<Vec<FeedId>, EngineError> {
        let planned = self.plan(acts, clock, &mut BTreeMap::new());
        let feeds = planned.iter().map(|act| act.position.feed).collect();
        let runs = self.sign_runs(planned);
        self.write(runs)?;
        Ok(feeds)
    }

    /// Whether an act at a position would be something that no honest node lets in. An appointment may have become void
    /// since it was acted under.
    pub(crate) fn is_offence(&self, act: &Body, standing: Standing) -> Result<bool, EngineError> {
        let Body::Commit(commit) = act else {
            return Ok(false);
        };
        let mut judging = self.derived.judging(&self.store, self.store.index());
        let run = judging.fresh.begin_run();
        let id = commit.commit_id(self.derived.network);
        judging.enter(commit, id, standing, Place { run, at: 0 })?;
        judging.settle()?;
        let offends = |verdict: &OpVerdict| match verdict {
            OpVerdict::Void(OpVoid::Authority(VoidReason::AppointmentVoid(_))) => false,
            other => offence_of(other).is_some(),
        };
        Ok(judging.verdicts_of(commit, id)?.iter().any(offends))
    }

    /// Judges group by group, as if those accepted so far were stored, and takes back those that are refused.
    fn try_groups<'b>(
        &'b self,
        groups: &'b [Vec<Body>],
        clock: Time,
    ) -> Result<(Vec<Submitted>, Vec<Planned<'b>>), EngineError> {
        let mut outcomes = Vec::with_capacity(groups.len());
        let mut accepted = Vec::new();
        let mut heads = BTreeMap::new();
        let mut judging = self.derived.judging(&self.store, self.store.index());
        for group in groups {
            let mut further = heads.clone();
            let planned = self.plan(group.iter().map(Act::of), clock, &mut further);
            let mark = judging.mark();
            if let Some(refusal) = first_void(&mut judging, &planned)? {
                judging.back_to(mark);
                outcomes.push(Submitted::Refused(refusal));
            } else {
                outcomes.push(Submitted::Stored(
                    planned.iter().map(|act| act.position).collect(),
                ));
                accepted.extend(planned);
                heads = further;
            }
        }
        Ok((outcomes, accepted))
    }

    /// Gives every act of a group its entry in this node's own feeds, which end at `heads` by now.
    fn plan<'b>(
        &self,
        group: impl IntoIterator<Item = Act<'b>>,
        clock: Time,
        heads: &mut BTreeMap<FeedId, Head>,
    ) -> Vec<Planned<'b>> {
        group
            .into_iter()
            .map(|act| {
                let (feed, stored) = self.own_feed(&act.readers);
                let id = feed.id(self.derived.network);
                let head = heads.get(&id).copied().unwrap_or(stored);
                let header = Header::following(id, &head, clock, act.kind, &act.bytes);
                heads.insert(id, header.head());
                Planned {
                    body: act.body,
                    bytes: act.bytes,
                    position: header.position(feed.node),
                    feed,
                    header,
                }
            })
            .collect()
    }

    /// Puts planned acts into runs and signs a tip for each.
    fn sign_runs(&self, planned: Vec<Planned<'_>>) -> Vec<CheckedRun> {
        let mut runs: Vec<(OpenedRun, usize)> = Vec::new();
        for act in planned {
            let entry = Entry {
                header: act.header,
                body: act.bytes.into_owned(),
            };
            let fits = |(run, bytes): &(OpenedRun, usize)| {
                run.entries.len() < RUN_ENTRIES_MAX && bytes + entry.body.len() <= RUN_BYTES_MAX
            };
            // Only the feed's newest run may grow: an entry after a later run would break the chain.
            let newest = runs
                .iter_mut()
                .rev()
                .find(|(run, _)| run.feed_id == act.position.feed);
            match newest.filter(|run| fits(run)) {
                Some((run, bytes)) => {
                    *bytes += entry.body.len();
                    run.tip = entry.header.head();
                    run.entries.push(entry);
                    run.bodies.push(act.body.clone());
                }
                None => {
                    let bytes = entry.body.len();
                    let run = OpenedRun {
                        feed_id: act.position.feed,
                        feed: act.feed,
                        tip: entry.header.head(),
                        entries: vec![entry],
                        bodies: vec![act.body.clone()],
                        defect: None,
                    };
                    runs.push((run, bytes));
                }
            }
        }
        runs.into_iter()
            .map(|(opened, _)| {
                let tip = self.sign_tip(opened.feed_id, &opened.tip);
                let run = Run {
                    feed: opened.feed.clone(),
                    entries: opened.entries.clone(),
                    tip,
                };
                CheckedRun {
                    bytes: run.encode(),
                    opened,
                }
            })
            .collect()
    }

    fn sign_tip(&self, feed: FeedId, head: &Head) -> Signature {
        Tip {
            feed,
            seq: head.seq,
            hash: head.hash,
        }
        .sign(self.derived.network, &self.identity.key)
    }
}

/// Enters a group and judges all that it concerns: why it is to be refused, if one of its acts would be void.
fn first_void<'b>(judging: &mut Judging<'b>, group: &[Planned<'b>]) -> Result<Option<Refusal>, EngineError> {
    let network = judging.sources.log.network;
    let mut touched = Touched::default();
    for act in group {
        if let Body::Statement(statement) = act.body {
            touched.merge(judging.enter_statement(statement, act.position));
        }
    }
    for act in group {
        if let Body::Statement(statement) = act.body {
            let verdict = judging.sources.authority.judge_statement(&statement.id);
            if matches!(verdict, Verdict::Void(_)) {
                return Ok(Some(Refusal::Statement(statement.id, verdict)));
            }
        }
    }
    let run = judging.fresh.begin_run();
    for (at, act) in (0_u16..).zip(group) {
        if let Body::Commit(commit) = act.body {
            let standing = Standing::at(act.position, &act.feed);
            judging.enter(commit, commit.commit_id(network), standing, Place { run, at })?;
        }
    }
    judging.touch_concerned(&touched)?;
    judging.settle()?;
    for act in group {
        if let Body::Commit(commit) = act.body {
            let verdicts = judging.verdicts_of(commit, commit.commit_id(network))?;
            let void: Vec<_> = (0_u32..)
                .zip(verdicts)
                .filter(|(_, verdict)| verdict.is_void())
                .collect();
            if !void.is_empty() {
                return Ok(Some(Refusal::Operations(void)));
            }
        }
    }
    Ok(None)
}
