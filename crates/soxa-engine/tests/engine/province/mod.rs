//! A small province to test with: root keys, officials of the province and of two communes, nodes, signed acts.

#![allow(clippy::unwrap_used)]

mod acts;
mod feeder;
mod node;

pub use acts::{asset, hand_over, hand_over_slowly, register, rule, set_condition};
pub use feeder::{Feeder, forged, malformed_operation, raw};
pub use node::{Digest, Node, digest, pull, runs_of};

use soxa_ledger::role::default_table;
use soxa_ledger::statement::{
    Admission, Appointment, Cut, CutReason, Fact, FeedPosition, Genesis, Invite, Issuer, UnsignedStatement,
};
use soxa_ledger::time::Term;
use soxa_ledger::verdict::Position;
use soxa_ledger::{
    Body, Commit, NetworkId, NodeKey, OpRef, RecordId, Scope, SecretKey, Statement, StatementId, Time,
    Verified,
};
use soxa_records::compose::Composer;
use soxa_records::unit::{UnitKind, UnitRegister};

/// Somebody with an appointment.
#[derive(Clone)]
pub struct Official {
    pub key: SecretKey,
    pub appointment: StatementId,
    pub path: Vec<RecordId>,
}

impl Official {
    pub fn unit(&self) -> RecordId {
        *self.path.last().unwrap()
    }
}

/// A commune with its head and its asset officer.
pub struct Commune {
    pub unit: RecordId,
    pub head: Official,
    pub officer: Official,
}

pub struct Province {
    pub network: NetworkId,
    pub genesis: Verified<Statement>,
    pub roots: Vec<SecretKey>,
    pub head: Official,
    pub operator: Official,
    pub communes: [Commune; 2],
    /// What appoints the officials of the province and admits nodes 1 and 2; node 0 is a founding one.
    pub appointments: Vec<Body>,
    pub admissions: Vec<Body>,
    /// Registers the communes.
    pub units: Verified<Commit>,
    /// Appoints the communes' heads and officers: head, officer, head, officer.
    pub offices: Vec<Body>,
}

/// When everything happens unless a test says otherwise.
pub const NOW: Time = Time(1_763_000_000_000);

pub fn key(kind: u8, number: u8) -> SecretKey {
    let mut seed = [kind; 32];
    seed[31] = number;
    SecretKey::from_seed(&seed)
}

pub fn node_key(number: u8) -> SecretKey {
    key(9, number)
}

impl Province {
    pub fn new() -> Self {
        Self::with_salt([7; 32])
    }

    /// The same people in another ledger.
    pub fn with_salt(salt: [u8; 32]) -> Self {
        let mut roots: Vec<_> = (0..3).map(|number| key(1, number)).collect();
        roots.sort_by_key(SecretKey::public);
        let genesis = Genesis {
            name: "Sơn La".to_owned(),
            code: "14".to_owned(),
            roots: roots.iter().map(SecretKey::public).collect(),
            quorum: 2,
            roles: default_table(),
            nodes: vec![node_key(0).node()],
            created: Time(1),
            salt,
        };
        let unsigned = UnsignedStatement::genesis(&genesis);
        let genesis = unsigned
            .assemble(vec![unsigned.sign(&roots[0]), unsigned.sign(&roots[1])])
            .unwrap();
        let network = genesis.network;
        let province = vec![network.province_unit()];
        let sign = |fact: &Fact, by: Option<&Official>| state(network, &roots, fact, by);
        let appoint = |number: u8, role: &str, path: &[RecordId], by: Option<&Official>| {
            let key = key(2, number);
            let statement = sign(&appointment(&key, role, path, FOREVER), by);
            let official = Official {
                key,
                appointment: statement.id,
                path: path.to_vec(),
            };
            (statement, official)
        };
        let (head_appointed, head) = appoint(0, "unit_head", &province, None);
        let (operator_appointed, operator) = appoint(1, "province_operator", &province, None);
        let admit = |number: u8| {
            let admission = Admission {
                node: node_key(number).node(),
                unit_path: province.clone(),
                name: format!("nút {number}"),
            };
            Body::Statement(sign(&Fact::Admission(admission), Some(&operator)))
        };
        let mut composer = Composer::new();
        for name in ["Mường Bú", "Phiêng Cằm"] {
            let register = UnitRegister {
                kind: UnitKind::Commune,
                name: name.to_owned(),
                code: None,
                path: province.clone(),
                basis: "Nghị quyết 1681".to_owned(),
            };
            composer.register_unit(OpRef::Id(network.founding_op()), register);
        }
        let units = sign_commit(network, &head, composer);
        let mut offices = Vec::new();
        let mut communes = (0_u8..2).map(|number| {
            let unit = RecordId::from(soxa_ledger::OpId::of(units.commit_id(network), number.into()));
            let path = vec![network.province_unit(), unit];
            let (head_appointed, commune_head) = appoint(10 + number, "unit_head", &path, Some(&head));
            let (appointed, officer) = appoint(20 + number, "asset_officer", &path, Some(&commune_head));
            offices.extend([Body::Statement(head_appointed), Body::Statement(appointed)]);
            Commune {
                unit,
                head: commune_head,
                officer,
            }
        });
        let communes = [communes.next().unwrap(), communes.next().unwrap()];
        Self {
            network,
            appointments: vec![
                Body::Statement(head_appointed),
                Body::Statement(operator_appointed),
            ],
            admissions: vec![admit(1), admit(2)],
            genesis,
            roots,
            head,
            operator,
            communes,
            units,
            offices,
        }
    }

