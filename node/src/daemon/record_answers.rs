//! Answers about records: listings, histories, and what would become of an act.

use data_encoding::BASE64;
use soxa_engine::EngineError;
use soxa_ledger::{Commit, OpId, RecordId, Time};
use soxa_records::{CanonicalState, History, OpFacts, OpVerdict, RecordDocument};

use super::answers::{Answer, Answers, local, parse_bytes, parse_id};
use super::objections::{Names as _, not_provable, of_operation, word};
use crate::control::protocol::{Objection, Refusal, Reply};
use crate::control::reports::{LogReport, OperationReport, RecordReport, SignerReport};

/// Records in one page of a listing.
const PAGE_RECORDS: usize = 500;
/// Candidates named when an id is ambiguous.
const CANDIDATES: usize = 8;

impl Answers<'_> {
    pub(super) fn records(&self, kind: &str, after: Option<&str>) -> Answer<Reply> {
        let after = after.map(parse_id).transpose()?.map(RecordId);
        let ids = self
            .engine
            .records_of_kind(kind, after, PAGE_RECORDS + 1)
            .map_err(|e| local(&e))?;
        let more = ids.len() > PAGE_RECORDS;
        let records = ids
            .into_iter()
            .take(PAGE_RECORDS)
            .map(|id| self.record(id))
            .collect::<Answer<Vec<_>>>()?;
        Ok(Reply::Records { records, more })
    }

    pub(super) fn find(&self, digits: &str) -> Answer<RecordId> {
        if let Ok(id) = digits.parse::<RecordId>() {
            return Ok(id);
        }
        let found = self
            .engine
            .records_by_prefix(digits, CANDIDATES)
            .map_err(|e| local(&e))?;
        match found.as_slice() {
            [] => Err(Refusal::NotFound {
                what: digits.to_owned(),
            }),
            [id] => Ok(*id),
            _ => Err(Refusal::Ambiguous {
                what: digits.to_owned(),
                candidates: found.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    pub(super) fn record(&self, id: RecordId) -> Answer<RecordReport> {
        let history = self.history(id)?;
        Ok(self.report(id, &history, history.state()))
    }

    pub(super) fn history(&self, id: RecordId) -> Answer<std::sync::Arc<History>> {
        self.engine.history(id).map_err(|error| match error {
            EngineError::NoRecord(id) => Refusal::NotFound { what: id.to_string() },
            error => local(&error),
        })
    }

    fn report(&self, id: RecordId, history: &History, state: &CanonicalState) -> RecordReport {
        let without = history
            .verdicts()
            .filter(|(_, verdict)| !verdict.is_valid())
            .count();
        let named = history
            .operations()
            .iter()
            .filter(|op| names_operation(state, &op.id));
        let signers = named.filter_map(|op| self.signer(op));
        RecordReport {
            id: id.to_string(),
            kind: history.kind().map(|kind| kind.to_string()).unwrap_or_default(),
            state: BASE64.encode(&state.encode()),
            state_hash: state.hash().to_string(),
            heads: history.heads().iter().map(ToString::to_string).collect(),
            signers: signers.collect(),
            without_effect: without as u64,
        }
    }

    pub(super) fn signer(&self, facts: &OpFacts) -> Option<SignerReport> {
        let actor = facts.actor.as_ref()?;
        Some(SignerReport {
            operation: facts.id.to_string(),
            person: actor.person.clone(),
            role: actor.role.to_string(),
            unit: actor.unit().map(|unit| self.name(&unit)).unwrap_or_default(),
            time_ms: facts.author_time.0,
        })
    }

    /// History, past states and conflicts come from the record's document.
    pub(super) fn log(
        &self,
        id: RecordId,
        at_time: Option<u64>,
        at_operations: &[String],
    ) -> Answer<LogReport> {
        let history = self.history(id)?;
        let failed = |error: &dyn std::fmt::Display| Refusal::Failed {
            what: error.to_string(),
        };
        let document = RecordDocument::build(&history).map_err(|e| failed(&e))?;
        let state = if let Some(time) = at_time {
            document.at_time(Time(time)).map_err(|e| failed(&e))?
        } else if at_operations.is_empty() {
            document.canonical().map_err(|e| failed(&e))?
        } else {
            let operations = at_operations
                .iter()
                .map(|digits| operation_by_prefix(&history, digits))
                .collect::<Answer<Vec<_>>>()?;
            document.at_operations(&operations).map_err(|e| failed(&e))?
        };
        let operations = history
            .verdicts()
            .map(|(op, verdict)| self.operation(op, verdict))
            .collect();
        let conflicts = document
            .conflicts()
            .map_err(|e| failed(&e))?
            .into_keys()
            .collect();
        Ok(LogReport {
            record: self.report(id, &history, &state),
            operations,
            conflicts,
        })
    }

    pub(super) fn operation(&self, facts: &OpFacts, verdict: &OpVerdict) -> OperationReport {
        OperationReport {
            id: facts.id.to_string(),
            commit: facts.commit.to_string(),
            kind: facts.kind.to_string(),
            version: facts.version,
            body: BASE64.encode(&facts.body),
            signer: self.signer(facts),
            verdict: word(verdict).to_owned(),
            reason: of_operation(verdict, Some(facts.index), self),
            note: facts.note.clone(),
            minutes: match facts.kind.record_kind() {
                "handover" => facts
                    .minutes
                    .iter()
                    .map(|m| BASE64.encode(m.minutes.bytes()))
                    .collect(),
                _ => Vec::new(),
            },
        }
    }

    /// The records that a question to the engine found.
    pub(super) fn all_of_these(&self, found: Result<Vec<RecordId>, EngineError>) -> Answer<Reply> {
        let found = found.map_err(|error| match error {
            EngineError::NoRecord(id) => Refusal::NotFound { what: id.to_string() },
            error => local(&error),
        })?;
        let records = found
            .into_iter()
            .map(|id| self.record(id))
            .collect::<Answer<Vec<_>>>()?;
        Ok(Reply::Records { records, more: false })
    }

    pub(super) fn proof(&self, id: RecordId) -> Answer<Reply> {
        let made = self.engine.prove_handover(id, self.live.cosigned.as_ref());
        let made = made.map_err(|error| match error {
            EngineError::NoRecord(id) => Refusal::NotFound { what: id.to_string() },
            error => local(&error),
        })?;
        Ok(match made {
            Ok(proof) => Reply::Proof {
                file: BASE64.encode(&proof.encode()),
            },
            Err(not) => Reply::NotProvable(not_provable(&not, self)),
        })
    }

    pub(super) fn check(&self, commit: &str) -> Answer<Vec<Objection>> {
        let bytes = parse_bytes(commit)?;
        let commit = Commit::decode(&bytes).map_err(|error| Refusal::BadRequest {
            what: error.to_string(),
        })?;
        let verdicts = self.engine.check(&commit, self.now).map_err(|e| local(&e))?;
        let mut objections: Vec<Objection> = (0_u32..)
            .zip(&verdicts)
            .filter_map(|(index, verdict)| of_operation(verdict, Some(index), self))
            .collect();
        objections.extend(self.advice(&commit)?);
        Ok(objections)
    }
}

fn names_operation(state: &CanonicalState, op: &OpId) -> bool {
    state.fields.values().any(|values| values.contains_key(op))
        || state.lists.values().flatten().any(|row| row.op == *op)
}

fn operation_by_prefix(history: &History, digits: &str) -> Answer<OpId> {
    let found: Vec<OpId> = history
        .operations()
        .iter()
        .map(|op| op.id)
        .filter(|id| id.to_string().starts_with(digits))
        .collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::NotFound {
            what: digits.to_owned(),
        }),
        _ => Err(Refusal::Ambiguous {
            what: digits.to_owned(),
            candidates: found.iter().take(CANDIDATES).map(ToString::to_string).collect(),
        }),
    }
}
