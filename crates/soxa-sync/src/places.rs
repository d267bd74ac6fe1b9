//! Places: how many exchanges may be under way, and why silent peers cannot hold them all.
//!
//! An exchange holds a place, because its answer is held in memory. A request whose answer is overdue goes on waiting
//! until its deadline, but gives its place to another peer, and the feeds it asked for may be asked of another. Whose
//! answer was overdue is a laggard until it answers in time: laggards are asked after the others and share half of the
//! places. So peers that fall silent cost their neighbours one patience and no more, and where everybody is slow, because
//! the own line is, few are asked at a time.

use crate::limits::OVERDUE_MAX;
use crate::peers::{Peer, Peers};
use crate::schedule::Parameters;

/// Places that are free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    free: usize,
    free_for_laggards: usize,
}

impl Places {
    /// The places that the peers' exchanges leave.
    pub(crate) fn left(peers: &Peers, parameters: &Parameters) -> Self {
        let (mut holding, mut overdue, mut laggards) = (0_usize, 0_usize, 0_usize);
        for (_, peer) in peers.iter() {
            holding += usize::from(peer.taking.is_some());
            if let Some(asked) = &peer.asked {
                if asked.overdue {
                    overdue += 1;
                } else {
                    holding += 1;
                }
                laggards += usize::from(peer.laggard);
            }
        }
        let all = parameters.exchanges_max;
        let free = all.saturating_sub(holding + overdue.saturating_sub(OVERDUE_MAX));
        let for_laggards = (all / 2).max(1);
        Self {
            free,
            free_for_laggards: for_laggards.saturating_sub(laggards),
        }
    }

    /// Whether the peer may have one.
    pub(crate) fn has_room_for(&self, peer: &Peer) -> bool {
        self.free > 0 && (!peer.laggard || self.free_for_laggards > 0)
    }

    /// The peer has one.
    pub(crate) fn take(&mut self, peer: &Peer) {
        self.free = self.free.saturating_sub(1);
        if peer.laggard {
            self.free_for_laggards = self.free_for_laggards.saturating_sub(1);
        }
    }
}
