//! Entries: a header in a feed's hash chain and the body it covers.

use crate::cbor::{CborError, Reader, Writer, expect_canonical};
use crate::commit::{Commit, CommitError};
use crate::copy::{CommitCopy, CopyError};
use crate::feed::{Head, Seq};
use crate::ids::{EntryHash, FeedId, NetworkId, NodeKey, PublicKey, hash, sha256};
use crate::key::OpenKeys;
use crate::limits::{COMMIT_BYTES_MAX, COPY_BYTES_MAX, STATEMENT_BYTES_MAX};
use crate::sabotage::{self, Rule};
use crate::scope::Scope;
use crate::signed::{Signed, Verified};
use crate::statement::{Statement, StatementError};
use crate::time::Time;
use crate::verdict::Position;

/// The version of the header format.
pub const VERSION: u64 = 1;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyKind {
    /// A signed commit.
    Commit,
    /// A statement in its JWS container.
    Statement,
    /// A signed commit that stood in a feed of a narrower scope first, with the proof of that: see [`CommitCopy`].
    Copy,
}

impl BodyKind {
    /// Whether the body is a commit or a copy of one.
    #[must_use]
    pub fn is_commit(self) -> bool {
        matches!(self, Self::Commit | Self::Copy)
    }

    pub(crate) fn code(self) -> u64 {
        match self {
            Self::Commit => 0,
            Self::Statement => 1,
            Self::Copy => 2,
        }
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, CborError> {
        match r.uint("body kind")? {
            0 => Ok(Self::Commit),
            1 => Ok(Self::Statement),
            2 => Ok(Self::Copy),
            _ => Err(CborError::Value {
                field: "body kind",
                what: "neither commit, statement nor copy",
            }),
        }
    }

    pub(crate) fn limit(self) -> usize {
        match self {
            // The container adds a little to the commit itself.
            Self::Commit => COMMIT_BYTES_MAX + 128,
            Self::Statement => STATEMENT_BYTES_MAX,
            Self::Copy => COPY_BYTES_MAX,
        }
    }
}

/// One link of a feed's chain. It covers the body by its hash, so a body can be expunged and the chain still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The feed.
    pub feed: FeedId,
    /// The entry's number.
    pub seq: Seq,
    /// The hash of the entry before; the feed's id for the first.
    pub prev: EntryHash,
    /// The node's clock when it appended; never earlier than in the entry before.
    pub node_time: Time,
    /// What the body is.
    pub kind: BodyKind,
    /// The body's length in bytes.
    pub body_len: u32,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
}

impl Header {
    /// The header of the entry that follows `head`. The time never runs backwards, whatever the clock says.
    #[must_use]
    pub fn following(feed: FeedId, head: &Head, clock: Time, kind: BodyKind, body: &[u8]) -> Self {
        let latest = if sabotage::is_off(Rule::TimeGoesOn) {
            clock
        } else {
            head.time
        };
        Self {
            feed,
            seq: head.seq.next(),
            prev: head.hash,
            node_time: clock.max(latest),
            kind,
            // Bodies are bounded far below 4 GiB before they get here.
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: sha256(body),
        }
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(8)
            .uint(VERSION)
            .bytes(&self.feed.0)
            .uint(self.seq.0)
            .bytes(&self.prev.0)
            .uint(self.node_time.0)
            .uint(self.kind.code())
            .uint(self.body_len.into())
            .bytes(&self.body_hash);
        w.into_bytes()
    }

    /// Decodes what [`Header::encode`] gives, and nothing else.
    ///
    /// # Errors
    /// When the bytes are malformed or claim a body beyond its limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        r.tuple("header", 8)?;
        r.version("header version", VERSION)?;
        let header = Self {
            feed: FeedId(r.fixed("feed")?),
            seq: Seq(r.uint("seq")?),
            prev: EntryHash(r.fixed("prev")?),
            node_time: Time(r.uint("node time")?),
            kind: BodyKind::read(&mut r)?,
            body_len: u32::try_from(r.uint("body length")?).map_err(|_| CborError::Value {
                field: "body length",
                what: "beyond 32 bits",
            })?,
            body_hash: r.fixed("body hash")?,
        };
        if header.body_len as usize > header.kind.limit() {
            return Err(CborError::Limit {
                field: "body length",
                found: header.body_len.into(),
                limit: header.kind.limit(),
            });
        }
        expect_canonical("header", bytes, &header.encode())?;
        Ok(header)
    }

    /// The entry's hash.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        EntryHash(hash("soxa/entry/1", &[&self.encode()]))
    }

    /// Where a body stands that this entry of a node's feed carries.
    #[must_use]
    pub fn position(&self, node: NodeKey) -> Position {
        Position {
            feed: self.feed,
            node,
            seq: self.seq,
            hash: self.hash(),
            time: self.node_time,
        }
    }

    /// How far the feed is known once this entry is there.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash(),
            time: self.node_time,
        }
    }
}

