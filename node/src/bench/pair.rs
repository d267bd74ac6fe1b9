//! Two real nodes to measure with: the province's and a commune's, each a process of its own with its store, its key and
//! libp2p. The commune's dials the province's, over a line that counts what it carries or directly.

use std::path::Path;
use std::time::Duration;

use soxa_lang::Lang;
use soxa_ledger::{Body, CommitId, FeedId, NetworkId, Run, SecretKey};

use super::history::{History, Shape};
use super::{Workplace, expect_sound, failed};
use crate::client::Client;
use crate::control::protocol::{Event, Reply, Request};
use crate::control::reports::StatusReport;
use crate::daemon::opening;
use crate::demo::background::Background;
use crate::demo::error::DemoError;
use crate::demo::interrupt::Interrupt;
use crate::demo::node::{Node, multiaddr, socket_of};
use crate::demo::process::{Daemon, Program, wait_for};
use crate::demo::proxy::Proxy;
use crate::failure::Failure;
use crate::progress::Progress;

/// Until a daemon answers on its socket and listens: opening a store of a million operations takes a while.
const START_LIMIT: Duration = Duration::from_secs(300);
/// Until a daemon that was told to stop has ended.
const STOP_LIMIT: Duration = Duration::from_secs(120);
/// Milliseconds that one request waits for an event; in between it is seen whether somebody interrupts.
const LOOK_MS: u64 = 200;
/// Operations made and taken in at a time while a store is filled.
const PORTION: u64 = 16_384;
/// Records that a commune works on at once.
const RECORDS_OPEN: usize = 2_048;
/// From which all chance of the made-up history comes.
const SEED: u64 = 1;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The province's node.
    Province,
    /// The commune's node.
    Commune,
}

/// The two nodes. Whatever happens, no process and, unless it was given, no folder outlives it.
pub struct Pair {
    province: Node,
    commune: Node,
    /// The line between them.
    pub line: Proxy,
    /// The history that they hold or are to hold.
    pub history: History,
    /// The newest commit of each feed of the history.
    pub newest: Vec<CommitId>,
    /// Whether to stop.
    pub interrupt: Interrupt,
    program: Program,
    lang: Lang,
    _background: Background,
    _place: Workplace,
}

