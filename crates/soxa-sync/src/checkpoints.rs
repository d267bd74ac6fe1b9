//! Checkpoints between nodes: each publishes what it holds, others see that it goes on from what it published before, and
//! sign that they saw it. Evidence only: replication and verdicts do without.
//!
//! A node asks its peers one after the other. The answer has the checkpoints that the asker lacks, of all nodes, and the
//! proofs that the peer's own logs continue what the asker knows of them, from itself and from others. Only then does the
//! asker co-sign them. Whom a node asks are its neighbours: nodes of the province, and others by lot (soxa-net,
//! `neighbours`). As everybody's newest checkpoints go from node to node, two of equal size and different root meet,
//! and are kept and passed on as the proof of a split view. What is said is in `checkpoint_words.rs`.

use std::collections::BTreeMap;

use soxa_ledger::checkpoint::{Checkpoint, CosignedLog, LogId, ScopeName, SignedCheckpoint, SplitView};
use soxa_ledger::merkle::{TreeHash, check_consistency, consistency};
use soxa_ledger::replica::{FeedLine, Replica};
use soxa_ledger::snapshot::{HeldTip, KeptSnapshot, Snapshot};
use soxa_ledger::{NetworkId, NodeKey, Scope, SecretKey, Time};

use crate::checkpoint_words::{Continues, Known, Question, Reply, digest};
use crate::holdings::{readable, shares};
use crate::limits::{
    CHECKPOINT_ANSWER_BYTES, CHECKPOINT_LOGS_MAX, SNAPSHOT_GAP_MS, SNAPSHOT_QUIET_MS, SNAPSHOTS_MAX,
};

/// A node's own log of one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnLog {
    pub(crate) scope: Scope,
    /// The root over the tips in the newest snapshot.
    pub(crate) tips: TreeHash,
    pub(crate) snapshots: Vec<KeptSnapshot>,
    pub(crate) newest: SignedCheckpoint,
    /// The one before it that others had co-signed: the newest has to wait for that.
    pub(crate) cosigned: Option<SignedCheckpoint>,
}

/// Another node's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The newest that its node has shown to continue all that was known here; co-signed.
    pub(crate) witnessed: Option<Checkpoint>,
    /// The newest that anybody has shown.
    pub(crate) newest: SignedCheckpoint,
    /// Whether its node has given a proof that does not hold. It is co-signed no more.
    pub(crate) broken: bool,
}

/// Logs are told apart by whose they are and of which scope: of those that a node began one after the other the newest
/// counts.
type Whose = (NodeKey, ScopeName);

/// All checkpoints that a node has made, seen and signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    pub(crate) network: NetworkId,
    pub(crate) own: BTreeMap<ScopeName, OwnLog>,
    pub(crate) seen: BTreeMap<Whose, Seen>,
    pub(crate) splits: BTreeMap<LogId, SplitView>,
    /// Whether this was read back and no peer has answered since: it may be an old copy, and a log must not go on from
    /// its end before others have said how far they know it.
    pub(crate) read_back: bool,
}

/// What came to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discovery {
    /// A node showed two histories of its holdings.
    Split(LogId),
    /// A node could not show that its log continues what it had published.
    NotContinued(LogId),
}

/// One log, for people to read.
#[derive(Debug, Clone)]
pub struct LogView<'a> {
    /// The newest checkpoint known, with who co-signed it.
    pub newest: &'a SignedCheckpoint,
    /// Whether its node failed to show that it continues an earlier one.
    pub broken: bool,
    /// The proof that its node showed two histories, if there is one.
    pub split: Option<&'a SplitView>,
}

impl OwnLog {
    /// When the newest snapshot was made.
    fn made(&self) -> Time {
        self.snapshots
            .last()
            .map(|newest| newest.time)
            .unwrap_or_default()
    }

    /// The notes that others have co-signed, the newest first.
    fn cosigned(&self) -> impl Iterator<Item = &SignedCheckpoint> {
        let notes = std::iter::once(&self.newest).chain(&self.cosigned);
        notes.filter(|note| !note.cosignatures().is_empty())
    }
}

fn leaves(snapshots: &[KeptSnapshot]) -> Vec<TreeHash> {
    snapshots.iter().map(|snapshot| snapshot.leaf).collect()
}

