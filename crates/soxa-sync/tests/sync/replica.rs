//! A replica in memory, with real feeds, entries and tip signatures. Bodies are arbitrary bytes: replication does
//! not open them.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::entry::BodyKind;
use soxa_ledger::limits::RUN_ENTRIES_MAX;
use soxa_ledger::replica::{FeedLine, Replica, ReplicaError};
use soxa_ledger::{
    Entry, EntryHash, Feed, FeedId, ForkProof, Head, Header, Incarnation, NetworkId, NodeKey, RecordId, Run,
    Scope, SecretKey, Seq, Signature, Time, Tip, Verified,
};
use soxa_sync::Outcome;

pub const NETWORK: NetworkId = NetworkId([9; 32]);

pub fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

pub fn unit(number: u8) -> RecordId {
    RecordId([number; 32])
}

pub fn feed_of(key: &SecretKey, scope: Scope) -> Feed {
    Feed {
        node: key.node(),
        incarnation: Incarnation([1; 16]),
        scope,
        follows: None,
    }
}

#[derive(Debug, Clone)]
struct Held {
    feed: Feed,
    entries: Vec<Entry>,
    /// Tip signatures by number.
    tips: BTreeMap<u64, Signature>,
    closed: bool,
}

impl Held {
    fn head(&self) -> Head {
        self.entries
            .last()
            .map_or_else(|| Head::empty(self.feed.id(NETWORK)), |entry| entry.header.head())
    }
}

#[derive(Debug, Clone)]
pub struct Holdings {
    pub own: NodeKey,
    pub units: BTreeMap<NodeKey, RecordId>,
    /// Nodes whose feeds are not taken in.
    pub strangers: BTreeSet<NodeKey>,
    feeds: BTreeMap<FeedId, Held>,
    forks: BTreeMap<FeedId, Verified<ForkProof>>,
    /// Entries that some statement names.
    named: BTreeMap<FeedId, BTreeSet<(Seq, EntryHash)>>,
    /// Runs of branches held besides, each from above downwards.
    branches: BTreeMap<FeedId, Vec<Run>>,
}

impl Holdings {
    pub fn new(own: NodeKey, units: BTreeMap<NodeKey, RecordId>) -> Self {
        Self {
            own,
            units,
            strangers: BTreeSet::new(),
            feeds: BTreeMap::new(),
            forks: BTreeMap::new(),
            named: BTreeMap::new(),
            branches: BTreeMap::new(),
        }
    }

    /// A statement came that names an entry.
    pub fn name(&mut self, feed: FeedId, entry: (Seq, EntryHash)) {
        self.named.entry(feed).or_default().insert(entry);
    }

    /// What the engine does with a run of a branch.
    pub fn keep_branch(&mut self, run: &Run) -> bool {
        let id = run.feed.id(NETWORK);
        let entries = || run.entries.iter().map(|entry| entry.header.head());
        let named = self.named.get(&id).into_iter().flatten();
        let wanted: Vec<_> = named.filter_map(|named| self.wanted(&id, *named)).collect();
        let is_wanted = entries().any(|head| wanted.contains(&(head.seq, head.hash)));
        if is_wanted {
            self.branches.entry(id).or_default().push(run.clone());
        }
        is_wanted
    }

    /// Whether an entry is held with all below it.
    pub fn holds(&self, feed: &FeedId, entry: (Seq, EntryHash)) -> bool {
        self.bottom(feed, entry).0 == Seq(0)
    }

    fn wanted(&self, feed: &FeedId, named: (Seq, EntryHash)) -> Option<(Seq, EntryHash)> {
        let is_named = self.named.get(feed).is_some_and(|all| all.contains(&named));
        let fork = self.forks.get(feed)?.seq();
        let at = self.bottom(feed, named);
        let trunk = self.line(feed)?.head.seq.next() >= fork;
        (is_named && trunk && named.0 >= fork && at.0 > Seq(0)).then_some(at)
    }

    fn named_and_held(&self, feed: &FeedId) -> Vec<(Seq, EntryHash)> {
        let Some(fork) = self.forks.get(feed).map(|proof| proof.seq()) else {
            return Vec::new();
        };
        let named = self.named.get(feed).into_iter().flatten().copied();
        named
            .filter(|named| named.0 >= fork && self.holds(feed, *named))
            .collect()
    }

    /// What lies next below all that is held below an entry.
    fn bottom(&self, feed: &FeedId, mut at: (Seq, EntryHash)) -> (Seq, EntryHash) {
        while let Some(run) = self.run_holding(feed, at) {
            let first = run.entries[0].header;
            at = (Seq(first.seq.0 - 1), first.prev);
        }
        at
    }

    /// The run with an entry: of the own history one entry alone, without its tip.
    fn run_holding(&self, feed: &FeedId, (seq, hash): (Seq, EntryHash)) -> Option<Run> {
        let is_it = |entry: &Entry| entry.header.seq == seq && entry.header.hash() == hash;
        let held = self.feeds.get(feed)?;
        if held.entries.iter().any(is_it) {
            let (last, tip) = held.tips.range(seq.0..).next()?;
            return Some(Run {
                feed: held.feed.clone(),
                entries: held.entries[seq.0 as usize - 1..*last as usize].to_vec(),
                tip: *tip,
            });
        }
        let mut branches = self.branches.get(feed).into_iter().flatten();
        branches.find(|run| run.entries.iter().any(is_it)).cloned()
    }

