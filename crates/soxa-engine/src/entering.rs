//! Entering statements and commits into a judging: their rows, and which records they concern.

use std::collections::BTreeSet;
use std::sync::Arc;

use soxa_ledger::authority::Touched;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, OpId, Statement, Verified};
use soxa_store::Keyspace;

use crate::error::EngineError;
use crate::facts::commit_row;
use crate::judging::Judging;
use crate::layout::{
    BY_APPOINTMENT, BY_FEED, BY_KEY, BY_NODE, CITED_BY, COMMIT, OPERATION, RECORD_OP, SIGNATURE, by_signer,
    id_at, key, record_op,
};
use crate::rows::{CommitRow, Judged, OpRow, Place, Row as _};

impl Judging<'_> {
    /// Enters a statement into this judging's own copy of the authority.
    pub fn enter_statement(&mut self, statement: &Verified<Statement>, at: Position) -> Touched {
        Arc::make_mut(&mut self.sources.authority).insert(statement, at)
    }

    /// Enters a commit at one more position; without a place in the log when it is only being checked.
    pub fn enter(
        &mut self,
        commit: &Commit,
        id: CommitId,
        at: Position,
        place: Option<Place>,
    ) -> Result<(), EngineError> {
        let known = commit_row(&self.view, &id)?;
        let is_new = known.is_none();
        let mut row = known.unwrap_or_else(|| row_of(commit, place));
        match row.positions.binary_search(&at) {
            // Nothing of a commit is entered twice.
            Ok(_) => return Ok(()),
            Err(free) => row.positions.insert(free, at),
        }
        self.view.put(COMMIT, &id.0, row.to_bytes());
        self.view.put(BY_NODE, &key(&[&at.node.0, &id.0]), []);
        self.view.put(BY_FEED, &key(&[&at.feed.0, &id.0]), []);
        self.entered.insert(id, Arc::new(commit.clone()));
        if is_new {
            self.enter_operations(commit, id, &row.signatures)?;
        }
        self.touch(&id)
    }

    fn enter_operations(
        &mut self,
        commit: &Commit,
        id: CommitId,
        signatures: &[[u8; 32]],
    ) -> Result<(), EngineError> {
        self.growth.commits += 1;
        self.growth.operations += commit.operations.len() as u64;
        let author = (&commit.appointment, &commit.author);
        let signers = commit.minutes.iter().flat_map(|minutes| minutes.signers());
        for (appointment, signer) in std::iter::once(author).chain(signers.map(|s| (&s.appointment, &s.key)))
        {
            let [by_appointment, by_key] = by_signer(appointment, signer, &id);
            self.view.put(BY_APPOINTMENT, &by_appointment, []);
            self.view.put(BY_KEY, &by_key, []);
        }
        for signature in signatures {
            self.view.put(SIGNATURE, &key(&[signature, &id.0]), []);
        }
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let op = OpId::of(id, index);
            let record = operation.record_id(id, index);
            let row = OpRow {
                record,
                commit: id,
                index,
                judged: Judged::New,
            };
            self.view.put(OPERATION, &op.0, row.to_bytes());
            self.view.put(RECORD_OP, &record_op(&record, &op), []);
            for cited in operation.refs.iter().chain(&operation.parents) {
                let cited = cited.resolve(id);
                // A parent of the same record needs no row: the record is judged whole.
                if self.op_row(&cited)?.is_none_or(|row| row.record != record) {
                    self.view.put(CITED_BY, &key(&[&cited.0, &record.0]), []);
                }
            }
            // Others may have waited for this operation.
            self.reopen_citing(&op)?;
        }
        Ok(())
    }

    /// The commit's verdict may have changed: its records are judged again, and those of commits that share a
    /// signature under minutes with it.
    fn touch(&mut self, id: &CommitId) -> Result<(), EngineError> {
        let mut commits = BTreeSet::from([*id]);
        for signature in self.commit_row(id)?.signatures {
            for key in self.view.scan(SIGNATURE, &signature)?.into_keys() {
                commits.insert(CommitId(id_at(&key, signature.len(), "signatures")?));
            }
        }
        for id in commits {
            self.touched.insert(id);
            self.facts.get_mut().forget(&id);
            for index in 0..self.commit_row(&id)?.operations {
                let row = self
                    .op_row(&OpId::of(id, index))?
                    .ok_or(EngineError::Index { table: OpRow::TABLE })?;
                self.reopen(row.record);
            }
        }
        Ok(())
    }

    fn touch_all(&mut self, keyspace: Keyspace, prefix: &[u8]) -> Result<(), EngineError> {
        for key in self.view.scan(keyspace, prefix)?.into_keys() {
            self.touch(&CommitId(id_at(&key, prefix.len(), "commits by origin")?))?;
        }
        Ok(())
    }

    /// Touches the commits that statements bear on, and no others.
    pub fn touch_concerned(&mut self, touched: &Touched) -> Result<(), EngineError> {
        if touched.everything {
            // The genesis came: it creates the province's own unit.
            self.reopen(self.sources.network.province_unit());
            return self.touch_all(COMMIT, &[]);
        }
        for appointment in &touched.appointments {
            self.touch_all(BY_APPOINTMENT, &appointment.0)?;
        }
        for node in &touched.nodes {
            self.touch_all(BY_NODE, &node.0)?;
        }
        for feed in &touched.feeds {
            self.touch_all(BY_FEED, &feed.0)?;
        }
        Ok(())
    }
}

fn row_of(commit: &Commit, place: Option<Place>) -> CommitRow {
    let signatures: BTreeSet<[u8; 32]> = commit
        .minutes
        .iter()
        .flat_map(|minutes| {
            minutes
                .signers()
                .iter()
                .map(|signer| minutes.signature_id(signer))
        })
        .collect();
    CommitRow {
        place: place.unwrap_or(Place::NOWHERE),
        scope: commit.scope.clone(),
        // Commits have far fewer.
        operations: u32::try_from(commit.operations.len()).unwrap_or(u32::MAX),
        signatures: signatures.into_iter().collect(),
        positions: Vec::new(),
    }
}
