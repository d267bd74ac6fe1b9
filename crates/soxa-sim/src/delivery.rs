//! What a daemon does with libp2p's events and the engine's answers, done with simulated ones: messages delivered,
//! effects carried out in their order, runs taken in, connections that come and go.

use std::collections::VecDeque;

use soxa_engine::life::Why;
use soxa_engine::{EngineError, RunFault, Submitted};
use soxa_ledger::entry::Body;
use soxa_ledger::ids::sha256;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::run::RunError;
use soxa_ledger::{ForkProof, NodeKey, Run, Time, Verified};
use soxa_store::StoreError;
use soxa_sync::limits::LINES_PER_PAGE_MAX;
use soxa_sync::{
    Effect, Failure as NoAnswer, Finding, Offence, Outcome, Refusal, Relay, Request, RequestId, Response,
    answer,
};

use crate::agenda::Coming;
use crate::chaos::VICTIM;
use crate::dice::{Dice, Purpose};
use crate::network::{Content, Letter};
use crate::node::{Running, SimNode};
use crate::report::Defect;
use crate::run::Simulation;
use crate::sabotage::Sabotage;

impl Simulation<'_> {
    /// Whether a node, as far as it knows, may be connected with another.
    fn admits(&self, node: usize, peer: usize) -> bool {
        let peer = self.nodes.get(peer).map(SimNode::key);
        let node = self.nodes.get(node);
        node.zip(peer).is_some_and(|(node, peer)| node.admits(&peer))
    }

    /// A connection needs both directions of a link.
    fn is_connectable(&self, node: usize, peer: usize) -> bool {
        self.network.is_open(node, peer) && self.network.is_open(peer, node)
    }

    pub fn send(&mut self, from: usize, to: usize, content: Content) {
        let lives = (self.nodes[from].life, self.nodes[to].life);
        self.network.send(
            self.now,
            Letter {
                from,
                to,
                lives,
                content,
            },
            &mut self.agenda,
        );
    }

    pub fn deliver(&mut self, letter: Letter) -> Result<(), Defect> {
        let Letter {
            from,
            to,
            lives,
            content,
        } = letter;
        if !self.network.is_open(from, to) || self.nodes[to].life != lives.1 {
            return Ok(());
        }
        // An answer takes the connection on which it was asked for, and that ended with the process that asked.
        let asks = matches!(content, Content::Request { .. } | Content::FileQuestion { .. });
        if asks && self.nodes[from].life != lives.0 {
            return Ok(());
        }
        let now = self.now;
        let peer = self.nodes[from].key();
        if self.nodes[to].running.is_none() {
            return self.meets_nobody(from, to, lives.0, &content);
        }
        self.tally.messages += 1;
        match content {
            Content::Request { id, bytes } => self.asked(from, to, id, &bytes),
            Content::Response { id, bytes } => {
                let response = Response::decode(&bytes).map_err(|_| NoAnswer::Malformed);
                if response.is_err() {
                    self.expect_garbage(from, to, "a response")?;
                }
                self.pull(to, |r| r.puller.answered(now, peer, id, response, &r.engine))
            }
            Content::Hint { bytes } => {
                let deaf = to == VICTIM && self.plan.is_sabotaged(Sabotage::NeverCompare);
                if deaf || !self.admits(to, from) || !self.nodes[to].is_news(sha256(&bytes)) {
                    return Ok(());
                }
                let Some(running) = self.nodes[to].running.as_mut() else {
                    return Ok(());
                };
                let (relay, effects) = running.puller.gossiped(now, peer, &bytes, &running.engine);
                match relay {
                    Relay::PassOn => self.gossip(to, &bytes),
                    Relay::Keep => {}
                    Relay::False => self.expect_garbage(from, to, "a hint")?,
                }
                self.pull(to, |_| effects)
            }
            Content::FileQuestion { id, bytes } => self.asked_of_file(from, to, id, &bytes),
            Content::FileReply { id, bytes } => self.answered_of_file(from, to, id, &bytes),
        }
    }

    /// A message comes to a dead process. It resets the connection, when its machine still answers.
    fn meets_nobody(&mut self, from: usize, to: usize, life: u64, content: &Content) -> Result<(), Defect> {
        let Content::Request { id, .. } = content else {
            // The others are given up after a while.
            return Ok(());
        };
        let answer = Purpose::Message {
            from: to,
            to: from,
            number: id.0,
        };
        if self.nodes[from].life != life || !Dice::new(self.seed, answer).chance(50) {
            return Ok(());
        }
        let (now, dead) = (self.now, self.nodes[to].key());
        let failed = Err(NoAnswer::Unreachable);
        self.pull(from, |r| r.puller.answered(now, dead, *id, failed, &r.engine))
    }

    /// A node is asked, and answers as it means to.
    fn asked(&mut self, from: usize, to: usize, id: RequestId, bytes: &[u8]) -> Result<(), Defect> {
        let (now, peer) = (self.now, self.nodes[from].key());
        let request = Request::decode(bytes);
        if request.is_err() {
            self.expect_garbage(from, to, "a request")?;
        }
        let at = &mut self.nodes[to];
        let Some(running) = &at.running else {
            return Ok(());
        };
        let response = match &request {
            Ok(request) => answer(&running.engine, peer, request).unwrap_or(Response::Refused {
                reason: Refusal::Unable,
            }),
            Err(_) => Response::Refused {
                reason: Refusal::TooLarge,
            },
        };
        let bytes = match (&mut at.liar, &request) {
            (Some(liar), Ok(request)) => {
                let lines = running.engine.lines().into_iter().take(LINES_PER_PAGE_MAX);
                liar.answer(request, response.clone(), lines.map(Into::into).collect())
            }
            _ => Some(response.encode()),
        };
        if let Some(bytes) = bytes {
            self.send(to, from, Content::Response { id, bytes });
        }
        self.pull(to, |r| match &request {
            Ok(request) => r.puller.served(now, peer, request, &response, &r.engine),
            Err(_) => r.puller.broke(now, peer, Offence::BadRequest, &r.engine),
        })
    }

    /// What cannot be read can only come from a node that lies.
    pub fn expect_garbage(&self, from: usize, to: usize, what: &str) -> Result<(), Defect> {
        if self.nodes[from].liar.is_none() {
            let what = format!("{what} of an honest node does not decode or verify");
            return Err(Defect::local(&self.nodes[to].name, what));
        }
        Ok(())
    }

    /// Passes an announcement on to all that the node is connected with.
    fn gossip(&mut self, node: usize, hint: &[u8]) {
        let ups: Vec<usize> = self.nodes[node]
            .running
            .iter()
            .flat_map(|r| r.ups.iter().copied())
            .collect();
        for peer in ups {
            self.send(node, peer, Content::Hint { bytes: hint.to_vec() });
        }
    }

    /// Gives something to a node's replication, does what it wants done, and plans its next waking.
    pub fn pull(
        &mut self,
        node: usize,
        input: impl FnOnce(&mut Running) -> Vec<Effect>,
    ) -> Result<(), Defect> {
        let Some(running) = self.nodes[node].running.as_mut() else {
            return Ok(());
        };
        let mut effects: VecDeque<Effect> = input(running).into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Ask { request, .. } if self.is_kept_from_comparing(node, &request) => {}
                Effect::Ask { peer, id, request } => {
                    if let Some(to) = self.node_by_key_at(node, &peer) {
                        let bytes = request.encode();
                        let bytes = match &mut self.nodes[node].liar {
                            Some(liar) => liar.ask(bytes),
                            None => bytes,
                        };
                        self.send(node, to, Content::Request { id, bytes });
                    }
                }
                Effect::TakeIn { peer, runs } => {
                    let Some(outcome) = self.take_in(node, runs)? else {
                        return Ok(());
                    };
                    let now = self.now;
                    if let Some(r) = self.nodes[node].running.as_mut() {
                        effects.extend(r.puller.taken_in(now, peer, outcome, &r.engine));
                    }
                    effects.extend(self.meet(node));
                }
                Effect::KeepProof { peer, proof } => {
                    if !self.keep_proof(node, &proof)? {
                        return Ok(());
                    }
                    let (now, feed) = (self.now, proof.feed_id());
                    if let Some(r) = self.nodes[node].running.as_mut() {
                        effects.extend(r.puller.proof_kept(now, peer, feed, &r.engine));
                        if r.engine.is_own_forked() {
                            effects.extend(self.begin_life(node, Why::Forked)?);
                        }
                    }
                }
                Effect::KeepBranch { peer, run } => {
                    let feed = run.feed.id(self.province.network);
                    let Some(kept) = self.keep_branch(node, *run)? else {
                        return Ok(());
                    };
                    let now = self.now;
                    if let Some(r) = self.nodes[node].running.as_mut() {
                        effects.extend(r.puller.branch_kept(now, peer, feed, kept, &r.engine));
                    }
                }
                Effect::Announce { hint } => {
                    let bytes = hint.encode();
                    self.nodes[node].is_news(sha256(&bytes));
                    self.gossip(node, &bytes);
                }
                Effect::Disconnect { peer, offence } => {
                    self.blamed(node, &peer, &offence)?;
                    self.disconnect(node, &peer);
                }
                Effect::Report {
                    finding: Finding::OwnFeedAhead { .. },
                    ..
                } if self.is_doubtful(node) => effects.extend(self.begin_life(node, Why::PeersAhead)?),
                Effect::Report { peer, finding } => self.blamed(node, &peer, &Shown(&finding))?,
                Effect::Fault { error } => {
                    if self.nodes[node].disk.is_out() {
                        return self.crash(node, true);
                    }
                    return Err(Defect::local(&self.nodes[node].name, error));
                }
            }
        }
        self.tend(node)?;
        self.plan_waking(node);
        Ok(())
    }

    fn is_kept_from_comparing(&self, node: usize, request: &Request) -> bool {
        node == VICTIM
            && matches!(request, Request::Compare { .. })
            && self.plan.is_sabotaged(Sabotage::NeverCompare)
    }

    /// A node blames another one: a lying one, or something is wrong.
    fn blamed(&mut self, node: usize, peer: &NodeKey, what: &dyn std::fmt::Display) -> Result<(), Defect> {
        let at = self.node_by_key_at(node, peer);
        let name = at.map_or_else(|| peer.short(), |at| self.name(at));
        if at.is_some_and(|at| self.nodes[at].liar.is_some()) {
            self.tell_node(node, "blames", &[("peer", &name), ("why", what)]);
            return Ok(());
        }
        Err(Defect::WronglyBlamed {
            node: self.name(node),
            peer: name,
            what: what.to_string(),
        })
    }

    /// A connection is closed, and not accepted again for a while.
    fn disconnect(&mut self, node: usize, peer: &NodeKey) {
        let Some(peer) = self.node_by_key_at(node, peer) else {
            return;
        };
        if let Some(running) = self.nodes[node].running.as_mut() {
            running.shunned.insert(peer);
        }
        let again = self.now.plus_ms(self.schedule.tempo().interval_ms);
        self.agenda.push(again, Coming::Forgive { node, peer });
        for (node, peer) in [(node, peer), (peer, node)] {
            self.agenda.push(
                self.now,
                Coming::Link {
                    node,
                    peer,
                    up: false,
                },
            );
        }
    }

    fn plan_waking(&mut self, node: usize) {
        let now = self.now;
        let Some(running) = &self.nodes[node].running else {
            return;
        };
        let files = running.files.next_wake();
        let wakes = [running.puller.next_wake(), self.carry_at(node), Some(files)];
        let wanted = wakes.into_iter().flatten().min();
        let wanted = wanted.map(|at| at.max(now.plus_ms(1)));
        if wanted != self.nodes[node].wake_at {
            self.nodes[node].wake_at = wanted;
            if let Some(at) = wanted {
                self.agenda.push(at, Coming::Wake { node });
            }
        }
    }

    pub fn wake(&mut self, node: usize, at: Time) -> Result<(), Defect> {
        if self.nodes[node].wake_at != Some(at) {
            return Ok(());
        }
        self.nodes[node].wake_at = None;
        let now = self.now;
        self.carry_over(node)?;
        self.pull(node, |r| r.puller.tick(now, &r.engine))
    }

    /// Takes runs in that came from elsewhere. None when the node did not survive it.
    pub fn take_in(&mut self, node: usize, mut runs: Vec<Run>) -> Result<Option<Outcome>, Defect> {
        let mut outcome = Outcome::default();
        if self.plan.is_sabotaged(Sabotage::DropRuns) && node == 1 {
            let dropped = self.nodes[2].key();
            runs.retain(|run| run.feed.node != dropped);
        }
        let Some(running) = self.nodes[node].running.as_mut() else {
            return Ok(None);
        };
        let taken = running.engine.take_in(runs);
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(None);
        }
        match taken {
            Ok(taken) => {
                outcome
                    .advanced
                    .extend(taken.advanced.iter().map(|(feed, _)| *feed));
                let bad = taken
                    .faults
                    .into_iter()
                    .filter_map(|(_, feed, fault)| match fault {
                        RunFault::Bad(error) => Some((feed, error)),
                        RunFault::Known => Some((feed, RunError::Gap { found: 0, known: 0 })),
                        RunFault::NotAdmitted
                        | RunFault::TooManyFeeds
                        | RunFault::Closed
                        | RunFault::Forked => None,
                    });
                outcome.refused.extend(bad);
                // The others are as they were.
                self.see_feeds(node, Some(&outcome.advanced))?;
                if taken.entries > 0 {
                    self.tell_node(node, "took_in", &[("entries", &taken.entries)]);
                }
                Ok(Some(outcome))
            }
            Err(EngineError::Store(StoreError::Full { .. })) => {
                self.tell_node(node, "disk_was_full", &[]);
                self.crash(node, false)?;
                Ok(None)
            }
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }

    /// Whether a node is connected with another machine that has the same key as this one, or has that key itself.
    fn is_connected_with_key(&self, node: usize, peer: usize) -> bool {
        let key = self.nodes[peer].key();
        let running = self.nodes[node].running.as_ref();
        self.nodes[node].key() == key
            || running.is_some_and(|running| running.ups.iter().any(|up| self.nodes[*up].key() == key))
    }

    /// Whether nothing at the node can tell that its present feeds may be longer elsewhere.
    fn is_doubtful(&self, node: usize) -> bool {
        let at = &self.nodes[node];
        at.running
            .as_ref()
            .is_some_and(|running| at.doubtful.contains(&running.life.incarnation()))
    }

    /// Whether one of two nodes does not want to be connected with the other.
    fn is_shunned(&self, node: usize, peer: usize) -> bool {
        let shuns = |node: usize, peer: usize| {
            let running = self.nodes[node].running.as_ref();
            running.is_some_and(|running| running.shunned.contains(&peer))
        };
        shuns(node, peer) || shuns(peer, node)
    }

    /// A node takes one back that it had closed the connection to.
    pub fn forgive(&mut self, node: usize, peer: usize) -> Result<(), Defect> {
        if let Some(running) = self.nodes[node].running.as_mut() {
            running.shunned.remove(&peer);
        }
        self.link(node, peer, true)?;
        self.link(peer, node, true)
    }

    /// Keeps the proof that a node signed two histories: one that is not honest, or something is wrong. False when the
    /// keeping node did not survive it.
    fn keep_proof(&mut self, node: usize, proof: &Verified<ForkProof>) -> Result<bool, Defect> {
        let (feed, seq) = (proof.feed_id(), proof.seq());
        if self.is_certain(proof.feed()) {
            let node = self.name(node);
            return Err(Defect::Fork { feed, seq, node });
        }
        let Some(running) = self.nodes[node].running.as_mut() else {
            return Ok(false);
        };
        let kept = running.engine.keep_proof(proof);
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(false);
        }
        match kept {
            Ok(news) => {
                if news {
                    self.tell_node(node, "keeps_proof", &[("feed", &feed.short()), ("seq", &seq)]);
                }
                Ok(true)
            }
            Err(EngineError::Store(StoreError::Full { .. })) => {
                self.tell_node(node, "disk_was_full", &[]);
                self.crash(node, false)?;
                Ok(false)
            }
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }

    /// Keeps entries of a branch that a statement names. Whether they are news; none when the node did not survive it.
    fn keep_branch(&mut self, node: usize, run: Run) -> Result<Option<bool>, Defect> {
        let (feed, entries) = (run.feed.id(self.province.network), run.entries.len());
        let Some(running) = self.nodes[node].running.as_mut() else {
            return Ok(None);
        };
        let kept = running.engine.keep_branch(run);
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(None);
        }
        match kept {
            Ok(news) => {
                if news {
                    self.tally.branches += 1;
                    self.tell_node(
                        node,
                        "keeps_branch",
                        &[("feed", &feed.short()), ("entries", &entries)],
                    );
                    self.see_feeds(node, Some(&[feed]))?;
                }
                Ok(Some(news))
            }
            Err(EngineError::Store(StoreError::Full { .. })) => {
                self.tell_node(node, "disk_was_full", &[]);
                self.crash(node, false)?;
                Ok(None)
            }
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }

    /// Brings connections up to neighbours that the node has learnt are admitted.
    pub fn meet(&mut self, node: usize) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = self.now;
        for peer in self.network.neighbours(node) {
            let known = self.nodes[node]
                .running
                .as_ref()
                .is_none_or(|r| r.ups.contains(&peer));
            let reachable = self.is_connectable(node, peer) && self.nodes[peer].running.is_some();
            let known = known || self.is_connected_with_key(node, peer);
            if known || !reachable || self.is_shunned(node, peer) || !self.admits(node, peer) {
                continue;
            }
            let key = self.nodes[peer].key();
            if let Some(r) = self.nodes[node].running.as_mut() {
                r.ups.insert(peer);
                r.files.peer_up(now, key, &r.engine);
                effects.extend(r.puller.peer_up(now, key, &r.engine));
            }
        }
        effects
    }

    /// A node notices that a connection came up or went down. News that is out of date is put right.
    pub fn link(&mut self, node: usize, peer: usize, up: bool) -> Result<(), Defect> {
        let possible = self.is_connectable(node, peer) && self.nodes[peer].running.is_some();
        let (now, key) = (self.now, self.nodes[peer].key());
        let Some(running) = self.nodes[node].running.as_mut() else {
            return Ok(());
        };
        if running.ups.contains(&peer) && (!up || possible) {
            running.ups.remove(&peer);
            running.files.peer_down(now, key, &running.engine);
            self.pull(node, |r| r.puller.peer_down(now, key, &r.engine))?;
        }
        let effects = self.meet(node);
        self.pull(node, |_| effects)
    }

    /// Hands acts in at a node, each by itself. Returns whether each was stored, or none when the node did not answer.
    pub fn submit_bodies(
        &mut self,
        node: usize,
        bodies: Vec<Body>,
    ) -> Result<Option<Vec<Submitted>>, Defect> {
        let now = self.now;
        if self.only_reads(node) {
            return Ok(None);
        }
        let at = &mut self.nodes[node];
        let clock = at.clock(now);
        let Some(running) = at.running.as_mut() else {
            return Ok(None);
        };
        let groups = bodies.into_iter().map(|body| vec![body]).collect();
        let submitted = running.engine.submit(groups, clock);
        if self.nodes[node].disk.is_out() {
            self.crash(node, true)?;
            return Ok(None);
        }
        match submitted {
            Ok(answers) => Ok(Some(answers)),
            Err(EngineError::Store(StoreError::Full { .. })) => {
                self.tell_node(node, "disk_was_full", &[]);
                Ok(None)
            }
            Err(error) => Err(Defect::local(&self.nodes[node].name, error)),
        }
    }
}

/// A finding in words.
struct Shown<'a>(&'a Finding);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Finding::Offence(offence) => write!(f, "offence: {offence}"),
            Finding::OwnFeedAhead { feed, ours, theirs } => {
                write!(
                    f,
                    "own feed {} is ahead elsewhere: {theirs} instead of {ours}",
                    feed.short()
                )
            }
            Finding::Crowded => write!(f, "too many peers"),
        }
    }
}
