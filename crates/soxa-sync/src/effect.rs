//! What goes in and out of the [`crate::Puller`] beside messages: effects, findings, failures and outcomes.

use soxa_ledger::fork::ForkError;
use soxa_ledger::replica::ReplicaError;
use soxa_ledger::run::RunError;
use soxa_ledger::{FeedId, FileHash, ForkProof, NodeKey, Run, Seq, Verified};

use crate::hint::Hint;
use crate::message::Request;

/// The number of a request, to match its answer; never given twice by one puller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What the puller wants done. Effects come as one list and are carried out in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send a request; the answer or its failure goes to [`crate::Puller::answered`].
    Ask {
        /// To whom.
        peer: NodeKey,
        /// The request's number.
        id: RequestId,
        /// The request.
        request: Request,
    },
    /// Verify, store and judge runs, in their order; what became of them goes to [`crate::Puller::taken_in`],
    /// always, also after a local fault. Before, nothing is asked of that peer but what follows on these runs; such a
    /// request stands before this effect, so that it travels while the engine works.
    TakeIn {
        /// Who sent them.
        peer: NodeKey,
        /// The runs, those of one feed in order.
        runs: Vec<Run>,
    },
    /// Keep the proof that a feed forked, durably, and judge again what it touches; then call
    /// [`crate::Puller::proof_kept`].
    KeepProof {
        /// Who sent what it was made of.
        peer: NodeKey,
        /// The proof.
        proof: Box<Verified<ForkProof>>,
    },
    /// Keep entries of a branch that a statement names, durably, and judge them when all below them is held; then call
    /// [`crate::Puller::branch_kept`].
    KeepBranch {
        /// Who sent them.
        peer: NodeKey,
        /// The entries.
        run: Box<Run>,
    },
    /// Publish a hint to all nodes.
    Announce {
        /// The hint.
        hint: Hint,
    },
    /// Close the connection to a peer that offended too often.
    Disconnect {
        /// The peer.
        peer: NodeKey,
        /// Its last offence.
        offence: Offence,
    },
    /// Something that a person or the engine should know.
    Report {
        /// The peer it came from.
        peer: NodeKey,
        /// What was found.
        finding: Finding,
    },
    /// The own store did not give back what it holds.
    Fault {
        /// The fault.
        error: ReplicaError,
    },
}

/// What was found in a peer's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The peer broke the protocol; it is left alone for a while.
    Offence(Offence),
    /// A peer holds more of a feed of this very life of this node than the node itself, under the node's own
    /// signature: the store was restored or cloned. Append nothing until a new life has begun.
    OwnFeedAhead {
        /// The feed.
        feed: FeedId,
        /// How far this node holds it.
        ours: Seq,
        /// A number that was signed.
        theirs: Seq,
    },
    /// There are more peers than are remembered; this one is not asked.
    Crowded,
}

/// How a peer broke the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Offence {
    /// An answer that does not decode.
    #[error("an answer that does not decode")]
    Malformed,
    /// An answer to another question.
    #[error("an answer to another question")]
    WrongAnswer,
    /// A page of lines out of order, empty though more follow, or one page too many.
    #[error("a page of lines that does not continue the one before")]
    Page,
    /// A run that was not asked for, or that does not start where it was asked to.
    #[error("a run of feed {} that was not asked for", .0.short())]
    Unasked(FeedId),
    /// A line about entries, or about a fork, that the peer then showed not to be so.
    #[error("a false line about feed {}", .0.short())]
    FalseLine(FeedId),
    /// A run that does not verify.
    #[error("a bad run of feed {}: {error}", .feed.short())]
    BadRun {
        /// The feed.
        feed: FeedId,
        /// What is wrong with it.
        error: RunError,
    },
    /// A fork proof that does not hold, or is another feed's.
    #[error("a bad fork proof of feed {}: {error}", .feed.short())]
    BadProof {
        /// The feed.
        feed: FeedId,
        /// What is wrong with it.
        error: ForkError,
    },
    /// A file that a record names, whose bytes or key are not those.
    #[error("wrong bytes of file {}", .0.short())]
    BadFile(FileHash),
    /// A request that does not decode.
    #[error("a request that does not decode")]
    BadRequest,
    /// Far more hints under its own signature than a node may announce, whoever passed them on.
    #[error("far too many announcements of its own")]
    Announcements,
}

/// What an [`Offence`] is called when it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OffenceKind {
    /// [`Offence::Malformed`].
    BadAnswer,
    /// [`Offence::WrongAnswer`].
    WrongAnswer,
    /// [`Offence::Page`].
    EndlessPages,
    /// [`Offence::Unasked`].
    Unasked,
    /// [`Offence::FalseLine`].
    FalseLine,
    /// [`Offence::BadRun`].
    BadRun,
    /// [`Offence::BadProof`].
    BadProof,
    /// [`Offence::BadFile`].
    BadFile,
    /// [`Offence::BadRequest`].
    BadRequest,
    /// [`Offence::Announcements`].
    Announcements,
}

impl OffenceKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::BadAnswer,
        Self::WrongAnswer,
        Self::EndlessPages,
        Self::Unasked,
        Self::FalseLine,
        Self::BadRun,
        Self::BadProof,
        Self::BadFile,
        Self::BadRequest,
        Self::Announcements,
    ];

    /// The word for it in reports, in small letters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::BadAnswer => "bad_answer",
            Self::WrongAnswer => "wrong_answer",
            Self::EndlessPages => "endless_pages",
            Self::Unasked => "unasked",
            Self::FalseLine => "false_line",
            Self::BadRun => "bad_run",
            Self::BadProof => "bad_proof",
            Self::BadFile => "bad_file",
            Self::BadRequest => "bad_request",
            Self::Announcements => "announcements",
        }
    }
}

impl Offence {
    /// What it is counted as.
    #[must_use]
    pub fn kind(&self) -> OffenceKind {
        match self {
            Self::Malformed => OffenceKind::BadAnswer,
            Self::WrongAnswer => OffenceKind::WrongAnswer,
            Self::Page => OffenceKind::EndlessPages,
            Self::Unasked(_) => OffenceKind::Unasked,
            Self::FalseLine(_) => OffenceKind::FalseLine,
            Self::BadRun { .. } => OffenceKind::BadRun,
            Self::BadProof { .. } => OffenceKind::BadProof,
            Self::BadFile(_) => OffenceKind::BadFile,
            Self::BadRequest => OffenceKind::BadRequest,
            Self::Announcements => OffenceKind::Announcements,
        }
    }
}

/// Why a request got no answer that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Failure {
    /// None came in time.
    #[error("no answer in time")]
    Timeout,
    /// The request or the answer could not be carried.
    #[error("the peer cannot be reached")]
    Unreachable,
    /// The answer does not decode or is too large: an offence.
    #[error("an answer that does not decode")]
    Malformed,
}

/// What became of the runs of an [`Effect::TakeIn`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Feeds that are held further than before, durably. Empty together with `refused` means a local fault or a
    /// quota: the peer is not blamed, and asked again later.
    pub advanced: Vec<FeedId>,
    /// Runs that do not continue their feeds, with the reason.
    pub refused: Vec<(FeedId, RunError)>,
}
