//! [`SimNode`]: one node's engine and replication over a disk that can fail. What a daemon does between the two, this
//! does, without sockets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use soxa_engine::{Engine, Identity, Known};
use soxa_ledger::entry::Body;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::statement::Statement;
use soxa_ledger::{
    EntryHash, FeedId, Incarnation, NetworkId, NodeKey, RecordId, SecretKey, Seq, Time, Verified,
};
use soxa_store::{Store, StoreOptions};
use soxa_sync::Puller;

use crate::dice::Dice;
use crate::disk::SimDisk;
use crate::index::SimIndex;
use crate::liar::Liar;
use crate::limits::HINTS_SEEN_MAX;
use crate::report::Defect;
use crate::schedule::Tempo;

/// Engine and replication of a node that runs.
pub(crate) struct Running {
    pub engine: Engine,
    pub puller: Puller,
    /// Nodes to which a connection is up.
    pub ups: BTreeSet<usize>,
    /// Nodes that it has closed the connection to, and does not want back yet.
    pub shunned: BTreeSet<usize>,
}

pub(crate) struct SimNode {
    pub name: String,
    pub unit: RecordId,
    pub identity: Identity,
    pub disk: SimDisk,
    pub index: SimIndex,
    pub running: Option<Running>,
    /// How often it was started: messages to an earlier life are lost.
    pub life: u64,
    /// How far its clock is ahead, in milliseconds; negative for behind.
    pub clock_off_ms: i64,
    /// Where what it says comes from, in a node that is not honest.
    pub liar: Option<Liar>,
    /// The moment its replication waits for.
    pub wake_at: Option<Time>,
    /// The ends of its own feeds that it has answered for or shown to others.
    pub promised: BTreeMap<FeedId, (Seq, EntryHash)>,
    segment_bytes: u64,
    genesis: Verified<Statement>,
    known: Known,
    hints_seen: VecDeque<[u8; 32]>,
}

/// The most that clocks differ at the start, in milliseconds.
const CLOCKS_DIFFER_MS: u64 = 60_000;

impl SimNode {
    pub fn new(
        name: String,
        unit: RecordId,
        genesis: &Verified<Statement>,
        key: SecretKey,
        known: &Known,
        dice: &mut Dice,
    ) -> Self {
        Self {
            name,
            unit,
            identity: Identity {
                key,
                incarnation: Incarnation(dice.bytes()),
            },
            disk: SimDisk::default(),
            index: SimIndex::default(),
            running: None,
            life: 0,
            clock_off_ms: dice.below(CLOCKS_DIFFER_MS) as i64,
            liar: None,
            wake_at: None,
            promised: BTreeMap::new(),
            // Small, so that a run begins several.
            segment_bytes: dice.between(8, 256) << 10,
            genesis: genesis.clone(),
            known: known.clone(),
            hints_seen: VecDeque::new(),
        }
    }

    pub fn key(&self) -> NodeKey {
        self.identity.node()
    }

    pub fn is_honest(&self) -> bool {
        self.liar.is_none()
    }

    /// The node's own clock.
    pub fn clock(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.clock_off_ms))
    }

    /// The node time of what it appends now: it never runs backwards in a feed.
    pub fn node_time(&self, now: Time) -> Time {
        let engines = self.running.iter().map(|running| &running.engine);
        let newest = engines.flat_map(|engine| {
            let own = self.promised.keys().filter_map(|feed| engine.line(feed));
            own.map(|line| line.head.time)
        });
        newest.max().unwrap_or_default().max(self.clock(now))
    }

    /// Starts on what the disk holds. A node that holds nothing yet begins with the genesis, as `init` does.
    pub fn start(&mut self, now: Time, network: NetworkId, tempo: &Tempo) -> Result<(), Defect> {
        let failed = |name: &str, what: &dyn std::fmt::Display| Defect::local(name, what);
        let options = StoreOptions {
            segment_bytes: self.segment_bytes,
            ..StoreOptions::default()
        };
        let disk: Arc<SimDisk> = Arc::new(self.disk.clone());
        let (store, opening) = Store::from_parts(disk, Box::new(self.index.clone()), options)
            .map_err(|error| failed(&self.name, &error))?;
        let (mut engine, opened) = Engine::start_among(
            store,
            opening,
            network,
            self.identity.clone(),
            self.known.clone(),
            &mut |_| {},
        )
        .map_err(|error| failed(&self.name, &error))?;
        if let Some(lost) = opened.store.shortened {
            let what = format!(
                "the log lost what was synced: it ended at {}, now at {}",
                lost.was, lost.is
            );
            return Err(failed(&self.name, &what));
        }
        if engine.authority().genesis().is_none() {
            let genesis = Body::Statement(self.genesis.clone());
            engine
                .submit(vec![vec![genesis]], self.clock(now))
                .map_err(|error| failed(&self.name, &error))?;
        }
        self.life += 1;
        let puller = Puller::new(
            tempo.parameters(),
            self.key(),
            self.identity.incarnation,
            self.life,
        );
        self.running = Some(Running {
            engine,
            puller,
            ups: BTreeSet::new(),
            shunned: BTreeSet::new(),
        });
        self.wake_at = None;
        self.check_promises()
    }

    /// The process is gone.
    pub fn stop(&mut self) {
        self.running = None;
        self.hints_seen.clear();
    }

    /// Remembers where the own feeds end, before anybody is told.
    pub fn promise(&mut self) {
        let Some(running) = &self.running else { return };
        let own = self.identity.node();
        for line in running
            .engine
            .lines()
            .into_iter()
            .filter(|line| line.feed.node == own)
        {
            self.promised.insert(line.id, (line.head.seq, line.head.hash));
        }
    }

    /// The own feeds hold at least what was promised.
    pub fn check_promises(&self) -> Result<(), Defect> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        for (feed, (seq, hash)) in &self.promised {
            let head = running.engine.line(feed).map(|line| line.head);
            let is = head.map_or(Seq(0), |head| head.seq);
            if is < *seq {
                return Err(Defect::WentBack {
                    node: self.name.clone(),
                    was: *seq,
                    is,
                });
            }
            if head.is_some_and(|head| head.seq == *seq && head.hash != *hash) {
                return Err(Defect::Fork {
                    feed: *feed,
                    seq: *seq,
                    node: self.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Whether an announcement is new here; it is then remembered.
    pub fn is_news(&mut self, hint: [u8; 32]) -> bool {
        if self.hints_seen.contains(&hint) {
            return false;
        }
        if self.hints_seen.len() == HINTS_SEEN_MAX {
            self.hints_seen.pop_front();
        }
        self.hints_seen.push_back(hint);
        true
    }
}