fn whose(log: &LogId) -> Whose {
    (log.node, log.scope)
}

impl Checkpoints {
    /// None made or seen yet.
    #[must_use]
    pub fn new(network: NetworkId) -> Self {
        Self {
            network,
            own: BTreeMap::new(),
            seen: BTreeMap::new(),
            splits: BTreeMap::new(),
            read_back: false,
        }
    }

    /// The network they belong to.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// Makes a checkpoint of each scope that changed, and of that of all nodes also when nothing did for long, unless the one before is too young, and forgets the logs of nodes
    /// that are no longer admitted. True when anything changed: the caller keeps it durably before it tells anybody, so
    /// that no log is ever continued from two ends.
    pub fn make(&mut self, now: Time, key: &SecretKey, replica: &dyn Replica) -> bool {
        let before = self.seen.len();
        self.seen.retain(|(node, _), _| replica.unit_of(node).is_some());
        let mut changed = self.seen.len() < before;
        let mut scopes: BTreeMap<Scope, Vec<FeedLine>> = BTreeMap::new();
        for line in replica.lines() {
            if line.head.seq.0 > 0 && readable(replica, &key.node(), &line.feed.scope) {
                scopes.entry(line.feed.scope.clone()).or_default().push(line);
            }
        }
        for (scope, mut lines) in scopes {
            lines.sort_unstable_by_key(|line| line.id);
            changed |= self.snapshot(now, key, replica.runs(), scope, &lines);
        }
        changed
    }

    fn snapshot(&mut self, now: Time, key: &SecretKey, runs: u64, scope: Scope, lines: &[FeedLine]) -> bool {
        let tips: Vec<HeldTip> = lines.iter().map(HeldTip::from).collect();
        let snapshot = Snapshot::of(now, &tips);
        let name = ScopeName::of(self.network, &scope);
        let log = self.own.get(&name);
        // A full log is followed by another.
        let log = log.filter(|log| log.snapshots.len() < SNAPSHOTS_MAX);
        // A clock that was set back says nothing about how long ago that was.
        let soon = |log: &OwnLog, gap_ms| (log.made()..log.made().plus_ms(gap_ms)).contains(&now);
        let waits = |log: &OwnLog| match name {
            _ if log.tips != snapshot.tips => soon(log, SNAPSHOT_GAP_MS),
            ScopeName::AllNodes => soon(log, SNAPSHOT_QUIET_MS),
            ScopeName::Units(_) => true,
        };
        if log.is_some_and(|log| self.read_back || waits(log)) {
            return false;
        }
        let id = log.map_or(
            LogId {
                network: self.network,
                node: key.node(),
                scope: name,
                began: now,
            },
            |log| log.newest.checkpoint().log,
        );
        let mut snapshots = log.map(|log| log.snapshots.clone()).unwrap_or_default();
        snapshots.push(KeptSnapshot {
            time: now,
            runs,
            leaf: snapshot.leaf(),
        });
        let log = OwnLog {
            scope,
            tips: snapshot.tips,
            newest: Checkpoint::of(id, &leaves(&snapshots)).sign(key),
            cosigned: log.and_then(|log| log.cosigned().next().cloned()),
            snapshots,
        };
        self.own.insert(name, log);
        true
    }

    /// All notes that are passed on, of the logs that `may` says.
    fn notes(&self, may: impl Fn(&ScopeName) -> bool) -> Vec<&SignedCheckpoint> {
        let own = self.own.values().map(|log| &log.newest);
        let split = self.splits.values().flat_map(SplitView::checkpoints);
        let all = own
            .chain(self.seen.values().map(|seen| &seen.newest))
            .chain(split);
        all.filter(|note| may(&note.checkpoint().log.scope)).collect()
    }

    /// What to ask a peer.
    #[must_use]
    pub fn ask(&self, peer: NodeKey) -> Vec<u8> {
        let of_peer = self.seen.iter().filter(|((node, _), _)| *node == peer);
        let known = of_peer.map(|(_, seen)| Known {
            log: seen.newest.checkpoint().log,
            sizes: seen.sizes().map(|known| known.size).collect(),
        });
        Question {
            digests: self.notes(|_| true).into_iter().map(digest).collect(),
            known: known.collect(),
        }
        .encode()
    }

