//! What a run gives: a [`Report`], or a [`Failure`] that names the seed, the step and what is wrong.

use std::fmt;

use soxa_ledger::{CommitId, FeedId, RecordId, Seq};

use crate::story::Event;

/// What happened in a run in which everything held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Steps made.
    pub steps: u32,
    /// Nodes at the end.
    pub nodes: usize,
    /// Times that a node was killed or lost power.
    pub crashes: u64,
    /// Partitions.
    pub partitions: u64,
    /// Appointments that were cut, compromises included.
    pub cuts: u64,
    /// Keys of officials that somebody else used while their owners worked on.
    pub stolen_keys: u64,
    /// Times that an official signed two things which exclude each other.
    pub two_faced: u64,
    /// Corrections of minutes in effect that were offered.
    pub corrected: u64,
    /// Dossiers that were forwarded.
    pub forwarded: u64,
    /// Rulings on custody in dispute.
    pub rulings: u64,
    /// Bad things that a hostile node put into its feed.
    pub hostile: u64,
    /// All that nodes did on purpose against the others: the hostile ones' doings, and each new way of lying.
    pub byzantine: u64,
    /// Disks that were put back to what they held earlier.
    pub restores: u64,
    /// Disks that were lost.
    pub lost_disks: u64,
    /// Stores that were copied to a second machine, which ran at the same time.
    pub clones: u64,
    /// Lives that nodes began since their store was perhaps not the one it was.
    pub lives: u64,
    /// Acts that had been stored on one disk and were on no other when it was lost or put back: nobody can have them.
    pub excepted: u64,
    /// Times that a node carried over what stood past a fork.
    pub carried: u64,
    /// Times that a node kept a run of a branch that a statement named.
    pub branches: u64,
    /// Messages that arrived.
    pub messages: u64,
    /// Commits and statements that were answered with "stored".
    pub stored: u64,
    /// Acts that had to be refused, and were.
    pub refused: u64,
    /// Commits in the end, and how many of them are void.
    pub commits: u64,
    /// Commits with an operation that has no effect in the end.
    pub void: u64,
    /// Assets and persons that were given away twice.
    pub contested: u64,
    /// The state root that all nodes hold.
    pub state_root: [u8; 32],
    /// A hash over the whole story: equal for equal seeds and plans.
    pub story_hash: [u8; 32],
    /// The story, when the plan asks for it.
    pub story: Vec<Event>,
}

/// A run in which something did not hold.
#[derive(Debug, Clone, thiserror::Error)]
#[error("seed {seed}, step {step}: {defect}")]
pub struct Failure {
    /// The seed that plays it again.
    pub seed: u64,
    /// The step that was reached.
    pub step: u32,
    /// What did not hold.
    pub defect: Box<Defect>,
    /// The story so far, when the plan asks for it.
    pub story: Vec<Event>,
}

/// What did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// A commit or statement was answered with "stored", and its bytes are not on the synced log.
    #[error("{node} answered stored for {act}, which is not on its synced log")]
    NotDurable {
        /// The node.
        node: String,
        /// The act.
        act: String,
    },
    /// Something answered with "stored" is missing at a node in the end, or after a restart at its own.
    #[error("{act} was stored and is missing at {node}")]
    Lost {
        /// The act.
        act: String,
        /// Where it is missing.
        node: String,
    },
    /// Two entries of one feed with one number.
    #[error("feed {} forks at {seq}: seen at {node}", .feed.short())]
    Fork {
        /// The feed.
        feed: FeedId,
        /// The number.
        seq: Seq,
        /// Where the second one was seen.
        node: String,
    },
    /// A node's own feed is shorter than it was when it answered or told others.
    #[error("the own feed of {node} went back from {was} to {is}")]
    WentBack {
        /// The node.
        node: String,
        /// The number that was told.
        was: Seq,
        /// The number now.
        is: Seq,
    },
    /// Healed nodes did not come to hold the same entries in time.
    #[error("not converged in time: {left} and {right} differ: {what}")]
    NotConverged {
        /// One node.
        left: String,
        /// Another.
        right: String,
        /// The first difference.
        what: String,
    },
    /// Two nodes hold the same entries and make different things of them.
    #[error("{left} and {right} hold the same entries and differ in {what}")]
    Differ {
        /// One node.
        left: String,
        /// Another.
        right: String,
        /// What differs.
        what: String,
    },
    /// A node holds what is not meant for it.
    #[error("{node} holds what it may not read: {what}")]
    Leaked {
        /// The node.
        node: String,
        /// What it holds.
        what: String,
    },
    /// Something came to a unit by a line of minutes that does not hand it over.
    #[error("{} moved by line {line} of {}, which does not hand it over", .record.short(), .handover.short())]
    WronglyMoved {
        /// What moved.
        record: RecordId,
        /// The handover.
        handover: RecordId,
        /// The line.
        line: u32,
    },
    /// A commit is pending although everything has come.
    #[error("commit {} is still pending at {node}: {what}", .commit.short())]
    StillPending {
        /// The commit.
        commit: CommitId,
        /// The node.
        node: String,
        /// What it is said to wait for.
        what: String,
    },
    /// Verifying a node's whole store found something.
    #[error("the store of {node} does not verify: {what}")]
    NotVerified {
        /// The node.
        node: String,
        /// What was found.
        what: String,
    },
    /// An act that must be refused was stored.
    #[error("{node} stored {act}, which it has to refuse")]
    NotRefused {
        /// The node.
        node: String,
        /// The act.
        act: String,
    },
    /// An act that is right was refused.
    #[error("{node} refused {act}: {why}")]
    WronglyRefused {
        /// The node.
        node: String,
        /// The act.
        act: String,
        /// The reason given.
        why: String,
    },
    /// A cut that names how far an official's own work goes took it, or left what somebody else signed with the key.
    #[error("{node} after a stolen key was cut: {act} is {what}")]
    WronglyCut {
        /// The node.
        node: String,
        /// The act.
        act: String,
        /// What it is worth now.
        what: String,
    },
    /// A node blames an honest one, or claims a fork or a restored store where there is none.
    #[error("{node} about {peer}: {what}")]
    WronglyBlamed {
        /// The node.
        node: String,
        /// Whom it blames.
        peer: String,
        /// What it says.
        what: String,
    },
    /// Something failed inside a node with nothing done to it.
    #[error("{node} failed: {what}")]
    Local {
        /// The node.
        node: String,
        /// What it said.
        what: String,
    },
    /// The simulated province itself could not be set up or make an act: a defect of the simulator.
    #[error("the simulator cannot go on: {0}")]
    Simulator(String),
}

