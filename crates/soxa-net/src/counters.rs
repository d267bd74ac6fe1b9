//! What the network counts, for status pages and tests.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::codec::LENGTH_BYTES;

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) hints_received: AtomicU64,
    pub(crate) hints_dropped: AtomicU64,
    pub(crate) gossip_dropped: AtomicU64,
    pub(crate) slow_peers: AtomicU64,
    pub(crate) refusals: AtomicU64,
    pub(crate) strangers: AtomicU64,
    pub(crate) requests_dropped: AtomicU64,
    pub(crate) asked: AtomicU64,
    pub(crate) answered: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts a request's or a response's bytes, with the length before them.
pub(crate) fn count_bytes(counter: &AtomicU64, message: &[u8]) {
    let bytes = LENGTH_BYTES + message.len() as u64;
    counter.fetch_add(bytes, Ordering::Relaxed);
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
    /// Requests from peers.
    asked,
    /// Own requests that got their response.
    answered,
    /// Bytes of requests and responses handed to the line, each with its length, without what the line adds.
    bytes_sent,
    /// Bytes of requests and responses that came.
    bytes_received,
);
