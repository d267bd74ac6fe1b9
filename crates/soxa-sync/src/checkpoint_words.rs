//! What nodes say of checkpoints, and what a node writes down of them.
//!
//! ```text
//! question = [1, 17, [digest…], [[origin, [size…]]…]]: the notes I have, what I know of your logs
//! reply    = [1, 17, [note…], [[origin, size, [hash…]]…]]: those you lack, and that my log continues each of these
//! digest   = the first 8 bytes of SHA-256 of a note
//! file     = [1, network, [[scope, tips, [[time, runs, leaf]…], note, note or null]…], [[witnessed or null, note, broken]…], [[note, note]…]]
//! witnessed = [size, root]
//! ```
//!
//! Notes and origins are those of the ledger's `FORMAT.md`.

use std::collections::{BTreeMap, BTreeSet};

use soxa_ledger::cbor::{CborError, Reader, Writer, expect_canonical};
use soxa_ledger::checkpoint::{Checkpoint, LogId, ScopeName, SignedCheckpoint, SplitView};
use soxa_ledger::ids::sha256;
use soxa_ledger::limits::CHECKPOINT_BYTES_MAX;
use soxa_ledger::merkle::TreeHash;
use soxa_ledger::snapshot::KeptSnapshot;
use soxa_ledger::{NetworkId, Scope, Time};

use crate::checkpoints::{Checkpoints, OwnLog, Seen};
use crate::limits::{
    CHECKPOINT_ANSWER_BYTES, CHECKPOINT_LOGS_MAX, CONSISTENCY_STEPS_MAX, ORIGIN_BYTES_MAX, SNAPSHOTS_MAX,
};
use crate::message::within;

const VERSION: u64 = 1;
const KIND: u64 = 17;
/// Sizes of one log that are asked about: what its node showed, and what others did.
const SIZES_MAX: usize = 2;
/// Notes that a node passes on: those of all logs, and two for each split view.
const NOTES_MAX: usize = 4 * CHECKPOINT_LOGS_MAX;

/// Which note somebody has.
pub(crate) type Digest = [u8; 8];

pub(crate) fn digest(note: &SignedCheckpoint) -> Digest {
    let hash = sha256(note.to_string().as_bytes());
    let mut digest = Digest::default();
    digest.copy_from_slice(&hash[..8]);
    digest
}

/// What is known of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) log: LogId,
    pub(crate) sizes: Vec<u64>,
}

/// The proof that a log continues what it was at a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continues {
    pub(crate) log: LogId,
    pub(crate) size: u64,
    pub(crate) steps: Vec<TreeHash>,
}

/// What a node asks of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(crate) digests: BTreeSet<Digest>,
    pub(crate) known: Vec<Known>,
}

/// What it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) notes: Vec<Vec<u8>>,
    pub(crate) proofs: Vec<Continues>,
}

fn malformed(field: &'static str) -> CborError {
    CborError::Value {
        field,
        what: "malformed",
    }
}

fn begin(r: &mut Reader<'_>, field: &'static str) -> Result<(), CborError> {
    r.tuple(field, 4)?;
    r.version(field, VERSION)?;
    match r.uint(field)? {
        KIND => Ok(()),
        _ => Err(CborError::Value {
            field,
            what: "another kind",
        }),
    }
}

fn origin(r: &mut Reader<'_>) -> Result<LogId, CborError> {
    let text = r.text("origin", ORIGIN_BYTES_MAX)?;
    text.parse().map_err(|_| malformed("origin"))
}

fn tree_hash(r: &mut Reader<'_>) -> Result<TreeHash, CborError> {
    r.fixed("tree hash").map(TreeHash)
}

fn write_hashes(w: &mut Writer, hashes: &[TreeHash]) {
    w.array(hashes.len());
    for hash in hashes {
        w.bytes(&hash.0);
    }
}

impl Question {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(4).uint(VERSION).uint(KIND).array(self.digests.len());
        for digest in &self.digests {
            w.bytes(digest);
        }
        w.array(self.known.len());
        for known in &self.known {
            w.array(2).text(&known.log.to_string()).array(known.sizes.len());
            for size in &known.sizes {
                w.uint(*size);
            }
        }
        w.into_bytes()
    }

    /// Decodes what a node asks.
    ///
    /// # Errors
    /// When the bytes are malformed, beyond a limit, or ask something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        begin(&mut r, "question of checkpoints")?;
        let digests = r.list("digests", NOTES_MAX, |r| r.fixed("digest"))?;
        let known = r.list("logs", CHECKPOINT_LOGS_MAX, |r| {
            r.tuple("log", 2)?;
            Ok(Known {
                log: origin(r)?,
                sizes: r.list("sizes", SIZES_MAX, |r| r.uint("size"))?,
            })
        })?;
        let question = Self {
            digests: digests.into_iter().collect(),
            known,
        };
        expect_canonical("question of checkpoints", bytes, &question.encode())?;
        Ok(question)
    }
}

