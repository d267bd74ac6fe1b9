//! Copies: commits appended again, unchanged, in a feed of a wider scope, once a dossier was forwarded to further readers.
//!
//! The new readers do not hold the feed in which the commit stood first, and may not read it. So that they judge the commit
//! by the same position as everybody else, a copy names that feed and shows the headers from the commit's entry up to one
//! that the feed's node signed as its tip. Headers hold hashes and times: nothing of what else the feed carries is shown.

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::commit::{Commit, CommitError};
use crate::entry::{BodyKind, Header};
use crate::feed::{Feed, Tip};
use crate::fork::Branch;
use crate::ids::{NetworkId, sha256};
use crate::key::KeyError;
use crate::limits::{COMMIT_BYTES_MAX, COPY_BYTES_MAX};
use crate::run::Run;
use crate::scope::Scope;
use crate::signed::Signed;
use crate::verdict::Position;

/// The version of the copy format.
pub const VERSION: u64 = 1;

/// A commit with what proves where it stood first. Its signatures are not checked.
#[derive(Debug, Clone)]
pub struct CommitCopy {
    feed: Feed,
    first: Header,
    chain: Branch,
    commit: Signed<Commit>,
}

/// Why a body is no copy of a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// Malformed bytes.
    #[error("malformed copy: {0}")]
    Form(#[from] CborError),
    /// The commit in it is malformed or forged.
    #[error("copy of a bad commit: {0}")]
    Commit(#[from] CommitError),
    /// Headers that do not follow one another, or not of the feed that is named.
    #[error("a copy with a broken chain at entry {0}")]
    Chain(u64),
    /// The first header covers something else than the commit.
    #[error("a copy whose first entry does not carry the commit")]
    Body,
    /// The tip signature does not hold.
    #[error("a copy with a false tip signature: {0}")]
    Tip(#[from] KeyError),
}

impl CopyError {
    /// Whether a signature was false, rather than the form.
    #[must_use]
    pub fn is_forgery(&self) -> bool {
        match self {
            Self::Commit(error) => error.is_forgery(),
            Self::Tip(_) => true,
            Self::Form(_) | Self::Chain(_) | Self::Body => false,
        }
    }
}

impl CommitCopy {
    /// The copy of the commit that one entry of a run carries; none when it carries no commit.
    #[must_use]
    pub fn from_run(run: &Run, at: usize) -> Option<Self> {
        let entries = run.entries.get(at..)?;
        let first = entries
            .first()
            .filter(|first| first.header.kind == BodyKind::Commit)?;
        Some(Self {
            feed: run.feed.clone(),
            first: first.header,
            chain: Branch {
                headers: entries.iter().map(|entry| entry.header).collect(),
                tip: run.tip,
            },
            commit: Signed::<Commit>::decode(&first.body).ok()?,
        })
    }

    /// Where the commit stood first.
    #[must_use]
    pub fn position(&self) -> Position {
        self.first.position(self.feed.node)
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> &Signed<Commit> {
        &self.commit
    }

    /// Whether a feed of this scope may carry it: one of more readers than the first had.
    #[must_use]
    pub fn fits(&self, scope: &Scope) -> bool {
        let from = &self.feed.scope;
        scope != from && scope.may_carry(from) && from.may_carry(&self.commit.unchecked().scope)
    }

    /// The copy's bytes: an array of version, feed, chain and commit.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(4).uint(VERSION);
        self.feed.write(&mut w);
        self.chain.write(&mut w);
        w.bytes(self.commit.bytes());
        w.into_bytes()
    }

    /// Decodes what [`CommitCopy::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed, or the chain is broken or does not begin with the commit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CopyError> {
        if bytes.len() > COPY_BYTES_MAX {
            let found = bytes.len() as u64;
            return Err(CborError::Limit {
                field: "copy",
                found,
                limit: COPY_BYTES_MAX,
            }
            .into());
        }
        let mut r = Reader::new(bytes);
        r.tuple("copy", 4)?;
        r.version("copy version", VERSION)?;
        let feed = Feed::read(&mut r)?;
        let chain = Branch::read(&mut r)?;
        let body = r.bytes("commit", COMMIT_BYTES_MAX + 128)?;
        let first = *chain.headers.first().ok_or(CopyError::Body)?;
        let covers = first.kind == BodyKind::Commit
            && first.body_len as usize == body.len()
            && first.body_hash == sha256(body);
        if !covers {
            return Err(CopyError::Body);
        }
        if let Some(broken) = chain.broken_at() {
            return Err(CopyError::Chain(broken.0));
        }
        let copy = Self {
            feed,
            first,
            chain,
            commit: Signed::<Commit>::decode(body)?,
        };
        expect_canonical("copy", bytes, &copy.encode())?;
        Ok(copy)
    }

    /// Checks that the chain belongs to the feed named and ends at a tip that its node signed.
    ///
    /// # Errors
    /// When a header is another feed's or the tip signature does not hold.
    pub fn verify_origin(&self, network: NetworkId) -> Result<(), CopyError> {
        let last = self.chain.headers.last().unwrap_or(&self.first);
        let feed = self.feed.id(network);
        if last.feed != feed {
            return Err(CopyError::Chain(last.seq.0));
        }
        let tip = Tip {
            feed,
            seq: last.seq,
            hash: last.hash(),
        };
        Ok(tip.verify(network, self.feed.node, &self.chain.tip)?)
    }

    /// The commit, given away.
    #[must_use]
    pub fn into_commit(self) -> Signed<Commit> {
        self.commit
    }
}
