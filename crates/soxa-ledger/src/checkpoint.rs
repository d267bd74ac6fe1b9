//! Checkpoints: what a node held at a moment, signed by it and co-signed by others, in the forms that stock tools read
//! (c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature).
//!
//! Tips change, so a tree over tips alone cannot be continued, and two different trees of one size would prove nothing.
//! So each node keeps a *log of snapshots* for each scope. A snapshot ([`crate::snapshot`]) is the root over all tips held,
//! in the order of the feeds' ids; each is one leaf of the log, and none is ever taken back. A checkpoint is the log's root. That a tip
//! was held is shown in two steps: the tip is in a snapshot, the snapshot is in the log. Two checkpoints of one log with
//! equal sizes and different roots are the proof that its node showed two histories: a split view.
//!
//! All this is evidence. No verdict reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};

use crate::cbor::Writer;
use crate::ids::{NetworkId, NodeKey, PublicKey, hash};
use crate::key::{KeyError, SecretKey, Signature};
use crate::limits::{CHECKPOINT_BYTES_MAX, COSIGNATURES_MAX, PROVINCE_PLACES};
use crate::merkle::{TreeHash, root};
use crate::note::{COSIGNATURE, ED25519, Note, NoteError, SignatureLine, key_id};
use crate::scope::Scope;
use crate::snapshot::KeptSnapshot;
use crate::time::Time;

/// The scope of a log, without saying which units it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeName {
    /// What every node reads.
    AllNodes,
    /// The hash of a restricted scope.
    Units([u8; 32]),
}

/// One log of snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId {
    /// The network.
    pub network: NetworkId,
    /// Whose holdings.
    pub node: NodeKey,
    /// Of which scope.
    pub scope: ScopeName,
    /// When the log was begun, by its node's clock. A node that lost its log begins another.
    pub began: Time,
}

/// A log's root at a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub log: LogId,
    /// Snapshots in it.
    pub size: u64,
    /// The root over them.
    pub root: TreeHash,
}

/// That another node saw a checkpoint, the largest of its log, and that it continues those that it saw before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// When, in seconds since 1970, by the cosigner's clock.
    pub time_s: u64,
    /// Its signature.
    pub signature: Signature,
}

/// A checkpoint with its node's signature and those of cosigners, each of which holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signature: Signature,
    cosignatures: BTreeMap<NodeKey, Cosignature>,
}

/// A node's own log of what it holds, with the notes of it that others co-signed: what shows that something stood in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedLog {
    /// Notes of the log, each at least once co-signed, the newest first.
    pub notes: Vec<SignedCheckpoint>,
    /// All snapshots in it.
    pub snapshots: Vec<KeptSnapshot>,
}

/// Two checkpoints of one log with equal sizes and different roots, each signed by its node. That of the smaller root
/// comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitView {
    one: SignedCheckpoint,
    other: SignedCheckpoint,
}

/// Why something is no signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Longer than a checkpoint may be.
    #[error("a checkpoint of {0} bytes")]
    Length(usize),
    /// No signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A text that is not origin, size and root as soxa writes them.
    #[error("a note that is no checkpoint of this program")]
    Text,
    /// No signature of the log's node.
    #[error("a checkpoint without its node's signature")]
    Unsigned,
    /// Cosignatures in another form, twice by one key, or too many.
    #[error("a checkpoint with malformed cosignatures")]
    Cosignatures,
    /// A signature that does not hold.
    #[error("a false signature under a checkpoint: {0}")]
    Forged(#[from] KeyError),
}

impl ScopeName {
    /// The name of a scope.
    #[must_use]
    pub fn of(network: NetworkId, scope: &Scope) -> Self {
        if scope.is_all_nodes() {
            return Self::AllNodes;
        }
        let mut w = Writer::new();
        scope.write(&mut w);
        Self::Units(hash("soxa/scope/1", &[&network.0, &w.into_bytes()]))
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllNodes => f.write_str("all"),
            Self::Units(hash) => f.write_str(&HEXLOWER.encode(hash)),
        }
    }
}

fn bytes32(hex: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (network, node) = (HEXLOWER.encode(&self.network.0), HEXLOWER.encode(&self.node.0));
        write!(f, "soxa/{network}/{node}/{}/{}", self.scope, self.began.0)
    }
}

impl FromStr for LogId {
    type Err = CheckpointError;

    fn from_str(origin: &str) -> Result<Self, CheckpointError> {
        let read = || {
            let mut parts = origin.split('/');
            let name = parts.next()?;
            let log = Self {
                network: NetworkId(bytes32(parts.next()?)?),
                node: NodeKey(bytes32(parts.next()?)?),
                scope: match parts.next()? {
                    "all" => ScopeName::AllNodes,
                    hash => ScopeName::Units(bytes32(hash)?),
                },
                began: Time(parts.next()?.parse().ok()?),
            };
            (name == "soxa" && log.to_string() == origin).then_some(log)
        };
        read().ok_or(CheckpointError::Text)
    }
}

