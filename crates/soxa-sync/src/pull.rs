//! The puller: what comes in, what is asked of whom, and when to wake up.
//!
//! Each input takes the moment and the holdings and gives one ordered list of effects. Nothing here reads a clock,
//! opens a body or checks an entry: runs are handed to the engine. While it is busy with a peer's runs, the peer is
//! asked for what follows on them, once, and for nothing else. What answers say is read in `answers.rs`.

use std::collections::BTreeMap;

use soxa_ledger::replica::{FeedLine, Replica};
use soxa_ledger::run::RunError;
use soxa_ledger::{FeedId, Incarnation, NodeKey, Seq, Time};

use crate::announce::Announcements;
use crate::effect::{Effect, Failure, Finding, Offence, Outcome, RequestId};
use crate::hint::VerifiedHint;
use crate::holdings::{shared_root, shares};
use crate::limits::{OFFENCES_BEFORE_DISCONNECT, WANTS_PER_REQUEST_MAX};
use crate::message::{Program, Refusal, Request, Response};
use crate::peers::{Asked, Peers};
use crate::places::Places;
use crate::relay::Origins;
use crate::schedule::{Jitter, Parameters};
use crate::standing::Standing;
use crate::wants::{Offer, Purpose, judge};

/// Brings a node's holdings up to those of its peers.
#[derive(Debug, Clone)]
pub struct Puller {
    pub(crate) parameters: Parameters,
    pub(crate) life: Incarnation,
    pub(crate) peers: Peers,
    /// Whether an own feed was proved to be longer than we hold it; looked into once in each life.
    pub(crate) restored: bool,
    jitter: Jitter,
    announcements: Announcements,
    pub(crate) origins: Origins,
    next_id: u64,
    last_asked: Option<NodeKey>,
    /// How far each feed is held, as of the newest input; none before the first peer.
    held: Option<BTreeMap<FeedId, Seq>>,
}

impl Puller {
    /// A puller without peers, for a node in its present life. The seed decides nothing but the jitter; nodes
    /// should have different ones.
    #[must_use]
    pub fn new(parameters: Parameters, own_node: NodeKey, life: Incarnation, seed: u64) -> Self {
        Self {
            parameters,
            life,
            peers: Peers::default(),
            restored: false,
            jitter: Jitter::new(seed, &own_node),
            announcements: Announcements::default(),
            origins: Origins::default(),
            next_id: 0,
            last_asked: None,
            held: None,
        }
    }

    /// The node goes on in a new life: its feeds of earlier lives are now fetched like anybody's.
    pub fn begin_life(&mut self, now: Time, life: Incarnation, replica: &dyn Replica) -> Vec<Effect> {
        self.life = life;
        self.restored = false;
        for (_, peer) in self.peers.iter_mut() {
            // What was to be looked into concerned the life before.
            peer.forget_offers();
            peer.compare_at = now;
        }
        self.pump(now, replica, Vec::new())
    }

    /// A connection to a peer is ready. One of the two compares at once, that with the smaller key; the other learns as
    /// much from being asked, and compares only when it is not asked soon.
    pub fn peer_up(&mut self, now: Time, peer: NodeKey, replica: &dyn Replica) -> Vec<Effect> {
        // From ourselves there is nothing to learn.
        if peer == replica.own_node() {
            return self.pump(now, replica, Vec::new());
        }
        let mut effects = Vec::new();
        let wait = if replica.own_node() < peer {
            0
        } else {
            self.parameters.soon_ms
        };
        self.held.get_or_insert_with(|| {
            let lines = replica.lines().into_iter();
            lines.map(|line| (line.id, line.head.seq)).collect()
        });
        match self.peers.up(peer) {
            Some(known) => known.compare_at = now.plus_ms(wait),
            None => effects.push(Effect::Report {
                peer,
                finding: Finding::Crowded,
            }),
        }
        self.pump(now, replica, effects)
    }

    /// The last connection to a peer is gone. Its open request, if any, will not be answered.
    pub fn peer_down(&mut self, now: Time, peer: NodeKey, replica: &dyn Replica) -> Vec<Effect> {
        self.peers.down(&peer);
        self.pump(now, replica, Vec::new())
    }

