//! Checkpoints of this node and of others: when they are made and asked for, and where they are kept.
//!
//! What was signed is written down before anybody hears of it: a log that went on from two ends would be the proof of
//! a split view. Where the file is lost, new logs are begun.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use soxa_ledger::checkpoint::{CosignedLog, SplitView};
use soxa_ledger::replica::Replica;
use soxa_ledger::{NetworkId, NodeKey, SecretKey, Time};
use soxa_net::NetHandle;
use soxa_sync::checkpoint_words::{Question, Reply};
use soxa_sync::checkpoints::{Checkpoints, Discovery, LogView};

use super::answers::Answers;
use super::live::LiveLog;
use super::objections::Names as _;
use crate::clock::{now, steady};
use crate::control::reports::{CheckpointReport, CosignerReport};
use crate::failure::Failure;
use crate::home::{read_limited, write_file};

/// Ids of these questions among the requests to peers: between those of replication and of greetings.
const IDS_FROM: u64 = 1 << 62;
/// Milliseconds between two questions at most.
const INTERVAL_MS_MAX: u64 = 120_000;
/// Bytes of the file: a log of ten years and the notes of a province.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// The checkpoints that this node keeps.
pub struct Cosigning {
    key: SecretKey,
    file: PathBuf,
    kept: Checkpoints,
    connected: BTreeSet<NodeKey>,
    last: Option<NodeKey>,
    interval_ms: u64,
    next: Time,
    asked: u64,
}

impl Cosigning {
    /// Reads what was kept.
    pub fn new(key: SecretKey, network: NetworkId, file: PathBuf, interval_ms: u64) -> Self {
        let kept = read_kept(&file, network).unwrap_or_else(|| Checkpoints::new(network));
        Self {
            key,
            file,
            kept,
            connected: BTreeSet::new(),
            last: None,
            interval_ms: interval_ms.min(INTERVAL_MS_MAX),
            next: steady(),
            asked: 0,
        }
    }

    /// When to look again.
    pub fn wake(&self) -> Time {
        self.next
    }

    /// A peer is connected: it is asked at once.
    pub fn peer_up(&mut self, net: &NetHandle, node: NodeKey) {
        self.connected.insert(node);
        self.ask(net, node);
    }

    /// A peer is gone.
    pub fn peer_down(&mut self, node: &NodeKey) {
        self.connected.remove(node);
    }

    /// When it is time, makes checkpoints of what is held and asks the next peer. A node that only reads makes none:
    /// another machine may go on with its log.
    pub fn tick(&mut self, net: &NetHandle, replica: &dyn Replica, reads_only: bool) {
        if steady() < self.next {
            return;
        }
        self.next = steady().plus_ms(self.interval_ms);
        let mut made = self.kept.clone();
        if !reads_only && made.make(now(), &self.key, replica) {
            self.keep(made);
        }
        let after = self.last.and_then(|last| self.connected.range(last..).nth(1));
        if let Some(node) = after.or_else(|| self.connected.first()).copied() {
            self.last = Some(node);
            self.ask(net, node);
        }
    }

    fn ask(&mut self, net: &NetHandle, node: NodeKey) {
        self.asked = self.asked.wrapping_add(1) % IDS_FROM;
        if let Err(refused) = net.ask(node, IDS_FROM + self.asked, self.kept.ask(node)) {
            tracing::debug!(node = %node.short(), %refused, "checkpoints could not be asked for");
        }
    }

    /// Whether an answer is one to such a question.
    pub fn is_own(request_id: u64) -> bool {
        (IDS_FROM..2 * IDS_FROM).contains(&request_id)
    }

    /// Answers a peer.
    pub fn answer(&self, replica: &dyn Replica, node: NodeKey, question: &Question) -> Vec<u8> {
        self.kept.answer(node, question, replica)
    }

    /// A peer answered.
    pub fn answered(&mut self, replica: &dyn Replica, node: NodeKey, answer: &[u8]) {
        let reply = match Reply::decode(answer) {
            Ok(reply) => reply,
            Err(error) => {
                tracing::debug!(node = %node.short(), %error, "an answer about checkpoints that does not decode");
                return;
            }
        };
        let mut taken = self.kept.clone();
        for found in taken.take(now(), &self.key, node, &reply, replica) {
            match found {
                Discovery::Split(log) => {
                    tracing::error!(node = %log.node.short(), "a node showed two histories of what it holds");
                }
                Discovery::NotContinued(log) => {
                    tracing::warn!(node = %log.node.short(), "a node's checkpoint does not continue an earlier one");
                }
            }
        }
        if taken != self.kept {
            self.keep(taken);
        }
    }

    /// All logs known, this node's first.
    pub fn logs(&self) -> impl Iterator<Item = LogView<'_>> {
        self.kept.logs()
    }

    /// This node's own log of what all nodes read, when others have co-signed it.
    pub fn cosigned(&self) -> Option<CosignedLog> {
        self.kept.cosigned()
    }

    /// Writes down what was signed, and only then goes by it.
    fn keep(&mut self, changed: Checkpoints) {
        match write(&self.file, &changed.encode()) {
            Ok(()) => self.kept = changed,
            Err(error) => tracing::warn!(?error, "the checkpoints could not be kept"),
        }
    }
}

/// Writes the file and the folder's entry of it: after a power cut the one before must not be there again.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(file, bytes, 0o644)?;
    let folder = file.parent().unwrap_or(file);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| Failure::io(folder, &error))
}

fn read_kept(file: &Path, network: NetworkId) -> Option<Checkpoints> {
    if !file.exists() {
        return None;
    }
    let bytes = read_limited(file, FILE_BYTES_MAX).ok()?;
    match Checkpoints::decode(&bytes) {
        Ok(kept) if kept.network() == network => Some(kept),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "the kept checkpoints are damaged; new ones are begun");
            None
        }
    }
}

impl Answers<'_> {
    /// The newest checkpoint known of each node and scope.
    pub(super) fn checkpoints(&self) -> Vec<CheckpointReport> {
        self.live
            .checkpoints
            .iter()
            .map(|log| self.checkpoint(log))
            .collect()
    }

    fn checkpoint(&self, log: &LiveLog) -> CheckpointReport {
        let checkpoint = log.newest.checkpoint();
        let unit = |node: &NodeKey| self.engine.unit_of(node).map(|unit| self.name(&unit));
        let cosigned = log.newest.cosignatures().iter();
        let sides = log.split.iter().flat_map(SplitView::checkpoints);
        let state = match (&log.split, log.broken) {
            (Some(_), _) => "split",
            (None, true) => "not_continued",
            (None, false) => "in_order",
        };
        CheckpointReport {
            node: checkpoint.log.node.to_string(),
            unit: unit(&checkpoint.log.node),
            scope: checkpoint.log.scope.to_string(),
            snapshots: checkpoint.size,
            root: BASE64.encode(&checkpoint.root.0),
            cosigned_by: cosigned
                .map(|(node, cosignature)| CosignerReport {
                    node: node.to_string(),
                    unit: unit(node),
                    time_ms: cosignature.time_s.saturating_mul(1_000),
                })
                .collect(),
            state: state.to_owned(),
            note: log.newest.to_string(),
            split_view: sides.map(ToString::to_string).collect(),
        }
    }
}
