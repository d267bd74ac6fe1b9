//! What legality knows of an operation: the ledger's checked facts, made by the engine.

use std::sync::Arc;

use soxa_ledger::ids::{CommitId, NetworkId, OpId, PublicKey, RecordId, StatementId};
use soxa_ledger::minutes::{Minutes, MinutesSigner, Party, RefusedLine};
use soxa_ledger::operation::OpKind;
use soxa_ledger::role::Role;
use soxa_ledger::statement::{Appointment, Genesis};
use soxa_ledger::verdict::Verdict;
use soxa_ledger::{Commit, Scope, Time};

use crate::typed::TypedOperation;
use crate::unit::{UnitKind, UnitOperation, UnitRegister};

/// Who acts, as the appointment acted under says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The key that signed.
    pub key: PublicKey,
    /// The appointment.
    pub appointment: StatementId,
    /// The official's name.
    pub person: String,
    /// The role.
    pub role: Role,
    /// The unit with all units above it, the province first. Empty only for the genesis itself.
    pub unit_path: Vec<RecordId>,
}

impl Actor {
    /// The actor of an appointment.
    #[must_use]
    pub fn of(id: StatementId, appointment: &Appointment) -> Self {
        Self {
            key: appointment.key,
            appointment: id,
            person: appointment.person.clone(),
            role: appointment.role.clone(),
            unit_path: appointment.unit_path.clone(),
        }
    }

    /// The unit acted for; none for the genesis.
    #[must_use]
    pub fn unit(&self) -> Option<RecordId> {
        self.unit_path.last().copied()
    }
}

/// One ledger signature under minutes, with its own verdict at the position of the entry that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerFacts {
    /// In which capacity.
    pub party: Party,
    /// The key.
    pub key: PublicKey,
    /// The signer's name; empty while the appointment is unknown.
    pub person: String,
    /// The signer's unit with all above it; empty while the appointment is unknown.
    pub unit_path: Vec<RecordId>,
    /// The lines that the receiver refuses.
    pub refused: Vec<RefusedLine>,
    /// What the signer remarks; empty when nothing.
    pub remark: String,
    /// What the signature is worth.
    pub verdict: Verdict,
}

impl SignerFacts {
    /// The facts of a signature, given its appointment (if known) and its verdict.
    #[must_use]
    pub fn of(signer: &MinutesSigner, appointment: Option<&Appointment>, verdict: Verdict) -> Self {
        Self {
            party: signer.party,
            key: signer.key,
            person: appointment.map(|a| a.person.clone()).unwrap_or_default(),
            unit_path: appointment.map(|a| a.unit_path.clone()).unwrap_or_default(),
            refused: signer.refused.clone(),
            remark: signer.remark.clone(),
            verdict,
        }
    }
}

/// Minutes that a commit carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesFacts {
    /// The minutes.
    pub minutes: Minutes,
    /// Their ledger signatures, in the order of [`Minutes::signers`].
    pub signers: Vec<SignerFacts>,
}

impl MinutesFacts {
    /// The minutes with their signers, each resolved by `resolve`.
    #[must_use]
    pub fn of(minutes: &Minutes, resolve: impl FnMut(&MinutesSigner) -> SignerFacts) -> Self {
        Self {
            signers: minutes.signers().iter().map(resolve).collect(),
            minutes: minutes.clone(),
        }
    }
}

/// An operation as legality sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpFacts {
    /// Its id.
    pub id: OpId,
    /// The commit that it is part of.
    pub commit: CommitId,
    /// Its index there.
    pub index: u32,
    /// Its record.
    pub record: RecordId,
    /// What is done.
    pub kind: OpKind,
    /// The version of the body.
    pub version: u32,
    /// The operations of the record that it builds on; none exactly when it creates the record.
    pub parents: Vec<OpId>,
    /// The operations of other records that it cites.
    pub refs: Vec<OpId>,
    /// The typed content, still encoded.
    pub body: Vec<u8>,
    /// Who acts; none while the appointment is unknown.
    pub actor: Option<Actor>,
    /// The author's own clock: shown, never judged.
    pub author_time: Time,
    /// What the commit is worth.
    pub verdict: Verdict,
    /// The minutes that the commit carries.
    pub minutes: Arc<[MinutesFacts]>,
    /// The commit's note.
    pub note: Option<String>,
    /// Who may read the commit.
    pub scope: Scope,
}

impl OpFacts {
    /// The operations of a commit, given its id. References inside the commit are resolved.
    #[must_use]
    pub fn of_commit(
        commit: &Commit,
        id: CommitId,
        actor: Option<&Actor>,
        verdict: &Verdict,
        minutes: Arc<[MinutesFacts]>,
    ) -> Vec<Self> {
        let resolve = |refs: &[soxa_ledger::OpRef]| refs.iter().map(|r| r.resolve(id)).collect::<Vec<_>>();
        (0_u32..)
            .zip(&commit.operations)
            .map(|(index, operation)| Self {
                id: OpId::of(id, index),
                commit: id,
                index,
                record: operation.record_id(id, index),
                kind: operation.kind.clone(),
                version: operation.version,
                parents: resolve(&operation.parents),
                refs: resolve(&operation.refs),
                body: operation.body.clone(),
                actor: actor.cloned(),
                author_time: commit.time,
                verdict: verdict.clone(),
                minutes: Arc::clone(&minutes),
                note: commit.note.clone(),
                scope: commit.scope.clone(),
            })
            .collect()
    }
}

/// The operation by which the genesis creates the record of the province's own unit. It is valid by itself: its
/// actor, the genesis, stands above every unit, which no appointment's unit path can say.
#[must_use]
pub fn founding_unit(network: NetworkId, genesis: &Genesis) -> OpFacts {
    let register = UnitRegister {
        kind: UnitKind::Province,
        name: genesis.name.clone(),
        code: Some(genesis.code.clone()).filter(|code| !code.is_empty()),
        path: Vec::new(),
        basis: String::new(),
    };
    let operation = TypedOperation::Unit(UnitOperation::Register(register));
    OpFacts {
        id: network.founding_op(),
        commit: CommitId(network.0),
        index: 0,
        record: network.province_unit(),
        kind: operation.kind(),
        version: operation.version(),
        parents: Vec::new(),
        refs: Vec::new(),
        body: operation.body(),
        actor: genesis_actor(network, genesis),
        author_time: genesis.created,
        verdict: Verdict::Valid,
        minutes: Arc::from([]),
        note: None,
        scope: Scope::all_nodes(),
    }
}

fn genesis_actor(network: NetworkId, genesis: &Genesis) -> Option<Actor> {
    Some(Actor {
        key: genesis.roots.first().copied().unwrap_or(PublicKey([0; 32])),
        appointment: StatementId(network.0),
        person: genesis.name.clone(),
        role: "root".parse().ok()?,
        unit_path: Vec::new(),
    })
}
