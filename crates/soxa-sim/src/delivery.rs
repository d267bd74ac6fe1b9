//! What a daemon does with libp2p's events and the engine's answers, done with simulated ones: messages delivered,
//! effects carried out in their order, runs taken in, connections that come and go.

use std::collections::VecDeque;

use soxa_engine::{EngineError, RunFault, Submitted};
use soxa_ledger::entry::Body;
use soxa_ledger::ids::sha256;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::{NodeKey, Run, Time};
use soxa_store::StoreError;
use soxa_sync::{Effect, Failure as NoAnswer, Finding, Hint, Outcome, Refusal, Request, Response, answer};

use crate::network::{Content, Letter};
use crate::node::Running;
use crate::plan::Sabotage;
use crate::report::Defect;
use crate::run::Simulation;
use crate::schedule::Coming;

impl Simulation<'_> {
    /// Whether a node, as far as it knows, may be connected with another.
    fn admits(&self, node: usize, peer: usize) -> bool {
        let (Some(node), Some(peer)) = (self.nodes.get(node), self.nodes.get(peer)) else {
            return false;
        };
        node.running
            .as_ref()
            .is_some_and(|running| running.engine.unit_of(&peer.key()).is_some())
    }

    /// A connection needs both directions of a link.
    fn is_connectable(&self, node: usize, peer: usize) -> bool {
        self.network.is_open(node, peer) && self.network.is_open(peer, node)
    }

    fn send(&mut self, from: usize, to: usize, content: Content) {
        let lives = (self.nodes[from].life, self.nodes[to].life);
        self.network.send(
            self.now,
            Letter {
                from,
                to,
                lives,
                content,
            },
            &mut self.schedule,
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
        let now = self.now;
        let peer = self.nodes[from].key();
        if self.nodes[to].running.is_none() {
            // A dead process resets the connection, when its machine still answers.
            if let Content::Request { id, .. } = content
                && self.nodes[from].life == lives.0
                && self.network.dice().chance(50)
            {
                let dead = self.nodes[to].key();
                return self.pull(from, |r| {
                    r.puller
                        .answered(now, dead, id, Err(NoAnswer::Unreachable), &r.engine)
                });
            }
            return Ok(());
        }
        self.tally.messages += 1;
        let garbled =
            |name: &str, what: &str| Defect::local(name, format!("{what} of an honest node does not decode"));
        match content {
            Content::Request { id, bytes } => {
                let request =
                    Request::decode(&bytes).map_err(|_| garbled(&self.nodes[to].name, "a request"))?;
                let Some(running) = &self.nodes[to].running else {
                    return Ok(());
                };
                let response = answer(&running.engine, peer, &request);
                let response = response.unwrap_or(Response::Refused {
                    reason: Refusal::Unable,
                });
                self.send(
                    to,
                    from,
                    Content::Response {
                        id,
                        bytes: response.encode(),
                    },
                );
                self.pull(to, |r| r.puller.served(now, peer, &request, &response, &r.engine))
            }
            Content::Response { id, bytes } => {
                let response =
                    Response::decode(&bytes).map_err(|_| garbled(&self.nodes[to].name, "a response"))?;
                self.pull(to, |r| r.puller.answered(now, peer, id, Ok(response), &r.engine))
            }
            Content::Hint { bytes } => {
                if !self.admits(to, from) || !self.nodes[to].is_news(sha256(&bytes)) {
                    return Ok(());
                }
                let hint = Hint::decode(&bytes).map_err(|_| garbled(&self.nodes[to].name, "a hint"))?;
                let Ok(hint) = hint.verify(self.province.network) else {
                    return Err(garbled(&self.nodes[to].name, "the signature of a hint"));
                };
                self.gossip(to, &bytes);
                self.pull(to, |r| r.puller.hinted(now, peer, &hint, &r.engine))
            }
        }
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
                Effect::Ask { peer, id, request } => {
                    if let Some(to) = self.node_by_key(&peer) {
                        self.send(
                            node,
                            to,
                            Content::Request {
                                id,
                                bytes: request.encode(),
                            },
                        );
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
                    let what = format!("feed {} forks at {}", proof.feed_id().short(), proof.seq());
                    return Err(self.blamed(node, &peer, &what));
                }
                Effect::Announce { hint } => {
                    let bytes = hint.encode();
                    self.nodes[node].is_news(sha256(&bytes));
                    self.gossip(node, &bytes);
                }
                Effect::Disconnect { peer, offence } => return Err(self.blamed(node, &peer, &offence)),
                Effect::Report { peer, finding } => return Err(self.blamed(node, &peer, &Shown(&finding))),
                Effect::Fault { error } => {
                    if self.nodes[node].disk.is_out() {
                        return self.crash(node, true);
                    }
                    return Err(Defect::local(&self.nodes[node].name, error));
                }
            }
        }
        self.plan_waking(node);
        Ok(())
    }

    fn blamed(&self, node: usize, peer: &NodeKey, what: &dyn std::fmt::Display) -> Defect {
        let peer = self
            .node_by_key(peer)
            .map_or_else(|| peer.short(), |at| self.name(at));
        Defect::WronglyBlamed {
            node: self.name(node),
            peer,
            what: what.to_string(),
        }
    }

    fn plan_waking(&mut self, node: usize) {
        let now = self.now;
        let Some(running) = &self.nodes[node].running else {
            return;
        };
        let wanted = running.puller.next_wake().map(|at| at.max(now.plus_ms(1)));
        if wanted != self.nodes[node].wake_at {
            self.nodes[node].wake_at = wanted;
            if let Some(at) = wanted {
                self.schedule.push(at, Coming::Wake { node });
            }
        }
    }

    pub fn wake(&mut self, node: usize, at: Time) -> Result<(), Defect> {
        if self.nodes[node].wake_at != Some(at) {
            return Ok(());
        }
        self.nodes[node].wake_at = None;
        let now = self.now;
        self.pull(node, |r| r.puller.tick(now, &r.engine))
    }

    /// Takes runs in that came from elsewhere. None when the node did not survive it.
    pub fn take_in(&mut self, node: usize, mut runs: Vec<Run>) -> Result<Option<Outcome>, Defect> {
        let mut outcome = Outcome::default();
        if self.plan.sabotage == Some(Sabotage::DropRuns) && node == 1 {
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
                        _ => None,
                    });
                outcome.refused.extend(bad);
                self.watch.see_feeds(&self.nodes[node])?;
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

    /// Brings connections up to neighbours that the node has learnt are admitted.
    fn meet(&mut self, node: usize) -> Vec<Effect> {
        let mut effects = Vec::new();
        let now = self.now;
        for peer in self.network.neighbours(node) {
            let known = self.nodes[node]
                .running
                .as_ref()
                .is_none_or(|r| r.ups.contains(&peer));
            let reachable = self.is_connectable(node, peer) && self.nodes[peer].running.is_some();
            if known || !reachable || !self.admits(node, peer) {
                continue;
            }
            let key = self.nodes[peer].key();
            if let Some(r) = self.nodes[node].running.as_mut() {
                r.ups.insert(peer);
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
            self.pull(node, |r| r.puller.peer_down(now, key, &r.engine))?;
        }
        if !possible {
            return Ok(());
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
