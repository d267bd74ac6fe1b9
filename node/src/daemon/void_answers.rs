//! Answers about what has no effect, who adopted it, and what a statement would do before it is signed.

use std::collections::{BTreeMap, BTreeSet};

use soxa_engine::{Foreseen, NotValid};
use soxa_ledger::statement::{Fact, Issuer, UnsignedStatement};
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, CommitId, OpId, PublicKey, StatementId, Verified};
use soxa_records::{OpVerdict, OpVoid};

use super::answers::{Answer, Answers, local, parse_bytes, parse_id};
use super::objections::{Names as _, of_operation, of_statement, statement_word, word};
use crate::control::protocol::Refusal;
use crate::control::reports::{
    AdopterReport, CommitReport, ForeseenCount, ForeseenCustodyReport, ForeseenOperationReport,
    ForeseenReport, VoidReport,
};

/// Changes told one by one; all are counted.
const FORESEEN_TOLD: usize = 200;

impl Answers<'_> {
    pub(super) fn void(&self) -> Answer<Vec<VoidReport>> {
        let mut found = Vec::new();
        for one in self.engine.not_valid().map_err(|e| local(&e))? {
            let NotValid {
                id,
                commit,
                void,
                positions,
            } = one;
            let verdict = if void { "void" } else { "pending" };
            found.push(self.void_report(id, &commit, verdict, &positions)?);
        }
        Ok(found)
    }

    fn void_report(
        &self,
        id: CommitId,
        commit: &Verified<Commit>,
        verdict: &str,
        positions: &[Position],
    ) -> Answer<VoidReport> {
        let mut reason = None;
        let mut signer = None;
        let mut adoptable = false;
        let mut operations = Vec::new();
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let record = operation.record_id(id, index);
            operations.push((operation.kind.to_string(), record.to_string()));
            let history = self.history(record)?;
            let op = OpId::of(id, index);
            let worth = history.verdict(&op);
            adoptable |= matches!(
                worth,
                Some(OpVerdict::Void(OpVoid::Authority(_) | OpVoid::Signer(..)))
            );
            reason = reason.or_else(|| of_operation(worth?, Some(index), self));
            signer = signer.or_else(|| self.signer(history.operation(&op)?));
        }
        let appointment = self.engine.authority().appointment(&commit.appointment);
        let unit_path = appointment.map(|a| a.unit_path.as_slice()).unwrap_or_default();
        Ok(VoidReport {
            commit: id.to_string(),
            verdict: verdict.to_owned(),
            reason,
            operations,
            signer,
            key: commit.author.to_string(),
            appointment: commit.appointment.to_string(),
            unit_path: unit_path.iter().map(ToString::to_string).collect(),
            adoptable,
            nodes: positions.iter().map(|at| at.node.to_string()).collect(),
        })
    }

    pub(super) fn commit(&self, id: &str) -> Answer<CommitReport> {
        let id = CommitId(parse_id(id)?);
        let unknown = || Refusal::NotFound { what: id.to_string() };
        let (commit, positions) = self
            .engine
            .commit(&id)
            .map_err(|e| local(&e))?
            .ok_or_else(unknown)?;
        let mut operations = Vec::new();
        let mut worst = "valid";
        for (index, operation) in (0_u32..).zip(&commit.operations) {
            let history = self.history(operation.record_id(id, index))?;
            let op = OpId::of(id, index);
            if let (Some(facts), Some(verdict)) = (history.operation(&op), history.verdict(&op)) {
                worst = match (worst, word(verdict)) {
                    ("void", _) | (_, "void") => "void",
                    ("pending", _) | (_, "pending") => "pending",
                    _ => worst,
                };
                operations.push(self.operation(facts, verdict));
            }
        }
        Ok(CommitReport {
            what: self.void_report(id, &commit, worst, &positions)?,
            operations,
            adopted_by: self.adopters(&id),
        })
    }

    fn adopters(&self, id: &CommitId) -> Vec<AdopterReport> {
        let authority = self.engine.authority();
        let report = |adoption: StatementId| {
            let statement = authority.statement(&adoption)?;
            let by = match statement.issuer {
                Issuer::Under(by) => authority.appointment(&by),
                Issuer::Root => None,
            };
            let Fact::Adoption(says) = &statement.fact else {
                return None;
            };
            Some(AdopterReport {
                statement: adoption.to_string(),
                person: by.map(|by| by.person.clone()),
                unit: by.map(|by| self.name(&by.unit())),
                remark: says.remark.clone(),
                time_ms: authority.positions_of(&adoption).map(|at| at.time.0).min(),
            })
        };
        authority.adoptions_of(id).filter_map(report).collect()
    }

    pub(super) fn foresee(&self, payload: &str, signers: &[String]) -> Answer<ForeseenReport> {
        let signers: Answer<Vec<PublicKey>> =
            signers.iter().map(|key| parse_id(key).map(PublicKey)).collect();
        let unsigned = UnsignedStatement::from_payload(parse_bytes(payload)?);
        let supposed = unsigned.suppose(signers?).map_err(|error| Refusal::BadRequest {
            what: error.to_string(),
        })?;
        let foreseen = self.engine.foresee(&supposed, self.now).map_err(|e| local(&e))?;
        Ok(self.foreseen(&foreseen))
    }

    fn foreseen(&self, foreseen: &Foreseen) -> ForeseenReport {
        let mut counts: BTreeMap<(String, &str), (u64, BTreeSet<_>)> = BTreeMap::new();
        for one in &foreseen.operations {
            let (count, records) = counts
                .entry((one.kind.to_string(), word(&one.becomes)))
                .or_default();
            *count += 1;
            records.insert(one.record);
        }
        let operation = |one: &soxa_engine::ForeseenOperation| ForeseenOperationReport {
            commit: one.commit.to_string(),
            kind: one.kind.to_string(),
            record: one.record.to_string(),
            name: self.name(&one.record),
            becomes: word(&one.becomes).to_owned(),
        };
        let unit = |unit: Option<soxa_ledger::RecordId>| unit.map(|unit| self.name(&unit));
        let custody = |one: &soxa_engine::ForeseenCustody| ForeseenCustodyReport {
            record: one.record.to_string(),
            name: self.name(&one.record),
            from: unit(one.from),
            to: unit(one.to),
            disputed: one.disputed,
        };
        let told = |(id, verdict): &(StatementId, _)| (id.to_string(), statement_word(verdict).to_owned());
        ForeseenReport {
            verdict: statement_word(&foreseen.verdict).to_owned(),
            reason: of_statement(&foreseen.verdict),
            counts: counts
                .into_iter()
                .map(|((kind, becomes), (count, records))| ForeseenCount {
                    kind,
                    becomes: becomes.to_owned(),
                    count,
                    records: records.len() as u64,
                })
                .collect(),
            operations: foreseen
                .operations
                .iter()
                .take(FORESEEN_TOLD)
                .map(operation)
                .collect(),
            custody: foreseen.custody.iter().take(FORESEEN_TOLD).map(custody).collect(),
            custody_count: foreseen.custody.len() as u64,
            statements: foreseen.statements.iter().map(told).collect(),
            dropped: foreseen.dropped.iter().map(ToString::to_string).collect(),
        }
    }
}
