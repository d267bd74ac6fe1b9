//! Answers to what only reads: reports made from the engine.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use soxa_engine::{Engine, EngineError, RefusedWhat};
use soxa_ledger::statement::Fact;
use soxa_ledger::verdict::Position;
use soxa_ledger::{Commit, OpId, PublicKey, RecordId, Scope, StatementId, Time};
use soxa_records::{CanonicalState, CustodyView, History, OpFacts, OpVerdict, RecordDocument, Value};

use super::core::Live;
use super::objections::{Names, of_operation, of_statement, statement_word, with, word};
use crate::control::protocol::{
    AppointmentReport, LogReport, NetworkReport, Objection, OperationReport, PeerReport, PositionReport,
    RecordReport, Refusal, RefusedReport, Reply, Request, SignerReport, StatementReport, StatusReport,
    VoidReport,
};

/// Records in one page of a listing.
const PAGE_RECORDS: usize = 500;
/// Candidates named when an id is ambiguous.
const CANDIDATES: usize = 8;

/// What is read to answer.
pub struct Answers<'a> {
    /// The ledger.
    pub engine: &'a Engine,
    /// What the daemon knows of its surroundings.
    pub live: &'a Live,
    /// Now.
    pub now: Time,
}

/// Either a reply or the refusal that stands for it.
type Answer<T> = Result<T, Refusal>;

fn local(error: &EngineError) -> Refusal {
    Refusal::Failed { what: error.to_string() }
}

