//! A small deterministic network of nodes: messages go through their bytes and a queue that delays, loses, doubles
//! and reorders them by a seed. After each step the promises of the puller are checked.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::{Feed, FeedId, ForkProof, Incarnation, NodeKey, RecordId, Scope, SecretKey, Signed, Time};
use soxa_sync::limits::{OVERDUE_MAX, PATIENCE_SHARE};
use soxa_sync::{
    Effect, Failure, Finding, Hint, Outcome, Parameters, Puller, Request, RequestId, Response, Root, answer,
    shared_root,
};

use crate::chance::{Dice, Weather};
use crate::replica::{Holdings, NETWORK, feed_of, secret, unit};

#[derive(Debug, Clone)]
enum Event {
    Request {
        from: usize,
        to: usize,
        id: RequestId,
        bytes: Vec<u8>,
    },
    Answer {
        from: usize,
        to: usize,
        id: RequestId,
        result: Result<Vec<u8>, Failure>,
    },
    TakenIn {
        node: usize,
        peer: NodeKey,
        outcome: Outcome,
    },
    Hint {
        from: usize,
        to: usize,
        bytes: Vec<u8>,
    },
}

/// How an answer is given instead of the honest one; None for no answer at all.
pub type Lie = fn(&mut Dice, &Holdings, NodeKey, &Request) -> Option<Vec<u8>>;

pub struct Node {
    pub key: SecretKey,
    pub holdings: Holdings,
    pub puller: Puller,
    pub effects: Vec<(Time, Effect)>,
    lie: Option<Lie>,
    heard: BTreeSet<Vec<u8>>,
    taking: BTreeSet<NodeKey>,
    /// Requests under way: what is asked for, and since when.
    asked: BTreeMap<NodeKey, (RequestId, BTreeSet<FeedId>, Time)>,
}

pub struct World {
    pub now: Time,
    pub nodes: Vec<Node>,
    pub weather: Weather,
    pub hints: bool,
    /// Bytes and number of requests and answers so far.
    pub bytes: usize,
    pub messages: usize,
    pub dice: Dice,
    queue: BTreeMap<(Time, u64), Event>,
    links: BTreeSet<(usize, usize)>,
    parameters: Parameters,
}

impl World {
    /// Nodes of these units, all admitted and known to each other, none connected.
    pub fn new(seed: u64, units: &[u8]) -> Self {
        let parameters = Parameters {
            answer_within_ms: 5_000,
            ..Parameters::default()
        };
        let keys: Vec<SecretKey> = (0..units.len()).map(|at| secret(at as u8 + 1)).collect();
        let admitted: BTreeMap<NodeKey, RecordId> = keys
            .iter()
            .zip(units)
            .map(|(key, number)| (key.node(), unit(*number)))
            .collect();
        let node = |(at, key): (usize, SecretKey)| Node {
            holdings: Holdings::new(key.node(), admitted.clone()),
            puller: Puller::new(parameters, key.node(), Incarnation([1; 16]), seed + at as u64),
            key,
            effects: Vec::new(),
            lie: None,
            heard: BTreeSet::new(),
            taking: BTreeSet::new(),
            asked: BTreeMap::new(),
        };
        Self {
            now: Time(1_000_000),
            nodes: keys.into_iter().enumerate().map(node).collect(),
            weather: Weather {
                loss: 0,
                doubling: 0,
                delay_ms: 20,
            },
            hints: true,
            bytes: 0,
            messages: 0,
            dice: Dice(seed),
            queue: BTreeMap::new(),
            links: BTreeSet::new(),
            parameters,
        }
    }

    pub fn lies(&mut self, node: usize, lie: Lie) {
        self.nodes[node].lie = Some(lie);
    }

    pub fn link(&mut self, one: usize, two: usize) {
        if self.links.insert((one.min(two), one.max(two))) {
            for (at, other) in [(one, two), (two, one)] {
                let peer = self.nodes[other].key.node();
                self.input(at, |node, now| node.puller.peer_up(now, peer, &node.holdings));
            }
        }
    }

    pub fn unlink(&mut self, one: usize, two: usize) {
        if self.links.remove(&(one.min(two), one.max(two))) {
            for (at, other) in [(one, two), (two, one)] {
                let peer = self.nodes[other].key.node();
                self.nodes[at].asked.remove(&peer);
                self.input(at, |node, now| node.puller.peer_down(now, peer, &node.holdings));
            }
        }
    }

    pub fn link_all(&mut self) {
        for one in 0..self.nodes.len() {
            for two in one + 1..self.nodes.len() {
                self.link(one, two);
            }
        }
    }

    /// The node appends to its own feed of a scope.
    pub fn append(&mut self, at: usize, scope: Scope, bodies: &[Vec<u8>]) -> Feed {
        let key = self.nodes[at].key.clone();
        let feed = feed_of(&key, scope);
        let id = self.nodes[at].holdings.append(&key, &feed, bodies);
        self.input(at, |node, now| node.puller.appended(now, &[id], &node.holdings));
        feed
    }

    pub fn is_linked(&self, one: usize, two: usize) -> bool {
        self.links.contains(&(one.min(two), one.max(two)))
    }

