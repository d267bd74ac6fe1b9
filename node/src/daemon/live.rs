//! What the daemon knows of its surroundings: gone when it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use soxa_ledger::NodeKey;
use soxa_ledger::checkpoint::{SignedCheckpoint, SplitView};
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
    /// What replication carried since the start.
    pub traffic: TrafficReport,
    /// Where nodes say they are reached, as of the newest question.
    pub addresses: BTreeMap<NodeKey, Vec<String>>,
    /// Peers whose key two machines use, as of then.
    pub doubled: Vec<NodeKey>,
    /// Whether another machine uses this node's key.
    pub doubled_here: bool,
    /// Why the node only reads, when it does, but for a doubled key.
    pub read_only: Option<String>,
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
    pub fn reads_only(&self) -> Option<String> {
        let doubled = || {
            self.doubled_here.then(|| {
                "another machine uses this node's key: stop one of them for good; it ends within ten minutes"
                    .to_owned()
            })
        };
        self.read_only.clone().or_else(doubled)
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
