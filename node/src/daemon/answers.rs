//! Answers to what only reads: reports made from the engine.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{BASE64, HEXLOWER};
use soxa_engine::{Engine, EngineError, RefusedWhat};
use soxa_ledger::statement::Fact;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    EntryHash, FeedId, ForkProof, PublicKey, RecordId, Scope, Seq, StatementId, Time, Verified,
};
use soxa_records::asset::AssetOperation;
use soxa_records::person::PersonOperation;
use soxa_records::unit::UnitOperation;
use soxa_records::{CanonicalState, History, TypedOperation, Value};

use super::live::Live;
use super::objections::{Names, of_statement, statement_word};
use crate::control::protocol::{Refusal, Reply, Request};
use crate::control::reports::{
    AppointmentReport, EntryReport, ForkReport, NetworkReport, PositionReport, RefusedReport,
    StatementReport, StatusReport,
};

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
pub type Answer<T> = Result<T, Refusal>;

/// A local fault as a refusal.
pub fn local(error: &EngineError) -> Refusal {
    Refusal::Failed {
        what: error.to_string(),
    }
}

impl Answers<'_> {
    /// Answers a request that stores nothing; none for one that does.
    pub fn answer(&self, request: &Request) -> Option<Reply> {
        let answer = match request {
            Request::Status => self.status().map(|status| Reply::Status(Box::new(status))),
            Request::Network => Ok(Reply::Network(self.network())),
            Request::Statements => Ok(Reply::Statements(self.statements())),
            Request::Nodes => Ok(Reply::Nodes(self.nodes())),
            Request::Invites => Ok(Reply::Invites(self.invites())),
            Request::Appointments { key } => self.appointments(key).map(Reply::Appointments),
            Request::Positions { target, before_ms } => parse_id(target)
                .and_then(|id| {
                    self.engine
                        .positions_under(&StatementId(id), before_ms.map(Time))
                        .map_err(|e| local(&e))
                })
                .map(|positions| Reply::Positions(positions.iter().map(position).collect())),
            Request::KeyPositions { key, before_ms } => parse_id(key)
                .and_then(|id| {
                    self.engine
                        .positions_by_key(&PublicKey(id), before_ms.map(Time))
                        .map_err(|e| local(&e))
                })
                .map(|positions| Reply::Positions(positions.iter().map(position).collect())),
            Request::RootPositions => {
                let positions = self.engine.positions_of_root();
                Ok(Reply::Positions(positions.iter().map(position).collect()))
            }
            Request::Tips => Ok(Reply::Positions(self.tips())),
            Request::Records { kind, after } => self.records(kind, after.as_deref()),
            Request::Record { id } => self
                .find(id)
                .and_then(|id| self.record(id))
                .map(|record| Reply::Record(Box::new(record))),
            Request::Coded { code } => self.coded(code),
            Request::CodedLike { part, most } => self.coded_like(part, *most),
            Request::FreeCode { office, day } => {
                parse_id(office).and_then(|office| self.free_code(RecordId(office), *day))
            }
            Request::Log {
                id,
                at_time_ms,
                at_operations,
            } => self
                .find(id)
                .and_then(|id| self.log(id, *at_time_ms, at_operations))
                .map(|log| Reply::Log(Box::new(log))),
            Request::Corrections { id } => self
                .find(id)
                .and_then(|id| self.all_of_these(self.engine.corrections(id))),
            Request::Inventories { id } => self
                .find(id)
                .and_then(|id| self.all_of_these(self.engine.inventories(id))),
            Request::Proof { id } => self.find(id).and_then(|id| self.proof(id)),
            Request::Conflicts => self.conflicts().map(Reply::Conflicts),
            Request::Void => self.void().map(Reply::Void),
            Request::Commit { id } => self.commit(id).map(|commit| Reply::Commit(Box::new(commit))),
            Request::Foresee { statement, signers } => self
                .foresee(statement, signers)
                .map(|foreseen| Reply::Foreseen(Box::new(foreseen))),
            Request::Officials => Ok(Reply::Officials(self.officials())),
            Request::Check { commit } => self.check(commit).map(Reply::Checked),
            Request::Submit { .. }
            | Request::SubmitStatements { .. }
            | Request::File { .. }
            | Request::AddFile { .. }
            | Request::Await { .. }
            | Request::Shutdown => return None,
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
            announced: self.live.announced.clone(),
            read_only: self.live.reads_only().map(|why| why.word().to_owned()),
            begun: self.live.begun.map(|why| why.word().to_owned()),
            earlier_feeds: engine.earlier_feeds() as u64,
            forks: self.forks()?,
            doubled: self.live.doubled.iter().map(ToString::to_string).collect(),
            state_root: HEXLOWER.encode(&engine.state_root(&Scope::all_nodes()).map_err(|e| local(&e))?),
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
            checkpoints: self.checkpoints(),
            strangers: self.live.strangers,
            traffic: self.live.traffic.clone(),
        })
    }

    /// The feeds that are proved to be forked.
    fn forks(&self) -> Answer<Vec<ForkReport>> {
        let fork = |proof: &Verified<ForkProof>| {
            Ok(ForkReport {
                feed: proof.feed_id().to_string(),
                node: proof.feed().node.to_string(),
                seq: proof.seq().0,
                awaited: self.awaited(&proof.feed_id())?,
                proof: BASE64.encode(proof.bytes()),
            })
        };
        self.engine.authority().forks().map(fork).collect()
    }

    /// The entries of a forked feed that statements name and that are not held yet, once each.
    fn awaited(&self, feed: &FeedId) -> Answer<Vec<EntryReport>> {
        let named: BTreeSet<(Seq, EntryHash)> =
            self.engine.authority().named(feed).map(|(one, _)| one).collect();
        let mut awaited = Vec::new();
        for (seq, hash) in named {
            if self
                .engine
                .lacking_of(feed, (seq, hash))
                .map_err(|e| local(&e))?
                .is_some()
            {
                awaited.push(EntryReport {
                    seq: seq.0,
                    hash: hash.to_string(),
                });
            }
        }
        Ok(awaited)
    }

    fn refused(&self) -> Answer<Vec<RefusedReport>> {
        let mut counted: BTreeMap<(String, RefusedWhat), (u64, String)> = BTreeMap::new();
        for refused in self.engine.refused().map_err(|e| local(&e))? {
            let counter = counted
                .entry((refused.node.to_string(), refused.what))
                .or_default();
            counter.0 += 1;
            counter.1 = refused.reason;
        }
        let report =
            |((node, what), (count, reason)): ((String, RefusedWhat), (u64, String))| RefusedReport {
                node,
                what: what.to_string(),
                count,
                reason,
            };
        Ok(counted.into_iter().map(report).collect())
    }

    fn network(&self) -> NetworkReport {
        let network = self.engine.authority().network();
        let authority = self.engine.authority();
        let genesis = authority.genesis();
        let (roots, quorum) = authority.root_keys().unwrap_or_default();
        NetworkReport {
            network: network.to_string(),
            name: genesis.map(|g| g.name.clone()),
            code: genesis.map(|g| g.code.clone()),
            root_set: authority.root_set().map(|id| id.to_string()),
            roots: roots.iter().map(ToString::to_string).collect(),
            quorum,
            roles: genesis
                .map(|g| g.roles.keys().map(ToString::to_string).collect())
                .unwrap_or_default(),
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
            Fact::Invite(_) => "invite".to_owned(),
            Fact::Adoption(_) => "adoption".to_owned(),
            Fact::Roots(_) => "roots".to_owned(),
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
}

impl Names for Answers<'_> {
    fn name(&self, record: &RecordId) -> String {
        self.engine
            .history(*record)
            .ok()
            .and_then(|history| name_in(history.state()).or_else(|| name_given(&history)))
            .unwrap_or_else(|| record.short())
    }
}

/// The name that whoever registered a record gave it, also where that has no effect.
fn name_given(history: &History) -> Option<String> {
    let mut operations = history.operations().iter();
    operations.find_map(|facts| match history.typed(&facts.id)? {
        TypedOperation::Asset(AssetOperation::Register(asset)) => Some(asset.name.clone()),
        TypedOperation::Person(PersonOperation::Register(person)) => Some(person.name.clone()),
        TypedOperation::Unit(UnitOperation::Register(unit)) => Some(unit.name.clone()),
        _ => None,
    })
}

/// The name that a state shows: the first of its values, when several stand beside each other.
pub fn name_in(state: &CanonicalState) -> Option<String> {
    let values = state.fields.get("name")?;
    values.values().find_map(|value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
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
        .map_err(|error| Refusal::BadRequest {
            what: format!("{text}: {error}"),
        })
}

/// Bytes from a request.
pub fn parse_bytes(text: &str) -> Answer<Vec<u8>> {
    BASE64
        .decode(text.as_bytes())
        .map_err(|error| Refusal::BadRequest {
            what: error.to_string(),
        })
}