impl Defect {
    /// The last part of its key in the catalogue of sentences.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotDurable { .. } => "not_durable",
            Self::Lost { .. } => "lost",
            Self::Fork { .. } => "fork",
            Self::WentBack { .. } => "went_back",
            Self::NotConverged { .. } => "not_converged",
            Self::Differ { .. } => "differ",
            Self::Leaked { .. } => "leaked",
            Self::WronglyMoved { .. } => "wrongly_moved",
            Self::StillPending { .. } => "still_pending",
            Self::NotVerified { .. } => "not_verified",
            Self::NotRefused { .. } => "not_refused",
            Self::WronglyRefused { .. } => "wrongly_refused",
            Self::WronglyCut { .. } => "wrongly_cut",
            Self::WronglyBlamed { .. } => "wrongly_blamed",
            Self::Local { .. } => "local",
            Self::Simulator(_) => "simulator",
        }
    }

    /// What that sentence needs.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let pair = |left: &String, right: &String, what: &String| {
            vec![
                ("left", left.clone()),
                ("right", right.clone()),
                ("what", what.clone()),
            ]
        };
        match self {
            Self::NotDurable { node, act } | Self::Lost { act, node } | Self::NotRefused { node, act } => {
                vec![("node", node.clone()), ("act", act.clone())]
            }
            Self::Fork { feed, seq, node } => {
                vec![
                    ("feed", feed.short()),
                    ("seq", seq.to_string()),
                    ("node", node.clone()),
                ]
            }
            Self::WentBack { node, was, is } => {
                vec![
                    ("node", node.clone()),
                    ("was", was.to_string()),
                    ("is", is.to_string()),
                ]
            }
            Self::NotConverged { left, right, what } | Self::Differ { left, right, what } => {
                pair(left, right, what)
            }
            Self::StillPending { commit, node, what } => {
                vec![
                    ("commit", commit.short()),
                    ("node", node.clone()),
                    ("what", what.clone()),
                ]
            }
            Self::WronglyMoved {
                record,
                handover,
                line,
            } => {
                vec![
                    ("record", record.short()),
                    ("handover", handover.short()),
                    ("line", line.to_string()),
                ]
            }
            Self::NotVerified { node, what } | Self::Local { node, what } | Self::Leaked { node, what } => {
                vec![("node", node.clone()), ("what", what.clone())]
            }
            Self::WronglyCut { node, act, what } => {
                vec![
                    ("node", node.clone()),
                    ("act", act.clone()),
                    ("what", what.clone()),
                ]
            }
            Self::WronglyRefused { node, act, why } => {
                vec![
                    ("node", node.clone()),
                    ("act", act.clone()),
                    ("what", why.clone()),
                ]
            }
            Self::WronglyBlamed { node, peer, what } => {
                vec![
                    ("node", node.clone()),
                    ("peer", peer.clone()),
                    ("what", what.clone()),
                ]
            }
            Self::Simulator(what) => vec![("what", what.clone())],
        }
    }

    /// Whether something that was answered with "stored" is gone.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        matches!(
            self,
            Self::Lost { .. } | Self::NotDurable { .. } | Self::WentBack { .. }
        )
    }

    /// Whether nodes do not hold the same state.
    #[must_use]
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::NotConverged { .. } | Self::Differ { .. } | Self::Fork { .. }
        )
    }

    pub(crate) fn local(node: &str, what: impl fmt::Display) -> Self {
        Self::Local {
            node: node.to_owned(),
            what: what.to_string(),
        }
    }
}