    /// A hint came, passed on by a peer. If we are behind, the feed is asked for: of its own node when that is
    /// here, else of the peer. Hints of nodes that are not admitted are not followed.
    pub fn hinted(
        &mut self,
        now: Time,
        peer: NodeKey,
        hint: &VerifiedHint,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        let (id, line) = (hint.feed_id(), hint.line());
        let origin = line.feed.node;
        if let Some(known) = self.peers.get_mut(&peer) {
            known.account.heard_at = Some(now);
        }
        let is_up = |key: &NodeKey| self.peers.get(key).is_some_and(|peer| peer.up);
        let source = if is_up(&origin) { origin } else { peer };
        let admitted = replica.unit_of(&origin).is_some();
        let Some(offer) = judge(replica, self.life, &source, id, &line).filter(|_| admitted) else {
            return self.pump(now, replica, Vec::new());
        };
        let mut effects = Vec::new();
        if offer.purpose == Purpose::ProveOwnFeedAhead {
            // The hint is signed with our own key: it is the proof.
            let ours = replica.line(&id).map_or(Seq(0), |held| held.head.seq);
            self.report_restored(
                peer,
                Finding::OwnFeedAhead {
                    feed: id,
                    ours,
                    theirs: hint.seq(),
                },
                &mut effects,
            );
        } else if let Some(known) = self
            .peers
            .get_mut(&source)
            .filter(|known| known.follows(&id, &offer))
        {
            // Who only passes the hint on needs a moment to follow it.
            let wait = if source == origin {
                known.account.announced(now, id, hint.seq());
                0
            } else {
                self.parameters.soon_ms
            };
            known.offers.hinted(id, offer, now.plus_ms(wait));
        }
        self.pump(now, replica, effects)
    }

