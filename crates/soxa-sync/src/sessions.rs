//! Which processes speak under one node's key. Two at the same time are two machines with one key.

use std::collections::BTreeMap;

use soxa_ledger::{NodeKey, Time};

use crate::limits::{PEERS_MAX, SESSION_REMEMBERED_MS, SESSIONS_PER_NODE_MAX};

/// When one process was heard.
#[derive(Debug, Clone, Copy)]
struct Heard {
    session: [u8; 16],
    first: Time,
    last: Time,
}

/// The processes heard under each key.
#[derive(Debug, Default)]
pub struct Sessions {
    heard: BTreeMap<NodeKey, Vec<Heard>>,
}

impl Sessions {
    /// A process spoke. Returns whether its key is doubled.
    pub fn hear(&mut self, node: NodeKey, session: [u8; 16], now: Time) -> bool {
        if !self.heard.contains_key(&node) && self.heard.len() >= PEERS_MAX {
            return false;
        }
        let heard = self.heard.entry(node).or_default();
        heard.retain(|one| now.0.saturating_sub(one.last.0) < SESSION_REMEMBERED_MS);
        match heard.iter_mut().find(|one| one.session == session) {
            Some(one) => one.last = now,
            None => {
                if heard.len() >= SESSIONS_PER_NODE_MAX {
                    heard.remove(0);
                }
                heard.push(Heard {
                    session,
                    first: now,
                    last: now,
                });
            }
        }
        self.is_doubled(&node, now)
    }

    /// Whether two processes spoke under the key, each before and after the other: one that was started again is never
    /// heard under its old session.
    #[must_use]
    pub fn is_doubled(&self, node: &NodeKey, now: Time) -> bool {
        let Some(heard) = self.heard.get(node) else {
            return false;
        };
        let fresh = |one: &Heard| now.0.saturating_sub(one.last.0) < SESSION_REMEMBERED_MS;
        heard.iter().enumerate().any(|(at, earlier)| {
            heard
                .iter()
                .skip(at + 1)
                .any(|later| fresh(earlier) && fresh(later) && earlier.last > later.first)
        })
    }
}