impl Reply {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(4).uint(VERSION).uint(KIND).array(self.notes.len());
        for note in &self.notes {
            w.bytes(note);
        }
        w.array(self.proofs.len());
        for proof in &self.proofs {
            w.array(3).text(&proof.log.to_string()).uint(proof.size);
            write_hashes(&mut w, &proof.steps);
        }
        w.into_bytes()
    }

    /// Decodes what a node is answered.
    ///
    /// # Errors
    /// When the bytes are malformed, beyond a limit, or answer something else.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        within("reply of checkpoints", bytes, 2 * CHECKPOINT_ANSWER_BYTES)?;
        let mut r = Reader::new(bytes);
        begin(&mut r, "reply of checkpoints")?;
        let reply = Self {
            notes: r.list("notes", NOTES_MAX, |r| {
                Ok(r.bytes("note", CHECKPOINT_BYTES_MAX)?.to_vec())
            })?,
            proofs: r.list("proofs", SIZES_MAX * CHECKPOINT_LOGS_MAX, |r| {
                r.tuple("proof", 3)?;
                Ok(Continues {
                    log: origin(r)?,
                    size: r.uint("size")?,
                    steps: r.list("steps", CONSISTENCY_STEPS_MAX, tree_hash)?,
                })
            })?,
        };
        expect_canonical("reply of checkpoints", bytes, &reply.encode())?;
        Ok(reply)
    }
}

fn kept_snapshot(r: &mut Reader<'_>) -> Result<KeptSnapshot, CborError> {
    r.tuple("snapshot", 3)?;
    Ok(KeptSnapshot {
        time: Time(r.uint("time")?),
        runs: r.uint("runs")?,
        leaf: tree_hash(r)?,
    })
}

fn write_note(w: &mut Writer, note: &SignedCheckpoint) {
    w.bytes(note.to_string().as_bytes());
}

fn note(r: &mut Reader<'_>) -> Result<SignedCheckpoint, CborError> {
    let bytes = r.bytes("note", CHECKPOINT_BYTES_MAX)?;
    SignedCheckpoint::read(bytes).map_err(|_| malformed("note"))
}

impl Checkpoints {
    /// The bytes to be kept.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(5)
            .uint(VERSION)
            .bytes(&self.network.0)
            .array(self.own.len());
        for log in self.own.values() {
            w.array(5);
            log.scope.write(&mut w);
            w.bytes(&log.tips.0).array(log.snapshots.len());
            for kept in &log.snapshots {
                w.array(3).uint(kept.time.0).uint(kept.runs).bytes(&kept.leaf.0);
            }
            write_note(&mut w, &log.newest);
            w.option(log.cosigned.as_ref(), write_note);
        }
        w.array(self.seen.len());
        for seen in self.seen.values() {
            w.array(3);
            w.option(seen.witnessed.as_ref(), |w, witnessed| {
                w.array(2).uint(witnessed.size).bytes(&witnessed.root.0);
            });
            write_note(&mut w, &seen.newest);
            w.bool(seen.broken);
        }
        w.array(self.splits.len());
        for split in self.splits.values() {
            let [one, other] = split.checkpoints();
            w.array(2);
            write_note(&mut w, one);
            write_note(&mut w, other);
        }
        w.into_bytes()
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// When the bytes are damaged. A node then begins new logs.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        r.tuple("checkpoints", 5)?;
        r.version("checkpoints", VERSION)?;
        let network = NetworkId(r.fixed("network")?);
        let own = r.list("own logs", CHECKPOINT_LOGS_MAX, |r| {
            r.tuple("own log", 5)?;
            Ok(OwnLog {
                scope: Scope::read(r)?,
                tips: tree_hash(r)?,
                snapshots: r.list("snapshots", SNAPSHOTS_MAX, kept_snapshot)?,
                newest: note(r)?,
                cosigned: r.option("co-signed note", note)?,
            })
        })?;
        let seen = r.list("seen logs", CHECKPOINT_LOGS_MAX, |r| {
            r.tuple("seen log", 3)?;
            let witnessed = r.option("witnessed", |r| {
                r.tuple("witnessed", 2)?;
                Ok((r.uint("size")?, tree_hash(r)?))
            })?;
            let newest = note(r)?;
            let log = newest.checkpoint().log;
            Ok(Seen {
                witnessed: witnessed.map(|(size, root)| Checkpoint { log, size, root }),
                newest,
                broken: r.bool("broken")?,
            })
        })?;
        let splits = r.list("split views", CHECKPOINT_LOGS_MAX, |r| {
            r.tuple("split view", 2)?;
            SplitView::between(&note(r)?, &note(r)?).ok_or_else(|| malformed("split view"))
        })?;
        let whose = |seen: &Seen| {
            let log = seen.newest.checkpoint().log;
            (log.node, log.scope)
        };
        let read = Self {
            network,
            own: own
                .into_iter()
                .map(|log| (ScopeName::of(network, &log.scope), log))
                .collect(),
            seen: seen.into_iter().map(|seen| (whose(&seen), seen)).collect(),
            splits: splits
                .into_iter()
                .map(|split| (split.log(), split))
                .collect::<BTreeMap<_, _>>(),
            read_back: true,
        };
        expect_canonical("checkpoints", bytes, &read.encode())?;
        Ok(read)
    }
}
