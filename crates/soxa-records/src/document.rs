//! A record as an automerge document, built from its valid operations.
//!
//! Each operation becomes one change: on the current heads an ordinary transaction, on older heads a fork there, a
//! transaction and a merge. The change's actor is the operation's id (two branches by one official would otherwise
//! collide in (actor, seq)), its message the same id in hexadecimal digits, its time the author's in milliseconds,
//! its dependencies the changes of the operations that it builds on. So the document's own graph is that of the
//! valid operations, and automerge gives concurrent values and the state at any past heads.
//!
//! Shape: `kind` (text), `fields` (a map), `rows` (a map from `<operation in hex>/<n>` to a map with `list` and a
//! map of `values`). Lists are maps because the canonical order of rows follows from the graph, while an automerge
//! list would order concurrent rows by its own rule.
//!
//! A snapshot ([`RecordDocument::save`]) is `soxadoc1`, the SHA-256 of the rest, and automerge's bytes. It is a
//! cache: whatever is wrong with it is an error on which it is built again. Damaged bytes can panic automerge, so
//! they are refused by checksum, and what passes is still loaded behind `catch_unwind`.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue};
use soxa_ledger::Time;
use soxa_ledger::ids::{OpId, sha256};

use self::reading::{Reader, changes_of};
use crate::graph;
use crate::history::History;
use crate::limits::SNAPSHOT_BYTES_MAX;
use crate::state::CanonicalState;
use crate::typed::RecordKind;
use crate::value::{Change, Value};

mod reading;

const MAGIC: &[u8; 8] = b"soxadoc1";
/// Moments later than this (the year 287396) are written as this one: automerge stores times as differences, and
/// no clock of a stranger shall overflow them.
const TIME_MS_MAX: i64 = (1 << 53) - 1;

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// automerge refused what we did or holds what we never wrote.
    #[error("{op} a record's document: {what}")]
    Automerge {
        /// What was being done.
        op: &'static str,
        /// What went wrong.
        what: String,
    },
    /// The snapshot's length, head or checksum is wrong.
    #[error("loading a record's document: the snapshot is damaged")]
    Damaged,
    /// The document holds no such operation.
    #[error("reading a record's document: it holds no operation {}", .0.short())]
    UnknownOperation(OpId),
}

/// What [`RecordDocument::update`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// Nothing was new.
    Same,
    /// New operations were added.
    Extended,
    /// Some operation is no longer valid or builds on other ones: the document was built anew.
    Rebuilt,
}

/// One change of a document's history: one valid operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChange {
    /// The operation.
    pub op: OpId,
    /// Its author's time.
    pub time: Time,
    /// The valid operations that it builds on, ascending.
    pub parents: Vec<OpId>,
}

/// A record's document.
#[derive(Debug, Clone)]
pub struct RecordDocument {
    document: Automerge,
    changes: BTreeMap<OpId, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    hash: ChangeHash,
    time: i64,
    parents: Vec<OpId>,
}

fn failed(op: &'static str) -> impl Fn(automerge::AutomergeError) -> DocumentError {
    move |error| DocumentError::Automerge {
        op,
        what: error.to_string(),
    }
}

fn strange(what: &str) -> DocumentError {
    DocumentError::Automerge {
        op: "reading",
        what: what.to_owned(),
    }
}

impl RecordDocument {
    /// The document of the valid operations of a record; empty when there are none.
    ///
    /// # Errors
    /// When automerge refuses a transaction, which would be a defect of this crate.
    pub fn build(history: &History) -> Result<Self, DocumentError> {
        let document = Automerge::new().with_actor(ActorId::from([0_u8; 32]));
        let mut built = Self {
            document,
            changes: BTreeMap::new(),
        };
        built.extend(history)?;
        Ok(built)
    }

    /// Brings the document to the state of the history.
    ///
    /// # Errors
    /// As for [`RecordDocument::build`].
    pub fn update(&mut self, history: &History) -> Result<Updated, DocumentError> {
        let valid: BTreeMap<OpId, Vec<OpId>> = history
            .valid_in_order()
            .into_iter()
            .map(|(facts, mut base, _)| {
                base.sort_unstable();
                (facts.id, base)
            })
            .collect();
        if self
            .changes
            .iter()
            .any(|(op, known)| valid.get(op) != Some(&known.parents))
        {
            *self = Self::build(history)?;
            return Ok(Updated::Rebuilt);
        }
        if valid.len() == self.changes.len() {
            return Ok(Updated::Same);
        }
        self.extend(history)?;
        Ok(Updated::Extended)
    }

    fn extend(&mut self, history: &History) -> Result<(), DocumentError> {
        for (facts, base, changes) in history.valid_in_order() {
            if !self.changes.contains_key(&facts.id) {
                self.apply(facts.id, facts.author_time, base, changes, history.kind())?;
            }
        }
        Ok(())
    }

