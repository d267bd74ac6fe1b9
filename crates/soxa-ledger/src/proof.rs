//! Proofs that travel: a file that shows signed acts to somebody who has no node and no store.
//!
//! It holds the acts, every statement that their authority rests on up to the genesis, and for each of these the header
//! chain from the entry that carries it to a tip that the feed's node signed. Checking puts the statements at the
//! positions so shown into an [`Authority`] and asks it: there is no second rule. What minutes say, and whose
//! signature they need, is decided in `soxa-records`. `PROOF.md` beside this crate's manifest specifies the file.
//!
//! Where a co-signed checkpoint covers the entries of the acts, the file shows that as well ([`Held`]): they were not made up later.
//!
//! A proof shows what stands in the ledger, never what does not: a cut that its maker left out is not seen. So every part
//! must have a purpose, and every byte of a part is covered by a hash or signature.

use crate::authority::Authority;
use crate::checkpoint::CheckpointError;
use crate::commit::Commit;
use crate::entry::{Defect, Header};
use crate::feed::{Feed, Seq};
use crate::fork::ForkError;
use crate::ids::{CommitId, NetworkId, NodeKey, PublicKey};
use crate::key::{KeyError, Signature};
use crate::minutes::{Minutes, MinutesError};
use crate::signed::Verified;
use crate::statement::{Statement, StatementError};
use crate::time::Time;
use crate::verdict::{Position, Verdict};

mod chains;
mod check;
mod held;
mod needed;
mod trust;
mod wire;

pub use held::{Cosigned, Held};
pub use needed::{Grounds, needed};
pub use wire::SCHEMA;

/// The parts of a proof, decoded from the file and not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The network.
    pub network: NetworkId,
    /// The act that is proven, then others that it has to be seen with, ascending by their commits' bytes.
    pub acts: Vec<ActPart>,
    /// Signed commits that decide between the acts, ascending by their bytes.
    pub rulings: Vec<Vec<u8>>,
    /// Statements in their containers: the genesis, then the others ascending by their ids.
    pub statements: Vec<Vec<u8>>,
    /// Header chains, ascending by feed, then number; they do not overlap.
    pub chains: Vec<Chain>,
    /// Fork proofs of feeds shown here, ascending by feed.
    pub forks: Vec<Vec<u8>>,
    /// The note of a co-signed checkpoint by which the entries of the acts were held.
    pub checkpoint: Option<Vec<u8>>,
}

/// A commit and those of its minutes that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActPart {
    /// The minutes' container.
    pub minutes: Vec<u8>,
    /// The signed commit that carries them.
    pub commit: Vec<u8>,
    /// Signed commits that carried some of their signatures earlier, ascending by their bytes: for signers whose
    /// appointment does not cover the entry of the commit itself.
    pub carriers: Vec<Vec<u8>>,
}

/// Headers that follow one another up to a signed tip. The first belongs to an entry that carries a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The feed.
    pub feed: Feed,
    /// The headers, at least one.
    pub headers: Vec<Header>,
    /// The node's signature over the last one as tip.
    pub tip: Signature,
    /// That the checkpoint covers it: where there is a checkpoint and the chain carries a commit.
    pub held: Option<Held>,
}

/// A checked proof.
#[derive(Debug, Clone)]
pub struct Proven {
    /// The network.
    pub network: NetworkId,
    /// All statements shown, at the positions shown. Each has effect.
    pub authority: Authority,
    /// The acts, in the order of the file. The commit of each has effect by its author's authority.
    pub acts: Vec<ProvenAct>,
    /// The commits that decide between them, in the order of the file. Each has effect by its author's authority.
    pub rulings: Vec<ProvenCommit>,
    /// The newest node time that the file shows: it knows nothing of what was entered later.
    pub newest: Time,
    /// Who co-signed that the entries of the acts were held, if the file shows it.
    pub cosigned: Option<Cosigned>,
}

/// A checked act.
#[derive(Debug, Clone)]
pub struct ProvenAct {
    /// The commit.
    pub commit: Verified<Commit>,
    /// Its id.
    pub id: CommitId,
    /// The minutes that are meant.
    pub minutes: Minutes,
    /// Where the commit stands.
    pub at: Vec<Position>,
    /// Commits that carried some of the signatures, with the positions where they stand.
    pub carriers: Vec<(Verified<Commit>, Vec<Position>)>,
}

/// A checked commit.
#[derive(Debug, Clone)]
pub struct ProvenCommit {
    /// The commit.
    pub commit: Verified<Commit>,
    /// Its id.
    pub id: CommitId,
    /// Where it stands.
    pub at: Vec<Position>,
}