    /// Appends bodies under one signed tip.
    pub fn append(&mut self, key: &SecretKey, feed: &Feed, bodies: &[Vec<u8>]) -> FeedId {
        let id = feed.id(NETWORK);
        let held = self.feeds.entry(id).or_insert_with(|| Held {
            feed: feed.clone(),
            entries: Vec::new(),
            tips: BTreeMap::new(),
            closed: false,
        });
        for body in bodies {
            let header = Header::following(id, &held.head(), Time(1), BodyKind::Commit, body);
            held.entries.push(Entry {
                header,
                body: body.clone(),
            });
        }
        let head = held.head();
        held.tips.insert(
            head.seq.0,
            Tip {
                feed: id,
                seq: head.seq,
                hash: head.hash,
            }
            .sign(NETWORK, key),
        );
        id
    }

    pub fn close(&mut self, feed: &FeedId) {
        self.feeds.get_mut(feed).unwrap().closed = true;
    }

    /// What the engine does with a fork proof.
    pub fn keep_proof(&mut self, proof: &Verified<ForkProof>) {
        let id = proof.feed_id();
        if self.forks.get(&id).is_some_and(|kept| kept.seq() <= proof.seq()) {
            return;
        }
        self.forks.insert(id, proof.clone());
        self.feeds.entry(id).or_insert_with(|| Held {
            feed: proof.feed().clone(),
            entries: Vec::new(),
            tips: BTreeMap::new(),
            closed: false,
        });
    }

    pub fn forget(&mut self, feed: &FeedId) {
        self.feeds.remove(feed);
    }

    pub fn ids(&self) -> Vec<FeedId> {
        self.feeds.keys().copied().collect()
    }

    /// What the engine does with runs, without opening them.
    pub fn take_in(&mut self, runs: Vec<Run>) -> Outcome {
        let mut outcome = Outcome::default();
        for run in runs {
            let id = run.feed.id(NETWORK);
            let head = self.feeds.get(&id).map_or(Head::empty(id), Held::head);
            match run.verify(NETWORK, &head) {
                Ok(run) => {
                    let held = self.feeds.entry(id).or_insert_with(|| Held {
                        feed: run.feed().clone(),
                        entries: Vec::new(),
                        tips: BTreeMap::new(),
                        closed: false,
                    });
                    held.entries.extend_from_slice(run.entries());
                    held.tips.insert(run.head().seq.0, run.tip());
                    outcome.advanced.push(id);
                }
                Err(error) => outcome.refused.push((id, error)),
            }
        }
        outcome
    }
}

impl Replica for Holdings {
    fn network(&self) -> NetworkId {
        NETWORK
    }

    fn own_node(&self) -> NodeKey {
        self.own
    }

    fn unit_of(&self, node: &NodeKey) -> Option<RecordId> {
        self.units.get(node).copied()
    }

    fn takes_from(&self, node: &NodeKey) -> bool {
        !self.strangers.contains(node)
    }

    fn runs(&self) -> u64 {
        self.feeds.values().map(|held| held.tips.len() as u64).sum()
    }

    fn lines(&self) -> Vec<FeedLine> {
        self.feeds.keys().filter_map(|id| self.line(id)).collect()
    }

    fn line(&self, feed: &FeedId) -> Option<FeedLine> {
        let forked = self.forks.get(feed).map(|proof| proof.seq());
        self.feeds.get(feed).map(|held| {
            let before = forked.map_or(held.entries.len(), |fork| (fork.0 - 1) as usize);
            let head = match held.entries[..before.min(held.entries.len())].last() {
                Some(entry) => entry.header.head(),
                None => Head::empty(*feed),
            };
            FeedLine {
                id: *feed,
                feed: held.feed.clone(),
                head,
                closed: held.closed && held.entries.len() <= before,
                forked,
                named: self.named_and_held(feed),
            }
        })
    }

    fn fork_of(&self, feed: &FeedId) -> Option<Verified<ForkProof>> {
        self.forks.get(feed).cloned()
    }

    fn run_after(&self, feed: &FeedId, after: Seq, byte_limit: usize) -> Result<Option<Run>, ReplicaError> {
        let Some(held) = self.feeds.get(feed) else {
            return Ok(None);
        };
        let mut found = None;
        for (&last, &tip) in held.tips.range(after.0 + 1..) {
            let entries = &held.entries[after.0 as usize..last as usize];
            let bytes: usize = entries.iter().map(|entry| entry.body.len()).sum();
            if found.is_some() && (bytes > byte_limit || entries.len() > RUN_ENTRIES_MAX) {
                break;
            }
            found = Some(Run {
                feed: held.feed.clone(),
                entries: entries.to_vec(),
                tip,
            });
            if bytes > byte_limit {
                break;
            }
        }
        Ok(found)
    }

    fn lacking(
        &self,
        feed: &FeedId,
        named: (Seq, EntryHash),
    ) -> Result<Option<(Seq, EntryHash)>, ReplicaError> {
        Ok(self.wanted(feed, named))
    }

    fn branch(
        &self,
        feed: &FeedId,
        through: (Seq, EntryHash),
        above: Seq,
        _byte_limit: usize,
    ) -> Result<Option<Run>, ReplicaError> {
        Ok(self
            .run_holding(feed, through)
            .filter(|run| run.entries[0].header.seq > above))
    }
}
