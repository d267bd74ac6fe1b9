//! What the daemon knows of its surroundings: gone when it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use soxa_ledger::{NodeKey, Time};

use crate::control::protocol::TrafficReport;

/// What the daemon knows of its surroundings; nothing of it is ledger state.
#[derive(Debug, Default)]
pub struct Live {
    /// The store's folder.
    pub store: PathBuf,
    /// Addresses it listens on.
    pub listening: BTreeSet<String>,
    /// The peers heard of since the start.
    pub peers: BTreeMap<NodeKey, LivePeer>,
    /// Strangers turned away since the start.
    pub strangers: u64,
    /// What replication carried, as counted when somebody last asked.
    pub traffic: TrafficReport,
    /// Why the node only reads, when it does.
    pub read_only: Option<String>,
}

/// One peer as seen since the start.
#[derive(Debug, Clone, Default)]
pub struct LivePeer {
    /// Whether it is connected.
    pub connected: bool,
    /// When an exchange with it last ended in equality.
    pub equal_at: Option<Time>,
    /// Offences counted.
    pub offences: u64,
}
