//! The stage: a folder with the nodes' homes, their daemons, and the links between them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::error::DemoError;
use super::interrupt::Interrupt;
use super::node::{Node, holding, multiaddr, socket_of};
use super::process::{Answer, Daemon, KeyFile, Program, Seen, wait_for};
use super::proxy::Proxy;
use crate::control::reports::StatusReport;

/// Until a daemon answers on its socket and listens.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Until nodes hold the same. Long, because a node that was cut off dials again after ever longer pauses.
const SETTLE_LIMIT: Duration = Duration::from_secs(90);
/// Until a daemon that was told to stop has ended.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Seconds between two rounds of synchronisation of few nodes: the shortest that a node's configuration allows. Changes are
/// announced at once; the rounds only find what an announcement did not reach.
const SYNC_INTERVAL_S: usize = 1;
/// For so many more nodes a second more: on one machine their rounds share its cores.
const SYNC_INTERVAL_NODES: usize = 20;

/// Which of the stage's nodes; 0 is the province's.
pub type NodeIndex = usize;

/// A link: one node dials the other through a proxy.
#[derive(Debug)]
struct Link {
    from: NodeIndex,
    to: NodeIndex,
    proxy: Proxy,
}

/// The stage.
pub struct Stage {
    dir: PathBuf,
    keep: bool,
    program: Program,
    /// Whether to stop.
    pub interrupt: Interrupt,
    /// The nodes, the province's first.
    pub nodes: Vec<Node>,
    links: Vec<Link>,
}

impl Stage {
    /// Prepares the folder. It is removed at the end unless it is to be kept.
    ///
    /// # Errors
    /// When the folder cannot be made, or one to be kept holds something already.
    pub fn prepare(
        program: Program,
        interrupt: Interrupt,
        keep: Option<&Path>,
        units: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, DemoError> {
        let dir = match keep {
            Some(dir) => std::path::absolute(dir).map_err(DemoError::file(dir))?,
            None => std::env::temp_dir().join(format!("soxa-demo-{}", std::process::id())),
        };
        std::fs::create_dir_all(&dir).map_err(DemoError::file(&dir))?;
        if std::fs::read_dir(&dir)
            .map_err(DemoError::file(&dir))?
            .next()
            .is_some()
        {
            let full = std::io::Error::new(std::io::ErrorKind::DirectoryNotEmpty, "not empty");
            return Err(DemoError::file(&dir)(full));
        }
        let nodes: Vec<Node> = units
            .into_iter()
            .map(|(code, name)| Node::new(&dir, code, name))
            .collect();
        let mut stage = Self {
            dir,
            keep: keep.is_some(),
            program,
            interrupt,
            nodes,
            links: Vec::new(),
        };
        // A star to the province and a ring of neighbours: more than one way between any two.
        let communes = stage.nodes.len().saturating_sub(1);
        for from in 1..=communes {
            let neighbour = from % communes + 1;
            for to in [0, neighbour].into_iter().filter(|to| *to != from) {
                stage.links.push(Link {
                    from,
                    to,
                    proxy: Proxy::open()?,
                });
            }
        }
        Ok(stage)
    }

    /// The folder of everything.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder, when it is to be kept.
    pub fn kept(&self) -> Option<&Path> {
        self.keep.then_some(self.dir.as_path())
    }

    /// A node.
    ///
    /// # Errors
    /// When there is none of this code: a defect of the play.
    pub fn find(&self, code: &str) -> Result<NodeIndex, DemoError> {
        let found = self.nodes.iter().position(|node| node.code == code);
        found.ok_or_else(|| DemoError::node(code, "no such node"))
    }

    /// The addresses through which a node dials others.
    fn dials(&self, node: NodeIndex) -> Vec<String> {
        let links = self.links.iter().filter(|link| link.from == node);
        links.map(|link| multiaddr(link.proxy.address())).collect()
    }

    /// The address through which a node dials another.
    ///
    /// # Errors
    /// When there is no such link: a defect of the play.
    pub fn address_of(&self, from: NodeIndex, to: NodeIndex) -> Result<String, DemoError> {
        let link = self.links.iter().find(|link| link.from == from && link.to == to);
        let link = link.ok_or_else(|| DemoError::Unexpected(format!("no link from {from} to {to}")))?;
        Ok(multiaddr(link.proxy.address()))
    }

    /// Runs a command in a node's home folder; it has to end with 0.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub fn run(&self, node: NodeIndex, passphrase: Option<&str>, args: &[&str]) -> Result<Value, DemoError> {
        self.interrupt.check()?;
        self.program.run(self.nodes[node].home.dir(), passphrase, args)
    }

