//! [`Agenda`]: what comes next, in the order of simulated time, ties in the order of asking.

use std::collections::BTreeMap;

use soxa_ledger::{NodeKey, Time};

use crate::acts::officials::Theft;
use crate::network::Letter;
use crate::schedule::Planned;

/// Something that is going to happen.
#[derive(Debug, Clone)]
pub(crate) enum Coming {
    /// A message arrives.
    Letter(Letter),
    /// A node's replication wants to be woken.
    Wake { node: usize },
    /// A node notices that a connection came up or went down.
    Link { node: usize, peer: usize, up: bool },
    /// A node takes one back that it had closed the connection to.
    Forgive { node: usize, peer: usize },
    /// An event of the schedule.
    Planned(Planned),
    /// A node that is down is started again.
    Restart { node: usize },
    /// An image of a disk is made, which an event of this number will put back.
    Image { number: u32, node: usize },
    /// Somebody sees that two machines use one key, and switches one of them off for good.
    SwitchOff { node: usize, other: usize },
    /// It is found out that somebody else uses an official's key.
    Exposed(Box<Theft>),
    /// A partition ends.
    Heal { partition: u32 },
    /// A full disk has room again.
    Room { node: usize },
    /// A slow node is as quick as the others again.
    Quicken { node: usize },
    /// The schedule is over: everything heals.
    Calm,
    /// A node has waited long enough for a piece of a file.
    Unanswered {
        node: usize,
        life: u64,
        peer: NodeKey,
        id: u64,
    },
    /// Time to see whether all nodes agree.
    Look,
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    queue: BTreeMap<(Time, u64), Coming>,
    next: u64,
}

impl Agenda {
    pub fn push(&mut self, at: Time, coming: Coming) {
        self.queue.insert((at, self.next), coming);
        self.next += 1;
    }

    pub fn pop(&mut self) -> Option<(Time, Coming)> {
        self.queue.pop_first().map(|((at, _), coming)| (at, coming))
    }
}