impl LogId {
    /// The log that a note is about, as it says.
    #[must_use]
    pub fn of_note(note: &[u8]) -> Option<Self> {
        let origin = note.split(|byte| *byte == b'\n').next()?;
        std::str::from_utf8(origin).ok()?.parse().ok()
    }
}

impl Checkpoint {
    /// The checkpoint of a log with these leaves.
    #[must_use]
    pub fn of(log: LogId, leaves: &[TreeHash]) -> Self {
        Self {
            log,
            size: leaves.len() as u64,
            root: root(leaves),
        }
    }

    /// The text that its node signs.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.log, self.size, BASE64.encode(&self.root.0))
    }

    fn read(text: &str) -> Result<Self, CheckpointError> {
        let read = || {
            let mut lines = text.lines();
            let log = lines.next()?.parse().ok()?;
            let size = lines.next()?.parse().ok()?;
            let hash = BASE64.decode(lines.next()?.as_bytes()).ok()?;
            let root = TreeHash(hash.try_into().ok()?);
            Some(Self { log, size, root })
        };
        read()
            .filter(|checkpoint| checkpoint.text() == text)
            .ok_or(CheckpointError::Text)
    }

    /// The checkpoint with its node's signature. The key must be that of the log's node.
    #[must_use]
    pub fn sign(self, key: &SecretKey) -> SignedCheckpoint {
        SignedCheckpoint {
            checkpoint: self,
            signature: key.sign(self.text().as_bytes()),
            cosignatures: BTreeMap::new(),
        }
    }

    /// What a cosigner signs.
    fn cosigned(&self, time_s: u64) -> Vec<u8> {
        format!("cosignature/v1\ntime {time_s}\n{}", self.text()).into_bytes()
    }
}

/// The name under which a node co-signs.
#[must_use]
pub fn cosigner_name(network: NetworkId, node: NodeKey) -> String {
    format!("soxa/{}/{}", network.short(), HEXLOWER.encode(&node.0))
}

/// The node that co-signs under a name.
fn cosigner(network: NetworkId, name: &str) -> Option<NodeKey> {
    let node = NodeKey(bytes32(name.rsplit('/').next()?)?);
    (cosigner_name(network, node) == name).then_some(node)
}

impl SignedCheckpoint {
    /// Reads a note and checks its node's signature and every cosignature of this network's nodes. Lines of others are
    /// left out, as c2sp.org/signed-note asks. Whether the nodes are admitted is the reader's question.
    ///
    /// # Errors
    /// When it is too long, none of ours, or a signature does not hold.
    pub fn read(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::read_beside(bytes, None)
    }

