//! [`SimNode`]: one node's engine and replication over a disk that can fail. What a daemon does between the two, this
//! does, without sockets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use soxa_engine::life::LifeRecord;
use soxa_engine::living::{LifeFiles as _, Living};
use soxa_engine::{Engine, Identity, Memory};
use soxa_ledger::entry::Body;
use soxa_ledger::ids::sha256;
use soxa_ledger::replica::Replica as _;
use soxa_ledger::statement::Statement;
use soxa_ledger::{
    EntryHash, Feed, FeedId, Incarnation, NetworkId, NodeKey, RecordId, SecretKey, Seq, Time, Verified,
};
use soxa_store::{Attachments, Disk as _, Store, StoreOptions};
use soxa_sync::Puller;

use crate::dice::Dice;
use crate::disk::{Image, SimDisk};
use crate::index::SimIndex;
use crate::keeping::Keeping;
use crate::liar::Liar;
use crate::life_files::SimFiles;
use crate::limits::HINTS_SEEN_MAX;
use crate::report::Defect;
use crate::schedule::Tempo;

/// Engine and replication of a node that runs.
pub(crate) struct Running {
    pub engine: Engine,
    pub life: Living<SimFiles>,
    pub puller: Puller,
    pub files: Keeping,
    /// Nodes to which a connection is up.
    pub ups: BTreeSet<usize>,
    /// Nodes that it has closed the connection to, and does not want back yet.
    pub shunned: BTreeSet<usize>,
}

pub(crate) struct SimNode {
    pub name: String,
    pub unit: RecordId,
    pub key: SecretKey,
    /// What tells its machine and folder from others.
    pub place: [u8; 32],
    pub disk: SimDisk,
    pub index: SimIndex,
    pub running: Option<Running>,
    /// How often it was started: messages to an earlier life are lost.
    pub life: u64,
    /// How far its clock is ahead, in milliseconds; negative for behind.
    pub clock_off_ms: i64,
    /// Whom its operator named, to be connected with while it knows of nobody.
    pub known_nodes: BTreeSet<NodeKey>,
    /// Where what it says comes from, in a node that is not honest.
    pub liar: Option<Liar>,
    /// The moment its replication waits for.
    pub wake_at: Option<Time>,
    /// The ends of its own feeds that it has answered for or shown to others.
    pub promised: BTreeMap<FeedId, (Seq, EntryHash)>,
    /// Lives in which it may have signed two histories, and nothing at the node could tell: of a machine that was put back or
    /// copied whole.
    pub doubtful: BTreeSet<Incarnation>,
    /// Whether the machine was switched off for good.
    pub gone: bool,
    /// Sabotage: it takes any store for the one that it was.
    pub ignores_life: bool,
    /// What the names of its lives are drawn from.
    luck: [u8; 32],
    segment_bytes: u64,
    genesis: Verified<Statement>,
    memory: Memory,
    hints_seen: VecDeque<[u8; 32]>,
}

/// A file that every store has.
const STORE_FORMAT: &str = "format";
/// The most that clocks differ at the start, in milliseconds.
const CLOCKS_DIFFER_MS: u64 = 60_000;

impl SimNode {
    pub fn new(
        name: String,
        unit: RecordId,
        genesis: &Verified<Statement>,
        key: SecretKey,
        memory: &Memory,
        dice: &mut Dice,
    ) -> Self {
        Self {
            name,
            unit,
            place: dice.bytes(),
            key,
            disk: SimDisk::default(),
            index: SimIndex::default(),
            running: None,
            life: 0,
            clock_off_ms: dice.below(CLOCKS_DIFFER_MS) as i64,
            known_nodes: BTreeSet::new(),
            liar: None,
            wake_at: None,
            promised: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            gone: false,
            ignores_life: false,
            luck: dice.bytes(),
            // Small, so that a run begins several.
            segment_bytes: dice.between(8, 256) << 10,
            genesis: genesis.clone(),
            memory: memory.clone(),
            hints_seen: VecDeque::new(),
        }
    }

    /// A second machine with the same key and store, in another place.
    pub fn copy(&self, name: String, dice: &mut Dice) -> Self {
        let mut copy = Self::new(
            name,
            self.unit,
            &self.genesis,
            self.key.clone(),
            &self.memory,
            dice,
        );
        copy.disk.restore(&self.disk.image(), true);
        copy.segment_bytes = self.segment_bytes;
        copy.clock_off_ms = self.clock_off_ms;
        copy.doubtful = self.doubtful.clone();
        copy.ignores_life = self.ignores_life;
        copy
    }

    /// Its machine is set up from a copy of another one's store, before it is first started: it holds the ledger so far, and begins
    /// a life of its own. In memory both stand once, until they differ.
    pub fn set_up_from(&mut self, disk: &SimDisk, index: &SimIndex) {
        self.disk = disk.copy();
        self.disk.forget_beside();
        self.index = index.copy();
    }

