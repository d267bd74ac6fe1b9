//! What stands where in the index: keyspaces and keys. Keys are ids and big-endian numbers one after the other, so that a
//! scan by prefix gives them in order.

use soxa_ledger::{CommitId, FeedId, OpId, PublicKey, RecordId, Seq, StatementId};
use soxa_store::Keyspace;

use crate::error::EngineError;
#[cfg(doc)]
use crate::rows::{CommitRow, Counts, FeedRow, OpRow, Place, RecordRow, RunRow};
use crate::rows::{NotValidRow, Row as _};

/// Feed id → [`FeedRow`].
pub(crate) const FEED: Keyspace = Keyspace::new(1);
/// Feed id, number of the run's last entry → [`RunRow`].
pub(crate) const RUN: Keyspace = Keyspace::new(2);
/// Feed id, number → [`Place`] of an entry that carries a statement.
pub(crate) const STATEMENT: Keyspace = Keyspace::new(3);
/// Commit id → [`CommitRow`].
pub(crate) const COMMIT: Keyspace = Keyspace::new(4);
/// Appointment, commit id → nothing. Author and signers of minutes.
pub(crate) const BY_APPOINTMENT: Keyspace = Keyspace::new(5);
/// Id of a minutes signature, commit id → nothing.
pub(crate) const SIGNATURE: Keyspace = Keyspace::new(6);
/// Operation id → [`OpRow`].
pub(crate) const OPERATION: Keyspace = Keyspace::new(7);
/// Record id, operation id → nothing.
pub(crate) const RECORD_OP: Keyspace = Keyspace::new(8);
/// Cited operation, citing record → nothing.
pub(crate) const CITED_BY: Keyspace = Keyspace::new(9);
/// Record id → [`RecordRow`].
pub(crate) const RECORD: Keyspace = Keyspace::new(10);
/// Kind, zero byte, record id → nothing.
pub(crate) const BY_KIND: Keyspace = Keyspace::new(11);
/// Feed id, number → [`crate::Refused`]: the entry that ended the feed.
pub(crate) const REFUSED: Keyspace = Keyspace::new(12);
/// Commit id, index of an operation → [`NotValidRow`], while the operation is not valid.
pub(crate) const NOT_VALID: Keyspace = Keyspace::new(13);
/// Node key, commit id → nothing. Commits carried in feeds of the node.
pub(crate) const BY_NODE: Keyspace = Keyspace::new(14);
/// Feed id, commit id → nothing. Commits carried in the feed.
pub(crate) const BY_FEED: Keyspace = Keyspace::new(15);
/// Nothing → [`Counts`].
pub(crate) const COUNTS: Keyspace = Keyspace::new(16);
/// Public key, commit id → nothing. Authors and signers of minutes.
pub(crate) const BY_KEY: Keyspace = Keyspace::new(17);

/// All of them, with names for people.
pub(crate) const KEYSPACES: [(Keyspace, &str); 17] = [
    (FEED, "feeds"),
    (RUN, "runs"),
    (STATEMENT, "statements"),
    (COMMIT, "commits"),
    (BY_APPOINTMENT, "commits by appointment"),
    (SIGNATURE, "signatures of minutes"),
    (OPERATION, "operations"),
    (RECORD_OP, "operations by record"),
    (CITED_BY, "citations"),
    (RECORD, "records"),
    (BY_KIND, "records by kind"),
    (REFUSED, "refusals"),
    (NOT_VALID, "operations that are not valid"),
    (BY_NODE, "commits by node"),
    (BY_FEED, "commits by feed"),
    (COUNTS, "counts"),
    (BY_KEY, "commits by key"),
];

/// One key made of parts.
pub(crate) fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The part of a key after a prefix of `skip` bytes, as an id.
pub(crate) fn id_at(key: &[u8], skip: usize, table: &'static str) -> Result<[u8; 32], EngineError> {
    key.get(skip..)
        .and_then(|rest| rest.try_into().ok())
        .ok_or(EngineError::Index { table })
}

/// The key of an operation that belongs to a record.
pub(crate) fn record_op(record: &RecordId, op: &OpId) -> Vec<u8> {
    key(&[&record.0, &op.0])
}

/// The key of an entry of a feed.
pub(crate) fn feed_seq(feed: &FeedId, seq: Seq) -> Vec<u8> {
    key(&[&feed.0, &seq.0.to_be_bytes()])
}

/// Feed and number of such a key.
pub(crate) fn split_feed_seq(key: &[u8], table: &'static str) -> Result<(FeedId, Seq), EngineError> {
    let (feed, seq) = key
        .split_first_chunk::<32>()
        .ok_or(EngineError::Index { table })?;
    let seq = seq.try_into().map_err(|_| EngineError::Index { table })?;
    Ok((FeedId(*feed), Seq(u64::from_be_bytes(seq))))
}

/// The key of an operation that is not valid.
pub(crate) fn not_valid(commit: &CommitId, index: u32) -> Vec<u8> {
    key(&[&commit.0, &index.to_be_bytes()])
}

/// The commit in such a key.
pub(crate) fn commit_of(key: &[u8]) -> Result<CommitId, EngineError> {
    let commit = key.first_chunk::<32>().ok_or(EngineError::Index {
        table: NotValidRow::TABLE,
    })?;
    Ok(CommitId(*commit))
}

/// The key of a record among those of its kind.
pub(crate) fn by_kind(kind: &str, record: &RecordId) -> Vec<u8> {
    key(&[kind.as_bytes(), &[0], &record.0])
}

/// The keys under which a commit is found by who signed it.
pub(crate) fn by_signer(appointment: &StatementId, signer: &PublicKey, commit: &CommitId) -> [Vec<u8>; 2] {
    [key(&[&appointment.0, &commit.0]), key(&[&signer.0, &commit.0])]
}
