//! What is played: how many nodes and steps, and which faults how often.

use crate::limits::{NODES_MAX, NODES_MIN, STEPS_MAX};

/// One simulation, but for its seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Nodes at the start: the province's and one for each commune.
    pub nodes: usize,
    /// Acts and faults before everything heals.
    pub steps: u32,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether the story is kept, line by line.
    pub tell: bool,
    /// A defect put in on purpose, to see that the checks find it. For tests.
    pub sabotage: Option<Sabotage>,
}

/// How often what goes wrong: in thousandths of the steps, unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The worst loss of messages, in per cent; each run draws its own below it.
    pub loss_percent_max: u32,
    /// The worst doubling of messages, in per cent.
    pub double_percent_max: u32,
    /// The longest delay of a message, in milliseconds: later ones overtake earlier ones.
    pub delay_ms_max: u64,
    /// Links part, in any shape and for any time.
    pub partition: u64,
    /// A node is killed; the system keeps what it wrote.
    pub kill: u64,
    /// A node loses power in the middle of a coming write: what was not synced is lost, torn or holds zeros.
    pub power_cut: u64,
    /// A node's disk is full for a while.
    pub disk_full: u64,
    /// An official's appointment is cut, at a position drawn at random.
    pub cut: u64,
    /// A key is declared compromised.
    pub compromise: u64,
    /// A node is admitted and joins, empty.
    pub join: u64,
    /// An admitted node puts something into its feed that no honest one would.
    pub hostile: u64,
    /// Nobody acts for up to half an hour.
    pub pause: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            loss_percent_max: 25,
            double_percent_max: 15,
            delay_ms_max: 4_000,
            partition: 40,
            kill: 15,
            power_cut: 25,
            disk_full: 8,
            cut: 25,
            compromise: 6,
            join: 8,
            hostile: 12,
            pause: 8,
        }
    }
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self {
            loss_percent_max: 0,
            double_percent_max: 0,
            delay_ms_max: 50,
            partition: 0,
            kill: 0,
            power_cut: 0,
            disk_full: 0,
            cut: 0,
            compromise: 0,
            join: 0,
            hostile: 0,
            pause: 0,
        }
    }
}

/// A defect put in on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sabotage {
    /// One node's disk says "synced" and does nothing.
    SkipSync,
    /// One node throws away every run of one other node's feed.
    DropRuns,
    /// One node's index loses a batch now and then, and moves its position all the same.
    LoseIndexBatch,
    /// One node that comes back from a crash is given its disk as it was some time ago.
    RestoreOldDisk,
    /// A simulated program answers "stored" without having submitted.
    AnswerUnheard,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            nodes: 5,
            steps: 150,
            faults: Faults::default(),
            tell: false,
            sabotage: None,
        }
    }
}

impl Plan {
    /// A plan of so many nodes and steps with the default faults; both are brought within the limits.
    #[must_use]
    pub fn of(nodes: usize, steps: u32) -> Self {
        Self {
            nodes: nodes.clamp(NODES_MIN, NODES_MAX),
            steps: steps.min(STEPS_MAX),
            ..Self::default()
        }
    }
}
