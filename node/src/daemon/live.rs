//! What the daemon knows of its surroundings: gone when it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use soxa_engine::life::Why;
use soxa_ledger::NodeKey;
use soxa_ledger::checkpoint::{CosignedLog, SignedCheckpoint, SplitView};
use soxa_net::{Conduct, NetHandle};
use soxa_sync::checkpoints::LogView;
use soxa_sync::{Puller, Standing};

use crate::control::reports::TrafficReport;

/// What the daemon knows of its surroundings; nothing of it is ledger state.
#[derive(Debug, Default)]
pub struct Live {
    /// The store's folder.
    pub store: PathBuf,
    /// Addresses it listens on.
    pub listening: BTreeSet<String>,
    /// Addresses at which it says to be reached.
    pub announced: Vec<String>,
    /// The admitted nodes, as of the newest [`Live::look`].
    pub peers: BTreeMap<NodeKey, LivePeer>,
    /// Connections of strangers refused since the start, as of then.
    pub strangers: u64,
    /// What nodes held, signed by them, as of then; this node's first.
    pub checkpoints: Vec<LiveLog>,
    /// This node's own log with what others co-signed of it, as of the newest question that needs it.
    pub cosigned: Option<CosignedLog>,
    /// What replication carried since the start.
    pub traffic: TrafficReport,
    /// Where nodes say they are reached, as of the newest question.
    pub addresses: BTreeMap<NodeKey, Vec<String>>,
    /// Nodes that were found to hold the same since the start, as of the newest question for a code.
    pub equal: Vec<NodeKey>,
    /// Peers whose key two machines use, as of then.
    pub doubled: Vec<NodeKey>,
    /// Whether another machine uses this node's key.
    pub doubled_here: bool,
    /// Whether own entries of an earlier life may still come.
    pub recovering: bool,
    /// Whether this machine's clock is off.
    pub clock_off: bool,
    /// Whether this node's newest entries are of a time to come, and nobody has confirmed its clock yet.
    pub ahead: bool,
    /// Why the present life of the store began, if it began since the start.
    pub begun: Option<Why>,
    /// The nodes that the configuration names, for as long as the ledger names none.
    pub known_nodes: Vec<NodeKey>,
}

/// Why a node only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// A new life of its store has begun, and own entries of the one before may still come.
    Recovering,
    /// Another machine uses its key.
    Doubled,
    /// Its clock is off.
    Clock,
    /// Its newest entries are of a time to come.
    Ahead,
}

impl ReadOnly {
    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recovering => "recovering",
            Self::Doubled => "doubled",
            Self::Clock => "clock",
            Self::Ahead => "ahead",
        }
    }
}

/// One admitted node as seen since the start.
#[derive(Debug, Clone, Default)]
pub struct LivePeer {
    /// What replication knows of it; none for one that was never connected.
    pub standing: Option<Standing>,
    /// What the network knows of it.
    pub conduct: Conduct,
}

/// What is known of one log of checkpoints.
#[derive(Debug, Clone)]
pub struct LiveLog {
    /// The newest.
    pub newest: SignedCheckpoint,
    /// Whether its node failed to show that it continues an earlier one.
    pub broken: bool,
    /// The proof that its node showed two histories.
    pub split: Option<SplitView>,
}

impl From<LogView<'_>> for LiveLog {
    fn from(log: LogView<'_>) -> Self {
        Self {
            newest: log.newest.clone(),
            broken: log.broken,
            split: log.split.cloned(),
        }
    }
}

impl Live {
    /// Why the node only reads, when it does.
    pub fn reads_only(&self) -> Option<ReadOnly> {
        let reasons = [
            (self.clock_off, ReadOnly::Clock),
            (self.ahead, ReadOnly::Ahead),
            (self.recovering, ReadOnly::Recovering),
            (self.doubled_here, ReadOnly::Doubled),
        ];
        let holds = reasons.into_iter().find(|(holds, _)| *holds);
        holds.map(|(_, reason)| reason)
    }

    /// Looks at the peers as they are now.
    pub fn look(&mut self, puller: &Puller, net: &NetHandle) {
        self.strangers = net.counters().strangers();
        let peer = |(node, conduct)| {
            let standing = puller.standing(&node);
            (node, LivePeer { standing, conduct })
        };
        self.peers = net.conduct().into_iter().map(peer).collect();
    }
}
