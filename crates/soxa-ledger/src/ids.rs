//! Identities: 32-byte hashes and keys, each with its own type.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A text that is no id: ids are 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of 64 lower-case hexadecimal digits")]
pub struct NotAnId;

/// SHA-256 over a domain prefix and parts. The prefix keeps hashes of different things apart.
#[must_use]
pub(crate) fn hash(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(domain.as_bytes());
    hasher.update([0]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Plain SHA-256 of the bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The 32 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first eight hexadecimal digits, for people.
            #[must_use]
            pub fn short(&self) -> String {
                HEXLOWER.encode(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAnId)?;
                Ok(Self(bytes.try_into().map_err(|_| NotAnId)?))
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
    };
}

id!(
    /// A province's ledger: SHA-256 of the genesis statement's payload.
    NetworkId
);
id!(
    /// A statement: SHA-256 of its payload, never of its container.
    StatementId
);
id!(
    /// A commit: SHA-256 of the bytes its signature covers.
    CommitId
);
id!(
    /// An operation: hash of its commit's id and its index.
    OpId
);
id!(
    /// A record: the id of the operation that created it. A unit is named by its record's id.
    RecordId
);
id!(
    /// A feed: hash of the network, the node key, the incarnation, the scope and the feed it follows.
    FeedId
);
id!(
    /// An entry: hash of its header.
    EntryHash
);
id!(
    /// A file that a record names: SHA-256 of its bytes as they are stored and sent.
    FileHash
);
id!(
    /// The ed25519 public key of an official or a root key holder.
    PublicKey
);
id!(
    /// The ed25519 public key of a node.
    NodeKey
);

impl OpId {
    /// The id of the operation at `index` (from 0) of a commit.
    #[must_use]
    pub fn of(commit: CommitId, index: u32) -> Self {
        Self(hash("soxa/op/1", &[&commit.0, &index.to_be_bytes()]))
    }
}

impl From<OpId> for RecordId {
    fn from(creation: OpId) -> Self {
        Self(creation.0)
    }
}

impl From<RecordId> for OpId {
    /// The operation that created the record.
    fn from(record: RecordId) -> Self {
        Self(record.0)
    }
}

impl NetworkId {
    /// The operation by which the genesis statement creates the record of the province's own unit.
    #[must_use]
    pub fn founding_op(self) -> OpId {
        OpId(hash("soxa/founding-unit/1", &[&self.0]))
    }

    /// The province's own unit, which the genesis statement creates.
    #[must_use]
    pub fn province_unit(self) -> RecordId {
        self.founding_op().into()
    }
}
