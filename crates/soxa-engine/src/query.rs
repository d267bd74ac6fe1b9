//! Reading: records, who signed what, what is not valid, and where acts stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use soxa_ledger::ids::sha256;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, FeedId, OpId, PublicKey, RecordId, Scope, StatementId, Verified};
use soxa_records::{History, OpFacts};
use soxa_store::Keyspace;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::facts::read_commit;
use crate::layout::{
    BY_APPOINTMENT, BY_KEY, BY_KIND, BY_NODE, CITED_BY, COMMIT, CommitRow, Counts, NOT_VALID, OPERATION, OpRow, RECORD,
    REFUSED, RecordRow, Row, by_kind, id_at,
};
use crate::overlay::scan_all;
use crate::refusal::Refused;

/// A commit some of whose operations have no effect.
#[derive(Debug, Clone)]
pub struct NotValid {
    /// The commit's id.
    pub id: CommitId,
    /// The commit.
    pub commit: Verified<Commit>,
    /// Whether some operation is void; else some are pending.
    pub void: bool,
    /// Where it stands.
    pub positions: Vec<Position>,
}

impl Engine {
    /// How much is held.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.derived.counts
    }

    /// A judged record.
    ///
    /// # Errors
    /// [`EngineError::NoRecord`] when no operation on it is known, or a local fault.
    pub fn history(&self, record: RecordId) -> Result<Arc<History>, EngineError> {
        let history = self.derived.history(&self.store, record)?;
        if history.operations().is_empty() {
            return Err(EngineError::NoRecord(record));
        }
        Ok(history)
    }

    /// The records of a kind that exist, at most `limit` after the one given, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn records_of_kind(
        &self,
        kind: &str,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<RecordId>, EngineError> {
        let prefix = [kind.as_bytes(), &[0]].concat();
        let after = after.map(|record| by_kind(kind, &record));
        let mut records = Vec::new();
        let mut last = after;
        while records.len() < limit {
            let page = self.store.index().scan(BY_KIND, &prefix, last.as_deref(), limit - records.len())?;
            let Some((newest, _)) = page.last() else { break };
            last = Some(newest.clone());
            for (key, _) in page {
                let record = RecordId(id_at(&key, prefix.len(), "records by kind")?);
                // A record whose creation was voided later keeps its row here and has none there.
                if self.store.index().contains(RECORD, &record.0)? {
                    records.push(record);
                }
            }
        }
        Ok(records)
    }

    /// The kind of a record that exists.
    ///
    /// # Errors
    /// Local faults only.
    pub fn kind_of(&self, record: &RecordId) -> Result<Option<String>, EngineError> {
        let row = self.store.index().get(RECORD, &record.0)?;
        Ok(row.map(|bytes| RecordRow::from_bytes(&bytes)).transpose()?.map(|row| row.kind))
    }

    /// Records whose ids begin with these hexadecimal digits, at most `limit`.
    ///
    /// # Errors
    /// Local faults only.
    pub fn records_by_prefix(&self, digits: &str, limit: usize) -> Result<Vec<RecordId>, EngineError> {
        let whole: Vec<u8> = (0..digits.len() / 2)
            .map_while(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
        if whole.len() != digits.len() / 2 {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for key in scan_all(self.store.index(), RECORD, &whole)?.into_keys() {
            let record = RecordId(id_at(&key, 0, RecordRow::TABLE)?);
            if record.to_string().starts_with(digits) {
                found.push(record);
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// One operation as a fact; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn operation(&self, op: &OpId) -> Result<Option<Arc<OpFacts>>, EngineError> {
        let Some(bytes) = self.store.index().get(OPERATION, &op.0)? else { return Ok(None) };
        let row = OpRow::from_bytes(&bytes)?;
        let history = self.derived.history(&self.store, row.record)?;
        Ok(history.operation(op).cloned())
    }

    /// The records some of whose operations cite an operation of another record, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn citing(&self, op: &OpId) -> Result<Vec<RecordId>, EngineError> {
        scan_all(self.store.index(), CITED_BY, &op.0)?
            .into_keys()
            .map(|key| Ok(RecordId(id_at(&key, op.0.len(), "citations")?)))
            .collect()
    }

    /// How many records exist.
    ///
    /// # Errors
    /// Local faults only.
    pub fn record_count(&self) -> Result<u64, EngineError> {
        Ok(scan_all(self.store.index(), RECORD, &[])?.len() as u64)
    }

    /// SHA-256 over the sorted (record id, canonical state hash) of the records of one scope.
    ///
    /// # Errors
    /// Local faults only.
    pub fn state_root(&self, scope: &Scope) -> Result<[u8; 32], EngineError> {
        state_root(self.store.index(), scope)
    }

    /// Commits that are not wholly valid, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid(&self) -> Result<Vec<NotValid>, EngineError> {
        let mut found = Vec::new();
        for (key, worst) in scan_all(self.store.index(), NOT_VALID, &[])? {
            let id = CommitId(id_at(&key, 0, "commits that are not valid")?);
            let Some((commit, positions)) = self.commit(&id)? else { continue };
            found.push(NotValid { id, commit, void: worst == [2], positions });
        }
        Ok(found)
    }

    /// How many commits are pending and how many void.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid_counts(&self) -> Result<(u64, u64), EngineError> {
        let rows = scan_all(self.store.index(), NOT_VALID, &[])?;
        let void = rows.values().filter(|worst| **worst == [2]).count() as u64;
        Ok((rows.len() as u64 - void, void))
    }

    /// A commit with the positions where it stands; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn commit(
        &self,
        id: &CommitId,
    ) -> Result<Option<(Verified<Commit>, Vec<Position>)>, EngineError> {
        let Some(bytes) = self.store.index().get(COMMIT, &id.0)? else { return Ok(None) };
        let row = CommitRow::from_bytes(&bytes)?;
        let commit = read_commit(&self.store, &self.derived.runs, &row)?;
        Ok(Some((commit, row.positions)))
    }

    /// Whether every operation of a known commit is valid.
    ///
    /// # Errors
    /// Local faults only.
    pub fn is_valid(&self, id: &CommitId) -> Result<bool, EngineError> {
        let index = self.store.index();
        Ok(index.contains(COMMIT, &id.0)? && !index.contains(NOT_VALID, &id.0)?)
    }

    /// What nodes put into their feeds and was refused.
    ///
    /// # Errors
    /// Local faults only.
    pub fn refused(&self) -> Result<Vec<Refused>, EngineError> {
        scan_all(self.store.index(), REFUSED, &[])?
            .into_values()
            .map(|bytes| Refused::from_bytes(&bytes))
            .collect()
    }

    /// For each feed the newest position of an act under an appointment, or of anything a node appended under an
    /// admission: what a cut must name to leave it standing.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_under(&self, target: &StatementId) -> Result<Vec<Position>, EngineError> {
        use soxa_ledger::statement::{Fact, Issuer};
        let authority = self.authority();
        if let Some(Fact::Admission(admission)) = authority.statement(target).map(|s| &s.fact) {
            return self.newest(BY_NODE, &admission.node.0, Vec::new());
        }
        let issued = authority
            .statements()
            .filter(|(statement, _)| statement.issuer == Issuer::Under(*target))
            .flat_map(|(statement, _)| authority.positions_of(&statement.id).copied().collect::<Vec<_>>())
            .collect();
        self.newest(BY_APPOINTMENT, &target.0, issued)
    }

    /// For each feed the newest position of an act by a key, under whichever appointment.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_by_key(&self, key: &PublicKey) -> Result<Vec<Position>, EngineError> {
        let authority = self.authority();
        let issued = authority
            .statements()
            .filter(|(statement, _)| statement.signers.contains(key))
            .flat_map(|(statement, _)| authority.positions_of(&statement.id).copied().collect::<Vec<_>>())
            .collect();
        self.newest(BY_KEY, &key.0, issued)
    }

    fn newest(
        &self,
        keyspace: Keyspace,
        prefix: &[u8; 32],
        mut positions: Vec<Position>,
    ) -> Result<Vec<Position>, EngineError> {
        for key in scan_all(self.store.index(), keyspace, prefix)?.into_keys() {
            let id = CommitId(id_at(&key, prefix.len(), "commits by origin")?);
            if let Some(bytes) = self.store.index().get(COMMIT, &id.0)? {
                positions.extend(CommitRow::from_bytes(&bytes)?.positions);
            }
        }
        let mut newest: BTreeMap<FeedId, Position> = BTreeMap::new();
        for position in positions {
            let best = newest.entry(position.feed).or_insert(position);
            if best.seq < position.seq {
                *best = position;
            }
        }
        Ok(newest.into_values().collect())
    }
}

/// The state root of a scope from an index.
pub(crate) fn state_root(index: &dyn soxa_store::Index, scope: &Scope) -> Result<[u8; 32], EngineError> {
    let mut bytes = Vec::new();
    for (record, row) in scan_all(index, RECORD, &[])? {
        let row = RecordRow::from_bytes(&row)?;
        if row.scope == *scope {
            bytes.extend_from_slice(&record);
            bytes.extend_from_slice(&row.state);
        }
    }
    Ok(sha256(&bytes))
}
