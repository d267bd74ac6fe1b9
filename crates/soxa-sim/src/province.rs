//! [`Province`]: its units, its officials with their keys, and how they sign.

use soxa_engine::Memory;
use soxa_ledger::statement::{Admission, Appointment, Fact, FeedPosition, Issuer, UnsignedStatement};
use soxa_ledger::time::Term;
use soxa_ledger::{
    Commit, NetworkId, NodeKey, RecordId, Scope, SecretKey, Statement, StatementId, Time, Verified,
};
use soxa_records::compose::Composer;

use crate::report::Defect;

/// A unit that exists from the start.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub id: RecordId,
    pub name: String,
    /// With the unit itself.
    pub path: Vec<RecordId>,
    /// The node at which its officials usually sign.
    pub home: usize,
}

/// What an official is there for; each is a role of the default table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Duty {
    Operator,
    Head,
    Assets,
    Staff,
}

impl Duty {
    pub fn role(self) -> &'static str {
        match self {
            Self::Operator => "province_operator",
            Self::Head => "unit_head",
            Self::Assets => "asset_officer",
            Self::Staff => "staff_officer",
        }
    }
}

/// An official with one appointment. Who is appointed again is another official with the same key.
#[derive(Debug, Clone)]
pub(crate) struct Official {
    pub name: String,
    pub key: SecretKey,
    pub appointment: StatementId,
    /// Who appointed: none for the root.
    pub superior: Option<usize>,
    /// By its place in [`Province::units`].
    pub unit: usize,
    pub duty: Duty,
}

pub(crate) struct Province {
    pub network: NetworkId,
    pub genesis: Verified<Statement>,
    /// What each node may keep in memory. Bodies that one has opened need not be opened by the others: it is the same bytes
    /// and the same check.
    pub memory: Memory,
    pub root: SecretKey,
    /// The province's own unit first.
    pub units: Vec<Unit>,
    pub officials: Vec<Official>,
    /// The published procedure under which all dossiers are; none before it is published.
    pub procedure: Option<RecordId>,
}

/// Somebody to be appointed.
pub(crate) struct Candidate {
    pub name: String,
    pub key: SecretKey,
    pub superior: Option<usize>,
    pub unit: usize,
    pub duty: Duty,
    pub term: Term,
}

impl Province {
    pub fn unit(&self, at: usize) -> Result<&Unit, Defect> {
        self.units
            .get(at)
            .ok_or_else(|| Defect::Simulator(format!("no unit {at}")))
    }

    pub fn official(&self, at: usize) -> Result<&Official, Defect> {
        self.officials
            .get(at)
            .ok_or_else(|| Defect::Simulator(format!("no official {at}")))
    }

    pub fn unit_by_id(&self, id: &RecordId) -> Option<usize> {
        self.units.iter().position(|unit| unit.id == *id)
    }

    /// A statement by an official, or by the root.
    pub fn state(
        &self,
        issuer: Option<usize>,
        fact: &Fact,
        knew: &[FeedPosition],
    ) -> Result<Verified<Statement>, Defect> {
        let (issuer, key) = match issuer {
            None => (Issuer::Root, &self.root),
            Some(at) => {
                let official = self.official(at)?;
                (Issuer::Under(official.appointment), &official.key)
            }
        };
        let unsigned = UnsignedStatement::new(self.network, issuer, fact, knew);
        unsigned
            .assemble(vec![unsigned.sign(key)])
            .map_err(|error| Defect::Simulator(format!("a statement cannot be made: {error}")))
    }

    /// The appointment of a candidate, and the official that it makes once it is stored.
    pub fn appoint(&self, candidate: Candidate) -> Result<(Verified<Statement>, Official), Defect> {
        let Candidate {
            name,
            key,
            superior,
            unit,
            duty,
            term,
        } = candidate;
        let role = duty
            .role()
            .parse()
            .map_err(|error| Defect::Simulator(format!("{error}")))?;
        let fact = Fact::Appointment(Appointment {
            key: key.public(),
            person: name.clone(),
            record: None,
            unit_path: self.unit(unit)?.path.clone(),
            role,
            term,
            basis: "QĐ 01/2025".to_owned(),
        });
        let statement = self.state(superior, &fact, &[])?;
        let official = Official {
            name,
            key,
            appointment: statement.id,
            superior,
            unit,
            duty,
        };
        Ok((statement, official))
    }

    /// The admission of a node.
    pub fn admit(
        &self,
        operator: usize,
        node: NodeKey,
        unit: usize,
        name: &str,
    ) -> Result<Verified<Statement>, Defect> {
        let unit_path = self.unit(unit)?.path.clone();
        self.state(
            Some(operator),
            &Fact::Admission(Admission {
                node,
                unit_path,
                name: name.to_owned(),
            }),
            &[],
        )
    }

    /// A commit by an official, for these readers.
    pub fn commit(
        &self,
        official: &Official,
        time: Time,
        composed: Composer,
        scope: Scope,
    ) -> Result<Verified<Commit>, Defect> {
        let (operations, minutes) = composed.finish();
        let commit = Commit {
            author: official.key.public(),
            appointment: official.appointment,
            scope,
            time,
            operations,
            minutes,
            note: None,
        };
        commit
            .sign(self.network, &official.key)
            .map_err(|error| Defect::Simulator(format!("a commit cannot be made: {error}")))
    }
}
