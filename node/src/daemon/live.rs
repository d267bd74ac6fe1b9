//! What the daemon knows of its surroundings: gone when it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use soxa_ledger::NodeKey;
use soxa_net::{Conduct, NetHandle};
use soxa_sync::{Puller, Standing};

use crate::control::protocol::TrafficReport;

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
    /// What replication carried, as counted when somebody last asked.
    pub traffic: TrafficReport,
    /// Why the node only reads, when it does.
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

impl Live {
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
