//! What the network counts, for status pages and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start, and some of now.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) hints_received: AtomicU64,
    pub(crate) hints_dropped: AtomicU64,
    pub(crate) gossip_dropped: AtomicU64,
    pub(crate) slow_peers: AtomicU64,
    pub(crate) refusals: AtomicU64,
    pub(crate) strangers: AtomicU64,
    pub(crate) requests_dropped: AtomicU64,
    pub(crate) unread_bytes: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) asked: AtomicU64,
    pub(crate) answered: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Notes how many there are now.
pub(crate) fn note(counter: &AtomicU64, now: usize) {
    counter.store(now as u64, Ordering::Relaxed);
}

macro_rules! read {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        impl Counters {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(&self) -> u64 {
                self.$name.load(Ordering::Relaxed)
            })*
        }
    };
}

read!(
    /// Hints that were new here, those dropped by their peer's rate included.
    hints_received,
    /// Hints dropped by their peer's rate, unread.
    hints_dropped,
    /// Gossip frames dropped by their peer's rate, unread.
    gossip_dropped,
    /// Heartbeats in which a peer was too slow to take our gossip.
    slow_peers,
    /// Peers refused or disconnected for cause, the unreported ones included.
    refusals,
    /// Connections of keys that are not admitted.
    strangers,
    /// Requests from peers that were dropped unanswered, because there were too many.
    requests_dropped,
    /// Bytes of responses that peers asked for and have not read, now.
    unread_bytes,
    /// Connections, now, with their handshake behind them.
    connections,
    /// Requests from peers.
    asked,
    /// Own requests that got their response.
    answered,
);