    /// All that a province needs before its communes can work.
    pub fn founding(&self) -> Vec<Body> {
        let mut acts = vec![Body::Statement(self.genesis.clone())];
        acts.extend(self.appointments.iter().cloned());
        acts.extend(self.admissions.iter().cloned());
        acts.push(Body::Commit(self.units.clone()));
        acts.extend(self.offices.iter().cloned());
        acts
    }

    pub fn commit(&self, by: &Official, composer: Composer) -> Verified<Commit> {
        sign_commit(self.network, by, composer)
    }

    pub fn state(&self, fact: &Fact, by: Option<&Official>) -> Verified<Statement> {
        state(self.network, &self.roots, fact, by)
    }

    /// Ends an appointment or admission; in feeds that are not named nothing stands.
    pub fn cut(&self, by: Option<&Official>, target: StatementId, stands: &[Position]) -> Body {
        let mut stands: Vec<_> = stands
            .iter()
            .map(|at| FeedPosition {
                feed: at.feed,
                seq: at.seq,
                hash: at.hash,
            })
            .collect();
        stands.sort_by_key(|at| at.feed);
        let cut = Cut {
            target,
            reason: CutReason::Revocation,
            remark: String::new(),
            stands,
        };
        Body::Statement(self.state(&Fact::Cut(cut), by))
    }

    pub fn admission(&self, node: NodeKey) -> Body {
        let unit_path = vec![self.network.province_unit()];
        let admission = Admission {
            node,
            unit_path,
            name: "nút".to_owned(),
        };
        Body::Statement(self.state(&Fact::Admission(admission), Some(&self.operator)))
    }
}

pub const FOREVER: Term = Term {
    from: Time(0),
    until: None,
};

pub fn appointment(key: &SecretKey, role: &str, path: &[RecordId], term: Term) -> Fact {
    Fact::Appointment(Appointment {
        key: key.public(),
        person: "Nguyễn Văn A".to_owned(),
        record: None,
        unit_path: path.to_vec(),
        role: role.parse().unwrap(),
        term,
        basis: "Quyết định 1".to_owned(),
    })
}

/// A statement under an appointment, or by two of the root keys.
fn state(network: NetworkId, roots: &[SecretKey], fact: &Fact, by: Option<&Official>) -> Verified<Statement> {
    let issuer = by.map_or(Issuer::Root, |official| Issuer::Under(official.appointment));
    let unsigned = UnsignedStatement::new(network, issuer, fact, &[]);
    let signatures = match by {
        Some(official) => vec![unsigned.sign(&official.key)],
        None => roots[..2].iter().map(|root| unsigned.sign(root)).collect(),
    };
    unsigned.assemble(signatures).unwrap()
}

pub fn unsigned_commit(by: &Official, composer: Composer) -> Commit {
    let (operations, minutes) = composer.finish();
    Commit {
        author: by.key.public(),
        appointment: by.appointment,
        scope: Scope::all_nodes(),
        time: NOW,
        operations,
        minutes,
        note: None,
    }
}

fn sign_commit(network: NetworkId, by: &Official, composer: Composer) -> Verified<Commit> {
    unsigned_commit(by, composer).sign(network, &by.key).unwrap()
}

/// An invite by the operator, with the one-time key that it names.
pub struct Invited {
    pub invite: Invite,
    pub statement: Verified<Statement>,
    once: SecretKey,
}

impl Invited {
    /// One that a node is to take in.
    pub fn at(province: &Province, node: NodeKey) -> Self {
        let once = key(40, 1);
        let invite = Invite {
            key: once.public(),
            node,
            unit_path: vec![province.network.province_unit()],
            name: "nút 3".to_owned(),
            expires: NOW.plus_ms(1_000),
        };
        let statement = province.state(&Fact::Invite(invite.clone()), Some(&province.operator));
        Self {
            invite,
            statement,
            once,
        }
    }

    /// The third node's admission under it, by this name.
    pub fn admission(&self, name: &str) -> Verified<Statement> {
        let mut admission = self.invite.admission(node_key(3).node());
        admission.name = name.to_owned();
        let fact = Fact::Admission(admission);
        let issuer = Issuer::Under(self.statement.id);
        let admission = UnsignedStatement::new(self.statement.network, issuer, &fact, &[]);
        admission.assemble(vec![admission.sign(&self.once)]).unwrap()
    }
}