impl Pair {
    /// Two nodes that know the genesis and nothing else.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn new(
        dir: Option<&Path>,
        communes: usize,
        record_operations: u32,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let place = Workplace::new(dir)?;
        let background = Background::start().map_err(stopped)?;
        let interrupt = Interrupt::listen(background.handle()).map_err(stopped)?;
        let history = History::new(Shape {
            seed: SEED,
            communes,
            record_operations,
            records_open: RECORDS_OPEN,
            run_entries: soxa_ledger::limits::RUN_ENTRIES_MAX,
            deputy: None,
        })
        .map_err(|error| Failure::internal("bench", error))?;
        let node = |name: &str| Node::new(&place.join("nodes"), name.to_owned(), name.to_owned());
        Ok(Self {
            province: node("province"),
            commune: node("commune"),
            line: Proxy::open().map_err(stopped)?,
            history,
            newest: Vec::new(),
            interrupt,
            program: Program::own(lang).map_err(stopped)?,
            lang,
            _background: background,
            _place: place,
        })
    }

    /// One of the two.
    pub fn node(&self, side: Side) -> &Node {
        match side {
            Side::Province => &self.province,
            Side::Commune => &self.commune,
        }
    }

    /// The key of one of the two.
    pub fn key(&self, side: Side) -> Result<&SecretKey, Failure> {
        match side {
            Side::Province => Ok(&self.history.province_node),
            Side::Commune => self
                .history
                .commune_node(0)
                .ok_or_else(|| Failure::internal("bench", "a history without communes")),
        }
    }

    /// Makes a node's home folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn found(&self, side: Side) -> Result<(), Failure> {
        let home = &self.node(side).home;
        let config = "listen = [\"/ip4/127.0.0.1/tcp/0\"]\nlog = \"warn\"\n";
        home.create(self.history.genesis.bytes(), config, self.key(side)?)
    }

    /// Fills a stopped node's store with so many operations of the history.
    ///
    /// # Errors
    /// Local faults of the store, or an interruption.
    pub fn fill(&mut self, side: Side, operations: u64) -> Result<(), Failure> {
        let home = self.node(side).home.clone();
        let folder = home.store_dir();
        let (mut engine, _, _) = opening::open(&home, &mut |_| {})?;
        let progress = Progress::new(self.lang, "cli.bench.filling", operations);
        let mut runs = vec![self.history.founding.clone()];
        let mut done = 0;
        loop {
            self.note_newest(&runs);
            expect_sound(&engine.take_in(runs).map_err(|error| failed(&folder, &error))?)?;
            progress.at(done, operations);
            if done == operations {
                break;
            }
            self.interrupt.check().map_err(stopped)?;
            let portion = PORTION.min(operations - done);
            runs = self
                .history
                .go_on(portion)
                .map_err(|error| Failure::internal("bench", error))?;
            done += portion;
        }
        engine.close().map_err(|error| failed(&folder, &error))
    }

    fn note_newest(&mut self, runs: &[Run]) {
        let network = self.history.network;
        let mut newest = std::collections::BTreeMap::<FeedId, CommitId>::new();
        for run in runs {
            newest.extend(last_commit(network, run).map(|commit| (run.feed.id(network), commit)));
        }
        // Every portion goes on with every feed, so the last one tells all.
        self.newest = newest.into_values().collect();
    }

    /// Appends acts of a commune's officer to a stopped node's own feed; gives back the last.
    ///
    /// # Errors
    /// Local faults of the store.
    pub fn append(&mut self, side: Side, commune: usize, operations: u64) -> Result<CommitId, Failure> {
        let home = self.node(side).home.clone();
        let folder = home.store_dir();
        let (mut engine, _, _) = opening::open(&home, &mut |_| {})?;
        let mut acts = Vec::new();
        let mut last = None;
        for _ in 0..operations {
            let (bytes, id) = self.next_commit(commune)?;
            let signed = soxa_ledger::Signed::<soxa_ledger::Commit>::decode(&bytes);
            let act = signed.and_then(|signed| signed.verify(self.history.network));
            acts.push(vec![Body::Commit(
                act.map_err(|error| Failure::internal("bench", error))?,
            )]);
            last = Some(id);
        }
        let outcomes = engine
            .submit(acts, crate::clock::now())
            .map_err(|error| failed(&folder, &error))?;
        if let Some(refused) = outcomes
            .iter()
            .find(|outcome| matches!(outcome, soxa_engine::Submitted::Refused(_)))
        {
            return Err(Failure::internal("bench", format!("{refused:?}")));
        }
        engine.close().map_err(|error| failed(&folder, &error))?;
        last.ok_or_else(|| Failure::internal("bench", "nothing to append"))
    }

    /// The next act of a commune's officer, with the id of its commit.
    ///
    /// # Errors
    /// When there is no such commune: a defect of the measurement.
    pub fn next_commit(&mut self, commune: usize) -> Result<(Vec<u8>, CommitId), Failure> {
        let bytes = self.history.next_commit(commune);
        let bytes = bytes.ok_or_else(|| Failure::internal("bench", "no such commune"))?;
        let signed = soxa_ledger::Signed::<soxa_ledger::Commit>::decode(&bytes)
            .map_err(|error| Failure::internal("bench", error))?;
        let id = signed.unchecked().id(self.history.network);
        Ok((bytes, id))
    }

    /// Gives the commune's node what the province's holds, as a copy of its store.
    ///
    /// # Errors
    /// When files cannot be copied.
    pub fn copy_store(&self) -> Result<(), Failure> {
        copy_folder(&self.province.home.store_dir(), &self.commune.home.store_dir())
    }

    /// Starts the province's node and leads the line to it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_province(&self) -> Result<(), Failure> {
        self.start(Side::Province)?;
        let address = socket_of(&self.listening()?);
        self.line
            .lead_to(address.ok_or_else(|| Failure::internal("bench", "a node without an address"))?);
        Ok(())
    }

    /// Starts the commune's node, which dials the province's, by the line or directly.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_commune(&self, directly: bool) -> Result<(), Failure> {
        let address = if directly {
            self.listening()?
        } else {
            multiaddr(self.line.address())
        };
        let file = self.commune.home.config_file();
        let config =
            format!("listen = [\"/ip4/127.0.0.1/tcp/0\"]\nlog = \"warn\"\npeers = [\"{address}\"]\n");
        std::fs::write(&file, config).map_err(|error| Failure::io(&file, &error))?;
        self.start(Side::Commune)
    }

    /// Starts a node, and waits until it answers. It is asked for nothing that it would have to sum up first.
    fn start(&self, side: Side) -> Result<(), Failure> {
        let node = self.node(side);
        let daemon = self.program.daemon(&node.name, node.home.dir(), &node.log);
        *node.daemon() = Some(daemon.map_err(stopped)?);
        let what = format!("the node {} to answer", node.name);
        wait_for(&what, START_LIMIT, &self.interrupt, || {
            node.expect_running()?;
            node.ask(|client| client.call(Request::Network))
                .map(drop)
                .map_err(|error| error.to_string().into())
        })
        .map_err(stopped)
    }

    /// Where the province's node listens, once it does.
    fn listening(&self) -> Result<String, Failure> {
        let mut address = None;
        wait_for(
            "the province's node to listen",
            START_LIMIT,
            &self.interrupt,
            || {
                let status = self
                    .node(Side::Province)
                    .status()
                    .map_err(|error| error.to_string())?;
                address = status.listening.into_iter().next();
                match address {
                    Some(_) => Ok(()),
                    None => Err("no address yet".to_owned().into()),
                }
            },
        )
        .map_err(stopped)?;
        address.ok_or_else(|| Failure::internal("bench", "a node without an address"))
    }

    /// Stops both nodes, the commune's first.
    ///
    /// # Errors
    /// When one does not stop in time.
    pub fn stop(&self) -> Result<(), Failure> {
        self.stop_one(Side::Commune)?;
        self.stop_one(Side::Province)
    }

    /// Stops one of the nodes.
    ///
    /// # Errors
    /// When it does not stop in time.
    pub fn stop_one(&self, side: Side) -> Result<(), Failure> {
        let node = self.node(side);
        node.ask(|client| client.call(Request::Shutdown))
            .map_err(stopped)?;
        let what = format!("the node {} to stop", node.name);
        wait_for(&what, STOP_LIMIT, &self.interrupt, || {
            match node.daemon().as_mut().map(Daemon::ended) {
                Some(Ok(None)) => Err("still running".to_owned().into()),
                _ => Ok(()),
            }
        })
        .map_err(stopped)?;
        *node.daemon() = None;
        Ok(())
    }

    /// Runs a command at a node, as a process of its own that reads its passphrase.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub fn command(&self, side: Side, passphrase: &str, args: &[&str]) -> Result<(), Failure> {
        let home = self.node(side).home.dir();
        let done = self.program.run(home, Some(passphrase), args);
        done.map(drop).map_err(stopped)
    }

    /// How a node says it is.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn status(&self, side: Side) -> Result<StatusReport, Failure> {
        self.node(side).status().map_err(stopped)
    }

    /// A node's process.
    pub fn process(&self, side: Side) -> Option<u32> {
        self.node(side).daemon().as_ref().map(Daemon::id)
    }

    /// Waits until something has come about at a node.
    ///
    /// # Errors
    /// When the node ends, or somebody interrupts.
    pub fn wait(&self, side: Side, event: &Event) -> Result<(), Failure> {
        wait_at(
            &mut Client::connect(&self.node(side).home)?,
            event,
            &self.interrupt,
        )
    }

    /// Waits until a commit is durable and judged at a node.
    ///
    /// # Errors
    /// As for [`Pair::wait`].
    pub fn wait_for_commit(&self, side: Side, commit: CommitId) -> Result<(), Failure> {
        self.wait(
            side,
            &Event::Commit {
                id: commit.to_string(),
            },
        )
    }
}