    /// A request was answered or failed. Answers to other requests than the open one are too late, and ignored.
    pub fn answered(
        &mut self,
        now: Time,
        peer: NodeKey,
        id: RequestId,
        result: Result<Response, Failure>,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        let open = |asked: &mut Asked| asked.id == id && asked.answer.is_none();
        let known = self.peers.get_mut(&peer);
        let Some((mut asked, busy)) =
            known.and_then(|known| Some((known.asked.take_if(open)?, known.taking.is_some())))
        else {
            return self.pump(now, replica, Vec::new());
        };
        if let Some(known) = self.peers.get_mut(&peer).filter(|_| result.is_ok()) {
            known.account.heard_at = Some(now);
            if asked.overdue {
                // Others may have been asked meanwhile, and quicker.
                known.progressed |= known.offers.prune(replica);
            } else {
                known.laggard = false;
            }
        }
        let mut effects = Vec::new();
        match result {
            Ok(response) if busy => {
                asked.answer = Some(response);
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.asked = Some(asked);
                }
            }
            Ok(response) => self.read(now, peer, asked.request, response, replica, &mut effects),
            Err(failure) => self.failed(now, peer, failure, &mut effects),
        }
        self.pump_before(now, replica, effects)
    }

    /// The engine is done with the runs of an [`Effect::TakeIn`].
    pub fn taken_in(
        &mut self,
        now: Time,
        peer: NodeKey,
        outcome: Outcome,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let known = self.peers.get_mut(&peer);
        let Some(known) = known.and_then(|known| known.taking.take().map(|_| known)) else {
            return self.pump(now, replica, effects);
        };
        let mut offence = None;
        let advanced = outcome.advanced.clone();
        let mut learnt = !outcome.advanced.is_empty();
        for (feed, error) in outcome.refused {
            match error {
                RunError::Gap { .. } => {}
                RunError::Fork(seq) => {
                    let news = |held: &FeedLine| held.forked.is_none_or(|fork| seq < fork.0);
                    let held = replica.line(&feed).filter(news);
                    let offer = held.map(|held| Offer::prove_fork(&held, Seq(seq)));
                    if let Some(offer) = offer.filter(|offer| known.follows(&feed, offer)) {
                        learnt |= known.offers.insert(feed, offer);
                    }
                }
                error => offence = offence.or(Some(Offence::BadRun { feed, error })),
            }
        }
        if !outcome.advanced.is_empty() {
            known.progressed = true;
            known.thrive();
        }
        if !learnt && offence.is_none() {
            // What is not wanted now must not stand in the way of what else the peer has: start from a comparison.
            known.forget_offers();
            known.compare_at = now;
            known.set_back(now, &self.parameters);
        }
        if let Some(offence) = offence {
            self.offended(now, peer, offence, &mut effects);
        }
        self.grew(now, &advanced, Some(peer), replica);
        // What came meanwhile follows on what is held now.
        let came = |asked: &mut Asked| asked.answer.is_some();
        let ahead = self
            .peers
            .get_mut(&peer)
            .and_then(|known| known.asked.take_if(came));
        if let Some(Asked {
            request,
            answer: Some(response),
            ..
        }) = ahead
        {
            self.read(now, peer, request, response, replica, &mut effects);
        }
        self.pump_before(now, replica, effects)
    }

    /// The engine is done with the proof of an [`Effect::KeepProof`]. The feed now ends before the fork, here and at all
    /// who know of it: the others are to learn of it soon.
    pub fn proof_kept(
        &mut self,
        now: Time,
        peer: NodeKey,
        feed: FeedId,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        match replica.line(&feed).filter(|line| line.forked.is_some()) {
            Some(line) => {
                if let Some(held) = &mut self.held {
                    held.insert(feed, line.head.seq);
                }
                for (key, peer) in self.peers.iter_mut() {
                    if shares(replica, key, &line.feed.scope) {
                        peer.hurry(now, &self.parameters);
                    }
                }
            }
            None => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.give_up(feed);
                }
            }
        }
        self.pump(now, replica, Vec::new())
    }

    /// The engine is done with entries of an [`Effect::KeepBranch`]. What else the peer holds because statements name it
    /// is asked for next; and the others are to learn of what is held now.
    pub fn branch_kept(
        &mut self,
        now: Time,
        peer: NodeKey,
        feed: FeedId,
        kept: bool,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        if let Some(line) = replica.line(&feed).filter(|_| kept) {
            for (key, peer) in self.peers.iter_mut() {
                if shares(replica, key, &line.feed.scope) {
                    peer.hurry(now, &self.parameters);
                }
            }
            if let Some(known) = self.peers.get_mut(&peer).filter(|known| known.up) {
                known.progressed = true;
                known.thrive();
                known.offers.insert(feed, Offer::learn_named(&line));
            }
        }
        self.pump(now, replica, Vec::new())
    }

    /// The node appended to feeds of its own. Those of all nodes are announced; of the others their members learn
    /// by being compared with soon.
    pub fn appended(&mut self, now: Time, feeds: &[FeedId], replica: &dyn Replica) -> Vec<Effect> {
        self.grew(now, feeds, None, replica);
        for id in feeds {
            let Some(line) = replica.line(id) else { continue };
            if line.feed.scope.is_all_nodes() {
                self.announcements.add(*id);
                continue;
            }
            for (key, peer) in self.peers.iter_mut() {
                if shares(replica, key, &line.feed.scope) {
                    peer.hurry(now, &self.parameters);
                }
            }
        }
        self.pump(now, replica, Vec::new())
    }

    /// A peer's request was answered. When it turned out to hold the same, there is no need to ask it soon; when it does
    /// not, or could not be told, it will fetch what it lacks, and what we lack is to be fetched by us.
    pub fn served(
        &mut self,
        now: Time,
        peer: NodeKey,
        request: &Request,
        response: &Response,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        let mut known = self.peers.get_mut(&peer).filter(|known| known.up);
        if let Some(known) = &mut known {
            known.account.heard_at = Some(now);
            if let Request::Compare { program, .. } = request {
                known.account.program = Some(program.clone());
            }
        }
        match (response, known) {
            (Response::Equal { .. }, Some(known)) => {
                known.account.equal(now);
                known.fruitless = 0;
                self.compare_later(now, peer);
            }
            (
                Response::Differs { .. }
                | Response::Refused {
                    reason: Refusal::NotAdmitted,
                },
                Some(known),
            ) => known.hurry(now, &self.parameters),
            (Response::Runs { runs, .. }, Some(known)) => {
                for run in runs {
                    let feed = run.feed.id(replica.network());
                    let sent = run.entries.last().map_or(Seq(0), |entry| entry.header.seq);
                    let held = replica.line(&feed).map_or(Seq(0), |line| line.head.seq);
                    known.account.sent(now, feed, sent, held);
                }
            }
            _ => {}
        }
        self.pump(now, replica, Vec::new())
    }

    /// A peer broke the protocol in what is not replication: it asked what does not decode, or gave a wrong file.
    pub fn broke(
        &mut self,
        now: Time,
        peer: NodeKey,
        offence: Offence,
        replica: &dyn Replica,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.offended(now, peer, offence, &mut effects);
        self.pump(now, replica, effects)
    }

    /// When a comparison with a peer last ended in equality.
    #[must_use]
    pub fn equal_at(&self, peer: &NodeKey) -> Option<Time> {
        self.peers.get(peer)?.account.equal_at
    }

    /// What is known of a peer, for people to read; none for one that was never here, or was long ago.
    #[must_use]
    pub fn standing(&self, peer: &NodeKey) -> Option<Standing> {
        let known = self.peers.get(peer)?;
        let held = |feed: &FeedId| self.held.as_ref().and_then(|held| held.get(feed).copied());
        Some(Standing {
            heard_at: known.account.heard_at,
            program: known.account.program.clone(),
            agreement: known.account.agreement(|feed| held(feed).unwrap_or(Seq(0))),
            offences: known.account.offences.clone(),
            rest_until: known.rest_until,
        })
    }

    /// Time has passed; to be called at [`Puller::next_wake`], harmless at any other moment.
    pub fn tick(&mut self, now: Time, replica: &dyn Replica) -> Vec<Effect> {
        self.pump(now, replica, Vec::new())
    }

    /// When to call [`Puller::tick`] if nothing else comes in before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Time> {
        let claimed = self.peers.claimed();
        let places = Places::left(&self.peers, &self.parameters);
        let peers = self.peers.iter().filter_map(|(_, peer)| match &peer.asked {
            Some(asked) => asked.wake(),
            None if peer.up && places.has_room_for(peer) => {
                peer.work_at(&claimed).map(|work| work.max(peer.rest_until))
            }
            None => None,
        });
        peers.chain(self.announcements.wake()).min()
    }

    /// Notices answers that are overdue, and gives up requests whose time is over.
    fn expire(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for (_, peer) in self.peers.iter_mut() {
            peer.notice(now);
        }
        let is_late = |asked: &Asked| asked.answer.is_none() && asked.deadline <= now;
        let late = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.asked.as_ref().is_some_and(is_late));
        let late: Vec<NodeKey> = late.map(|(key, _)| *key).collect();
        for peer in late {
            if let Some(known) = self.peers.get_mut(&peer) {
                known.asked = None;
            }
            self.failed(now, peer, Failure::Timeout, effects);
        }
    }

    /// Feeds are held further than before; of what came from a peer, that peer holds as much.
    fn grew(&mut self, now: Time, feeds: &[FeedId], from: Option<NodeKey>, replica: &dyn Replica) {
        let Some(held) = &mut self.held else { return };
        for id in feeds {
            let Some(line) = replica.line(id) else { continue };
            let before = held.insert(*id, line.head.seq).unwrap_or(Seq(0));
            let scope = &line.feed.scope;
            for (key, peer) in self.peers.iter_mut() {
                if scope.is_all_nodes() || shares(replica, key, scope) {
                    let theirs = from == Some(*key) || line.feed.node == *key;
                    peer.account.grew(now, *id, before, line.head.seq, theirs);
                }
            }
        }
    }

    /// Gives up, announces and asks what is due, and has it all done before what is in `after`: a request travels while
    /// the engine works.
    fn pump_before(&mut self, now: Time, replica: &dyn Replica, after: Vec<Effect>) -> Vec<Effect> {
        let mut effects = self.pump(now, replica, Vec::new());
        effects.extend(after);
        effects
    }

    /// Gives up, announces and asks what is due.
    fn pump(&mut self, now: Time, replica: &dyn Replica, mut effects: Vec<Effect>) -> Vec<Effect> {
        self.expire(now, &mut effects);
        self.announcements
            .due(now, &self.parameters, replica, &mut effects);
        let mut claimed = self.peers.claimed();
        let mut places = Places::left(&self.peers, &self.parameters);
        for key in self.peers.in_turn(self.last_asked) {
            self.settle(now, &key, replica);
            let most = self.share(&key);
            let Some(peer) = self
                .peers
                .get_mut(&key)
                .filter(|peer| peer.may_be_asked(now) && places.has_room_for(peer))
            else {
                continue;
            };
            if peer.work_at(&claimed).is_none_or(|at| now < at) {
                continue;
            }
            let is_taking = peer.taking.is_some();
            let alone = peer.offers.alone(now, replica, &claimed, peer.taking.as_ref());
            let request = if let Some((feed, request)) = alone {
                claimed.insert(feed);
                request
            } else if let Some(walk) = peer.walk.filter(|_| !is_taking) {
                Request::Lines {
                    after: Some(walk.after),
                }
            } else if peer.offers.is_empty() && !is_taking {
                peer.compared_at = now;
                peer.progressed = false;
                Request::Compare {
                    root: shared_root(replica, key),
                    program: Program::own(),
                }
            } else {
                let wants = peer
                    .offers
                    .choose(now, replica, &claimed, peer.taking.as_ref(), most);
                claimed.extend(wants.iter().map(|want| want.feed));
                Request::Runs { wants }
            };
            let id = RequestId(self.next_id);
            self.next_id += 1;
            self.last_asked = Some(key);
            places.take(peer);
            peer.asked = Some(Asked {
                id,
                request: request.clone(),
                overdue_at: now.plus_ms(self.parameters.patience_ms()),
                overdue: false,
                deadline: now.plus_ms(self.parameters.answer_within_ms),
                answer: None,
            });
            effects.push(Effect::Ask {
                peer: key,
                id,
                request,
            });
        }
        effects
    }

    /// Forgets what meanwhile came, and when all that a comparison showed is dealt with, decides on the next one:
    /// at once if something came, else at the usual time.
    fn settle(&mut self, now: Time, key: &NodeKey, replica: &dyn Replica) {
        let Some(peer) = self.peers.get_mut(key).filter(|peer| peer.up && peer.is_idle()) else {
            return;
        };
        peer.progressed |= peer.offers.prune(replica);
        if !peer.differs || peer.walk.is_some() || !peer.offers.is_empty() {
            return;
        }
        peer.differs = false;
        if std::mem::take(&mut peer.progressed) {
            peer.fruitless = 0;
            peer.compare_at = now;
        } else {
            peer.fruitless = peer.fruitless.saturating_add(1);
            self.compare_later(now, *key);
        }
    }

    /// How many feeds to ask one peer for, so that others who have them too get their share.
    fn share(&self, key: &NodeKey) -> usize {
        let offers = self.peers.get(key).map_or(0, |peer| peer.offers.len());
        offers
            .div_ceil(self.peers.offering().max(1))
            .clamp(1, WANTS_PER_REQUEST_MAX)
    }

    pub(crate) fn compare_later(&mut self, now: Time, key: NodeKey) {
        let at = self.jitter.after(now, self.parameters.interval_ms);
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.compare_at = at;
        }
    }

    pub(crate) fn offended(&mut self, now: Time, peer: NodeKey, offence: Offence, effects: &mut Vec<Effect>) {
        let Some(known) = self.peers.get_mut(&peer) else {
            return;
        };
        known.account.offended(now, &offence);
        effects.push(
            if known.offend(now, &self.parameters) < OFFENCES_BEFORE_DISCONNECT {
                Effect::Report {
                    peer,
                    finding: Finding::Offence(offence),
                }
            } else {
                Effect::Disconnect { peer, offence }
            },
        );
    }

    pub(crate) fn report_restored(&mut self, peer: NodeKey, finding: Finding, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.restored, true) {
            effects.push(Effect::Report { peer, finding });
        }
    }
}