    /// Its disk is as it was then, or another one with that on it; the index may be what it was before.
    pub fn put_back(&mut self, image: &Image, beside: bool, keeps_index: bool) {
        self.disk.restore(image, beside);
        self.promised.clear();
        if !keeps_index {
            self.index.lose();
        }
    }

    pub fn key(&self) -> NodeKey {
        self.key.node()
    }

    /// Whether it, as far as it knows, may be connected with another. The node of the founding that lost its disk knows of
    /// nobody: then with those whom its operator named.
    pub fn admits(&self, peer: &NodeKey) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let engine = &running.engine;
        let alone = || {
            let mut admitted = engine.authority().admitted_nodes().into_iter();
            admitted.all(|(node, _)| node == self.key())
        };
        engine.unit_of(peer).is_some() || self.known_nodes.contains(peer) && alone()
    }

    /// Whether it does as it should, and is still there.
    pub fn is_honest(&self) -> bool {
        self.liar.is_none() && !self.gone
    }

    /// Whether it is one of its own feeds of which nothing at the node could tell that it has two histories.
    pub fn doubts(&self, feed: &Feed) -> bool {
        feed.node == self.key() && self.doubtful.contains(&feed.incarnation)
    }

    /// The life that its disk says the store has.
    pub fn life_on_disk(&self) -> Option<Incarnation> {
        let record = LifeRecord::decode(&self.files().inside()?)?;
        Some(record.incarnation)
    }

    /// The files on its disk that records name.
    pub fn attachments(&self) -> Attachments {
        Attachments::new(Arc::new(self.disk.clone()))
    }

    fn files(&self) -> SimFiles {
        let chance = [&self.luck[..], &self.life.to_be_bytes()[..]];
        SimFiles {
            disk: self.disk.clone(),
            place: self.place,
            chance: sha256(&chance.concat()),
            ignored: self.ignores_life,
        }
    }

    /// The node's own clock.
    pub fn clock(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.clock_off_ms))
    }

    /// The node time of what it appends now: it never runs backwards in a feed.
    pub fn node_time(&self, now: Time) -> Time {
        let engines = self.running.iter().map(|running| &running.engine);
        let newest = engines.flat_map(|engine| {
            let own = self.own_feeds().into_iter();
            own.filter_map(|feed| engine.line(&feed))
                .map(|line| line.head.time)
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
        let has_store = self.disk.len(STORE_FORMAT).is_ok();
        let disk: Arc<SimDisk> = Arc::new(self.disk.clone());
        let (store, opening) = Store::from_parts(disk, Box::new(self.index.clone()), options)
            .map_err(|error| failed(&self.name, &error))?;
        let mut life =
            Living::of(self.files(), has_store, now).map_err(|error| failed(&self.name, &error))?;
        let identity = Identity {
            key: self.key.clone(),
            incarnation: life.incarnation(),
        };
        let memory = self.memory.clone();
        let (mut engine, opened) = Engine::start_with(store, opening, network, identity, memory, &mut |_| {})
            .map_err(|error| failed(&self.name, &error))?;
        if let Some(lost) = opened.store.shortened {
            let what = format!(
                "the log lost what was synced: it ended at {}, now at {}",
                lost.was, lost.is
            );
            return Err(failed(&self.name, &what));
        }
        life.look_at(&mut engine, false, now)
            .map_err(|error| failed(&self.name, &error))?;
        if engine.authority().genesis().is_none() {
            let genesis = Body::Statement(self.genesis.clone());
            engine
                .submit(vec![vec![genesis]], self.clock(now))
                .map_err(|error| failed(&self.name, &error))?;
        }
        life.note(&engine);
        self.life += 1;
        let puller = Puller::new(tempo.parameters(), self.key(), life.incarnation(), self.life);
        self.running = Some(Running {
            engine,
            life,
            puller,
            files: Keeping::new(self.attachments(), now),
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

    /// The feeds of its present life.
    pub fn own_feeds(&self) -> Vec<FeedId> {
        let lines = self.running.iter().flat_map(|r| r.engine.lines());
        let life = self.running.as_ref().map(|r| r.engine.life());
        lines
            .filter(|line| line.feed.node == self.key() && Some(line.feed.incarnation) == life)
            .map(|line| line.id)
            .collect()
    }

    /// Remembers where the own feeds end, before anybody is told.
    pub fn promise(&mut self) {
        let Some(running) = &self.running else { return };
        let own = self.key();
        let lines = running.engine.lines().into_iter();
        let own: Vec<_> = lines
            .filter(|line| line.feed.node == own && !self.doubts(&line.feed))
            .map(|line| (line.id, (line.head.seq, line.head.hash)))
            .collect();
        self.promised.extend(own);
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