    fn input(&mut self, at: usize, input: impl FnOnce(&mut Node, Time) -> Vec<Effect>) {
        let now = self.now;
        let effects = input(&mut self.nodes[at], now);
        for effect in effects {
            self.nodes[at].effects.push((now, effect.clone()));
            self.carry_out(at, effect);
        }
        self.check_invariants(at);
    }

    fn carry_out(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::Ask { peer, id, request } => {
                let to = self.at(&peer);
                let (now, answer_within_ms) = (self.now, self.parameters.answer_within_ms);
                let younger = |asked_at: &Time, ms| asked_at.plus_ms(ms) > now;
                let node = &mut self.nodes[at];
                let is_runs = matches!(request, Request::Runs { .. });
                assert!(
                    is_runs || !node.taking.contains(&peer),
                    "compared while taking in"
                );
                let feeds: BTreeSet<FeedId> = match &request {
                    Request::Runs { wants } => wants.iter().map(|want| want.feed).collect(),
                    _ => BTreeSet::new(),
                };
                node.asked
                    .retain(|_, (_, _, asked_at)| younger(asked_at, answer_within_ms));
                assert!(!node.asked.contains_key(&peer), "two requests to one peer");
                let in_time = |(_, _, asked_at): &&(RequestId, BTreeSet<FeedId>, Time)| {
                    younger(asked_at, answer_within_ms / PATIENCE_SHARE)
                };
                for (_, others, _) in node.asked.values().filter(in_time) {
                    assert!(others.is_disjoint(&feeds), "two peers asked for one feed");
                }
                let holding = 1 + node.asked.values().filter(in_time).count() + node.taking.len();
                assert!(holding <= self.parameters.exchanges_max);
                node.asked.insert(peer, (id, feeds, now));
                assert!(node.asked.len() + node.taking.len() <= self.parameters.exchanges_max + OVERDUE_MAX);
                let bytes = request.encode();
                self.post(Event::Request {
                    from: at,
                    to,
                    id,
                    bytes,
                });
            }
            Effect::TakeIn { peer, runs } => {
                let node = &mut self.nodes[at];
                assert!(node.taking.insert(peer));
                let outcome = node.holdings.take_in(runs);
                let when = self.now.plus_ms(1 + self.dice.below(30));
                let tie = self.dice.next();
                self.queue.insert(
                    (when, tie),
                    Event::TakenIn {
                        node: at,
                        peer,
                        outcome,
                    },
                );
            }
            Effect::KeepProof { peer, proof } => {
                self.nodes[at].holdings.keep_proof(&proof);
                let feed = proof.feed_id();
                self.input(at, |node, now| {
                    node.puller.proof_kept(now, peer, feed, &node.holdings)
                });
            }
            Effect::KeepBranch { peer, run } => {
                let feed = run.feed.id(NETWORK);
                let kept = self.nodes[at].holdings.keep_branch(&run);
                self.input(at, |node, now| {
                    node.puller.branch_kept(now, peer, feed, kept, &node.holdings)
                });
            }
            Effect::Announce { hint } => self.spread(at, at, &hint),
            Effect::Disconnect { peer, .. } => {
                let other = self.at(&peer);
                self.unlink(at, other);
            }
            Effect::Report { .. } => {}
            Effect::Fault { error } => panic!("{error}"),
        }
    }

    /// What gossip does: to all neighbours; those pass on each hint once.
    fn spread(&mut self, at: usize, from: usize, hint: &Hint) {
        for to in 0..self.nodes.len() {
            if self.hints && to != at && to != from && self.is_linked(at, to) {
                self.post(Event::Hint {
                    from: at,
                    to,
                    bytes: hint.encode(),
                });
            }
        }
    }

    fn post(&mut self, event: Event) {
        if self.dice.below(100) < self.weather.loss {
            return;
        }
        let copies = 1 + usize::from(self.dice.below(100) < self.weather.doubling);
        for _ in 0..copies {
            let delay = 1 + self.dice.below(self.weather.delay_ms + 1);
            let tie = self.dice.next();
            self.queue.insert((self.now.plus_ms(delay), tie), event.clone());
        }
    }

    fn at(&self, key: &NodeKey) -> usize {
        self.nodes
            .iter()
            .position(|node| node.key.node() == *key)
            .unwrap()
    }

    pub fn run_for(&mut self, milliseconds: u64) {
        let until = self.now.plus_ms(milliseconds);
        while self.step(until) {}
        self.now = until;
    }

    /// Runs until all linked nodes are equal; panics when that takes longer than given.
    #[track_caller]
    pub fn run_until_equal(&mut self, honest: &[usize], milliseconds: u64) {
        let until = self.now.plus_ms(milliseconds);
        while !self.equal(honest) {
            assert!(self.step(until), "not equal after {milliseconds} ms");
        }
    }

    pub fn equal(&self, nodes: &[usize]) -> bool {
        let root = |of: usize, with: usize| -> Root {
            shared_root(&self.nodes[of].holdings, self.nodes[with].key.node())
        };
        nodes.iter().all(|&one| {
            nodes
                .iter()
                .all(|&two| one == two || root(one, two) == root(two, one))
        })
    }

    fn step(&mut self, until: Time) -> bool {
        let message = self.queue.keys().next().map(|(time, _)| *time);
        let wakes = (0..self.nodes.len()).filter_map(|at| Some((self.nodes[at].puller.next_wake()?, at)));
        let wake = wakes.min();
        match (message, wake) {
            (Some(time), wake) if time <= until && wake.is_none_or(|(wake, _)| time <= wake) => {
                self.now = self.now.max(time);
                if let Some((_, event)) = self.queue.pop_first() {
                    self.deliver(event);
                }
                true
            }
            (_, Some((time, at))) if time <= until => {
                self.now = self.now.max(time);
                self.input(at, |node, now| node.puller.tick(now, &node.holdings));
                true
            }
            _ => false,
        }
    }

    fn deliver(&mut self, event: Event) {
        match event {
            Event::Request { from, to, id, bytes } if self.is_linked(from, to) => {
                self.bytes += bytes.len();
                self.messages += 1;
                let request = Request::decode(&bytes).unwrap();
                let peer = self.nodes[from].key.node();
                if let Some(lie) = self.nodes[to].lie {
                    if let Some(bytes) = lie(&mut self.dice, &self.nodes[to].holdings, peer, &request) {
                        self.post(Event::Answer {
                            from: to,
                            to: from,
                            id,
                            result: Ok(bytes),
                        });
                    }
                    return;
                }
                let response = answer(&self.nodes[to].holdings, peer, &request).unwrap();
                self.check_scope(from, &response);
                let result = Ok(response.encode());
                self.post(Event::Answer {
                    from: to,
                    to: from,
                    id,
                    result,
                });
                self.input(to, |node, now| {
                    node.puller.served(now, peer, &request, &response, &node.holdings)
                });
            }
            Event::Answer { from, to, id, result } if self.is_linked(from, to) => {
                self.bytes += result.as_ref().map_or(0, Vec::len);
                self.messages += 1;
                let peer = self.nodes[from].key.node();
                let result =
                    result.and_then(|bytes| Response::decode(&bytes).map_err(|_| Failure::Malformed));
                if self.nodes[to]
                    .asked
                    .get(&peer)
                    .is_some_and(|(asked, _, _)| *asked == id)
                {
                    self.nodes[to].asked.remove(&peer);
                }
                self.input(to, |node, now| {
                    node.puller.answered(now, peer, id, result, &node.holdings)
                });
            }
            Event::TakenIn { node, peer, outcome } => {
                self.nodes[node].taking.remove(&peer);
                self.input(node, |node, now| {
                    node.puller.taken_in(now, peer, outcome, &node.holdings)
                });
            }
            Event::Hint { from, to, bytes } if self.is_linked(from, to) => {
                let hint = Hint::decode(&bytes).unwrap();
                let verified = hint.clone().verify(NETWORK).unwrap();
                let news = self.nodes[to].heard.insert(bytes);
                let peer = self.nodes[from].key.node();
                self.input(to, |node, now| {
                    node.puller.hinted(now, peer, &verified, &node.holdings)
                });
                if news {
                    self.spread(to, from, &hint);
                }
            }
            // The link went down meanwhile.
            Event::Request { .. } | Event::Answer { .. } | Event::Hint { .. } => {}
        }
    }

    /// Nobody is answered what it may not read.
    fn check_scope(&self, reader: usize, response: &Response) {
        let key = self.nodes[reader].key.node();
        let unit = self.nodes[reader].holdings.units[&key];
        let feeds: Vec<&Feed> = match response {
            Response::Differs { lines, .. } | Response::Lines { lines, .. } => {
                lines.iter().map(|line| &line.feed).collect()
            }
            Response::Runs { runs, .. } => runs.iter().map(|run| &run.feed).collect(),
            Response::Fork { proof: Some(bytes) } => {
                let proof = Signed::<ForkProof>::decode(bytes).unwrap();
                assert!(proof.unchecked().feed().scope.admits(&unit), "a leak");
                Vec::new()
            }
            Response::Branch { run } => run.iter().map(|run| &run.feed).collect(),
            Response::Equal { .. }
            | Response::Refused { .. }
            | Response::Fork { proof: None }
            | Response::Named { .. } => Vec::new(),
        };
        assert!(feeds.into_iter().all(|feed| feed.scope.admits(&unit)), "a leak");
    }

    fn check_invariants(&self, at: usize) {
        let wake = self.nodes[at].puller.next_wake();
        assert!(
            wake.is_none_or(|wake| wake > self.now),
            "wants to be woken at {wake:?}, now {:?}",
            self.now
        );
    }

    pub fn findings(&self, at: usize) -> Vec<Finding> {
        let effects = self.nodes[at].effects.iter();
        effects
            .filter_map(|(_, effect)| match effect {
                Effect::Report { finding, .. } => Some(finding.clone()),
                Effect::Disconnect { offence, .. } => Some(Finding::Offence(offence.clone())),
                _ => None,
            })
            .collect()
    }
}