/// Waits until something has come about at the node of this client.
///
/// # Errors
/// When the node ends, or somebody interrupts.
pub fn wait_at(client: &mut Client, event: &Event, interrupt: &Interrupt) -> Result<(), Failure> {
    loop {
        interrupt.check().map_err(stopped)?;
        let reply = client.call(Request::Await {
            event: event.clone(),
            within_ms: LOOK_MS,
        })?;
        match reply {
            Reply::Awaited { came: true } => return Ok(()),
            Reply::Awaited { came: false } => {}
            other => return Err(client.other_reply(&other)),
        }
    }
}

/// Why a measurement ended early.
pub fn stopped(error: DemoError) -> Failure {
    match error {
        DemoError::Interrupted => Failure::new("errors.interrupted", &[]),
        other => Failure::internal("bench", other),
    }
}

fn last_commit(network: NetworkId, run: &Run) -> Option<CommitId> {
    let bodies = run
        .entries
        .iter()
        .rev()
        .filter_map(|entry| entry.open_stored().ok());
    bodies
        .filter_map(|body| match body {
            Body::Commit(commit) => Some(commit.id(network)),
            Body::Statement(_) => None,
        })
        .next()
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    let copy = || -> std::io::Result<()> {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                copy_folder(&entry.path(), &target).map_err(|_| std::io::ErrorKind::Other)?;
            } else {
                std::fs::copy(entry.path(), target)?;
            }
        }
        Ok(())
    };
    copy().map_err(|error| Failure::io(from, &error))
}