/// A header with its body. The body's bytes fit the header once the entry is part of a verified [`crate::Run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The link of the chain.
    pub header: Header,
    /// The body as received.
    pub body: Vec<u8>,
}

/// A body whose signatures hold.
#[derive(Debug, Clone)]
pub enum Body {
    /// A commit.
    Commit(Verified<Commit>),
    /// A statement.
    Statement(Verified<Statement>),
}

/// Why a body that a node put into its feed is refused. It ends the feed at that entry, for every node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// A commit that is malformed or forged.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A statement that is malformed, forged or another network's.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A copy that is malformed, or of something forged.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A body that a feed of this scope may not carry: a commit of another scope, or a statement in a feed that
    /// not every node reads.
    #[error("a body that a feed of this scope may not carry")]
    Scope,
}

impl Defect {
    /// Whether a signature was false, rather than the form.
    #[must_use]
    pub fn is_forgery(&self) -> bool {
        match self {
            Self::Commit(error) => error.is_forgery(),
            Self::Statement(error) => error.is_forgery(),
            Self::Copy(error) => error.is_forgery(),
            Self::Scope => false,
        }
    }
}

/// A body whose signatures nobody has checked yet.
#[derive(Debug, Clone)]
pub enum SignedBody {
    /// A commit.
    Commit(Signed<Commit>),
    /// A statement.
    Statement(Signed<Statement>),
    /// A copy of a commit.
    Copy(CommitCopy),
}

impl SignedBody {
    /// The author of a commit.
    #[must_use]
    pub fn author(&self) -> Option<PublicKey> {
        match self {
            Self::Commit(commit) => Some(commit.unchecked().author),
            Self::Copy(copy) => Some(copy.commit().unchecked().author),
            Self::Statement(_) => None,
        }
    }

    /// The body, once every signature in it holds. Authors' keys may have been opened ahead.
    ///
    /// # Errors
    /// The defect, which is the same for every node that looks.
    pub fn verify(self, network: NetworkId, keys: &OpenKeys) -> Result<Body, Defect> {
        Ok(match self {
            Self::Commit(commit) => Body::Commit(commit.verify_with(network, keys)?),
            Self::Statement(statement) => Body::Statement(statement.verify(network)?),
            Self::Copy(copy) => {
                copy.verify_origin(network)?;
                Body::Commit(copy.into_commit().verify_with(network, keys)?)
            }
        })
    }
}

impl Entry {
    /// Where the body of this entry of a node's feed stands: here, or, when it is a copy, where it stood first.
    #[must_use]
    pub fn position(&self, node: NodeKey) -> Position {
        let copy = (self.header.kind == BodyKind::Copy).then(|| CommitCopy::decode(&self.body));
        match copy {
            Some(Ok(copy)) => copy.position(),
            _ => self.header.position(node),
        }
    }

    /// The body decoded, if a feed of this scope may carry it.
    ///
    /// # Errors
    /// The defect, which is the same for every node that looks.
    pub fn decode_body(&self, scope: &Scope) -> Result<SignedBody, Defect> {
        match self.header.kind {
            BodyKind::Commit => {
                let commit = Signed::<Commit>::decode(&self.body)?;
                if !scope.may_carry(&commit.unchecked().scope) {
                    return Err(Defect::Scope);
                }
                Ok(SignedBody::Commit(commit))
            }
            BodyKind::Statement => {
                if !scope.is_all_nodes() {
                    return Err(Defect::Scope);
                }
                Ok(SignedBody::Statement(Signed::<Statement>::decode(&self.body)?))
            }
            BodyKind::Copy => {
                let copy = CommitCopy::decode(&self.body)?;
                if !copy.fits(scope) {
                    return Err(Defect::Scope);
                }
                Ok(SignedBody::Copy(copy))
            }
        }
    }

    /// The body, with every signature in it checked.
    ///
    /// # Errors
    /// The defect, which is the same for every node that looks.
    pub fn open(&self, network: NetworkId, scope: &Scope) -> Result<Body, Defect> {
        self.decode_body(scope)?.verify(network, &OpenKeys::default())
    }

    /// The body of an entry that this node opened before it stored it.
    ///
    /// # Errors
    /// When the store gives back bytes that do not decode.
    pub fn open_stored(&self) -> Result<Body, Defect> {
        Ok(match self.header.kind {
            BodyKind::Commit => Body::Commit(Signed::<Commit>::decode(&self.body)?.checked_before_storing()),
            BodyKind::Statement => {
                Body::Statement(Signed::<Statement>::decode(&self.body)?.checked_before_storing())
            }
            BodyKind::Copy => {
                let copy = CommitCopy::decode(&self.body)?;
                Body::Commit(copy.into_commit().checked_before_storing())
            }
        })
    }
}
