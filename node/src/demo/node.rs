//! One node of the stage: its home folder, its daemon, and what it says over its socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use soxa_ledger::{NetworkId, NodeKey};

use super::error::DemoError;
use super::footprint;
use super::process::{Daemon, Seen};
use crate::client::Client;
use crate::control::protocol::{Reply, Request};
use crate::control::reports::StatusReport;
use crate::home::Home;

/// One node.
#[derive(Debug)]
pub struct Node {
    /// Its unit's official code.
    pub code: String,
    /// Its unit's name.
    pub name: String,
    /// Its home folder.
    pub home: Home,
    /// Where the daemon's log goes.
    pub log: PathBuf,
    daemon: Mutex<Option<Daemon>>,
    /// The most memory that a daemon of this node has used, in bytes, as last measured.
    peak_bytes: AtomicU64,
}

impl Node {
    /// A node that does not run yet.
    pub fn new(dir: &Path, code: String, name: String) -> Self {
        Self {
            home: Home::locate(Some(&dir.join(&code))),
            log: dir.join(format!("{code}.log")),
            daemon: Mutex::default(),
            peak_bytes: AtomicU64::default(),
            code,
            name,
        }
    }

    /// Its daemon, while one runs.
    pub fn daemon(&self) -> MutexGuard<'_, Option<Daemon>> {
        self.daemon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of the most memory that the running daemon has used.
    pub fn measure(&self) {
        let pid = self.daemon().as_ref().map(Daemon::id);
        let peak = pid
            .and_then(|pid| footprint::peak_bytes(&pid.to_string()))
            .unwrap_or(0);
        self.peak_bytes.fetch_max(peak, Ordering::Relaxed);
    }

    /// The most memory that a daemon of this node has used when it was measured, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.peak_bytes.load(Ordering::Relaxed)
    }

    /// A node that has ended by itself will not come round: its log says why.
    ///
    /// # Errors
    /// [`Seen::Hopeless`] when the daemon does not run.
    pub fn expect_running(&self) -> Result<(), Seen> {
        match self.daemon().as_mut().map(Daemon::ended) {
            Some(Ok(None)) => Ok(()),
            Some(Ok(Some(status))) => {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                let what = format!("the daemon ended with {status}: {}", last.join(" | "));
                Err(Seen::Hopeless(DemoError::node(&self.name, what)))
            }
            Some(Err(error)) => Err(Seen::Hopeless(error)),
            None => Err(Seen::Hopeless(DemoError::node(&self.name, "does not run"))),
        }
    }

    /// Asks the daemon over its socket.
    ///
    /// # Errors
    /// When it does not answer or refuses.
    pub fn ask<T>(
        &self,
        question: impl FnOnce(&mut Client) -> Result<T, crate::failure::Failure>,
    ) -> Result<T, DemoError> {
        let failed = DemoError::failure(&self.name);
        Client::connect(&self.home)
            .and_then(|mut client| question(&mut client))
            .map_err(failed)
    }

    /// How it says it is.
    ///
    /// # Errors
    /// As for [`Node::ask`].
    pub fn status(&self) -> Result<StatusReport, DemoError> {
        let reply = self.ask(|client| client.call(Request::Status))?;
        match reply {
            Reply::Status(report) => Ok(*report),
            other => Err(DemoError::node(
                &self.name,
                format!("{other:?} instead of its status"),
            )),
        }
    }

    /// Its key and network, from the home folder.
    ///
    /// # Errors
    /// When the folder holds no node.
    pub fn identity(&self) -> Result<(NodeKey, NetworkId), DemoError> {
        let failed = || DemoError::failure(&self.name);
        let key = self.home.node_key().map_err(failed())?.node();
        Ok((key, self.home.network().map_err(failed())?.0))
    }
}

/// What must be equal for two nodes to hold the same.
pub fn holding(report: &StatusReport) -> (String, [u64; 6]) {
    let counts = [
        report.entries,
        report.feeds,
        report.commits,
        report.statements,
        report.records,
        report.void,
    ];
    (report.state_root.clone(), counts)
}

/// A TCP address as libp2p writes it.
pub fn multiaddr(address: SocketAddr) -> String {
    format!("/ip4/{}/tcp/{}", address.ip(), address.port())
}

/// The TCP address in a libp2p address of IPv4.
pub fn socket_of(address: &str) -> Option<SocketAddr> {
    let mut parts = address.split('/').skip(1);
    match (parts.next()?, parts.next()?, parts.next()?, parts.next()?) {
        ("ip4", ip, "tcp", port) => Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let address: SocketAddr = "127.0.0.1:7470".parse().unwrap();
        assert_eq!(multiaddr(address), "/ip4/127.0.0.1/tcp/7470");
        assert_eq!(socket_of("/ip4/127.0.0.1/tcp/7470"), Some(address));
        assert_eq!(socket_of("/ip4/127.0.0.1/tcp/7470/p2p/12D3KooW"), Some(address));
        for other in ["", "/ip6/::1/tcp/1", "/ip4/127.0.0.1/udp/1", "/dns4/a/tcp/1"] {
            assert_eq!(socket_of(other), None, "{other}");
        }
    }
}
