//! The verdict rule: which statements and acts have effect, given the set of entries.

use std::collections::BTreeSet;

use crate::ids::{NetworkId, NodeKey, PublicKey, RecordId, StatementId, FeedId};
use crate::operation::OpKind;
use crate::signed::Verified;
use crate::statement::{Appointment, Genesis, Statement};
use crate::verdict::{Position, Verdict};

/// What one statement or fork proof may have changed: acts under these appointments, in feeds of these nodes and
/// in these feeds are to be judged again, and no others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Appointments whose acts may have another verdict now, with all below them.
    pub appointments: BTreeSet<StatementId>,
    /// Nodes whose admission may have changed.
    pub nodes: BTreeSet<NodeKey>,
    /// Feeds found to be forked.
    pub feeds: BTreeSet<FeedId>,
}

/// An act to be judged: operations of these kinds, by this key, under this appointment.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Who signed.
    pub key: PublicKey,
    /// The appointment acted under.
    pub appointment: StatementId,
    /// The kinds of operations in it.
    pub kinds: Vec<&'a OpKind>,
}

/// All statements of a network with the entries that carry them.
#[derive(Debug, Clone)]
pub struct Authority {
    network: NetworkId,
}

impl Authority {
    /// Nothing known yet but the network's id. The genesis comes in like any statement.
    #[must_use]
    pub fn new(network: NetworkId) -> Self {
        Self { network }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// Takes in a statement at one more position. Idempotent, and independent of the order of calls.
    pub fn insert(&mut self, _statement: &Verified<Statement>, _at: Position) -> Touched {
        Touched::default()
    }

    /// The genesis, once known.
    #[must_use]
    pub fn genesis(&self) -> Option<&Genesis> {
        None
    }

    /// The verdict on a statement.
    #[must_use]
    pub fn judge_statement(&self, _id: &StatementId) -> Verdict {
        Verdict::Valid
    }

    /// The verdict on an act that stands at these positions: the best that any of them gives.
    #[must_use]
    pub fn judge_act(&self, _act: &Act<'_>, _at: &[Position]) -> Verdict {
        Verdict::Valid
    }

    /// An appointment, whatever its verdict; none when unknown or no appointment.
    #[must_use]
    pub fn appointment(&self, _id: &StatementId) -> Option<&Appointment> {
        None
    }

    /// The appointments of a key with their verdicts, in the order of their ids.
    #[must_use]
    pub fn appointments_of(&self, _key: &PublicKey) -> Vec<(StatementId, &Appointment, Verdict)> {
        Vec::new()
    }

    /// All statements with their verdicts, in the order of their ids.
    pub fn statements(&self) -> impl Iterator<Item = (&Verified<Statement>, Verdict)> {
        std::iter::empty()
    }

    /// The unit that an admitted node serves now: founding nodes serve the province's own unit; none for a node
    /// without a standing admission or whose admissions are all cut.
    #[must_use]
    pub fn unit_of_node(&self, _node: &NodeKey) -> Option<RecordId> {
        None
    }

    /// All nodes admitted now, with their units.
    #[must_use]
    pub fn admitted_nodes(&self) -> Vec<(NodeKey, RecordId)> {
        Vec::new()
    }
}