/// Which part of a file is wrong. Numbers count from 1, as a reader does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The file as a whole.
    File,
    /// A statement.
    Statement(usize),
    /// An act's minutes.
    Minutes(usize),
    /// An act's commit.
    Commit(usize),
    /// A commit that carried a signature of an act earlier: the act, the commit.
    Carrier(usize, usize),
    /// A commit that decides between the acts.
    Ruling(usize),
    /// A header chain.
    Chain(usize),
    /// A fork proof.
    Fork(usize),
    /// The checkpoint.
    Checkpoint,
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More bytes or items than the format allows.
    #[error("{found} exceed the limit of {limit}")]
    Limit {
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Not of the form that the format page describes.
    #[error("malformed: {0}")]
    Form(String),
    /// The right content in another form than the one that we write.
    #[error("white space, other order or other spelling than the one form of a proof")]
    NotCanonical,
    /// Not after the part before it, or that part again.
    #[error("doubled or not in ascending order")]
    Order,
    /// The first statement is no genesis that a quorum of its root keys signed.
    #[error("no founding statement that a quorum of its root keys signed")]
    NoGenesis,
    /// What the reader trusts is neither the network nor one of its root keys, founding or later.
    #[error("{} is neither this ledger nor one of its root keys", .0.short())]
    OtherRoot(PublicKey),
    /// The root keys that the reader trusts are named in the founding statement and did not sign it, or in a change of
    /// root keys and signed nothing in the file.
    #[error("the root keys given did not sign the founding statement, or anything after their change")]
    RootSilent,
    /// The chain is broken at a header, or time runs backwards there.
    #[error("the chain is broken at entry {0}")]
    Broken(Seq),
    /// The tip signature does not hold.
    #[error("false tip signature: {0}")]
    Tip(KeyError),
    /// Malformed, forged, or in a feed that may not carry it.
    #[error(transparent)]
    Body(#[from] Defect),
    /// Malformed minutes.
    #[error(transparent)]
    Minutes(#[from] MinutesError),
    /// A fork proof that does not hold.
    #[error(transparent)]
    Fork(#[from] ForkError),
    /// Minutes that the commit beside them does not carry.
    #[error("the commit does not carry these minutes")]
    NotCarried,
    /// No header chain shows an entry with it.
    #[error("no entry carries it")]
    NoEntry,
    /// Nothing in the file rests on it.
    #[error("nothing rests on it")]
    Unneeded,
    /// No checkpoint of this program, or a signature under it does not hold.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A chain with a commit that the checkpoint is not shown to cover.
    #[error("the checkpoint does not show that its tip was held")]
    NotHeld,
    /// A node that signed the checkpoint and is not admitted.
    #[error("node {} is not admitted", .0.short())]
    NotAdmitted(NodeKey),
    /// Without effect by the statements shown.
    #[error("without effect: {0:?}")]
    Verdict(Verdict),
}

/// Why a file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part:?}: {fault}")]
pub struct ProofError {
    /// The part.
    pub part: Part,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Part {
    pub(crate) fn is(self, fault: impl Into<Fault>) -> ProofError {
        ProofError {
            part: self,
            fault: fault.into(),
        }
    }
}

impl From<StatementError> for Fault {
    fn from(error: StatementError) -> Self {
        Self::Body(Defect::Statement(error))
    }
}

impl Proof {
    /// The file's bytes: one line of JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Decodes a file.
    ///
    /// # Errors
    /// When it exceeds a limit or is not, to the byte, what [`Proof::encode`] gives.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        wire::decode(bytes)
    }

    /// Checks every signature, hash and chain, and that the acts have effect by the statements shown. `roots` is what the
    /// reader trusts: the network's id, or root keys of it, founding or later. A founding key must be named in the genesis,
    /// a later one in a valid change of root keys in the file; unless the network's id is given too, as many of the keys given
    /// as the quorum asks for (all, when fewer are given) must have signed the genesis, or for later ones some statement
    /// of the root: who is named by others has vouched for nothing.
    ///
    /// # Errors
    /// The first part that does not hold, and why.
    pub fn verify(&self, roots: &[[u8; 32]]) -> Result<Proven, ProofError> {
        check::verify(self, roots)
    }
}

impl Proven {
    /// All statements shown, in the order of their ids.
    pub fn statements(&self) -> impl Iterator<Item = &Verified<Statement>> {
        self.authority.statements().map(|(statement, _)| statement)
    }
}