    /// Runs a command in a node's home folder, however it ends.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn try_run(&self, node: NodeIndex, args: &[&str]) -> Result<Answer, DemoError> {
        self.interrupt.check()?;
        self.program.try_run(self.nodes[node].home.dir(), None, args)
    }

    /// Lets somebody sign an act at a node: a command with their key file, the passphrase on its standard input.
    ///
    /// # Errors
    /// When it does not end with 0.
    pub fn act(&self, node: NodeIndex, key: &KeyFile, args: &[&str]) -> Result<Value, DemoError> {
        let answer = self.try_act(node, key, args)?;
        match answer.exit {
            0 => Ok(answer.json),
            _ => Err(answer.error(args)),
        }
    }

    /// The same, however it ends.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub fn try_act(&self, node: NodeIndex, key: &KeyFile, args: &[&str]) -> Result<Answer, DemoError> {
        self.interrupt.check()?;
        let file = key.file.display().to_string();
        let mut all = args.to_vec();
        all.extend(["--key", &file, "--yes", "--passphrase-stdin", "--format", "json"]);
        let home = self.nodes[node].home.dir();
        self.program.try_run(home, Some(&key.passphrase), &all)
    }

    /// Sets the pause between rounds of synchronisation and the nodes to dial in a new home's configuration.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn configure(&self, node: NodeIndex) -> Result<(), DemoError> {
        let file = self.nodes[node].home.config_file();
        let config = std::fs::read_to_string(&file).map_err(DemoError::file(&file))?;
        let seconds = SYNC_INTERVAL_S + self.nodes.len() / SYNC_INTERVAL_NODES;
        let line = |line: &str| match line.split_once(" = ") {
            Some(("sync_interval_s", _)) => format!("sync_interval_s = {seconds}\n"),
            Some(("peers", _)) => format!("peers = {:?}\n", self.dials(node)),
            _ => format!("{line}\n"),
        };
        let config: String = config.lines().map(line).collect();
        std::fs::write(&file, config).map_err(DemoError::file(&file))
    }

    /// Starts a node's daemon, waits until it answers, and leads the links to where it listens.
    ///
    /// # Errors
    /// When it ends or does not answer in time.
    pub fn start(&self, index: NodeIndex) -> Result<(), DemoError> {
        let node = &self.nodes[index];
        *node.daemon() = Some(self.program.daemon(&node.name, node.home.dir(), &node.log)?);
        let address = wait_for(
            &format!("node {} to listen", node.name),
            START_LIMIT,
            &self.interrupt,
            || {
                node.expect_running()?;
                let status = node.status().map_err(|e| e.to_string())?;
                let socket = status.listening.iter().find_map(|address| socket_of(address));
                socket.ok_or_else(|| format!("listening on {:?}", status.listening).into())
            },
        )?;
        for link in self.links.iter().filter(|link| link.to == index) {
            link.proxy.lead_to(address);
        }
        Ok(())
    }

    /// Ends a node's daemon without warning.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self, index: NodeIndex) -> Result<(), DemoError> {
        let node = &self.nodes[index];
        node.measure();
        let daemon = node.daemon().take();
        daemon
            .ok_or_else(|| DemoError::node(&node.name, "does not run"))?
            .kill()
    }

    /// Tells a daemon to stop and waits until it has.
    ///
    /// # Errors
    /// When it does not stop in time or ends with a failure.
    pub fn stop(&self, index: NodeIndex) -> Result<(), DemoError> {
        let node = &self.nodes[index];
        node.measure();
        self.run(index, None, &["stop"])?;
        let status = wait_for(
            &format!("node {} to stop", node.name),
            STOP_LIMIT,
            &self.interrupt,
            || match node.daemon().as_mut().map(Daemon::ended) {
                Some(Ok(Some(status))) => Ok(Some(status)),
                Some(Ok(None)) => Err("still running".to_owned().into()),
                Some(Err(error)) => Err(Seen::Hopeless(error)),
                None => Ok(None),
            },
        )?;
        *node.daemon() = None;
        match status {
            Some(status) if !status.success() => {
                Err(DemoError::node(&node.name, format!("ended with {status}")))
            }
            _ => Ok(()),
        }
    }

    /// Cuts all links of a node.
    pub fn cut_off(&self, node: NodeIndex) {
        self.links_of(node).for_each(|link| link.proxy.cut());
    }

    /// Mends all links of a node.
    pub fn reconnect(&self, node: NodeIndex) {
        self.links_of(node).for_each(|link| link.proxy.mend());
    }

    fn links_of(&self, node: NodeIndex) -> impl Iterator<Item = &Link> {
        self.links
            .iter()
            .filter(move |link| link.from == node || link.to == node)
    }

    /// Waits until all nodes hold the same entries and states.
    ///
    /// # Errors
    /// When they do not in time.
    pub fn settle(&self) -> Result<(), DemoError> {
        let mut waiting: Vec<NodeIndex> = Vec::new();
        let mut wanted = None;
        wait_for(
            "all nodes to hold the same",
            SETTLE_LIMIT,
            &self.interrupt,
            || {
                let province = self.ask_status(0)?;
                let held = holding(&province);
                // Only those that still differ are asked again, until the province's node shows something new.
                if wanted.as_ref() != Some(&held) {
                    waiting = self.everybody();
                    wanted = Some(held.clone());
                }
                while let Some(index) = waiting.last() {
                    let report = self.ask_status(*index)?;
                    if report.pending > 0 || holding(&report) != held {
                        return Err(self.differs(*index, &report, &province).into());
                    }
                    waiting.pop();
                }
                // All held this at some moment; now at one look.
                for index in self.everybody() {
                    let report = self.ask_status(index)?;
                    if holding(&report) != held {
                        waiting = self.everybody();
                        return Err(self.differs(index, &report, &province).into());
                    }
                }
                Ok(())
            },
        )
    }

    fn ask_status(&self, index: NodeIndex) -> Result<StatusReport, Seen> {
        let node = &self.nodes[index];
        node.expect_running()?;
        node.status().map_err(|error| Seen::NotYet(error.to_string()))
    }

    fn differs(&self, index: NodeIndex, found: &StatusReport, province: &StatusReport) -> String {
        let line = |report: &StatusReport| {
            let (entries, feeds, pending) = (report.entries, report.feeds, report.pending);
            let root = crate::output::short(&report.state_root);
            format!("{entries} entries in {feeds} feeds, {pending} pending, root {root}")
        };
        let node = &self.nodes[index];
        format!(
            "{} {}: {}; the province: {}",
            node.code,
            node.name,
            line(found),
            line(province)
        )
    }

    /// Waits until something is true of each of some nodes; of each once.
    ///
    /// # Errors
    /// When it is not in time.
    pub fn each(
        &self,
        what: &str,
        nodes: &[NodeIndex],
        limit: Duration,
        holds: impl Fn(&Node, &StatusReport) -> Result<(), String>,
    ) -> Result<(), DemoError> {
        let mut waiting = nodes.to_vec();
        wait_for(&format!("each node to {what}"), limit, &self.interrupt, || {
            while let Some(index) = waiting.last() {
                let (node, report) = (&self.nodes[*index], self.ask_status(*index)?);
                holds(node, &report).map_err(|seen| format!("{}: {seen}", node.name))?;
                waiting.pop();
            }
            Ok(())
        })
    }

    /// All nodes.
    pub fn everybody(&self) -> Vec<NodeIndex> {
        (0..self.nodes.len()).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for node in &self.nodes {
            *node.daemon() = None;
        }
        if !self.keep {
            // Nothing depends on it: the folder lies among the system's temporary files.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}