impl Answers<'_> {
    /// Answers a request that stores nothing; none for one that does.
    pub fn answer(&self, request: &Request) -> Option<Reply> {
        let answer = match request {
            Request::Status => self.status().map(|status| Reply::Status(Box::new(status))),
            Request::Network => Ok(Reply::Network(self.network())),
            Request::Statements => Ok(Reply::Statements(self.statements())),
            Request::Appointments { key } => self.appointments(key).map(Reply::Appointments),
            Request::Positions { target } => parse_id(target)
                .and_then(|id| self.engine.positions_under(&StatementId(id)).map_err(|e| local(&e)))
                .map(|positions| Reply::Positions(positions.iter().map(position).collect())),
            Request::KeyPositions { key } => parse_id(key)
                .and_then(|id| self.engine.positions_by_key(&PublicKey(id)).map_err(|e| local(&e)))
                .map(|positions| Reply::Positions(positions.iter().map(position).collect())),
            Request::Tips => Ok(Reply::Positions(self.tips())),
            Request::Records { kind, after } => self.records(kind, after.as_deref()),
            Request::Record { id } => {
                self.find(id).and_then(|id| self.record(id)).map(|record| Reply::Record(Box::new(record)))
            }
            Request::Log { id, at_time_ms, at_operations } => self
                .find(id)
                .and_then(|id| self.log(id, *at_time_ms, at_operations))
                .map(|log| Reply::Log(Box::new(log))),
            Request::Conflicts => self.conflicts().map(Reply::Conflicts),
            Request::Void => self.void().map(Reply::Void),
            Request::Check { commit } => self.check(commit).map(Reply::Checked),
            Request::Submit { .. } | Request::SubmitStatements { .. } | Request::Shutdown => return None,
        };
        Some(answer.unwrap_or_else(Reply::Refused))
    }

    fn status(&self) -> Answer<StatusReport> {
        use soxa_ledger::replica::Replica as _;
        let engine = self.engine;
        let counts = engine.counts();
        let (pending, void) = engine.not_valid_counts().map_err(|e| local(&e))?;
        let unit = engine.unit_of(&engine.node());
        Ok(StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            network: engine.network().to_string(),
            province: engine.authority().genesis().map(|genesis| genesis.name.clone()),
            node: engine.node().to_string(),
            unit: unit.map(|unit| unit.to_string()),
            unit_name: unit.map(|unit| self.name(&unit)),
            listening: self.live.listening.iter().cloned().collect(),
            read_only: self.live.read_only.clone(),
            state_root: HEXLOWER
                .encode(&engine.state_root(&Scope::all_nodes()).map_err(|e| local(&e))?),
            feeds: engine.lines().len() as u64,
            entries: counts.entries,
            commits: counts.commits,
            operations: counts.operations,
            statements: engine.authority().statements().count() as u64,
            records: engine.record_count().map_err(|e| local(&e))?,
            valid: counts.commits.saturating_sub(pending + void),
            pending,
            void,
            refused: self.refused()?,
            peers: self.peers(),
            strangers: self.live.strangers,
        })
    }

    fn refused(&self) -> Answer<Vec<RefusedReport>> {
        let mut counted: BTreeMap<(String, RefusedWhat), (u64, String)> = BTreeMap::new();
        for refused in self.engine.refused().map_err(|e| local(&e))? {
            let counter = counted.entry((refused.node.to_string(), refused.what)).or_default();
            counter.0 += 1;
            counter.1 = refused.reason;
        }
        let report = |((node, what), (count, reason)): ((String, RefusedWhat), (u64, String))| RefusedReport {
            node,
            what: what.to_string(),
            count,
            reason,
        };
        Ok(counted.into_iter().map(report).collect())
    }

    fn peers(&self) -> Vec<PeerReport> {
        let admitted = self.engine.authority().admitted_nodes();
        admitted
            .into_iter()
            .filter(|(node, _)| *node != self.engine.node())
            .map(|(node, unit)| {
                let peer = self.live.peers.get(&node).cloned().unwrap_or_default();
                PeerReport {
                    node: node.to_string(),
                    unit: Some(self.name(&unit)),
                    connected: peer.connected,
                    equal_at_ms: peer.equal_at.map(|time| time.0),
                    offences: peer.offences,
                }
            })
            .collect()
    }

    fn network(&self) -> NetworkReport {
        let network = self.engine.authority().network();
        let genesis = self.engine.authority().genesis();
        NetworkReport {
            network: network.to_string(),
            name: genesis.map(|g| g.name.clone()),
            code: genesis.map(|g| g.code.clone()),
            roots: genesis.map(|g| g.roots.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            quorum: genesis.map_or(0, |g| g.quorum),
            roles: genesis.map(|g| g.roles.keys().map(ToString::to_string).collect()).unwrap_or_default(),
            province_unit: network.province_unit().to_string(),
        }
    }

    fn statements(&self) -> Vec<StatementReport> {
        let kind = |fact: &Fact| match fact {
            Fact::Genesis(_) => "genesis".to_owned(),
            Fact::Appointment(_) => "appointment".to_owned(),
            Fact::Cut(_) => "cut".to_owned(),
            Fact::Compromise(_) => "compromise".to_owned(),
            Fact::Admission(_) => "admission".to_owned(),
            Fact::Unknown { kind } => kind.clone(),
        };
        self.engine
            .authority()
            .statements()
            .map(|(statement, verdict)| StatementReport {
                id: statement.id.to_string(),
                kind: kind(&statement.fact),
                verdict: statement_word(&verdict).to_owned(),
                reason: of_statement(&verdict),
                bytes: BASE64.encode(statement.bytes()),
            })
            .collect()
    }

    fn appointments(&self, key: &str) -> Answer<Vec<AppointmentReport>> {
        let key = PublicKey(parse_id(key)?);
        let authority = self.engine.authority();
        Ok(authority
            .appointments_of(&key)
            .into_iter()
            .filter(|(id, appointment, verdict)| {
                verdict.is_valid() && appointment.term.covers(self.now) && authority.cuts_on(id).is_empty()
            })
            .map(|(id, appointment, _)| AppointmentReport {
                id: id.to_string(),
                person: appointment.person.clone(),
                unit_path: appointment.unit_path.iter().map(ToString::to_string).collect(),
                unit_name: Some(self.name(&appointment.unit())),
                role: appointment.role.to_string(),
                from_ms: appointment.term.from.0,
                until_ms: appointment.term.until.map(|time| time.0),
            })
            .collect())
    }

    fn tips(&self) -> Vec<PositionReport> {
        use soxa_ledger::replica::Replica as _;
        let mut lines = self.engine.lines();
        lines.retain(|line| line.feed.scope.is_all_nodes());
        lines.sort_by_key(|line| std::cmp::Reverse(line.head.time));
        lines
            .into_iter()
            .map(|line| PositionReport {
                feed: line.id.to_string(),
                node: line.feed.node.to_string(),
                seq: line.head.seq.0,
                hash: line.head.hash.to_string(),
                time_ms: line.head.time.0,
            })
            .collect()
    }

    fn records(&self, kind: &str, after: Option<&str>) -> Answer<Reply> {
        let after = after.map(parse_id).transpose()?.map(RecordId);
        let ids = self.engine.records_of_kind(kind, after, PAGE_RECORDS + 1).map_err(|e| local(&e))?;
        let more = ids.len() > PAGE_RECORDS;
        let records =
            ids.into_iter().take(PAGE_RECORDS).map(|id| self.record(id)).collect::<Answer<Vec<_>>>()?;
        Ok(Reply::Records { records, more })
    }

    fn find(&self, digits: &str) -> Answer<RecordId> {
        if let Ok(id) = digits.parse::<RecordId>() {
            return Ok(id);
        }
        let found = self.engine.records_by_prefix(digits, CANDIDATES).map_err(|e| local(&e))?;
        match found.as_slice() {
            [] => Err(Refusal::NotFound { what: digits.to_owned() }),
            [id] => Ok(*id),
            _ => Err(Refusal::Ambiguous { candidates: found.iter().map(ToString::to_string).collect() }),
        }
    }

    fn record(&self, id: RecordId) -> Answer<RecordReport> {
        let history = self.history(id)?;
        Ok(self.report(id, &history, history.state()))
    }

    fn history(&self, id: RecordId) -> Answer<std::sync::Arc<History>> {
        self.engine.history(id).map_err(|error| match error {
            EngineError::NoRecord(id) => Refusal::NotFound { what: id.to_string() },
            error => local(&error),
        })
    }

    fn report(&self, id: RecordId, history: &History, state: &CanonicalState) -> RecordReport {
        let without = history.verdicts().filter(|(_, verdict)| !verdict.is_valid()).count();
        let named = history.operations().iter().filter(|op| names_operation(state, &op.id));
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

    fn signer(&self, facts: &OpFacts) -> Option<SignerReport> {
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
    fn log(&self, id: RecordId, at_time: Option<u64>, at_operations: &[String]) -> Answer<LogReport> {
        let history = self.history(id)?;
        let failed = |error: &dyn std::fmt::Display| Refusal::Failed { what: error.to_string() };
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
        let operations = history.verdicts().map(|(op, verdict)| self.operation(op, verdict)).collect();
        let conflicts = document.conflicts().map_err(|e| failed(&e))?.into_keys().collect();
        Ok(LogReport { record: self.report(id, &history, &state), operations, conflicts })
    }

    fn operation(&self, facts: &OpFacts, verdict: &OpVerdict) -> OperationReport {
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
        }
    }

    fn conflicts(&self) -> Answer<Vec<RecordReport>> {
        let mut found = Vec::new();
        for kind in soxa_records::RecordKind::ALL {
            let mut after = None;
            loop {
                let ids = self
                    .engine
                    .records_of_kind(kind.as_str(), after, PAGE_RECORDS)
                    .map_err(|e| local(&e))?;
                let Some(last) = ids.last() else { break };
                after = Some(*last);
                for id in ids {
                    let history = self.history(id)?;
                    if in_conflict(history.state()) {
                        found.push(self.report(id, &history, history.state()));
                    }
                }
            }
        }
        Ok(found)
    }

    fn void(&self) -> Answer<Vec<VoidReport>> {
        let mut found = Vec::new();
        for one in self.engine.not_valid().map_err(|e| local(&e))? {
            let mut reason = None;
            let mut signer = None;
            let mut operations = Vec::new();
            for (index, operation) in (0_u32..).zip(&one.commit.operations) {
                let record = operation.record_id(one.id, index);
                operations.push((operation.kind.to_string(), record.to_string()));
                let history = self.history(record)?;
                let op = OpId::of(one.id, index);
                let verdict = history.verdict(&op);
                reason = reason.or_else(|| of_operation(verdict?, Some(index), self));
                signer = signer.or_else(|| self.signer(history.operation(&op)?));
            }
            found.push(VoidReport {
                commit: one.id.to_string(),
                verdict: if one.void { "void" } else { "pending" }.to_owned(),
                reason,
                operations,
                signer,
                nodes: one.positions.iter().map(|at| at.node.to_string()).collect(),
            });
        }
        Ok(found)
    }

    fn check(&self, commit: &str) -> Answer<Vec<Objection>> {
        let bytes = parse_bytes(commit)?;
        let commit = Commit::decode(&bytes)
            .map_err(|error| Refusal::BadRequest { what: error.to_string() })?;
        let verdicts = self.engine.check(&commit, self.now).map_err(|e| local(&e))?;
        let mut objections: Vec<Objection> = (0_u32..)
            .zip(&verdicts)
            .filter_map(|(index, verdict)| of_operation(verdict, Some(index), self))
            .collect();
        objections.extend(self.advice(&commit)?);
        Ok(objections)
    }
}

impl Names for Answers<'_> {
    fn name(&self, record: &RecordId) -> String {
        self.engine
            .history(*record)
            .ok()
            .and_then(|history| name_in(history.state()))
            .unwrap_or_else(|| record.short())
    }
}