    /// Answers a peer. Of restricted scopes only what both may read.
    #[must_use]
    pub fn answer(&self, peer: NodeKey, question: &Question, replica: &dyn Replica) -> Vec<u8> {
        let may = |name: &ScopeName| match name {
            ScopeName::AllNodes => shares(replica, &peer, &Scope::all_nodes()),
            units @ ScopeName::Units(_) => {
                let log = self.own.get(units);
                log.is_some_and(|log| shares(replica, &peer, &log.scope))
            }
        };
        let mut room = CHECKPOINT_ANSWER_BYTES;
        let mut notes = Vec::new();
        for note in self.notes(may) {
            if !question.digests.contains(&digest(note)) {
                let bytes = note.to_string().into_bytes();
                let Some(left) = room.checked_sub(bytes.len()) else {
                    break;
                };
                room = left;
                notes.push(bytes);
            }
        }
        let mut proofs = Vec::new();
        for known in &question.known {
            let own = self.own.get(&known.log.scope).filter(|_| may(&known.log.scope));
            let Some(own) = own.filter(|own| own.newest.checkpoint().log == known.log) else {
                continue;
            };
            let known_leaves = leaves(&own.snapshots);
            for &size in &known.sizes {
                let from = usize::try_from(size).ok();
                if let Some(steps) = from.and_then(|from| consistency(&known_leaves, from)) {
                    proofs.push(Continues {
                        log: known.log,
                        size,
                        steps,
                    });
                }
            }
        }
        Reply { notes, proofs }.encode()
    }

    /// Takes in a peer's answer, and co-signs what it shows of its own logs. Where the peer knows a log of this node
    /// further than the node itself, the node's copy is an old one, and another log is begun. The caller keeps the result durably before it
    /// tells anybody. Notes of nodes that are not admitted, and such as do not hold, are passed over.
    pub fn take(
        &mut self,
        now: Time,
        key: &SecretKey,
        peer: NodeKey,
        reply: &Reply,
        replica: &dyn Replica,
    ) -> Vec<Discovery> {
        let admitted = |node: &NodeKey| replica.unit_of(node).is_some();
        let province = self.network.province_unit();
        let of_province = &|node: &NodeKey| replica.unit_of(node) == Some(province);
        let before: BTreeMap<Whose, Seen> = self
            .seen
            .iter()
            .filter(|((node, _), _)| *node == peer)
            .map(|(whose, seen)| (*whose, seen.clone()))
            .collect();
        self.read_back = false;
        let mut found = Vec::new();
        for bytes in &reply.notes {
            let Some(mut note) = self.read(bytes) else {
                continue;
            };
            let log = note.checkpoint().log;
            note.retain(admitted);
            if log.network == self.network && admitted(&log.node) && self.hear(key, note, of_province) {
                found.push(Discovery::Split(log));
            }
        }
        let of_peer: Vec<Whose> = self
            .seen
            .keys()
            .filter(|(node, _)| *node == peer)
            .copied()
            .collect();
        for whose in of_peer {
            let Some(seen) = self.seen.get_mut(&whose) else {
                continue;
            };
            let log = seen.newest.checkpoint().log;
            match seen.is_continued(before.get(&whose), &reply.proofs) {
                _ if seen.broken || self.splits.contains_key(&log) => {}
                Some(true) => {
                    seen.witnessed = Some(*seen.newest.checkpoint());
                    if !seen.newest.cosignatures().contains_key(&key.node()) {
                        seen.newest.cosign(key, now.0 / 1_000, of_province);
                    }
                }
                Some(false) => {
                    seen.broken = true;
                    found.push(Discovery::NotContinued(log));
                }
                None => {}
            }
        }
        found
    }

    /// Reads a note. Of one that is known in another copy only what is new is checked.
    fn read(&self, bytes: &[u8]) -> Option<SignedCheckpoint> {
        let log = LogId::of_note(bytes)?;
        let known = match self.seen.get(&whose(&log)) {
            Some(seen) => Some(&seen.newest),
            None => self.own.get(&log.scope).map(|own| &own.newest),
        };
        SignedCheckpoint::read_beside(bytes, known).ok()
    }

