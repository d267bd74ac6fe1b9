//! The signed ledger of soxa: keys, statements, commits, entries, feeds and the verdict rule. Pure.
//!
//! Bytes come in as [`Signed`] and become [`Verified`] only by checking every signature they carry; the
//! crates above take nothing else. Which of the verified acts have effect is decided by [`authority`], from the
//! set of entries alone. The crate knows no file, socket, clock or randomness: times, salts and random ids are
//! arguments. `FORMAT.md` beside this crate's manifest specifies each byte.

pub mod limits;

pub mod cbor;
pub mod ids;
pub mod key;
pub mod key_file;
pub mod small;
pub mod time;

pub mod scope;

pub mod operation;

pub mod jws;
pub mod minutes;

pub mod commit;
pub mod role;

pub mod statement;
pub mod statement_wire;

pub mod copy;
pub mod entry;
pub mod feed;
pub mod fork;
pub mod replica;
pub mod run;

pub mod authority;
pub mod verdict;

pub mod proof;

pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod snapshot;

pub mod sealed;

pub mod sabotage;

mod signed;

pub use commit::Commit;
pub use entry::{Body, Entry, Header};
pub use feed::{Feed, Head, Incarnation, Seq, Tip};
pub use fork::ForkProof;
pub use ids::{
    CommitId, EntryHash, FeedId, FileHash, NetworkId, NodeKey, OpId, PublicKey, RecordId, StatementId,
};
pub use key::{OpenKeys, SecretKey, Signature};
pub use operation::{OpKind, OpRef, Operation, RecordRef};
pub use role::Role;
pub use run::Run;
pub use scope::Scope;
pub use sealed::ContentKey;
pub use signed::{Signed, Verified};
pub use statement::Statement;
pub use time::Time;