    fn apply(
        &mut self,
        op: OpId,
        time: Time,
        mut base: Vec<OpId>,
        changes: &[Change],
        kind: Option<RecordKind>,
    ) -> Result<(), DocumentError> {
        base.sort_unstable();
        let mut deps = self.hashes(&base)?;
        deps.sort_unstable();
        let mut heads = self.document.get_heads();
        heads.sort_unstable();
        let time = i64::try_from(time.0).unwrap_or(i64::MAX).min(TIME_MS_MAX);
        let hash = if deps == heads {
            self.document.set_actor(ActorId::from(op.0));
            transact(&mut self.document, op, time, changes, kind)?
        } else {
            let mut branch = self.document.fork_at(&deps).map_err(failed("forking"))?;
            branch.set_actor(ActorId::from(op.0));
            let hash = transact(&mut branch, op, time, changes, kind)?;
            self.document.merge(&mut branch).map_err(failed("merging"))?;
            hash
        };
        self.changes.insert(
            op,
            Known {
                hash,
                time,
                parents: base,
            },
        );
        Ok(())
    }

    fn hashes(&self, ops: &[OpId]) -> Result<Vec<ChangeHash>, DocumentError> {
        let hash = |op: &OpId| {
            self.changes
                .get(op)
                .map(|k| k.hash)
                .ok_or(DocumentError::UnknownOperation(*op))
        };
        ops.iter().map(hash).collect()
    }

    /// A snapshot.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let document = self.document.save();
        let mut bytes = Vec::with_capacity(MAGIC.len() + 32 + document.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&sha256(&document));
        bytes.extend_from_slice(&document);
        bytes
    }

    /// Reads a snapshot of this node's own store.
    ///
    /// # Errors
    /// When it is damaged or not ours; then the document is built anew.
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(DocumentError::Damaged)?;
        let (checksum, document) = rest.split_at_checked(32).ok_or(DocumentError::Damaged)?;
        if bytes.len() > SNAPSHOT_BYTES_MAX || sha256(document) != checksum {
            return Err(DocumentError::Damaged);
        }
        catch_unwind(AssertUnwindSafe(|| {
            let document = Automerge::load(document).map_err(failed("loading"))?;
            let changes = changes_of(&document)?;
            Ok(Self { document, changes })
        }))
        .unwrap_or(Err(DocumentError::Damaged))
    }

    /// The canonical state, read from the document: the same as [`History::state`].
    ///
    /// # Errors
    /// When the document holds what this crate never writes.
    pub fn canonical(&self) -> Result<CanonicalState, DocumentError> {
        self.read(&self.document.get_heads())
    }

    /// The state that these operations and all below them give.
    ///
    /// # Errors
    /// When the document holds no such operation.
    pub fn at_operations(&self, ops: &[OpId]) -> Result<CanonicalState, DocumentError> {
        self.read(&self.hashes(ops)?)
    }

    /// The state at a moment by the authors' clocks: that of the operations which are not later and build on none
    /// that is later.
    ///
    /// # Errors
    /// When the document holds what this crate never writes.
    pub fn at_time(&self, time: Time) -> Result<CanonicalState, DocumentError> {
        let time = i64::try_from(time.0).unwrap_or(i64::MAX);
        let mut standing: BTreeSet<OpId> = BTreeSet::new();
        for op in self.order() {
            let Some(known) = self.changes.get(&op) else {
                continue;
            };
            if known.time <= time && known.parents.iter().all(|parent| standing.contains(parent)) {
                standing.insert(op);
            }
        }
        self.at_operations(&standing.into_iter().collect::<Vec<_>>())
    }

    /// The fields in which different values stand beside each other, with the operations that wrote them: their
    /// authors are who signed each.
    ///
    /// # Errors
    /// When the document holds what this crate never writes.
    pub fn conflicts(&self) -> Result<BTreeMap<String, Vec<(OpId, Value)>>, DocumentError> {
        Ok(self.canonical()?.conflicts())
    }

    /// All changes in canonical order: causal, the smallest operation id first.
    #[must_use]
    pub fn history(&self) -> Vec<DocumentChange> {
        self.order()
            .into_iter()
            .filter_map(|op| {
                let known = self.changes.get(&op)?;
                let time = Time(u64::try_from(known.time).unwrap_or(0));
                Some(DocumentChange {
                    op,
                    time,
                    parents: known.parents.clone(),
                })
            })
            .collect()
    }

    fn order(&self) -> Vec<OpId> {
        let ops: Vec<OpId> = self.changes.keys().copied().collect();
        let below: Vec<Vec<usize>> = self
            .changes
            .values()
            .map(|known| {
                known
                    .parents
                    .iter()
                    .filter_map(|p| ops.binary_search(p).ok())
                    .collect()
            })
            .collect();
        // Operations are numbered by their ids here, so the smallest number is the smallest id.
        graph::smallest_first(
            0..ops.len(),
            |at| below.get(at).map_or(&[], Vec::as_slice),
            |at| at,
        )
        .into_iter()
        .filter_map(|at| ops.get(at).copied())
        .collect()
    }

    fn read(&self, heads: &[ChangeHash]) -> Result<CanonicalState, DocumentError> {
        let mut state = CanonicalState::default();
        if heads.is_empty() {
            return Ok(state);
        }
        let reader = Reader {
            document: &self.document,
            heads,
        };
        match reader.value(&ROOT, "kind")? {
            Value::Text(kind) => state.kind = kind.parse().ok(),
            _ => return Err(strange("its kind is no text")),
        }
        let fields = reader.object(&ROOT, "fields")?;
        for field in self.document.keys_at(&fields, heads) {
            let values = reader.values(&fields, &field)?;
            state.fields.insert(field, values);
        }
        let position: BTreeMap<OpId, usize> = self
            .order()
            .into_iter()
            .enumerate()
            .map(|(at, op)| (op, at))
            .collect();
        let rows = reader.object(&ROOT, "rows")?;
        for key in self.document.keys_at(&rows, heads) {
            let (list, row) = reader.row(&rows, &key)?;
            state.lists.entry(list).or_default().push(row);
        }
        for rows in state.lists.values_mut() {
            rows.sort_by_key(|row| (position.get(&row.op).copied(), row.n));
        }
        Ok(state)
    }
}