    /// A checkpoint whose signatures hold. True when it proves a split view that was not known.
    fn hear(
        &mut self,
        key: &SecretKey,
        note: SignedCheckpoint,
        of_province: &dyn Fn(&NodeKey) -> bool,
    ) -> bool {
        let log = note.checkpoint().log;
        if log.node == key.node() {
            return self.hear_of_own(&note, of_province);
        }
        let Some(seen) = self.seen.get_mut(&whose(&log)) else {
            if self.seen.len() < CHECKPOINT_LOGS_MAX {
                self.seen.insert(whose(&log), Seen::new(note));
            }
            return false;
        };
        let newest = *seen.newest.checkpoint();
        if let Some(split) = SplitView::between(&seen.newest, &note) {
            return self.keep(split);
        }
        if newest.log.began < log.began {
            *seen = Seen::new(note);
        } else if newest == *note.checkpoint() {
            seen.newest.merge(&note, of_province);
        } else if newest.log == log && newest.size < note.checkpoint().size {
            seen.newest = note;
        }
        false
    }

    /// The same of this node's own log.
    fn hear_of_own(&mut self, note: &SignedCheckpoint, of_province: &dyn Fn(&NodeKey) -> bool) -> bool {
        let (log, size) = (note.checkpoint().log, note.checkpoint().size);
        let Some(own) = self.own.get_mut(&log.scope) else {
            return false;
        };
        own.newest.merge(note, of_province);
        if let Some(cosigned) = &mut own.cosigned {
            cosigned.merge(note, of_province);
        }
        let newest = *own.newest.checkpoint();
        let split = SplitView::between(&own.newest, note);
        let further = newest.log == log && (size > newest.size || split.is_some());
        if further || newest.log.began < log.began {
            self.own.remove(&log.scope);
        }
        split.is_some_and(|split| self.keep(split))
    }

    /// Keeps the first proof of a log.
    fn keep(&mut self, split: SplitView) -> bool {
        let room = self.splits.len() < CHECKPOINT_LOGS_MAX && !self.splits.contains_key(&split.log());
        if room {
            self.splits.insert(split.log(), split);
        }
        room
    }

    /// This node's own log of what all nodes read, when others have co-signed it.
    #[must_use]
    pub fn cosigned(&self) -> Option<CosignedLog> {
        let own = self.own.get(&ScopeName::AllNodes)?;
        let log = CosignedLog {
            notes: own.cosigned().cloned().collect(),
            snapshots: own.snapshots.clone(),
        };
        (!log.notes.is_empty()).then_some(log)
    }

    /// All logs known, this node's first.
    pub fn logs(&self) -> impl Iterator<Item = LogView<'_>> {
        let own = self.own.values().map(|log| (&log.newest, false));
        let seen = self.seen.values().map(|seen| (&seen.newest, seen.broken));
        own.chain(seen).map(|(newest, broken)| LogView {
            newest,
            broken,
            split: self.splits.get(&newest.checkpoint().log),
        })
    }
}

impl Seen {
    fn new(newest: SignedCheckpoint) -> Self {
        Self {
            witnessed: None,
            newest,
            broken: false,
        }
    }

    /// What is known of the log: from its node, and from others.
    fn sizes(&self) -> impl Iterator<Item = Checkpoint> {
        let newest = *self.newest.checkpoint();
        let witnessed = self.witnessed.filter(|known| *known != newest);
        witnessed.into_iter().chain([newest])
    }

    /// Whether the newest checkpoint continues what was known before, as far as the node's proofs say; none when it gave
    /// none.
    fn is_continued(&self, before: Option<&Self>, proofs: &[Continues]) -> Option<bool> {
        let newest = self.newest.checkpoint();
        let known = before.into_iter().flat_map(Self::sizes);
        for known in known.filter(|known| known.log == newest.log) {
            let given = |proof: &&Continues| proof.log == known.log && proof.size == known.size;
            let proof = proofs.iter().find(given)?;
            let earlier = (known.size, known.root);
            if check_consistency(&proof.steps, earlier, (newest.size, newest.root)).is_err() {
                return Some(false);
            }
        }
        Some(true)
    }
}
