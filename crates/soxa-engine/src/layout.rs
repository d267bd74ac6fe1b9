//! What stands where in the index: keyspaces and keys. Keys are ids and big-endian numbers one after the other, so that a
//! scan by prefix gives them in order.
//!
//! Rows are made for runs, records and whatever is rare, and none for a single commit or operation: an operation costs
//! a rewriting of its record's row and some bytes in rows of its run. An entry is named by the number of its run in the
//! order of the log, and by its place in the run.

use soxa_ledger::{CommitId, FeedId, Seq};
use soxa_store::Keyspace;

use crate::error::EngineError;
#[cfg(doc)]
use crate::rows::{BranchRow, Counts, FeedRow, RecordRow, RunRow};
use crate::rows::{NotValidRow, Place, Row as _};

/// Feed id → [`FeedRow`].
pub(crate) const FEED: Keyspace = Keyspace::new(1);
/// Number of a run → [`RunRow`].
pub(crate) const RUN: Keyspace = Keyspace::new(2);
/// Feed id, number of the run's last entry → number of the run.
pub(crate) const FEED_RUN: Keyspace = Keyspace::new(3);
/// [`Place`] of an entry that carries a statement → nothing.
pub(crate) const STATEMENT: Keyspace = Keyspace::new(4);
/// Appointment, run → which of its entries carry acts under it: authors and signers of minutes.
pub(crate) const BY_APPOINTMENT: Keyspace = Keyspace::new(5);
/// Public key, run → which of its entries carry its signatures: authors and signers of minutes.
pub(crate) const BY_KEY: Keyspace = Keyspace::new(6);
/// Id of a minutes signature, run → which of its entries carry it.
pub(crate) const SIGNATURE: Keyspace = Keyspace::new(7);
/// Operation, run → which of its entries cite the operation from another record.
pub(crate) const CITED_BY: Keyspace = Keyspace::new(8);
/// Record id → [`RecordRow`].
pub(crate) const RECORD: Keyspace = Keyspace::new(9);
/// Kind, zero byte, run → ids of the records that operations of the run created, one after the other, ascending.
pub(crate) const BY_KIND: Keyspace = Keyspace::new(10);
/// Level, table, last operation in the row → a part of a table of operations by id; see [`crate::op_ids`].
pub(crate) const OPERATION: Keyspace = Keyspace::new(11);
/// Feed id, number → [`crate::Refused`]: the entry that ended the feed.
pub(crate) const REFUSED: Keyspace = Keyspace::new(12);
/// Commit id, index of an operation → [`NotValidRow`], while the operation is not valid.
pub(crate) const NOT_VALID: Keyspace = Keyspace::new(13);
/// Nothing → [`Counts`].
pub(crate) const COUNTS: Keyspace = Keyspace::new(14);

/// Feed id → where the log holds the proof that the feed forked.
pub(crate) const FORK: Keyspace = Keyspace::new(15);
/// Feed id, hash of the last entry that counts → [`BranchRow`]: a run of a branch that is held besides the feed's own
/// history here.
pub(crate) const BRANCH: Keyspace = Keyspace::new(16);
/// Record id → the places of entries that further readers of the record do not hold yet; see [`crate::widening`].
pub(crate) const SPREAD: Keyspace = Keyspace::new(17);

/// SHA-256 of a file, run → ids of the records to which operations of the run say that it belongs, ascending.
pub(crate) const FILE: Keyspace = Keyspace::new(18);
/// Code, zero byte, run → ids of the dossiers to which operations of the run give the code, ascending.
pub(crate) const CODE: Keyspace = Keyspace::new(19);

/// SHA-256 of a file, run → ids of the records of which operations of the run say that the file is to be erased, ascending.
pub(crate) const ERASED: Keyspace = Keyspace::new(20);

/// All of them, with names for people.
pub(crate) const KEYSPACES: [(Keyspace, &str); 20] = [
    (FEED, "feeds"),
    (RUN, "runs"),
    (FEED_RUN, "runs by feed"),
    (STATEMENT, "statements"),
    (BY_APPOINTMENT, "commits by appointment"),
    (BY_KEY, "commits by key"),
    (SIGNATURE, "signatures of minutes"),
    (CITED_BY, "citations"),
    (RECORD, "records"),
    (BY_KIND, "records by kind"),
    (OPERATION, "operations by id"),
    (REFUSED, "refusals"),
    (NOT_VALID, "operations that are not valid"),
    (COUNTS, "counts"),
    (FORK, "forks"),
    (BRANCH, "runs of branches"),
    (SPREAD, "entries for further readers"),
    (FILE, "files"),
    (CODE, "codes"),
    (ERASED, "erased files"),
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

/// The number of a run at the end of a key or in a value.
pub(crate) fn run_number(bytes: &[u8], table: &'static str) -> Result<u32, EngineError> {
    let number = bytes.last_chunk().ok_or(EngineError::Index { table })?;
    Ok(u32::from_be_bytes(*number))
}

/// The key of what entries of a run name: appointments, keys, signatures, operations.
pub(crate) fn named_in(id: &[u8; 32], run: u32) -> Vec<u8> {
    key(&[id, &run.to_be_bytes()])
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

/// The prefix of all records of a kind.
pub(crate) fn kind_prefix(kind: &str) -> Vec<u8> {
    key(&[kind.as_bytes(), &[0]])
}

/// The prefix of all rows of a code.
pub(crate) fn code_prefix(code: &str) -> Vec<u8> {
    key(&[code.as_bytes(), &[0]])
}

/// The place of a statement in its key.
pub(crate) fn statement_place(key: &[u8]) -> Result<Place, EngineError> {
    Place::from_key(key).ok_or(EngineError::Index { table: "statements" })
}