    /// The same for who knows a copy already: what both have is not checked a second time.
    ///
    /// # Errors
    /// As [`SignedCheckpoint::read`].
    pub fn read_beside(bytes: &[u8], copy: Option<&Self>) -> Result<Self, CheckpointError> {
        if bytes.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::Length(bytes.len()));
        }
        let note = Note::read(bytes)?;
        let checkpoint = Checkpoint::read(&note.text)?;
        let origin = checkpoint.log.to_string();
        let node = checkpoint.log.node.public();
        let own =
            |line: &&SignatureLine| line.name == origin && line.key_id == key_id(&origin, ED25519, node);
        let own = note.lines.iter().find(own).ok_or(CheckpointError::Unsigned)?;
        let signature = own.signature.as_slice().try_into();
        let signature = Signature(signature.map_err(|_| CheckpointError::Unsigned)?);
        let copy = copy.filter(|copy| copy.checkpoint == checkpoint);
        if copy.is_none_or(|copy| copy.signature != signature) {
            node.verify(note.text.as_bytes(), &signature)?;
        }
        let mut cosignatures = BTreeMap::new();
        for line in &note.lines {
            let Some((node, cosignature)) = checkpoint.read_cosignature(line)? else {
                continue;
            };
            if copy.is_none_or(|copy| copy.cosignatures.get(&node) != Some(&cosignature)) {
                let message = checkpoint.cosigned(cosignature.time_s);
                node.public().verify(&message, &cosignature.signature)?;
            }
            if cosignatures.insert(node, cosignature).is_some() || cosignatures.len() > COSIGNATURES_MAX {
                return Err(CheckpointError::Cosignatures);
            }
        }
        Ok(Self {
            checkpoint,
            signature,
            cosignatures,
        })
    }

    /// What it says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Who co-signed it.
    #[must_use]
    pub fn cosignatures(&self) -> &BTreeMap<NodeKey, Cosignature> {
        &self.cosignatures
    }

    /// Adds a node's cosignature. The caller has seen that the checkpoint continues what it saw of the log before. False
    /// when the places are others' ([`SignedCheckpoint::merge`]).
    pub fn cosign(&mut self, key: &SecretKey, time_s: u64, of_province: impl Fn(&NodeKey) -> bool) -> bool {
        let signature = key.sign(&self.checkpoint.cosigned(time_s));
        let cosignature = Cosignature { time_s, signature };
        self.cosignatures.insert(key.node(), cosignature);
        self.keep_places(of_province);
        self.cosignatures.contains_key(&key.node())
    }

    /// Takes over the cosignatures under another copy of the same checkpoint. True when that changed anything.
    ///
    /// Where there are more than a checkpoint may have, the province's nodes have [`PROVINCE_PLACES`] of the places, and a lot
    /// that nobody can choose decides on the others: a hash of checkpoint and node. So neither who comes first nor
    /// who comes in numbers crowds the others out, and everybody ends with the same.
    pub fn merge(&mut self, copy: &Self, of_province: impl Fn(&NodeKey) -> bool) -> bool {
        if copy.checkpoint != self.checkpoint {
            return false;
        }
        let before = self.cosignatures.clone();
        for (node, cosignature) in &copy.cosignatures {
            self.cosignatures.entry(*node).or_insert(*cosignature);
        }
        self.keep_places(of_province);
        self.cosignatures != before
    }

    fn keep_places(&mut self, of_province: impl Fn(&NodeKey) -> bool) {
        if self.cosignatures.len() <= COSIGNATURES_MAX {
            return;
        }
        let text = self.checkpoint.text();
        let mut nodes: Vec<NodeKey> = self.cosignatures.keys().copied().collect();
        nodes.sort_by_cached_key(|node| hash("soxa/cosigner-lot/1", &[text.as_bytes(), &node.0]));
        let province = nodes.iter().filter(|node| of_province(node));
        let mut kept: BTreeSet<NodeKey> = province.take(PROVINCE_PLACES).copied().collect();
        for node in nodes {
            if kept.len() < COSIGNATURES_MAX {
                kept.insert(node);
            }
        }
        self.retain(|node| kept.contains(node));
    }

    /// Leaves out the cosignatures of some nodes.
    pub fn retain(&mut self, stays: impl Fn(&NodeKey) -> bool) {
        self.cosignatures.retain(|node, _| stays(node));
    }
}

impl Checkpoint {
    /// The cosignature in a line, not checked; none when the line is of another kind.
    fn read_cosignature(
        &self,
        line: &SignatureLine,
    ) -> Result<Option<(NodeKey, Cosignature)>, CheckpointError> {
        let Some(node) = cosigner(self.log.network, &line.name) else {
            return Ok(None);
        };
        if line.key_id != key_id(&line.name, COSIGNATURE, PublicKey(node.0)) {
            return Ok(None);
        }
        let (time, signature) = line
            .signature
            .split_first_chunk()
            .ok_or(CheckpointError::Cosignatures)?;
        let signature = signature.try_into().map_err(|_| CheckpointError::Cosignatures)?;
        let (time_s, signature) = (u64::from_be_bytes(*time), Signature(signature));
        Ok(Some((node, Cosignature { time_s, signature })))
    }
}

/// The note, byte for byte.
impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.checkpoint.log;
        let origin = log.to_string();
        let own = SignatureLine {
            key_id: key_id(&origin, ED25519, log.node.public()),
            name: origin,
            signature: self.signature.0.to_vec(),
        };
        let cosigned = self.cosignatures.iter().map(|(node, cosignature)| {
            let name = cosigner_name(log.network, *node);
            let time = cosignature.time_s.to_be_bytes();
            SignatureLine {
                key_id: key_id(&name, COSIGNATURE, node.public()),
                name,
                signature: [time.as_slice(), &cosignature.signature.0].concat(),
            }
        });
        let note = Note {
            text: self.checkpoint.text(),
            lines: std::iter::once(own).chain(cosigned).collect(),
        };
        note.fmt(f)
    }
}

impl SplitView {
    /// The proof that two checkpoints give; none when they agree or cannot be compared.
    #[must_use]
    pub fn between(one: &SignedCheckpoint, other: &SignedCheckpoint) -> Option<Self> {
        let (a, b) = (one.checkpoint, other.checkpoint);
        if a.log != b.log || a.size != b.size || a.root == b.root {
            return None;
        }
        let (one, other) = if a.root < b.root {
            (one, other)
        } else {
            (other, one)
        };
        Some(Self {
            one: one.clone(),
            other: other.clone(),
        })
    }

    /// The two checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> [&SignedCheckpoint; 2] {
        [&self.one, &self.other]
    }

    /// Whose log it is.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.one.checkpoint.log
    }
}