fn transact(
    document: &mut Automerge,
    op: OpId,
    time: i64,
    changes: &[Change],
    kind: Option<RecordKind>,
) -> Result<ChangeHash, DocumentError> {
    let is_creation = document.get_heads().is_empty();
    let options = || {
        CommitOptions::default()
            .with_message(op.to_string())
            .with_time(time)
    };
    let mut tx = document.transaction();
    if let Err(error) = write(&mut tx, op, changes, kind.filter(|_| is_creation)) {
        tx.rollback();
        return Err(error);
    }
    let (hash, _) = tx.commit_with(options());
    // An operation that changes nothing is a change all the same, so that others can build on it.
    Ok(hash.unwrap_or_else(|| document.empty_commit(options())))
}

fn write(
    tx: &mut Transaction<'_>,
    op: OpId,
    changes: &[Change],
    kind: Option<RecordKind>,
) -> Result<(), DocumentError> {
    let wrong = failed("writing");
    if let Some(kind) = kind {
        tx.put(ROOT, "kind", kind.as_str()).map_err(&wrong)?;
        tx.put_object(ROOT, "fields", ObjType::Map).map_err(&wrong)?;
        tx.put_object(ROOT, "rows", ObjType::Map).map_err(&wrong)?;
    }
    let object = |tx: &Transaction<'_>, name: &str| match tx.get(ROOT, name) {
        Ok(Some((_, id))) => Ok(id),
        Ok(None) => Err(strange("a part of its frame is missing")),
        Err(error) => Err(failed("writing")(error)),
    };
    let (fields, rows) = (object(tx, "fields")?, object(tx, "rows")?);
    let mut n = 0_u32;
    for change in changes {
        match change {
            Change::Set { field, value } => {
                let scalar = scalar(value);
                let standing = tx.get_all(&fields, *field).map_err(&wrong)?;
                let is_same = |value: &automerge::Value<'_>| value.as_scalar() == Some(&scalar);
                if standing.iter().any(|(value, _)| is_same(value)) {
                    // automerge writes nothing new where an equal value stands, alone or among others; but who wrote
                    // it last is part of our state.
                    tx.delete(&fields, *field).map_err(&wrong)?;
                }
                tx.put(&fields, *field, scalar).map_err(&wrong)?;
            }
            Change::Append { list, row } => {
                let key = format!("{op}/{n}");
                let id = tx.put_object(&rows, key, ObjType::Map).map_err(&wrong)?;
                tx.put(&id, "list", *list).map_err(&wrong)?;
                let values = tx.put_object(&id, "values", ObjType::Map).map_err(&wrong)?;
                for (name, value) in row {
                    tx.put(&values, *name, scalar(value)).map_err(&wrong)?;
                }
                n += 1;
            }
        }
    }
    Ok(())
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::Int(number) => ScalarValue::Int(*number),
        Value::Bool(yes) => ScalarValue::Boolean(*yes),
        Value::Id(id) => ScalarValue::Bytes(id.to_vec()),
    }
}
