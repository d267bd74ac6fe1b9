//! The core: one thread that owns the ledger and the replication state, and takes its inputs one after the other.
//!
//! Submissions that wait together are stored together, with one sync. What people here and peers ask comes before what
//! peers sent, and of that one answer is taken in at a time: catching up does not keep anybody waiting. Everything the
//! core wants of the network is said without waiting, so no input can hang it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use soxa_engine::life::Why;
use soxa_engine::{Engine, EngineError, RunFault};
use soxa_ledger::cbor::CborError;
use soxa_ledger::run::RunError;
use soxa_ledger::{FeedId, NodeKey, Time};
use soxa_net::{AskError, HintVerdict, NetEvent, NetHandle, ReplyTo};
use soxa_sync::card::Greeting;
use soxa_sync::checkpoint_words::Question;
use soxa_sync::file_words::FileQuestion;
use soxa_sync::{
    Effect, Failure, Finding, Offence, Outcome, Puller, Refusal as SyncRefusal, Relay,
    Request as SyncRequest, RequestId, Response, answer,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::answers::Answers;
use super::cosigning::Cosigning;
use super::files::Files;
use super::greetings::Greetings;
use super::joining;
use super::life::Life;
use super::live::{Live, LiveLog};
use super::submission::{Submission, is_of_the_log, submit, unfinished};
use super::waiting::Waiting;
use crate::clock::{now, steady};
use crate::control::protocol::{Refusal, Reply, Request};
use crate::control::server::Asked;

/// Inputs taken at once: submissions among them share one sync.
const INPUTS_AT_ONCE: usize = 128;
/// Bytes of acts stored with one sync; far below what the log takes in one append.
const APPEND_BYTES: usize = 16 << 20;
/// The longest sleep without input: a clock that was set forward is noticed by then.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// One input of the core.
pub enum Input {
    /// A request over the local socket.
    Asked(Asked),
    /// Something happened on the network.
    Net(NetEvent),
    /// Stop cleanly.
    Stop,
}

/// The core.
pub struct Core {
    pub(super) engine: Engine,
    pub(super) life: Life,
    pub(super) puller: Puller,
    pub(super) net: NetHandle,
    pub(super) live: Live,
    pub(super) greetings: Greetings,
    cosigning: Cosigning,
    pub(super) files: Files,
    waiting: Waiting,
    /// Whether nothing that this node had signed was here at the start, but for the founding statement.
    pub(super) began_empty: bool,
    /// Since when the newest own entries are known to be of a time to come.
    pub(super) ahead_since: Option<Time>,
    /// The authority's changes at which the network was last told whom to let in.
    told_at: Option<u64>,
    /// Answers and hints that came and are still to be worked on, in order.
    postponed: VecDeque<NetEvent>,
}

/// What nodes say to each other beside replication.
pub struct Beside {
    /// Where nodes are reached.
    pub greetings: Greetings,
    /// Checkpoints.
    pub cosigning: Cosigning,
    /// Files that records name.
    pub files: Files,
}

/// Why the core ended.
pub enum Ended {
    /// As asked.
    Stopped,
    /// By a local fault: the store has to be opened again.
    Fault(EngineError),
}

impl Core {
    /// A core over an open ledger, with what is known of the surroundings at the start.
    pub fn new(
        engine: Engine,
        life: Life,
        puller: Puller,
        net: NetHandle,
        live: Live,
        beside: Beside,
    ) -> Self {
        let Beside {
            greetings,
            cosigning,
            files,
        } = beside;
        Self {
            began_empty: engine.signed() <= 1 && engine.earlier_feeds() == 0,
            ahead_since: None,
            engine,
            life,
            puller,
            net,
            live,
            greetings,
            cosigning,
            files,
            waiting: Waiting::default(),
            told_at: None,
            postponed: VecDeque::new(),
        }
    }

    /// Takes inputs until it is told to stop or a local fault ends it. Closes the store.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Ended {
        self.admit();
        let ended = loop {
            let mut batch = Vec::new();
            let until = if self.postponed.is_empty() {
                self.wake()
            } else {
                Instant::now()
            };
            let received = timeout_at(until, inputs.recv_many(&mut batch, INPUTS_AT_ONCE)).await;
            if received == Ok(0) {
                break Ended::Stopped;
            }
            match self.take(batch) {
                Ok(true) => {}
                Ok(false) => break Ended::Stopped,
                Err(fault) => break Ended::Fault(fault),
            }
        };
        self.net.shutdown().await;
        match (ended, self.engine.close()) {
            (Ended::Stopped, Err(fault)) => Ended::Fault(fault),
            (ended, _) => ended,
        }
    }

    fn wake(&self) -> Instant {
        let wakes = [
            self.puller.next_wake(),
            self.waiting.wake(),
            self.greetings.wake(),
            self.files.wake(),
            Some(self.cosigning.wake()),
        ];
        let until = wakes.into_iter().flatten().min().map_or(SLEEP_MAX, |wake| {
            Duration::from_millis(wake.0.saturating_sub(steady().0)).min(SLEEP_MAX)
        });
        Instant::now() + until
    }

    /// Takes a batch of inputs. False when one of them is to stop.
    fn take(&mut self, batch: Vec<Input>) -> Result<bool, EngineError> {
        self.look_at_life();
        let effects = self.leave_wrong_time()?;
        self.carry_out(effects)?;
        let mut submissions = Vec::new();
        let mut goes_on = true;
        for input in batch {
            match input {
                Input::Asked(asked) => goes_on &= self.asked(asked, &mut submissions),
                Input::Net(event @ (NetEvent::Answered { .. } | NetEvent::Hint { .. })) => {
                    self.postponed.push_back(event);
                }
                Input::Net(event) => self.network(event)?,
                Input::Stop => goes_on = false,
            }
        }
        self.store(submissions)?;
        while let Some(event) = self.postponed.pop_front() {
            let is_long = matches!(event, NetEvent::Answered { .. });
            self.network(event)?;
            if is_long {
                break;
            }
        }
        self.greetings.tick(&self.net, self.engine.authority());
        let reads_only = self.live.reads_only().is_some();
        self.cosigning.tick(&self.net, &self.engine, reads_only);
        let effects = self.puller.tick(steady(), &self.engine);
        self.carry_out(effects)?;
        self.files.tick(&self.net, &mut self.engine)?;
        self.blame()?;
        self.look_at_life();
        self.carry_over()?;
        self.waiting.answer(&self.engine, &self.puller, steady())?;
        Ok(goes_on)
    }

    fn asked(&mut self, asked: Asked, submissions: &mut Vec<Submission>) -> bool {
        let Asked { request, reply } = asked;
        if let Request::Await { event, within_ms } = &request {
            self.waiting.add(event, *within_ms, steady(), reply);
            return true;
        }
        if let Request::File { .. } | Request::AddFile { .. } = &request {
            self.asked_of_files(&request, reply);
            return true;
        }
        if matches!(request, Request::Status) {
            self.live.look(&self.puller, &self.net);
            self.live.checkpoints = self.cosigning.logs().map(LiveLog::from).collect();
        }
        if matches!(request, Request::Proof { .. }) {
            self.live.cosigned = self.cosigning.cosigned();
        }
        if matches!(request, Request::Status | Request::Nodes) {
            self.live.addresses = self.greetings.addresses();
            self.live.doubled = self.greetings.doubled_peers();
        }
        self.look_at_life();
        if matches!(request, Request::FreeCode { .. }) {
            let admitted = self.engine.authority().admitted_nodes().into_iter();
            let equal = admitted.filter(|(node, _)| self.puller.equal_at(node).is_some());
            self.live.equal = equal.map(|(node, _)| node).collect();
        }
        let answers = Answers {
            engine: &self.engine,
            live: &self.live,
            now: now(),
        };
        if let Some(answer) = answers.answer(&request) {
            // The command may have gone away; its answer is then nobody's.
            let _ = reply.send(answer);
            return true;
        }
        if matches!(request, Request::Shutdown) {
            let _ = reply.send(Reply::ShuttingDown);
            return false;
        }
        if let Some(why) = self.live.reads_only() {
            let why = why.word().to_owned();
            let _ = reply.send(Reply::Refused(Refusal::ReadOnly { why }));
            return true;
        }
        match Submission::read(self.engine.authority().network(), &request, &answers) {
            Ok(acts) => submissions.push(Submission { acts, reply }),
            Err(refusal) => {
                let _ = reply.send(Reply::Refused(refusal));
            }
        }
        true
    }

    /// Stores what was submitted together, and announces it.
    fn store(&mut self, submissions: Vec<Submission>) -> Result<(), EngineError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let mut feeds = Vec::new();
        for together in in_portions(submissions) {
            feeds.extend(submit(&mut self.engine, &self.live, together, now())?);
        }
        feeds.sort_unstable();
        feeds.dedup();
        self.appended(&feeds)
    }

    /// Own feeds grew: who may connect may have changed, and the peers are to hear of it.
    pub(super) fn appended(&mut self, feeds: &[FeedId]) -> Result<(), EngineError> {
        if feeds.is_empty() {
            return Ok(());
        }
        self.life.note(&self.engine);
        self.admit();
        let effects = self.puller.appended(steady(), feeds, &self.engine);
        self.carry_out(effects)
    }

    /// The answer to a peer that greets, or asks about checkpoints or files.
    fn beside_replication(&mut self, node: NodeKey, bytes: &[u8]) -> Option<Vec<u8>> {
        if let Ok(greeting) = Greeting::decode(bytes) {
            let authority = self.engine.authority();
            return Some(self.greetings.answer(authority, node, &greeting));
        }
        if let Ok(question) = FileQuestion::decode(bytes) {
            return Some(self.files.answer(&self.net, &self.engine, node, &question));
        }
        let question = Question::decode(bytes).ok()?;
        Some(self.cosigning.answer(&self.engine, node, &question))
    }

    fn reply(&self, node: NodeKey, reply: ReplyTo, answer: Vec<u8>) {
        if let Err(refused) = self.net.reply(reply, answer) {
            tracing::debug!(node = %node.short(), %refused, "an answer could not be sent");
        }
    }

    fn network(&mut self, event: NetEvent) -> Result<(), EngineError> {
        let effects = match event {
            NetEvent::Listening { address } => {
                tracing::info!(%address, "listening");
                self.live.listening.insert(address);
                return Ok(());
            }
            NetEvent::PeerUp { node, address } => {
                tracing::info!(node = %node.short(), %address, "peer up");
                self.greetings.peer_up(&self.net, node);
                self.cosigning.peer_up(&self.net, node);
                self.files.peer_up(&self.net, &self.engine, node);
                self.puller.peer_up(steady(), node, &self.engine)
            }
            NetEvent::PeerDown { node } => {
                tracing::info!(node = %node.short(), "peer down");
                self.greetings.peer_down(&node);
                self.cosigning.peer_down(&node);
                self.files.peer_down(&self.net, &self.engine, node);
                self.puller.peer_down(steady(), node, &self.engine)
            }
            NetEvent::Asked { node, bytes, reply } => {
                if let Some(answer) = self.beside_replication(node, &bytes) {
                    self.reply(node, reply, answer);
                    return Ok(());
                }
                let request = SyncRequest::decode(&bytes);
                let response = self.response(node, request.as_ref());
                let answer = response.encode();
                self.live.traffic.asked += 1;
                self.live.traffic.bytes_received += on_the_line(&bytes);
                self.live.traffic.bytes_sent += on_the_line(&answer);
                self.reply(node, reply, answer);
                match request {
                    Ok(request) => self
                        .puller
                        .served(steady(), node, &request, &response, &self.engine),
                    Err(_) => self
                        .puller
                        .broke(steady(), node, Offence::BadRequest, &self.engine),
                }
            }
            NetEvent::Joining { key, bytes, reply } => {
                let read_only = self.live.reads_only().is_some();
                let (response, feeds) = joining::receive(&mut self.engine, read_only, key, &bytes, now())?;
                if let Err(refused) = self.net.reply(reply, response.encode()) {
                    tracing::debug!(%refused, "a guest could not be answered");
                }
                return self.appended(&feeds);
            }
            NetEvent::Answered {
                node,
                request_id,
                result,
            } if Greetings::is_own(request_id) => {
                if let Ok(answer) = result {
                    self.greetings.answered(self.engine.authority(), node, &answer);
                }
                return Ok(());
            }
            NetEvent::Answered {
                node,
                request_id,
                result,
            } if Cosigning::is_own(request_id) => {
                if let Ok(answer) = result {
                    self.cosigning.answered(&self.engine, node, &answer);
                }
                return Ok(());
            }
            NetEvent::Answered {
                node,
                request_id,
                result,
            } if Files::is_own(request_id) => {
                self.files
                    .answered(&self.net, &self.engine, node, request_id, result);
                return Ok(());
            }
            NetEvent::Answered {
                node,
                request_id,
                result,
            } => {
                if let Ok(answer) = &result {
                    self.live.traffic.round_trips += 1;
                    self.live.traffic.bytes_received += on_the_line(answer);
                }
                let result = read_answer(result);
                self.puller
                    .answered(steady(), node, RequestId(request_id), result, &self.engine)
            }
            NetEvent::Hint { node, id, bytes } => {
                let (relay, effects) = self.puller.gossiped(steady(), node, &bytes, &self.engine);
                let verdict = match relay {
                    Relay::PassOn => HintVerdict::Accept,
                    Relay::Keep => HintVerdict::Ignore,
                    Relay::False => HintVerdict::Reject,
                };
                if let Err(refused) = self.net.hint_verdict(id, verdict) {
                    tracing::debug!(%refused, "a hint could not be passed on");
                }
                effects
            }
            NetEvent::Refused { who, address, reason } => {
                tracing::warn!(%who, %address, ?reason, "turned away");
                return Ok(());
            }
            NetEvent::DialFailed { address, why } => {
                tracing::debug!(%address, ?why, "cannot reach");
                return Ok(());
            }
        };
        self.carry_out(effects)
    }

    fn response(&self, peer: NodeKey, request: Result<&SyncRequest, &CborError>) -> Response {
        match request {
            Ok(request) => answer(&self.engine, peer, request).unwrap_or_else(|error| {
                tracing::error!(%error, "cannot serve a peer");
                Response::Refused {
                    reason: SyncRefusal::Unable,
                }
            }),
            Err(error) => {
                tracing::warn!(node = %peer.short(), %error, "a request that does not decode");
                Response::Refused {
                    reason: SyncRefusal::TooLarge,
                }
            }
        }
    }

    /// Carries effects out in their order; taking runs in gives more effects, which come after.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), EngineError> {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Ask { peer, id, request } => {
                    let request = request.encode();
                    self.live.traffic.bytes_sent += on_the_line(&request);
                    if let Err(refused) = self.net.ask(peer, id.0, request) {
                        tracing::debug!(node = %peer.short(), %refused, "a request could not be sent");
                        let failed = Err(Failure::Unreachable);
                        waiting.extend(self.puller.answered(steady(), peer, id, failed, &self.engine));
                    }
                }
                Effect::TakeIn { peer, runs } => {
                    let outcome = self.take_in(peer, runs)?;
                    self.admit();
                    waiting.extend(self.puller.taken_in(steady(), peer, outcome, &self.engine));
                }
                Effect::KeepProof { peer, proof } => {
                    self.keep_proof(peer, &proof)?;
                    let feed = proof.feed_id();
                    waiting.extend(self.puller.proof_kept(steady(), peer, feed, &self.engine));
                    if self.engine.is_own_forked() {
                        waiting.extend(self.begin_life(Why::Forked)?);
                    }
                }
                Effect::KeepBranch { peer, run } => {
                    let (feed, kept) = self.keep_branch(peer, *run)?;
                    waiting.extend(self.puller.branch_kept(steady(), peer, feed, kept, &self.engine));
                }
                Effect::Announce { hint } => {
                    if let Err(refused) = self.net.announce(hint.encode()) {
                        tracing::debug!(%refused, "a hint could not be announced");
                    }
                }
                Effect::Disconnect { peer, offence } => {
                    tracing::warn!(node = %peer.short(), %offence, "disconnected");
                    if let Err(refused) = self.net.disconnect(peer, offence.to_string()) {
                        tracing::debug!(%refused, "a peer could not be disconnected");
                    }
                }
                Effect::Report { peer, finding } => {
                    self.report(peer, &finding);
                    if matches!(finding, Finding::OwnFeedAhead { .. }) {
                        waiting.extend(self.begin_life(Why::PeersAhead)?);
                    }
                }
                Effect::Fault { error } => {
                    tracing::error!(%error, "the store does not give back what it holds")
                }
            }
        }
        Ok(())
    }

    fn take_in(&mut self, peer: NodeKey, runs: Vec<soxa_ledger::Run>) -> Result<Outcome, EngineError> {
        let taken = match self.engine.take_in(runs) {
            Ok(taken) => taken,
            Err(EngineError::Store(fault)) if is_of_the_log(&fault) => {
                tracing::error!(%fault, "what a peer sent could not be stored");
                return Ok(Outcome::default());
            }
            Err(fault) => return Err(unfinished(fault)),
        };
        if taken.entries > 0 {
            tracing::info!(node = %peer.short(), entries = taken.entries, "taken in");
        }
        let refused = taken
            .faults
            .into_iter()
            .filter_map(|(_, feed, fault)| match fault {
                RunFault::Bad(error) => Some((feed, error)),
                RunFault::Known => Some((feed, RunError::Gap { found: 0, known: 0 })),
                RunFault::NotAdmitted | RunFault::TooManyFeeds | RunFault::Closed | RunFault::Forked => None,
            })
            .collect();
        Ok(Outcome {
            advanced: taken.advanced.into_iter().map(|(feed, _)| feed).collect(),
            refused,
        })
    }

    fn report(&self, peer: NodeKey, finding: &Finding) {
        match finding {
            Finding::Offence(offence) => {
                tracing::warn!(node = %peer.short(), %offence, "offence");
            }
            Finding::OwnFeedAhead { feed, ours, theirs } => {
                tracing::error!(feed = %feed.short(), %ours, %theirs, "peers hold more of this node's own feed");
            }
            Finding::Crowded => tracing::warn!(node = %peer.short(), "too many peers"),
        }
    }

    /// Tells the network whom to let in, when that may have changed.
    pub(super) fn admit(&mut self) {
        let authority = self.engine.authority();
        let changes = Some(authority.changes());
        if self.told_at == changes {
            return;
        }
        let mut admitted: BTreeSet<NodeKey> = authority
            .admitted_nodes()
            .into_iter()
            .map(|(node, _)| node)
            .collect();
        // The node of the founding that lost its disk knows of nobody: it takes its entries back from those whom its
        // operator named.
        if admitted.iter().all(|node| *node == self.engine.node()) {
            admitted.extend(&self.live.known_nodes);
        }
        self.net.admit(admitted);
        self.net.expect_guests(joining::guests(&self.engine));
        self.told_at = changes;
    }
}

/// Submissions in their order, in portions that one append can hold.
fn in_portions(submissions: Vec<Submission>) -> Vec<Vec<Submission>> {
    let mut portions: Vec<Vec<Submission>> = Vec::new();
    let mut bytes = 0;
    for submission in submissions {
        let size = submission.bytes();
        match portions.last_mut() {
            Some(portion) if bytes + size <= APPEND_BYTES => portion.push(submission),
            _ => {
                portions.push(vec![submission]);
                bytes = 0;
            }
        }
        bytes += size;
    }
    portions
}

/// Bytes of a message with the length that goes before it.
fn on_the_line(message: &[u8]) -> u64 {
    4 + message.len() as u64
}

fn read_answer(result: Result<Vec<u8>, AskError>) -> Result<Response, Failure> {
    match result {
        Ok(bytes) => Response::decode(&bytes).map_err(|_| Failure::Malformed),
        Err(AskError::TimedOut) => Err(Failure::Timeout),
        Err(AskError::TooLarge) => Err(Failure::Malformed),
        Err(_) => Err(Failure::Unreachable),
    }
}