/// The name that a state shows: the first of its values, when several stand beside each other.
pub fn name_in(state: &CanonicalState) -> Option<String> {
    let values = state.fields.get("name")?;
    values.values().find_map(|value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}

fn in_conflict(state: &CanonicalState) -> bool {
    if !state.conflicts().is_empty() {
        return true;
    }
    let custody = CustodyView::of(state);
    custody.contested.is_some() || !custody.unfounded.is_empty()
}

fn names_operation(state: &CanonicalState, op: &OpId) -> bool {
    state.fields.values().any(|values| values.contains_key(op))
        || state.lists.values().flatten().any(|row| row.op == *op)
}

fn operation_by_prefix(history: &History, digits: &str) -> Answer<OpId> {
    let found: Vec<OpId> =
        history.operations().iter().map(|op| op.id).filter(|id| id.to_string().starts_with(digits)).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::NotFound { what: digits.to_owned() }),
        _ => Err(Refusal::Ambiguous {
            candidates: found.iter().take(CANDIDATES).map(ToString::to_string).collect(),
        }),
    }
}

fn position(at: &Position) -> PositionReport {
    PositionReport {
        feed: at.feed.to_string(),
        node: at.node.to_string(),
        seq: at.seq.0,
        hash: at.hash.to_string(),
        time_ms: at.time.0,
    }
}

/// An id from a request.
pub fn parse_id(text: &str) -> Answer<[u8; 32]> {
    text.parse::<RecordId>()
        .map(|id| id.0)
        .map_err(|error| Refusal::BadRequest { what: format!("{text}: {error}") })
}

/// Bytes from a request.
pub fn parse_bytes(text: &str) -> Answer<Vec<u8>> {
    BASE64.decode(text.as_bytes()).map_err(|error| Refusal::BadRequest { what: error.to_string() })
}

/// An objection that only warns.
pub fn warning(key: &str, values: &[(&str, String)], index: u32) -> Objection {
    Objection { operation: Some(index), warning: true, ..with(key, values) }
}
