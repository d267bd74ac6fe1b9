//! Reading: records, who signed what, what is not valid, and where acts stand.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Commit, CommitId, FeedId, NodeKey, OpId, PublicKey, RecordId, Scope, Seq, Statement, StatementId, Time,
    Verified,
};
use soxa_records::{History, OpFacts};
use soxa_store::Keyspace;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::layout::{
    BY_APPOINTMENT, BY_KEY, BY_KIND, BY_NODE, CITED_BY, COMMIT, NOT_VALID, OPERATION, RECORD, REFUSED,
    by_kind, commit_of, id_at, split_feed_seq,
};
use crate::overlay::{scan_all, visit};
use crate::refusal::Refused;
use crate::rows::{CommitRow, Counts, NotValidRow, OpRow, RecordRow, Row};

/// A commit with all positions where it stands.
pub type CommitAt = (Verified<Commit>, Vec<Position>);

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
        let page = self
            .store
            .index()
            .scan(BY_KIND, &prefix, after.as_deref(), limit)?;
        page.into_iter()
            .map(|(key, _)| Ok(RecordId(id_at(&key, prefix.len(), "records by kind")?)))
            .collect()
    }

    /// The kind of a record that exists.
    ///
    /// # Errors
    /// Local faults only.
    pub fn kind_of(&self, record: &RecordId) -> Result<Option<String>, EngineError> {
        let row = self.store.index().get(RECORD, &record.0)?;
        Ok(row
            .map(|bytes| RecordRow::from_bytes(&bytes))
            .transpose()?
            .map(|row| row.kind))
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
        visit(self.store.index(), RECORD, &whole, |key, _| {
            if found.len() == limit {
                return Ok(ControlFlow::Break(()));
            }
            let record = RecordId(id_at(&key, 0, RecordRow::TABLE)?);
            if record.to_string().starts_with(digits) {
                found.push(record);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// One operation as a fact; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn operation(&self, op: &OpId) -> Result<Option<Arc<OpFacts>>, EngineError> {
        let Some(bytes) = self.store.index().get(OPERATION, &op.0)? else {
            return Ok(None);
        };
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
        Ok(self.derived.counts.records)
    }

    /// SHA-256 over the sorted (record id, canonical state hash) of the records of one scope. Kept until something
    /// changes.
    ///
    /// # Errors
    /// Local faults only.
    pub fn state_root(&self, scope: &Scope) -> Result<[u8; 32], EngineError> {
        self.derived.state_root(&self.store, scope)
    }

    /// Commits that are not wholly valid, in the order of their ids.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid(&self) -> Result<Vec<NotValid>, EngineError> {
        let mut commits: BTreeMap<CommitId, bool> = BTreeMap::new();
        for (key, bytes) in scan_all(self.store.index(), NOT_VALID, &[])? {
            *commits.entry(commit_of(&key)?).or_default() |= NotValidRow::from_bytes(&bytes)?.void;
        }
        let mut found = Vec::with_capacity(commits.len());
        for (id, void) in commits {
            let (commit, positions) = self.commit(&id)?.ok_or(EngineError::Index {
                table: CommitRow::TABLE,
            })?;
            found.push(NotValid {
                id,
                commit,
                void,
                positions,
            });
        }
        Ok(found)
    }

    /// How many commits are pending and how many void, at least in part; a commit with both counts as void. Kept until
    /// something changes.
    ///
    /// # Errors
    /// Local faults only.
    pub fn not_valid_counts(&self) -> Result<(u64, u64), EngineError> {
        self.derived.not_valid_counts(&self.store)
    }

    /// A commit with the positions where it stands; none when unknown.
    ///
    /// # Errors
    /// Local faults only.
    pub fn commit(&self, id: &CommitId) -> Result<Option<CommitAt>, EngineError> {
        let Some(row) = self.commit_row(id)? else {
            return Ok(None);
        };
        let commit = self
            .derived
            .runs
            .commit(&self.store, &self.derived.tally, row.place)?;
        Ok(Some((commit, row.positions)))
    }

    /// Whether every operation of a known commit is valid.
    ///
    /// # Errors
    /// Local faults only.
    pub fn is_valid(&self, id: &CommitId) -> Result<bool, EngineError> {
        let index = self.store.index();
        Ok(index.contains(COMMIT, &id.0)? && index.scan(NOT_VALID, &id.0, None, 1)?.is_empty())
    }

    /// What nodes put into their feeds and was refused, in the order of feeds and numbers: bodies that ended their
    /// feed, and commits that no honest node would have let in, each with the first of its offences.
    ///
    /// # Errors
    /// Local faults only.
    pub fn refused(&self) -> Result<Vec<Refused>, EngineError> {
        let mut found: BTreeMap<(FeedId, Seq), Refused> = BTreeMap::new();
        for (key, bytes) in scan_all(self.store.index(), REFUSED, &[])? {
            found.insert(
                split_feed_seq(&key, Refused::TABLE)?,
                Refused::from_bytes(&bytes)?,
            );
        }
        let mut last = None;
        for (key, bytes) in scan_all(self.store.index(), NOT_VALID, &[])? {
            let id = commit_of(&key)?;
            let Some((what, reason)) = NotValidRow::from_bytes(&bytes)?.offence else {
                continue;
            };
            if last.replace(id) == Some(id) {
                continue;
            }
            let row = self.commit_row(&id)?.ok_or(EngineError::Index {
                table: CommitRow::TABLE,
            })?;
            for at in row.positions {
                let refused = Refused {
                    node: at.node,
                    seq: at.seq,
                    what,
                    reason: reason.clone(),
                };
                found.insert((at.feed, at.seq), refused);
            }
        }
        Ok(found.into_values().collect())
    }

    fn commit_row(&self, id: &CommitId) -> Result<Option<CommitRow>, EngineError> {
        let bytes = self.store.index().get(COMMIT, &id.0)?;
        bytes.map(|bytes| CommitRow::from_bytes(&bytes)).transpose()
    }

    /// For each feed the newest position, earlier than a moment if one is given, of an act under an appointment or of
    /// anything a node appended under an admission: what a cut must name to leave it standing.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_under(
        &self,
        target: &StatementId,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        use soxa_ledger::statement::{Fact, Issuer};
        let authority = self.authority();
        if let Some(Fact::Admission(admission)) = authority.statement(target).map(|s| &s.fact) {
            let node = admission.node;
            if before.is_none() {
                return Ok(self.ends_of(node));
            }
            return self.newest(
                BY_NODE,
                &node.0,
                self.statements_at(|_, at| at.node == node),
                before,
            );
        }
        let issued = self.statements_at(|statement, _| statement.issuer == Issuer::Under(*target));
        self.newest(BY_APPOINTMENT, &target.0, issued, before)
    }

    /// For each feed the newest position, earlier than a moment if one is given, of an act by a key, under whichever
    /// appointment.
    ///
    /// # Errors
    /// Local faults only.
    pub fn positions_by_key(
        &self,
        key: &PublicKey,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        let issued = self.statements_at(|statement, _| statement.signers.contains(key));
        self.newest(BY_KEY, &key.0, issued, before)
    }

    fn statements_at(&self, wanted: impl Fn(&Statement, &Position) -> bool) -> Vec<Position> {
        let authority = self.authority();
        let mut found = Vec::new();
        for (statement, _) in authority.statements() {
            let at = authority.positions_of(&statement.id);
            found.extend(at.filter(|at| wanted(statement, at)));
        }
        found
    }

    /// Where the feeds of a node end.
    fn ends_of(&self, node: NodeKey) -> Vec<Position> {
        let lines = self.derived.feeds.values().filter(|line| line.feed.node == node);
        lines
            .map(|line| Position {
                feed: line.id,
                node,
                seq: line.head.seq,
                hash: line.head.hash,
                time: line.head.time,
            })
            .collect()
    }

    fn newest(
        &self,
        keyspace: Keyspace,
        prefix: &[u8; 32],
        mut positions: Vec<Position>,
        before: Option<Time>,
    ) -> Result<Vec<Position>, EngineError> {
        for key in scan_all(self.store.index(), keyspace, prefix)?.into_keys() {
            let id = CommitId(id_at(&key, prefix.len(), "commits by origin")?);
            let row = self.commit_row(&id)?.ok_or(EngineError::Index {
                table: CommitRow::TABLE,
            })?;
            positions.extend(row.positions);
        }
        // Before the newest of each feed is taken: one act after the moment must not hide those before it.
        positions.retain(|position| before.is_none_or(|moment| position.time < moment));
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
