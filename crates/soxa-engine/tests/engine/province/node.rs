//! Nodes on disks in memory, and what is compared between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use soxa_engine::{Counts, Engine, Identity, Opened, Refused, Submitted, TakenIn};
use soxa_ledger::replica::Replica as _;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Body, Commit, CommitId, EntryHash, FeedId, Incarnation, NetworkId, OpId, RecordId, Run, Scope, Seq, Time,
    Verified,
};
use soxa_records::asset::AssetView;
use soxa_records::{CustodyView, History, OpVerdict};
use soxa_store::{MemoryDisk, MemoryIndex, Store, StoreOptions};

use super::{NOW, Province, node_key};

pub struct Node {
    pub network: NetworkId,
    pub identity: Identity,
    pub disk: MemoryDisk,
    pub index: MemoryIndex,
    pub engine: Engine,
    pub clock: Time,
}

/// What a node comes to, whatever came to it in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub root: [u8; 32],
    pub counts: Counts,
    pub lines: Vec<(FeedId, Seq, EntryHash, bool)>,
    pub not_valid: Vec<(CommitId, bool, Vec<Position>)>,
    pub refused: Vec<Refused>,
    pub verdicts: BTreeMap<OpId, OpVerdict>,
}

fn start(
    disk: &MemoryDisk,
    index: &MemoryIndex,
    network: NetworkId,
    identity: &Identity,
) -> (Engine, Opened) {
    let options = StoreOptions {
        segment_bytes: 64 << 10,
        ..StoreOptions::default()
    };
    let (store, opening) =
        Store::from_parts(Arc::new(disk.clone()), Box::new(index.clone()), options).unwrap();
    Engine::start(store, opening, network, identity.clone(), &mut |_| {}).unwrap()
}

impl Node {
    /// A node with an empty store.
    pub fn new(province: &Province, number: u8) -> Self {
        let identity = Identity {
            key: node_key(number),
            incarnation: Incarnation([number; 16]),
        };
        let (disk, index) = (MemoryDisk::new(), MemoryIndex::new());
        let (engine, _) = start(&disk, &index, province.network, &identity);
        Self {
            network: province.network,
            identity,
            disk,
            index,
            engine,
            clock: NOW,
        }
    }

    /// A node that holds what a province begins with, in its own feed.
    pub fn founded(province: &Province) -> Self {
        let mut node = Self::new(province, 0);
        node.store(province.founding());
        node
    }

    /// Submits acts as one group, which has to be stored.
    #[track_caller]
    pub fn store(&mut self, acts: Vec<Body>) -> Vec<Position> {
        match self.submit(acts) {
            Submitted::Stored(positions) => positions,
            Submitted::Refused(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    #[track_caller]
    pub fn submit(&mut self, acts: Vec<Body>) -> Submitted {
        self.engine.submit(vec![acts], self.clock).unwrap().pop().unwrap()
    }

    #[track_caller]
    pub fn take_in(&mut self, runs: Vec<Run>) -> TakenIn {
        self.engine.take_in(runs).unwrap()
    }

    /// The process dies and the node is started again, on the same disk and index.
    pub fn reopen(self) -> (Self, Opened) {
        let index = self.index.clone();
        self.reopen_with(index)
    }

    pub fn reopen_with(self, index: MemoryIndex) -> (Self, Opened) {
        drop(self.engine);
        let (engine, opened) = start(&self.disk, &index, self.network, &self.identity);
        (
            Self {
                engine,
                index,
                ..self
            },
            opened,
        )
    }

    #[track_caller]
    pub fn history(&self, record: RecordId) -> Arc<History> {
        self.engine.history(record).unwrap()
    }

    #[track_caller]
    pub fn custody(&self, asset: RecordId) -> CustodyView {
        CustodyView::of(self.history(asset).state())
    }

    #[track_caller]
    pub fn asset(&self, asset: RecordId) -> AssetView {
        AssetView::of(self.history(asset).state()).unwrap()
    }

    /// The record that an operation of a commit creates.
    pub fn record(&self, commit: &Verified<Commit>, index: u32) -> RecordId {
        OpId::of(commit.commit_id(self.network), index).into()
    }

    #[track_caller]
    pub fn is_valid(&self, commit: &Verified<Commit>) -> bool {
        self.engine.is_valid(&commit.commit_id(self.network)).unwrap()
    }

    /// The verdicts on a commit's operations.
    #[track_caller]
    pub fn verdicts(&self, commit: &Verified<Commit>) -> Vec<OpVerdict> {
        let id = commit.commit_id(self.network);
        let verdict = |(index, operation): (u32, &soxa_ledger::Operation)| {
            let history = self.history(operation.record_id(id, index));
            history.verdict(&OpId::of(id, index)).unwrap().clone()
        };
        (0..).zip(&commit.operations).map(verdict).collect()
    }
}

#[track_caller]
pub fn digest(node: &Node) -> Digest {
    let engine = &node.engine;
    let not_valid = engine.not_valid().unwrap();
    let mut verdicts = BTreeMap::new();
    for one in &not_valid {
        for (index, operation) in (0..).zip(&one.commit.operations) {
            let op = OpId::of(one.id, index);
            let history = node.history(operation.record_id(one.id, index));
            verdicts.insert(op, history.verdict(&op).unwrap().clone());
        }
    }
    let void = not_valid.iter().filter(|one| one.void).count() as u64;
    assert_eq!(
        engine.not_valid_counts().unwrap(),
        (not_valid.len() as u64 - void, void)
    );
    Digest {
        root: engine.state_root(&Scope::all_nodes()).unwrap(),
        counts: engine.counts(),
        lines: engine
            .lines()
            .into_iter()
            .map(|l| (l.id, l.head.seq, l.head.hash, l.closed))
            .collect(),
        not_valid: not_valid
            .into_iter()
            .map(|one| (one.id, one.void, one.positions))
            .collect(),
        refused: engine.refused().unwrap(),
        verdicts,
    }
}

/// All that one node holds, in runs of at most about so many bytes of bodies.
pub fn runs_of(node: &Node, byte_limit: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    for line in node.engine.lines() {
        let mut after = Seq(0);
        while let Some(run) = node.engine.run_after(&line.id, after, byte_limit).unwrap() {
            after = run.entries.last().unwrap().header.seq;
            runs.push(run);
        }
    }
    runs
}

/// Brings to one node all that another holds and it does not.
pub fn pull(to: &mut Node, from: &Node) -> TakenIn {
    let mut all = TakenIn::default();
    // Twice: what admits a node may stand in a feed with a higher id.
    for _ in 0..2 {
        for line in from.engine.lines() {
            loop {
                let held = to.engine.line(&line.id).map_or(Seq(0), |line| line.head.seq);
                if held >= line.head.seq {
                    break;
                }
                let Some(run) = from.engine.run_after(&line.id, held, 4 << 20).unwrap() else {
                    break;
                };
                let taken = to.take_in(vec![run]);
                all.entries += taken.entries;
                if !taken.faults.is_empty() {
                    all.faults.extend(taken.faults);
                    break;
                }
            }
        }
    }
    all
}
